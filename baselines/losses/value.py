"""Value-function losses per token or per step."""

from typing import Literal, NamedTuple

import torch

from .aggregation import as_mask


class ValueLoss(NamedTuple):
    """A value loss per entry; both arrays have the shape of the values and are 0 where masked."""

    values: torch.Tensor
    """Loss, with gradient."""
    clipped: torch.Tensor
    """1.0 where the clipped term is the larger."""


def value_token_loss(
    predictions: torch.Tensor,
    old_values: torch.Tensor,
    returns: torch.Tensor,
    mask: torch.Tensor | None = None,
    *,
    clip: float | None = 0.5,
    factor: float = 0.5,
    form: Literal["max", "clipped"] = "max",
) -> ValueLoss:
    """Return factor * max((V - R)^2, (clip(V, V_old - c, V_old + c) - R)^2) per entry.

    | convention | arguments |
    |---|---|
    | verl | clip 0.5, factor 0.5 |
    | authors' older code | clip 0.5, factor 1 |
    | CleanRL | clip 0.2, factor 0.5 |
    | Stable-Baselines3 | form "clipped", factor 1 |

    Args:
        predictions: V [B, T] (or any shape), with gradient.
        old_values: V when the data were collected.
        returns: R.
        mask: 0/1, or None for all.
        clip: c, or None for the plain squared error.
        factor: 0.5 or 1.
        form: `max` of both terms, or only the `clipped` one.
    """
    keep = as_mask(mask, predictions)
    v = torch.where(keep, predictions, 0.0)
    old = torch.where(keep, old_values.detach(), 0.0)
    target = torch.where(keep, returns.detach(), 0.0)
    plain = (v - target) ** 2
    if clip is None:
        return ValueLoss(factor * plain, torch.zeros_like(plain))
    bounded = (torch.minimum(torch.maximum(v, old - clip), old + clip) - target) ** 2
    values = torch.maximum(plain, bounded) if form == "max" else bounded
    return ValueLoss(factor * values, (bounded > plain).to(plain.dtype))
