"""The optimiser, its learning rate, and how a rollout is dealt into optimiser steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
import torch

from .config import OptimConfig
from .parallel.sharding import whole_norm

__all__ = [
    "MasterAdamW",
    "WideAdamW",
    "clip_gradients",
    "deal",
    "learning_rate",
    "make_optimizer",
    "set_rate",
    "stepped_weights",
    "with_state",
]

SHUFFLE_STREAM = 1_000_003
Item = TypeVar("Item")


class WideAdamW(torch.optim.AdamW):
    """AdamW on float32 weights that are computed with in bfloat16; its state holds them too.

    The weights are the pieces of a model that is cut among processes, or copies (`MasterAdamW`): a
    run goes on from either.

    Args:
        masters: the float32 weights, changed in place.
        weight_decay: of matrices; vectors (norms, biases) are not decayed.
        others: arguments of AdamW.
    """

    MASTERS = "masters"

    def __init__(
        self, masters: Sequence[torch.nn.Parameter], weight_decay: float, **others: Any
    ) -> None:
        self.masters = list(masters)
        super().__init__(_decayed(self.masters, weight_decay), **others)

    def state_dict(self) -> dict[str, Any]:
        """Return the optimiser's state and the weights."""
        return super().state_dict() | {self.MASTERS: [m.detach() for m in self.masters]}

    @torch.no_grad()
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        rest = dict(state_dict)
        saved = rest.pop(self.MASTERS)
        super().load_state_dict(rest)
        for master, value in zip(self.masters, saved, strict=True):
            master.copy_(value)


class MasterAdamW(WideAdamW):
    """AdamW on float32 copies of weights that are kept in bfloat16.

    A bfloat16 weight has eight bits: a step below half a spacing, 2^-9 of its size, rounds to
    nothing, and at the learning rates of large models nearly all steps are. The copies take every
    step, the weights follow them. Gradients are added up in float32 as they come; the weights' own
    are dropped at once.

    Args:
        parameters: the weights, changed in place.
        weight_decay: of matrices; vectors (norms, biases) are not decayed.
        others: arguments of AdamW.
    """

    def __init__(
        self, parameters: Sequence[torch.nn.Parameter], weight_decay: float, **others: Any
    ) -> None:
        self.weights = list(parameters)
        masters = [torch.nn.Parameter(w.detach().float().clone()) for w in self.weights]
        for weight, master in zip(self.weights, masters, strict=True):
            weight.register_post_accumulate_grad_hook(  # type: ignore[no-untyped-call]
                _into(master)
            )
        super().__init__(masters, weight_decay, **others)

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Step the copies, and set every weight to the nearest value of its own type."""
        result = super().step(closure)
        self._publish()
        return result

    @torch.no_grad()
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up what `state_dict` returned; the weights follow."""
        super().load_state_dict(state_dict)
        self._publish()

    def _publish(self) -> None:
        for weight, master in zip(self.weights, self.masters, strict=True):
            weight.copy_(master)


def _into(master: torch.nn.Parameter) -> Callable[[torch.Tensor], None]:
    """Return a hook that moves a weight's gradient to its copy."""

    def move(weight: torch.Tensor) -> None:
        if weight.grad is None:
            return
        gradient = weight.grad.float()
        master.grad = gradient if master.grad is None else master.grad.add_(gradient)
        weight.grad = None

    return move


def _decayed(parameters: Sequence[torch.nn.Parameter], weight_decay: float) -> list[dict[str, Any]]:
    """Group parameters: vectors (norms, biases) are not decayed."""
    return [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ]


def make_optimizer(
    module: torch.nn.Module,
    lr: float,
    weight_decay: float,
    betas: tuple[float, float],
    *,
    in_copies: bool = False,
) -> torch.optim.AdamW:
    """AdamW for the trainable weights of a module; bfloat16 ones are stepped in float32.

    Args:
        module: what is trained.
        lr: learning rate.
        weight_decay: of matrices.
        betas: moment decay rates.
        in_copies: whether the weights are float32 pieces of bfloat16 ones.
    """
    parameters = [p for p in module.parameters() if p.requires_grad]
    if in_copies:
        return WideAdamW(parameters, weight_decay, lr=lr, betas=betas)
    if all(p.dtype == torch.float32 for p in parameters):
        return torch.optim.AdamW(_decayed(parameters, weight_decay), lr=lr, betas=betas)
    return MasterAdamW(parameters, weight_decay, lr=lr, betas=betas)


def stepped_weights(
    module: torch.nn.Module, optimizer: torch.optim.Optimizer
) -> list[torch.nn.Parameter]:
    """Return the tensors whose gradients the optimiser reads: the weights, or their copies."""
    if isinstance(optimizer, WideAdamW):
        return optimizer.masters
    return list(module.parameters())


def with_state(optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Return the state of an optimiser as it is after a step, so that a saved one fits into it."""
    for group in optimizer.param_groups:
        for weight in group["params"]:
            if not optimizer.state[weight]:
                optimizer.state[weight] = {
                    "step": torch.tensor(0.0),
                    "exp_avg": torch.zeros_like(weight),
                    "exp_avg_sq": torch.zeros_like(weight),
                }
    state: dict[str, Any] = optimizer.state_dict()
    return state


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
    norm = whole_norm(torch.nn.utils.clip_grad_norm_(with_gradient, largest))
    if not math.isfinite(norm):
        raise FloatingPointError(
            f"the gradient norm is {norm}; lower optim.lr or continue from the last checkpoint."
        )
    return norm
