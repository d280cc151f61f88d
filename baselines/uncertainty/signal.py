"""From M per token to Phi per turn, the authors' released score, and the signal's settings."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from .ranges import SignalRange


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
        if not 0.0 < self.floor < math.inf:
            raise ValueError(f"floor is {self.floor} but must be positive, for example 1e-4.")
        fixed = self.normaliser == "fixed"
        if fixed and not math.log(self.top_j) < self.confidence_max < math.inf:
            raise ValueError(
                f"confidence_max is {self.confidence_max} but must be a number above log(top_j) = "
                f"{math.log(self.top_j):.3f}."
            )

    def new_range(self, vocab_size: int) -> SignalRange:
        """Return the range a trajectory starts with."""
        if self.normaliser == "fixed":
            return SignalRange.fixed(
                vocab_size=vocab_size, top_j=self.top_j, confidence_max=self.confidence_max
            )
        return SignalRange()
