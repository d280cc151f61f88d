"""Min-max ranges that turn (H, C) into M, and series of M over one turn."""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .tokens import FloatArray


class SignalRange:
    """The range of H and C that maps them to [0, 1] before they are mixed into M.

    A moving range (normaliser "causal") holds the smallest and largest values among the tokens it
    was shown: those accepted earlier in the trajectory and those sampled so far in this turn. A
    fixed range (normaliser "fixed") ignores updates and clips.

    A range in which one quantity never changed maps that quantity to 0.

    Example:
        >>> bounds = SignalRange.of([1.0, 3.0], [2.0, 4.0])
        >>> round(bounds.measure(3.0, 4.0, alpha=0.4), 6)  # the least sure and the sharpest at once
        0.4
    """

    __slots__ = ("confidence_max", "confidence_min", "entropy_max", "entropy_min", "moving")

    def __init__(self) -> None:
        self.entropy_min = math.inf
        self.entropy_max = -math.inf
        self.confidence_min = math.inf
        self.confidence_max = -math.inf
        self.moving = True

    @classmethod
    def of(cls, entropy: npt.ArrayLike, confidence: npt.ArrayLike) -> "SignalRange":
        """Return the moving range that holds exactly these tokens (H [T], C [T])."""
        bounds = cls()
        bounds.update_all(entropy, confidence)
        return bounds

    @classmethod
    def fixed(cls, *, vocab_size: int, top_j: int, confidence_max: float) -> "SignalRange":
        """Return the range H in [0, log V], C in [log j, confidence_max], which never moves.

        log j is the least C can be (the top j share all probability evenly).

        Raises:
            ValueError: `vocab_size` < 2, or `confidence_max` is not above log j.
        """
        if vocab_size < 2 or confidence_max <= math.log(top_j):
            raise ValueError(
                f"A fixed range needs a vocabulary of at least 2 (got {vocab_size}) and "
                f"confidence_max above log(top_j) = {math.log(top_j):.3f} (got {confidence_max})."
            )
        bounds = cls()
        bounds.entropy_min, bounds.entropy_max = 0.0, math.log(vocab_size)
        bounds.confidence_min, bounds.confidence_max = math.log(top_j), confidence_max
        bounds.moving = False
        return bounds

    def copy(self) -> "SignalRange":
        """Return an independent range with the same bounds."""
        twin = SignalRange()
        twin.entropy_min, twin.entropy_max = self.entropy_min, self.entropy_max
        twin.confidence_min, twin.confidence_max = self.confidence_min, self.confidence_max
        twin.moving = self.moving
        return twin

    def update(self, entropy: float, confidence: float) -> None:
        """Widen a moving range to hold one more token."""
        if not self.moving:
            return
        if entropy < self.entropy_min:
            self.entropy_min = entropy
        if entropy > self.entropy_max:
            self.entropy_max = entropy
        if confidence < self.confidence_min:
            self.confidence_min = confidence
        if confidence > self.confidence_max:
            self.confidence_max = confidence

    def update_all(self, entropy: npt.ArrayLike, confidence: npt.ArrayLike) -> None:
        """Widen a moving range to hold the tokens of H [T] and C [T].

        Raises:
            ValueError: the two differ in shape or are not one-dimensional.
        """
        h, c = _paired(entropy, confidence)
        if h.size:
            self.update(float(h.min()), float(c.min()))
            self.update(float(h.max()), float(c.max()))

    def measure(self, entropy: float, confidence: float, alpha: float) -> float:
        """Return M = alpha * H~ + (1 - alpha) * (1 - C~) of one token under this range."""
        h_span = self.entropy_max - self.entropy_min
        c_span = self.confidence_max - self.confidence_min
        h = (entropy - self.entropy_min) / h_span if h_span > 0.0 else 0.0
        c = (confidence - self.confidence_min) / c_span if c_span > 0.0 else 0.0
        if not self.moving:
            h = min(1.0, max(0.0, h))
            c = min(1.0, max(0.0, c))
        return alpha * h + (1.0 - alpha) * (1.0 - c)

    def change(self, before: tuple[float, float], now: tuple[float, float], alpha: float) -> float:
        """Return |M - M_before| of two tokens given as (H, C), both under this range."""
        if not self.moving:  # clipping: not linear
            return abs(self.measure(*now, alpha) - self.measure(*before, alpha))
        h_span = self.entropy_max - self.entropy_min
        c_span = self.confidence_max - self.confidence_min
        h = (now[0] - before[0]) / h_span if h_span > 0.0 else 0.0
        c = (now[1] - before[1]) / c_span if c_span > 0.0 else 0.0
        return abs(alpha * h - (1.0 - alpha) * c)

    def measure_all(
        self, entropy: npt.ArrayLike, confidence: npt.ArrayLike, alpha: float
    ) -> FloatArray:
        """Return M [T] of many tokens, all under this one range.

        Raises:
            ValueError: H and C differ in shape or are not one-dimensional.
        """
        h, c = _paired(entropy, confidence)
        h_span = self.entropy_max - self.entropy_min
        c_span = self.confidence_max - self.confidence_min
        h = (h - self.entropy_min) / h_span if h_span > 0.0 else np.zeros_like(h)
        c = (c - self.confidence_min) / c_span if c_span > 0.0 else np.zeros_like(c)
        if not self.moving:
            h, c = h.clip(0.0, 1.0), c.clip(0.0, 1.0)
        return np.asarray(alpha * h + (1.0 - alpha) * (1.0 - c))


def _paired(entropy: npt.ArrayLike, confidence: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    h = np.asarray(entropy, dtype=np.float64)
    c = np.asarray(confidence, dtype=np.float64)
    if h.ndim != 1 or h.shape != c.shape:
        raise ValueError(
            f"entropy and confidence must be one-dimensional and equally long, one number per "
            f"sampled token; got shapes {h.shape} and {c.shape}."
        )
    return h, c


def offline_series(
    entropy: npt.ArrayLike, confidence: npt.ArrayLike, alpha: float = 0.4
) -> FloatArray:
    """Return M [T] normalised over the whole series, as printed in the paper.

    Only usable after the fact: at time t it knows the tokens that are still to come.
    """
    return SignalRange.of(entropy, confidence).measure_all(entropy, confidence, alpha)


class CausalSeries(NamedTuple):
    """Values known at each token of a turn at the time it was generated."""

    measure: FloatArray
    """M_t under the range of time t [T]."""
    change: FloatArray
    """|M_t - M_{t-1}|, both under the range of time t; 0 at t = 0, where it is undefined [T]."""


def causal_series(
    entropy: npt.ArrayLike,
    confidence: npt.ArrayLike,
    alpha: float = 0.4,
    start: SignalRange | None = None,
) -> CausalSeries:
    """Return M_t and its changes as a controller sees them, token by token.

    M_{t-1} is measured again under the range of time t: with its own older range, a widening range
    alone would look like a change of mind.

    Args:
        entropy: H [T].
        confidence: C [T].
        alpha: weight of the entropy.
        start: range of the tokens accepted earlier in the trajectory; left unchanged.
    """
    h, c = _paired(entropy, confidence)
    bounds = SignalRange() if start is None else start.copy()
    measure, change = np.zeros(h.size), np.zeros(h.size)
    for t in range(h.size):
        bounds.update(float(h[t]), float(c[t]))
        measure[t] = bounds.measure(float(h[t]), float(c[t]), alpha)
        if t:  # written out, so that the controllers' shorter way has something to agree with
            change[t] = abs(measure[t] - bounds.measure(float(h[t - 1]), float(c[t - 1]), alpha))
    return CausalSeries(measure, change)
