"""The uncertainty signal of T2PO: how unsure the model is at one token, and over one turn.

| paper | here | meaning |
|---|---|---|
| H_t | `entropy` | entropy of the next-token distribution, in nats |
| C_t | `confidence` | minus the mean log-probability of the j most likely tokens, in nats |
| H~, C~ | inside `SignalRange.measure` | both after min-max normalisation to [0, 1] |
| alpha | `SignalConfig.alpha` | weight of the entropy in M |
| M_t | `SignalRange.measure` | alpha * H~ + (1 - alpha) * (1 - C~); higher means less certain |
| Phi^k | `geometric_mean` | exp(mean of log M_t) over the sampled tokens of turn k |

C_t is least, log j, where the j most likely tokens share all probability evenly. From there it
grows as the distribution sharpens (the tail of the top j becomes very unlikely), so both terms of M
fall with certainty. Two limits:

- With j = 1 the sign flips (C becomes -log p_max, small where sharp) and the two terms cancel;
  `SignalConfig` therefore asks for j >= 2, and below 5 C still says little against H.
- C also grows towards log V as probability leaks out of the top j. Sharpening the logits raises C
  only where E_p[z] exceeds the mean of the top j logits; choose j so that the top j hold most of
  the mass.

Everything is computed from raw logits, before temperature and top-p, in natural logarithms.
"""

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

FloatArray = npt.NDArray[np.float64]

# exp(-800) is 0 in float64, so a logit this far below the best one carries no probability; the
# bound only keeps 0 * -inf out of the sums.
_LOGIT_DEPTH = 800.0


class TokenSignal(NamedTuple):
    """Entropy and confidence of a batch of next-token distributions."""

    entropy: torch.Tensor
    """H, nats, float32 (float64 for float64 logits) [...]."""
    confidence: torch.Tensor
    """C, nats, the same shape and type."""


@torch.no_grad()
def token_signal(logits: torch.Tensor, top_j: int = 20) -> TokenSignal:
    """Measure H and C of every next-token distribution in a batch.

    H = logsumexp(z) - sum_i p_i z_i;  C = -(1/j) sum of the j largest log-probabilities.
    One exponential and one `topk` over the vocabulary; half precision is widened to float32.
    A logit of -inf counts as probability 0; in C its log-probability is bounded at -800.

    Args:
        logits: raw logits [..., V].
        top_j: number j of most likely tokens in C, 1 <= j <= V. j = 1 is there for the authors'
            released score; the published signal needs j >= 2 (see the module text).

    Returns:
        `TokenSignal` with arrays of shape [...].

    Raises:
        ValueError: `top_j` is outside 1..V.
    """
    _check_top_j(top_j, logits.shape[-1])
    z = logits if logits.dtype == torch.float64 else logits.float()
    z = (z - z.amax(dim=-1, keepdim=True)).clamp_min(-_LOGIT_DEPTH)
    weights = z.exp()
    total = weights.sum(dim=-1)
    log_total = total.log()
    entropy = log_total - (weights * z).sum(dim=-1) / total
    confidence = log_total - z.topk(top_j, dim=-1, sorted=False).values.mean(dim=-1)
    return TokenSignal(entropy, confidence)


def entropy(logits: npt.ArrayLike) -> FloatArray:
    """Return H = -sum p log p of logits [..., V], in nats and float64 [...]."""
    log_p = _log_softmax(logits)
    return np.asarray(-np.sum(np.exp(log_p) * log_p, axis=-1))


def confidence(logits: npt.ArrayLike, top_j: int = 20) -> FloatArray:
    """Return C = -(1/j) * sum of the j largest log-probabilities of logits [..., V], float64 [...].

    Raises:
        ValueError: `top_j` is outside 1..V.
    """
    log_p = _log_softmax(logits)
    _check_top_j(top_j, log_p.shape[-1])
    best = np.partition(log_p, log_p.shape[-1] - top_j, axis=-1)[..., -top_j:]
    return np.asarray(-best.mean(axis=-1))


def _log_softmax(logits: npt.ArrayLike) -> FloatArray:
    z = np.asarray(logits, dtype=np.float64)
    z = np.maximum(z - z.max(axis=-1, keepdims=True), -_LOGIT_DEPTH)
    return np.asarray(z - np.log(np.exp(z).sum(axis=-1, keepdims=True)))


