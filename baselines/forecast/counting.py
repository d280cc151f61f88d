"""Counts a model's memory by running it on tensors that have shapes and no contents.

PyTorch's fake tensors go through the very code of the model, so that what is counted is what the
layers of any architecture really keep for the backward pass, without a byte of it being reserved.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.autograd.graph import saved_tensors_hooks
from transformers import AutoModelForCausalLM
from transformers.modeling_layers import GradientCheckpointingLayer

from ..config import LoRAConfig
from ..policy.lora import is_target, linear_layers, require_targets
from ..policy.recompute import enable_recomputation, in_training, recomputed_layers

__all__ = ["ModelNumbers", "count"]

LENGTH = 512
"""Tokens of the row that is run. What is kept grows in proportion; attention keeps no square."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelNumbers:
    """What a model needs; bytes where nothing else is said.

    Example: Qwen3-4B in bfloat16 has `parameters=4_022_468_096`, `kept=6_625_000`.
    """

    parameters: int
    """Weights, tied ones once."""
    trained: int
    """Weights that learn."""
    outside: int
    """Weights outside the layers: embeddings, output head, last norm."""
    vocabulary: int
    """Logits per token."""
    width: int
    """Numbers of a hidden state."""
    inner: int
    """Numbers of the widest state inside a layer."""
    layers: int
    """Layers."""
    kept: float
    """What all layers keep of a token for the backward pass."""
    kept_checkpointed: float
    """What they keep with gradient checkpointing; one layer at a time keeps its share of `kept`."""
    cache_per_token: float
    """Keys and values of a token in all layers."""


def count(shape: Any, dtype: torch.dtype, lora: LoRAConfig) -> ModelNumbers:
    """Count what a model needs.

    Args:
        shape: its configuration.
        dtype: number format of its weights.
        lora: the adapter, if its rank is not 0.
    """
    with FakeTensorMode(allow_non_fake_inputs=True):
        model: Any = AutoModelForCausalLM.from_config(shape, dtype=dtype).eval()
        if lora.rank:
            _adapt(model, lora)
        layers = [m for m in model.modules() if isinstance(m, GradientCheckpointingLayer)]
        linear = [m for layer in layers for m in layer.modules() if isinstance(m, nn.Linear)]
        kept = _kept(model.base_model)
        enable_recomputation(model)
        with in_training(recomputed_layers(model)):
            checkpointed = _kept(model.base_model)
        parameters = sum(p.numel() for p in model.parameters())
        heads = getattr(shape, "num_key_value_heads", None) or shape.num_attention_heads
        size = getattr(shape, "head_dim", None) or shape.hidden_size // shape.num_attention_heads
        return ModelNumbers(
            parameters=parameters,
            trained=sum(p.numel() for p in model.parameters() if p.requires_grad),
            outside=parameters - sum(p.numel() for layer in layers for p in layer.parameters()),
            vocabulary=int(model.get_output_embeddings().weight.shape[0]),
            width=shape.hidden_size,
            inner=max(m.out_features for m in linear),
            layers=len(layers),
            kept=kept,
            kept_checkpointed=checkpointed,
            cache_per_token=2.0 * len(layers) * heads * size * dtype.itemsize,
        )


class _Beside(nn.Module):
    """A frozen linear layer with the two matrices of an adapter beside it, as peft computes them.

    peft itself cannot work on tensors without contents.
    """

    def __init__(self, base: nn.Linear, rank: int) -> None:
        super().__init__()
        self.base = base
        self.down = nn.Linear(base.in_features, rank, bias=False)
        self.up = nn.Linear(rank, base.out_features, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return what the layer gives, plus the matrices' product, in the layer's format."""
        made: torch.Tensor = self.base(x)
        beside: torch.Tensor = self.up(self.down(x.to(self.down.weight.dtype)))
        return made.add((beside * 2.0).to(made.dtype))


def _adapt(model: Any, how: LoRAConfig) -> None:
    layers = linear_layers(model)
    require_targets(layers, how.targets)
    model.requires_grad_(False)
    for name in layers:
        if is_target(name, how.targets):
            owner, _, last = name.rpartition(".")
            module = model.get_submodule(owner)
            setattr(module, last, _Beside(getattr(module, last), how.rank))


def _kept(body: Any) -> float:
    """Return the bytes that a token of a row keeps for the backward pass."""
    own = {p.untyped_storage()._cdata for p in body.parameters()}
    with _saved() as seen:
        body(
            input_ids=torch.zeros(1, LENGTH, dtype=torch.long),
            position_ids=torch.arange(LENGTH)[None],
            use_cache=False,
        )
    return sum(size for place, size in seen.items() if place not in own) / LENGTH


@contextmanager
def _saved() -> Iterator[dict[int, int]]:
    """Yield the storages that are saved for the backward pass, and their bytes."""
    seen: dict[int, int] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        seen[storage._cdata] = storage.nbytes()
        return tensor

    with saved_tensors_hooks(note, lambda tensor: tensor):
        yield seen
