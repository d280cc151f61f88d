"""From a loss per token to one number, with denominators that survive micro-batches.

Modes of verl and TRL: docs/originals/algorithms.md, section 5.
"""

from dataclasses import dataclass
from typing import Literal

import torch

Aggregation = Literal[
    "token-mean", "seq-mean-token-sum", "seq-mean-token-mean", "seq-mean-token-sum-norm"
]
EmptyRows = Literal["exclude", "count", "nan"]


def as_mask(mask: torch.Tensor | None, like: torch.Tensor) -> torch.Tensor:
    """Return a 0/1 mask of any dtype as booleans; all true for None.

    Raises:
        ValueError: the mask has another shape than the values.
    """
    if mask is None:
        return torch.ones_like(like, dtype=torch.bool)
    if mask.shape != like.shape:
        raise ValueError(
            f"The mask has shape {tuple(mask.shape)} but the values it belongs to have "
            f"{tuple(like.shape)}."
        )
    return mask if mask.dtype == torch.bool else mask != 0


def masked_sum(values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return the sum of the unmasked values; a masked NaN or inf has no effect or gradient."""
    return torch.where(as_mask(mask, values), values, 0.0).sum()


def masked_mean(values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return sum(x m) / (sum(m) + 1e-8)."""
    keep = as_mask(mask, values)
    return torch.where(keep, values, 0.0).sum() / (keep.sum() + 1e-8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Denominators:
    """Counts of the whole batch, so that micro-batch losses add up to the full one.

    Example: a batch of rows with 3, 0 and 2 loss tokens has tokens 5 and rows 2.
    """

    tokens: float
    """Unmasked tokens of the whole batch."""
    rows: float
    """Rows with at least one unmasked token (all rows with `count_empty_rows`)."""
    length: float
    """Divisor of `seq-mean-token-sum-norm`; Dr.GRPO asks for a constant, the longest reply."""

    @classmethod
    def of(
        cls, mask: torch.Tensor, *, length: float | None = None, count_empty_rows: bool = False
    ) -> "Denominators":
        """Count a mask [B, T]; `length` defaults to the padded T."""
        keep = mask != 0
        return cls(
            tokens=float(keep.sum()),
            rows=float(mask.shape[0] if count_empty_rows else keep.any(dim=-1).sum()),
            length=float(mask.shape[-1] if length is None else length),
        )


def aggregate(
    values: torch.Tensor,
    mask: torch.Tensor,
    mode: Aggregation = "token-mean",
    *,
    denominators: Denominators | None = None,
    empty_rows: EmptyRows = "exclude",
) -> torch.Tensor:
    """Return one loss from the loss of every token.

    - `token-mean`: sum over tokens / tokens of the batch.
    - `seq-mean-token-sum`: sum per row, mean over rows.
    - `seq-mean-token-mean`: mean per row, mean over rows.
    - `seq-mean-token-sum-norm`: sum over tokens / a constant length (not divided by rows).

    With `denominators` of the whole batch, the sum over micro-batches of this function equals its
    value on the batch, and so do the gradients.

    Args:
        values: loss per token [B, T]; masked entries may be NaN or inf.
        mask: 0/1 [B, T]; forced and prompt tokens are 0.
        mode: see above.
        denominators: counts of the whole batch; of this call's mask when None.
        empty_rows: rows without tokens: `exclude` them from the mean over rows (verl; the row
            denominator is n + 1e-8), `count` them as rows of loss 0 (TRL; denominator max(n, 1)),
            or `nan`: count them, dividing by n as it is (the authors' older code).

    Returns:
        A 0-dimensional tensor; 0 when there is no token at all (`exclude`, `count`).
    """
    keep = as_mask(mask, values)
    if values.dim() != 2:
        raise ValueError(f"Loss values must be [rows, tokens], got shape {tuple(values.shape)}.")
    row_sums = torch.where(keep, values, 0.0).sum(dim=-1)
    row_tokens = keep.sum(dim=-1)
    if mode == "token-mean":
        tokens = row_tokens.sum() if denominators is None else denominators.tokens
        return row_sums.sum() / _at_least_one(tokens)
    if mode == "seq-mean-token-sum-norm":
        return row_sums.sum() / (mask.shape[-1] if denominators is None else denominators.length)
    if mode == "seq-mean-token-mean":
        row_sums = row_sums / _row_denominator(row_tokens, values.dtype, empty_rows)
    if empty_rows != "exclude":
        return row_sums.sum() / (values.shape[0] if denominators is None else denominators.rows)
    rows = (row_tokens > 0).sum() if denominators is None else denominators.rows
    return row_sums.sum() / _at_least_one(rows)


def _row_denominator(
    tokens: torch.Tensor, dtype: torch.dtype, empty_rows: EmptyRows
) -> torch.Tensor:
    if empty_rows == "exclude":
        return tokens.to(dtype) + 1e-8
    return (tokens.clamp(min=1) if empty_rows == "count" else tokens).to(dtype)


def _at_least_one(count: torch.Tensor | float) -> torch.Tensor | float:
    return count.clamp(min=1) if isinstance(count, torch.Tensor) else max(count, 1.0)