def _check_top_j(top_j: int, vocab_size: int) -> None:
    if not 1 <= top_j <= vocab_size:
        raise ValueError(
            f"top_j is {top_j} but must be between 1 and the vocabulary size {vocab_size}; "
            "choose fewer most-likely tokens for the confidence."
        )


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

    def measure_all(
        self, entropy: npt.ArrayLike, confidence: npt.ArrayLike, alpha: float
    ) -> FloatArray:
        """Return M [T] of many tokens, all under this one range.

        Raises:
            ValueError: H and C differ in shape or are not one-dimensional.
        """
        h, c = _paired(entropy, confidence)
        pairs = zip(h.tolist(), c.tolist(), strict=True)
        return np.array([self.measure(a, b, alpha) for a, b in pairs], dtype=np.float64)


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
    """What was known at each token of one turn while it was being generated."""

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
        if t:
            change[t] = abs(measure[t] - bounds.measure(float(h[t - 1]), float(c[t - 1]), alpha))
    return CausalSeries(measure, change)


def geometric_mean(measure: npt.ArrayLike, floor: float = 1e-4) -> float:
    """Return Phi = exp(mean_t log max(M_t, floor)) of one turn.

    The floor is ours: min-max normalisation makes M exactly 0 at a token that holds both the lowest
    H and the highest C, and one zero would make every Phi zero.

    Raises:
        ValueError: no tokens, or a floor that is not positive.
    """
    m = np.asarray(measure, dtype=np.float64)
    if m.size == 0 or floor <= 0.0:
        raise ValueError(
            f"Phi needs at least one sampled token (got {m.size}) and a positive floor "
            f"(got {floor})."
        )
    return float(np.exp(np.log(np.maximum(m, floor)).mean()))


def released_score(
    entropy: float, max_log_prob: float, vocab_size: int, alpha: float = 0.4
) -> float:
    """Return the authors' released score, (1 - alpha) * log p_max + alpha * (1 - H / log V).

    It is not the published M: no normalisation, and it rises with certainty.

    Source: the logits processor of the T2PO ICML release (weights 0.6 and 0.4).
    """
    return (1.0 - alpha) * max_log_prob + alpha * (1.0 - entropy / math.log(vocab_size))


def released_turn_score(scores: npt.ArrayLike, skip_tokens: int = 32) -> float:
    """Return the released turn score: the plain mean of the scores after the first tokens.

    A step counts once more than `skip_tokens` tokens were generated before it; a turn without such
    a step scores 0, as in the released code.
    """
    late = np.asarray(scores, dtype=np.float64)[skip_tokens + 1 :]
    return float(late.mean()) if late.size else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalConfig:
    """How the uncertainty signal is computed."""

    form: Literal["published", "released"] = "published"
    """The published M, or the score of the authors' released code (then set top_j to 1)."""
    alpha: float = 0.4
    """Weight of the entropy term; the paper's best value."""
    top_j: int = 20
    """Number of most likely tokens in the confidence; ours (the paper's j is not known to us).
    At least 2; below 5 the two terms of M nearly cancel."""
    normaliser: Literal["causal", "fixed"] = "causal"
    """`causal`: running min-max over the trajectory. `fixed`: H / log V, and C clipped to
    [log j, confidence_max]; no state, comparable between runs."""
    confidence_max: float = 20.0
    """Upper end of C for `fixed`, in nats."""
    floor: float = 1e-4
    """Smallest M inside the geometric mean; ours."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.alpha <= 1.0:
            raise ValueError(f"alpha is {self.alpha} but must lie between 0 and 1.")
        if self.form == "published" and self.top_j < 2:
            raise ValueError(
                f"top_j is {self.top_j} but the published signal needs at least 2 (5 or more "
                "advised): with one token the confidence falls where the model is sure, and the "
                "two terms of M cancel."
            )
        if self.form == "released" and self.top_j != 1:
            raise ValueError(
                f"top_j is {self.top_j} but the released score uses the single most likely token; "
                "set top_j to 1."
            )
        if self.floor <= 0.0:
            raise ValueError(f"floor is {self.floor} but must be positive, for example 1e-4.")

    def new_range(self, vocab_size: int) -> SignalRange:
        """Return the range a trajectory starts with."""
        if self.normaliser == "fixed":
            return SignalRange.fixed(
                vocab_size=vocab_size, top_j=self.top_j, confidence_max=self.confidence_max
            )
        return SignalRange()
