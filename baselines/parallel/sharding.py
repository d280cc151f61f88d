"""Weights cut among processes: FSDP2 on every block of a Hugging Face model.

While learning, a block's weights are put together when it computes and cut again behind it, and
each process keeps gradients and moments of its own piece alone. All processes must then make the
same passes. While playing they make different ones, so the weights are put together before
(`whole`) and cut again after.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import (
    FSDPModule,
    MixedPrecisionPolicy,
    fully_shard,
    register_fsdp_forward_method,
)
from torch.distributed.tensor import DTensor
from transformers.modeling_layers import GradientCheckpointingLayer

from .world import here

__all__ = ["full_state", "is_cut", "shard", "whole", "whole_norm"]


def shard(model: nn.Module, device: torch.device, methods: tuple[str, ...] = ()) -> None:
    """Cut a model's weights among all processes, in place.

    bfloat16 weights that learn are kept as float32 pieces and computed with in bfloat16: the pieces
    are the copies that `MasterAdamW` keeps in a single process. Frozen ones beside an adapter stay
    as they are.

    Args:
        model: a Hugging Face model or a part of one, the same in all processes.
        device: where this process computes.
        methods: further methods that compute with the weights, as `forward` does.
    """
    mesh = init_device_mesh(device.type, (here().size,))
    model.cpu()  # from there each layer goes to its device as it is cut, and never all at once
    learned = [p for p in model.parameters() if p.requires_grad]
    precision = MixedPrecisionPolicy()
    if any(p.dtype == torch.bfloat16 for p in learned):
        model.float()
        precision = MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.float32)
    for layer in _blocks(model):
        fully_shard(layer, mesh=mesh, mp_policy=precision)
    # What is outside the blocks (embeddings, output head) is needed again at once going back.
    fully_shard(model, mesh=mesh, mp_policy=precision, reshard_after_forward=False)
    for name in methods:
        register_fsdp_forward_method(model, name)


def _blocks(model: nn.Module) -> list[nn.Module]:
    """Return the layers of the transformer."""
    return [m for m in model.modules() if isinstance(m, GradientCheckpointingLayer)]


def is_cut(module: nn.Module) -> bool:
    """Whether a model's weights are cut among processes."""
    return isinstance(module, FSDPModule)


@contextmanager
def whole(*models: nn.Module) -> Iterator[None]:
    """Keep all weights of some models together for a while; all processes must come here.

    Inside, each process may make as many passes as it likes, without gradients.
    """
    parts = [m for model in models for m in model.modules() if isinstance(m, FSDPModule)]
    again = [part for part in parts if not any(part is model for model in models)]
    for part in again:
        part.set_reshard_after_forward(False, recurse=False)
    for part in parts:
        part.unshard()
    try:
        yield
    finally:
        for part in parts:
            part.reshard()
        for part in again:
            part.set_reshard_after_forward(True, recurse=False)


def full_state(model: nn.Module, *, learned_only: bool = False) -> dict[str, Any]:
    """Return a cut model's whole weights on the CPU of the first process; the others get none.

    Args:
        model: the model, or something around it; all processes must come here.
        learned_only: whether to leave out frozen weights.
    """
    options = StateDictOptions(
        full_state_dict=True, cpu_offload=True, ignore_frozen_params=learned_only
    )
    return dict(get_model_state_dict(model, options=options))


def whole_norm(norm: torch.Tensor) -> float:
    """Return a norm over pieces as one number."""
    return float(norm.full_tensor() if isinstance(norm, DTensor) else norm)
