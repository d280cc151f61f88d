"""From a GGUF file of the Llama family to a folder that `--model` takes.

GGUF is the format of llama.cpp: weights in blocks of few bits, vocabulary and chat template in one
file. transformers reads such files too, but keeps the blocks, which cannot be trained or saved, and
splits text by one rule whatever the file names. Here weights are unpacked, and the splitting is the
one of `tokenizer.ggml.pre`.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, decoders, models, pre_tokenizers
from tokenizers import Tokenizer as RawTokenizer
from torch import Tensor
from transformers import LlamaConfig, PreTrainedTokenizerFast

__all__ = ["convert", "require_gguf"]

ARCHITECTURE, SPLITTING = "llama", "smollm"
KINDS = CONTROL, USER_DEFINED = 3, 4
"""Kinds of tokens: those that only a template writes, and whole words added by hand."""

OUTSIDE = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
}
INSIDE = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
"""What llama.cpp calls a layer's weights, and what transformers calls them."""


def require_gguf() -> Any:
    """Return the package that reads GGUF.

    Raises:
        ValueError: if it is not installed.
    """
    try:
        return importlib.import_module("gguf")
    except ImportError as error:
        raise ValueError(
            f"Reading a GGUF file needs the extra `data` ({error}): pip install 't2po-gym[data]'"
        ) from error


def convert(file: Path, folder: Path) -> None:
    """Write configuration, weights (bfloat16) and tokenizer of a GGUF file into a folder.

    Raises:
        ValueError: if gguf is not installed, the file is none, or of another family or splitting.
    """
    gguf = require_gguf()
    try:
        reader = gguf.GGUFReader(file)
    except (ValueError, IndexError) as error:
        raise ValueError(f"{file} is no GGUF file that can be read: {error}.") from error

    def value(name: str, default: Any = None) -> Any:
        field = reader.get_field(name)
        return default if field is None else field.contents()

    family, splitting = value("general.architecture"), value("tokenizer.ggml.pre")
    if (family, splitting) != (ARCHITECTURE, SPLITTING):
        raise ValueError(
            f"{file} holds a model of the family {family!r} whose text is split as {splitting!r}; "
            f"only {ARCHITECTURE!r} with {SPLITTING!r} is converted."
        )
    config = _config(value, tied=all(t.name != "output.weight" for t in reader.tensors))
    state: dict[str, Tensor] = {}
    for tensor in reader.tensors:
        flat = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        state |= _named(tensor.name, torch.from_numpy(flat.copy()), config)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    config.save_pretrained(str(folder))
    _tokenizer(value).save_pretrained(str(folder))


def _config(value: Callable[..., Any], tied: bool) -> Any:
    def of(name: str) -> Any:
        return value(f"{ARCHITECTURE}.{name}")

    return LlamaConfig(
        architectures=["LlamaForCausalLM"],
        dtype="bfloat16",
        vocab_size=len(value("tokenizer.ggml.tokens")),
        hidden_size=of("embedding_length"),
        intermediate_size=of("feed_forward_length"),
        num_hidden_layers=of("block_count"),
        num_attention_heads=of("attention.head_count"),
        num_key_value_heads=of("attention.head_count_kv"),
        max_position_embeddings=of("context_length"),
        # Written as float32: 1e-5 comes back as 9.9999997e-06.
        rms_norm_eps=float(f"{of('attention.layer_norm_rms_epsilon'):.6g}"),
        rope_parameters={"rope_type": "default", "rope_theta": of("rope.freq_base")},
        tie_word_embeddings=tied,
        bos_token_id=value("tokenizer.ggml.bos_token_id"),
        eos_token_id=value("tokenizer.ggml.eos_token_id"),
        pad_token_id=value("tokenizer.ggml.padding_token_id"),
    )


def _named(name: str, weights: Tensor, config: Any) -> Mapping[str, Tensor]:
    """Return one tensor under its name in transformers, in bfloat16."""
    inside = re.fullmatch(r"blk\.(\d+)\.(\w+)\.weight", name)
    ours = INSIDE.get(inside[2]) if inside else OUTSIDE.get(name.removesuffix(".weight"))
    if ours is None:
        raise ValueError(f"the GGUF file holds weights that no Llama has: {name}.")
    if inside and inside[2] in ("attn_q", "attn_k"):
        q = inside[2] == "attn_q"
        heads = config.num_attention_heads if q else config.num_key_value_heads
        weights = _unrotated(weights, heads)
    place = f"model.layers.{inside[1]}.{ours}" if inside else ours
    return {f"{place}.weight": weights.to(torch.bfloat16).contiguous()}


def _unrotated(weights: Tensor, heads: int) -> Tensor:
    """Undo llama.cpp's order of rotary rows: pairs side by side there, halves here. `[R, D]`."""
    rows, width = weights.shape
    return weights.reshape(heads, rows // heads // 2, 2, width).swapaxes(1, 2).reshape(rows, width)


def _tokenizer(value: Callable[..., Any]) -> Any:
    words, kinds = value("tokenizer.ggml.tokens"), value("tokenizer.ggml.token_type")
    merges = [tuple(pair.split(" ")) for pair in value("tokenizer.ggml.merges")]
    raw = RawTokenizer(models.BPE({word: i for i, word in enumerate(words)}, merges))
    raw.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    raw.decoder = decoders.ByteLevel()
    added = {kind: [w for w, k in zip(words, kinds, strict=True) if k == kind] for kind in KINDS}
    raw.add_special_tokens([AddedToken(w, normalized=False) for w in added[CONTROL]])
    raw.add_tokens([AddedToken(w, normalized=False) for w in added[USER_DEFINED]])
    named = {
        f"{role}_token": words[value(f"tokenizer.ggml.{key}_token_id")]
        for role, key in (("bos", "bos"), ("eos", "eos"), ("unk", "unknown"), ("pad", "padding"))
        if value(f"tokenizer.ggml.{key}_token_id") is not None
    }
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, clean_up_tokenization_spaces=False, **named
    )
    tokenizer.chat_template = value("tokenizer.chat_template")
    return tokenizer
