"""TDS: sample a turn again when its uncertainty did not move since the turn before.

A monitor sits beside one trajectory. It is shown the (H, C) of a finished candidate turn and
answers whether to sample that turn again; the environment is not stepped in between.

| paper | here |
|---|---|
| Phi^k, Gamma^k | `TurnMonitor.judge` -> `Verdict.phi`, `Verdict.gamma` |
| eta, B_max | `TurnRule.eta`, `max_resamples` |
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ..uncertainty import (
    FloatArray,
    SignalConfig,
    SignalRange,
    geometric_mean,
    released_score,
    released_turn_score,
)
from .rules import ThinkingRule


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRule:
    """When a finished turn is sampled again (TDS).

    Example: with `eta=0.3`, `max_resamples=2`, an accepted Phi of 0.5 and candidates of 0.6, 0.4
    and 0.45, the first two are rejected and the third is taken because the tries are used up.
    """

    eta: float = 0.0
    """Turns with Gamma below this are void; 0 never resamples. Usually set by `threshold_at`."""
    max_resamples: int = 2
    """B_max: a turn is sampled at most 1 + B_max times."""
    variant: Literal["published", "released"] = "published"
    """`published`: Gamma < eta. `released`: 0 < Gamma < eta."""

    def __post_init__(self) -> None:
        if self.eta < 0.0 or self.max_resamples < 0:
            raise ValueError(
                f"eta ({self.eta}) and max_resamples ({self.max_resamples}) must not be negative."
            )


def is_void(gamma: float | None, rule: TurnRule) -> bool:
    """Return whether a turn fails the rule, however often it was tried.

    Args:
        gamma: |Phi^k - Phi^{k-1}|; None where there is no previous turn (turn 0), never void.
        rule: the threshold and its variant.
    """
    if gamma is None or (rule.variant == "released" and gamma == 0.0):
        return False
    return gamma < rule.eta


def should_resample(gamma: float | None, tries: int, rule: TurnRule) -> bool:
    """Return whether a candidate turn is rejected: it is void and tries are left.

    Args:
        gamma: |Phi^k - Phi^{k-1}|, or None at turn 0.
        tries: how many candidates of this turn were rejected before this one.
        rule: the thresholds.
    """
    return tries < rule.max_resamples and is_void(gamma, rule)


class Verdict(NamedTuple):
    """The judgement of one candidate turn."""

    phi: float | None
    """Phi^k under the common range; None for a candidate without sampled tokens."""
    gamma: float | None
    """|Phi^k - Phi^{k-1}|, both under that range; None at turn 0 or without sampled tokens."""
    resample: bool
    """Whether to sample the turn again."""
    void: bool = False
    """Whether it fails the rule; a void turn is taken all the same when no tries are left."""


class TurnMonitor:
    """TDS beside one trajectory: the running range, the last accepted turn, the tries.

    Rejected candidates never enter the range or the history. Per turn: `start_range()` for the
    controller of each candidate, `judge(...)` each finished candidate, `accept(...)` the one whose
    verdict says `resample=False`.

    Phi^k and Phi^{k-1} are both computed under the range of the accepted tokens and the candidate,
    so that a range widened by the candidate does not look like a change of the previous turn.

    Args:
        signal: how M is computed.
        rule: when to resample, or None for never (turn dynamics off).
        vocab_size: number of logits per position.
    """

    __slots__ = ("_bounds", "_previous", "_rule", "_signal", "_tries", "_vocab_size")

    def __init__(self, *, signal: SignalConfig, rule: TurnRule | None, vocab_size: int) -> None:
        self._signal = signal
        self._rule = rule
        self._vocab_size = vocab_size
        self._bounds = signal.new_range(vocab_size)
        self._previous: tuple[FloatArray, FloatArray] | None = None
        self._tries = 0

    def start_range(self) -> SignalRange:
        """Return a fresh copy of the range of the accepted tokens."""
        return self._bounds.copy()

    def judge(self, entropy: npt.ArrayLike, confidence: npt.ArrayLike) -> Verdict:
        """Judge a candidate from H [S] and C [S] of its sampled tokens; counts a rejection."""
        h, c = np.asarray(entropy, dtype=np.float64), np.asarray(confidence, dtype=np.float64)
        common = self._bounds.copy()
        common.update_all(h, c)
        if not h.size:
            return Verdict(None, None, False)
        phi = self._level(h, c, common)
        gamma = None
        if self._previous is not None:
            gamma = abs(phi - self._level(*self._previous, common))
        if self._rule is None:
            return Verdict(phi, gamma, False)
        resample = should_resample(gamma, self._tries, self._rule)
        self._tries += resample
        return Verdict(phi, gamma, resample, is_void(gamma, self._rule))

    def accept(self, entropy: npt.ArrayLike, confidence: npt.ArrayLike) -> None:
        """Make a candidate the accepted turn.

        One without sampled tokens leaves the turn before it as the one to compare with.
        """
        h, c = np.asarray(entropy, dtype=np.float64), np.asarray(confidence, dtype=np.float64)
        self._bounds.update_all(h, c)
        if h.size:
            self._previous = (h, c)
        self._tries = 0

    def _level(self, h: FloatArray, c: FloatArray, bounds: SignalRange) -> float:
        signal = self._signal
        if signal.form == "released":
            pairs = zip(h.tolist(), c.tolist(), strict=True)
            return released_turn_score(
                [released_score(a, -b, self._vocab_size, signal.alpha) for a, b in pairs]
            )
        return geometric_mean(bounds.measure_all(h, c, signal.alpha), signal.floor)


def threshold_at(values: Sequence[float], quantile: float) -> float:
    """Return the value below which a share `quantile` of the measured values lies.

    For epsilon pass each turn's `lowest_window_mean` of a first rollout with epsilon 0: TTI would
    then have stopped about that share of the turns. For eta pass each turn's Gamma: TDS would have
    rejected about that share of first candidates.

    Raises:
        ValueError: no values, or a quantile outside 0..1.
    """
    if not 0.0 <= quantile <= 1.0:
        raise ValueError(f"quantile is {quantile} but must lie between 0 and 1.")
    if not len(values):
        raise ValueError(
            "There is nothing to calibrate from: the first rollout had no complete window or only "
            "single-turn episodes. Set epsilon and eta by hand, or lower min_tokens and window."
        )
    return float(np.quantile(np.asarray(values, dtype=np.float64), quantile))


def released_preset() -> tuple[SignalConfig, ThinkingRule, TurnRule]:
    """Return the settings of the authors' released code: score, stopping rule, turn rule."""
    return (
        SignalConfig(form="released", alpha=0.4, top_j=1),
        ThinkingRule(epsilon=1e-4, window=19, min_tokens=0, max_tokens=450, min_action_tokens=0),
        TurnRule(eta=0.3, max_resamples=2, variant="released"),
    )


