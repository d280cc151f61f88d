"""Masked statistics and group bookkeeping shared by the advantage estimators."""

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


def as_floats(values: npt.ArrayLike, name: str, ndim: int) -> FloatArray:
    """Return `values` as float64, refusing another number of dimensions.

    Raises:
        ValueError: the array is not `ndim`-dimensional.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} dimension(s), got shape {array.shape}.")
    return array


def as_mask(mask: npt.ArrayLike, shape: tuple[int, ...]) -> BoolArray:
    """Return a 0/1 mask of any dtype as booleans, so that `~mask` is its complement.

    Raises:
        ValueError: the mask has another shape than the values it belongs to.
    """
    array = np.asarray(np.asarray(mask) != 0)
    if array.shape != shape:
        raise ValueError(
            f"The mask has shape {array.shape} but the values it belongs to have {shape}."
        )
    return array


def masked_mean(values: npt.ArrayLike, mask: npt.ArrayLike) -> float:
    """Return sum(x m) / (sum(m) + 1e-8).

    Args:
        values: any shape; masked entries may be anything, NaN included.
        mask: 0/1, the same shape.
    """
    x = np.asarray(values, dtype=np.float64)
    m = as_mask(mask, x.shape)
    return float(np.where(m, x, 0.0).sum() / (m.sum() + 1e-8))


def masked_var(values: npt.ArrayLike, mask: npt.ArrayLike) -> float:
    """Return the masked mean of (x - mean)^2, times n / (n - 1).

    Raises:
        ValueError: fewer than two unmasked values.
    """
    x = np.asarray(values, dtype=np.float64)
    m = as_mask(mask, x.shape)
    count = int(m.sum())
    if count < 2:
        raise ValueError(f"A variance needs at least two unmasked values, got {count}.")
    centred = np.where(m, x, 0.0) - masked_mean(x, m)
    return masked_mean(centred**2, m) * count / (count - 1)


def masked_whiten(
    values: npt.ArrayLike, mask: npt.ArrayLike, *, shift_mean: bool = True
) -> FloatArray:
    """Return (x - mean) / sqrt(var + 1e-8) with statistics over the whole mask; 0 where masked.

    Equal values give exactly 0, which the rounding of their mean would not.

    Args:
        values: [B, T] (or any shape).
        mask: 0/1, the same shape.
        shift_mean: False keeps the mean and only rescales around it.

    Raises:
        ValueError: fewer than two unmasked values.
    """
    x = np.asarray(values, dtype=np.float64)
    m = as_mask(mask, x.shape)
    if shift_mean and m.any() and np.ptp(x[m]) == 0.0:
        masked_var(x, m)  # refuses what it always refuses
        return np.zeros_like(x)
    mean = masked_mean(x, m)
    white = (np.where(m, x, 0.0) - mean) / np.sqrt(masked_var(x, m) + 1e-8)
    return np.where(m, white if shift_mean else white + mean, 0.0)


def whiten(values: npt.ArrayLike) -> FloatArray:
    """Return values shifted and scaled to mean 0 and variance 1 [B]; fewer than two become 0."""
    x = as_floats(values, "values", 1)
    return masked_whiten(x, np.ones_like(x)) if x.size > 1 else np.zeros_like(x)


def broadcast_to_tokens(advantages: npt.ArrayLike, mask: npt.ArrayLike) -> FloatArray:
    """Return one advantage per row [B] copied to its unmasked tokens [B, T], 0 elsewhere."""
    rows = as_floats(advantages, "advantages", 1)
    shape = (rows.size, *np.shape(mask)[1:])
    return np.where(as_mask(mask, shape), rows[:, None], 0.0)


def labels_of(keys: Sequence[Hashable]) -> IntArray:
    """Return group numbers 0, 1, ... by first appearance, one per row.

    Example: labels_of(["b", "a", "b"]) is [0, 1, 0].
    """
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def group_mean(
    values: FloatArray, labels: IntArray, weights: FloatArray | None = None
) -> FloatArray:
    """Return the mean of every group [G], where labels are 0..G-1 [B].

    The mean of equal values is that value. Summing and dividing would miss it by a rounding error,
    which a division by a standard deviation of nearly 0 then makes an advantage.

    Args:
        values: one value per row [B].
        labels: group of every row [B].
        weights: of the rows [B]; all alike without.
    """
    mass = np.bincount(labels, weights=weights)
    parts = values if weights is None else values * weights
    mean = np.bincount(labels, weights=parts) / mass
    low, high = np.full(mass.size, np.inf), np.full(mass.size, -np.inf)
    np.minimum.at(low, labels, values)
    np.maximum.at(high, labels, values)
    return np.where(low == high, low, mean)


def group_std(values: FloatArray, labels: IntArray, ddof: int = 1) -> FloatArray:
    """Return the standard deviation of every group [G]; 0 for groups of at most `ddof` members."""
    count = np.bincount(labels)
    centred = values - group_mean(values, labels)[labels]
    squares = np.bincount(labels, weights=centred**2)
    return np.asarray(np.sqrt(squares / np.maximum(count - ddof, 1)))
