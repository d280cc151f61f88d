"""The optimiser, its learning rate, and how a rollout is dealt into optimiser steps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np
import torch

from baselines.config import OptimConfig

__all__ = ["clip_gradients", "deal", "learning_rate", "make_optimizer", "set_rate"]

SHUFFLE_STREAM = 1_000_003
Item = TypeVar("Item")


def make_optimizer(
    module: torch.nn.Module, lr: float, weight_decay: float, betas: tuple[float, float]
) -> torch.optim.AdamW:
    """AdamW; vectors (norms, biases) are not decayed."""
    parameters = [p for p in module.parameters() if p.requires_grad]
    return torch.optim.AdamW(
        [
            {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": weight_decay},
            {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
        ],
        lr=lr,
        betas=betas,
    )


def learning_rate(config: OptimConfig, step: float, steps: int) -> float:
    """Return the rate of training step `step` (from 0) of `steps`."""
    if step < config.warmup_steps:
        return config.lr * (step + 1) / (config.warmup_steps + 1)
    if config.schedule == "constant":
        return config.lr
    done = (step - config.warmup_steps) / max(1, steps - config.warmup_steps)
    shape = 1.0 - done if config.schedule == "linear" else 0.5 * (1 + math.cos(math.pi * done))
    return config.lr * (config.final_lr_fraction + (1.0 - config.final_lr_fraction) * shape)


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Give every parameter the same learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def deal(
    items: Sequence[Item], owners: Sequence[int], parts: int, *entropy: int
) -> Iterator[list[Item]]:
    """Deal items into parts, those of one owner together, in random order.

    Args:
        items: what is dealt.
        owners: whose each one is, for example the task group of a turn.
        parts: how many parts; fewer where there are fewer owners.
        entropy: integers that the order depends on, and nothing else.
    """
    names = list(dict.fromkeys(owners))
    seed = np.random.SeedSequence([SHUFFLE_STREAM, *entropy])
    order = np.random.Generator(np.random.PCG64(seed)).permutation(len(names))
    for part in np.array_split(order, min(parts, len(names))):
        chosen = {names[i] for i in part}
        yield [item for item, owner in zip(items, owners, strict=True) if owner in chosen]


def clip_gradients(parameters: Iterable[torch.nn.Parameter], largest: float) -> float:
    """Clip the gradients to a norm and return the norm they had.

    Raises:
        FloatingPointError: the norm is not finite.
    """
    with_gradient = [p for p in parameters if p.grad is not None]
    norm = float(torch.nn.utils.clip_grad_norm_(with_gradient, largest))
    if not math.isfinite(norm):
        raise FloatingPointError(
            f"the gradient norm is {norm}; lower optim.lr or continue from the last checkpoint."
        )
    return norm
