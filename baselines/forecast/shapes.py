"""Shapes of models: what is known of one without its weights.

A shape is the model's configuration, from its folder or the hub. Of the models that are trained
most often in this field the numbers are kept here, from the `config.json` of their makers on the
hub, so that a plan can be made without a connection.
"""

from __future__ import annotations

from typing import Any

from transformers import LlamaConfig, Qwen2Config, Qwen3Config

from ..config import PolicyConfig
from ..policy.loading import small_shape
from ..policy.problems import ModelError, ended
from ..policy.source import read_shape, source_of

__all__ = ["KNOWN", "ShapeError", "shape_of"]


class ShapeError(ValueError):
    """The shape of a model is not to be had."""


def _qwen3(hidden: int, layers: int, heads: int, inner: int, *, tied: bool) -> Qwen3Config:
    return Qwen3Config(
        vocab_size=151_936,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=8,
        head_dim=128,
        intermediate_size=inner,
        max_position_embeddings=40_960,
        tie_word_embeddings=tied,
    )


def _qwen25(
    hidden: int, layers: int, heads: int, kv_heads: int, inner: int, vocabulary: int, *, tied: bool
) -> Qwen2Config:
    return Qwen2Config(
        vocab_size=vocabulary,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        intermediate_size=inner,
        max_position_embeddings=32_768,
        tie_word_embeddings=tied,
    )


def _llama(
    hidden: int,
    layers: int,
    heads: int,
    kv_heads: int,
    inner: int,
    vocabulary: int,
    positions: int,
    head: int = 64,
) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        head_dim=head,
        intermediate_size=inner,
        max_position_embeddings=positions,
        tie_word_embeddings=True,
    )


KNOWN = {
    "Qwen/Qwen3-0.6B": lambda: _qwen3(1024, 28, 16, 3072, tied=True),
    "Qwen/Qwen3-1.7B": lambda: _qwen3(2048, 28, 16, 6144, tied=True),
    "Qwen/Qwen3-4B": lambda: _qwen3(2560, 36, 32, 9728, tied=True),
    "Qwen/Qwen3-8B": lambda: _qwen3(4096, 36, 32, 12_288, tied=False),
    "Qwen/Qwen3-14B": lambda: _qwen3(5120, 40, 40, 17_408, tied=False),
    "Qwen/Qwen2.5-0.5B-Instruct": lambda: _qwen25(896, 24, 14, 2, 4864, 151_936, tied=True),
    "Qwen/Qwen2.5-1.5B-Instruct": lambda: _qwen25(1536, 28, 12, 2, 8960, 151_936, tied=True),
    "Qwen/Qwen2.5-3B-Instruct": lambda: _qwen25(2048, 36, 16, 2, 11_008, 151_936, tied=True),
    "Qwen/Qwen2.5-7B-Instruct": lambda: _qwen25(3584, 28, 28, 4, 18_944, 152_064, tied=False),
    "HuggingFaceTB/SmolLM2-135M-Instruct": lambda: _llama(576, 30, 9, 3, 1536, 49_152, 8192),
    "HuggingFaceTB/SmolLM2-360M-Instruct": lambda: _llama(960, 32, 15, 5, 2560, 49_152, 8192),
    "HuggingFaceTB/SmolLM2-1.7B-Instruct": lambda: _llama(2048, 24, 32, 32, 8192, 49_152, 8192),
    "meta-llama/Llama-3.2-1B-Instruct": lambda: _llama(2048, 16, 32, 8, 8192, 128_256, 131_072),
    "meta-llama/Llama-3.2-3B-Instruct": lambda: _llama(
        3072, 28, 24, 8, 8192, 128_256, 131_072, head=128
    ),
}
"""Shapes that need no connection, by name on the hub."""


def shape_of(model: str, small: PolicyConfig) -> Any:
    """Return the configuration of a model; no weight is read.

    Args:
        model: name or folder as `--model` takes it; empty for a small policy from scratch.
        small: the shape of that.

    Raises:
        ShapeError: it cannot be asked for here.
        ValueError: there is no such model.
    """
    if not model:
        return small_shape(small, small.vocab_size)
    path = source_of(model)
    if path in KNOWN:
        return KNOWN[path]()
    try:
        return read_shape(path)
    except ModelError as problem:
        raise ShapeError(
            f"The shape of {model} is neither known here nor to be had: {ended(problem)} A plan "
            f"can be made of a folder with its config.json, and of {', '.join(KNOWN)}."
        ) from problem