def acceptance_weight(passed: bool, reject_probability: float, max_resamples: int) -> float:
    """Return the importance weight 1 / (a (1 - q^B) / (1 - q) + q^B) of an accepted turn.

    Resampling draws a turn y from mu(y) = pi(y) [a(y) (1 - q^B) / (1 - q) + q^B] instead of pi(y),
    where a(y) = 1 if y passes the rule, q is the probability that a draw fails it, and B is
    `max_resamples`. The weight is pi / mu.

    Args:
        passed: a(y): the turn passed the rule (False: it was taken because tries ran out).
        reject_probability: q, estimated, for example with `rejection_rate`.
        max_resamples: B.

    Raises:
        ValueError: q outside 0..1, or a turn that failed although q is 0.
    """
    q = reject_probability
    if not 0.0 <= q <= 1.0 or (q == 0.0 and not passed and max_resamples):
        raise ValueError(
            f"reject_probability is {q} but must lie between 0 and 1, and above 0 for a turn that "
            "failed the rule; estimate it with rejection_rate."
        )
    retries = sum(q**tries for tries in range(max_resamples))  # (1 - q^B) / (1 - q), also at q = 1
    return 1.0 / (passed * retries + q**max_resamples)


def rejection_rate(rejected: int, judged: int) -> float:
    """Return q estimated from first candidates, (rejected + 1) / (judged + 2), never 0 or 1.

    Args:
        rejected: first candidates that failed the rule.
        judged: first candidates that had a previous turn to compare with.
    """
    if not 0 <= rejected <= judged:
        raise ValueError(f"{rejected} of {judged} candidates cannot have been rejected.")
    return (rejected + 1) / (judged + 2)
