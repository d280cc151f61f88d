"""When T2PO steps in: it closes a stalled thought (TTI) and resamples a void turn (TDS).

Both are state machines over numbers. They never see a model, a tokenizer or an environment.

- `ThinkingController` sits beside one row of one generate call. It is shown the candidate token and
  its (H, C) at every position and answers with the token to append: the candidate itself, or a
  forced one.
- `TurnMonitor` sits beside one trajectory. It is shown the (H, C) of a finished candidate turn and
  answers whether to sample that turn again.

| paper | here |
|---|---|
| epsilon, N, L_min, L_max | `ThinkingRule.epsilon`, `window`, `min_tokens`, `max_tokens` |
| queue Q | `ThinkingTokens.queue` |
| Phi^k, Gamma^k | `TurnMonitor.judge` -> `Verdict.phi`, `Verdict.gamma` |
| eta, B_max | `TurnRule.eta`, `max_resamples` |
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from baselines.uncertainty import (
    FloatArray,
    SignalConfig,
    SignalRange,
    geometric_mean,
    released_score,
    released_turn_score,
)


class StopReason(str, Enum):
    """Why a thought was closed by force; `NONE` when it was not."""

    NONE = "none"
    WINDOW = "window"
    LENGTH = "length"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkingRule:
    """When a thought is closed by force (TTI).

    After a thinking token t (the first token after `<think>` is number 1) the queue is forced if
    the mean of the last `window + 1` changes |M_t - M_{t-1}| is below `epsilon` and at least
    `min_tokens` thinking tokens exist, or if `max_tokens` exist.
    """

    epsilon: float = 0.0
    """Threshold of the window mean; 0 never fires. Usually set by `threshold_at`."""
    window: int = 19
    """N: the window holds N + 1 changes. Ours (the released code waits for 20)."""
    min_tokens: int = 32
    """L_min, ours. No window is complete before `window + 2` tokens in any case."""
    max_tokens: int = 450
    """L_max, the released scripts' value."""
    min_action_tokens: int = 16
    """Tokens that must remain for the action after the queue, else nothing is forced."""

    def __post_init__(self) -> None:
        for name in ("epsilon", "window", "min_tokens", "min_action_tokens"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)} but must not be negative.")
        if self.max_tokens < 1:
            raise ValueError(f"max_tokens is {self.max_tokens} but must be at least 1.")

    def check_room(self, max_new_tokens: int, queue_tokens: int) -> None:
        """Refuse a limit that can never be reached within one reply.

        Raises:
            ValueError: a reply of `max_new_tokens` has no room for `max_tokens` of thinking, the
                queue and the action.
        """
        need = self.max_tokens + queue_tokens + self.min_action_tokens
        if need > max_new_tokens:
            raise ValueError(
                f"Thinking may take {self.max_tokens} tokens, closing it {queue_tokens} and the "
                f"action {self.min_action_tokens}, but a reply holds {max_new_tokens}: the limit "
                f"could never fire. Lower max_tokens by {need - max_new_tokens} or allow longer "
                "replies."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkingTokens:
    """Token ids around a thought.

    Example: with `</think>` = 7 and "</think>\\n<action>" encoded as (7, 2, 31, 32), the tokens are
    `ThinkingTokens(open_id=6, close_id=7, queue=(7, 2, 31, 32))`.
    """

    open_id: int
    """Id of `<think>`."""
    close_id: int
    """Id of `</think>`."""
    queue: tuple[int, ...]
    """Ids of the whole forced text, encoded once as one string; the first must be `close_id`."""

    def __post_init__(self) -> None:
        if self.open_id == self.close_id:
            raise ValueError(f"<think> and </think> both have the id {self.open_id}.")
        if not self.queue or self.queue[0] != self.close_id:
            raise ValueError(
                f"The forced queue {self.queue} must begin with the id of </think> "
                f"({self.close_id}); encode '</think>\\n<action>' as one string and check that the "
                "tokenizer keeps </think> whole."
            )


class Step(NamedTuple):
    """The token to append at one position."""

    token_id: int
    sampled: bool
    """False for a forced token: outside every loss, KL, entropy and denominator."""


class Controller(Protocol):
    """What a generator needs of the state machine beside one row."""

    def step(self, candidate: int, entropy: float, confidence: float) -> Step:
        """Return the token for this position, given the candidate and its H and C."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkingRecord:
    """What happened in one generate call, for the turn's statistics."""

    entropy: FloatArray
    """H of the sampled tokens, in order [S]."""
    confidence: FloatArray
    """C of the sampled tokens [S]."""
    thinking_tokens: int
    """Sampled tokens inside the thought, its closing tag included when sampled."""
    forced_tokens: int
    """Forced tokens appended so far."""
    closed_naturally: bool
    """The model sampled `</think>` itself."""
    stop_reason: StopReason
    """Why the thought was closed by force."""
    lowest_window_mean: float | None
    """Smallest eligible window mean of |M_t - M_{t-1}|; None if no window was complete."""


class ThinkingController:
    """TTI beside one row of one generate call. Make a new one for every call.

    The caller samples a candidate for every row at every position, calls `step`, and appends what
    it returns. Nothing is forced when the model has closed its thought, is not inside one, was
    stopped before in this call, or when fewer than queue + `min_action_tokens` positions remain.
    Forced positions are not part of the statistics.

    Args:
        rule: when to stop, or None to only keep statistics (thinking intervention off).
        signal: how M is computed (form "published").
        tokens: ids of the tags and the queue.
        bounds: range of the tokens accepted earlier in the trajectory; copied.
        max_new_tokens: the longest reply of this call.
        inside: whether the prompt already ends inside an open `<think>`.
    """

    __slots__ = (
        "_alpha",
        "_bounds",
        "_changes",
        "_closed",
        "_confidence",
        "_entropy",
        "_forced",
        "_inside",
        "_lowest",
        "_naturally",
        "_pending",
        "_previous",
        "_reason",
        "_room",
        "_rule",
        "_sum_at",
        "_thinking",
        "_tokens",
    )

    def __init__(
        self,
        *,
        rule: ThinkingRule | None,
        signal: SignalConfig,
        tokens: ThinkingTokens,
        bounds: SignalRange,
        max_new_tokens: int,
        inside: bool = False,
    ) -> None:
        raise NotImplementedError

    def step(self, candidate: int, entropy: float, confidence: float) -> Step:
        """Return the token for this position: the candidate, or the next one of the queue."""
        raise NotImplementedError

    def record(self) -> ThinkingRecord:
        """Return what happened so far."""
        raise NotImplementedError


class ReleasedController:
    """The stopping rule of the authors' released processor, on one sequence.

    The score is (1 - alpha) * log p_max + alpha * (1 - H / log V), and it acts at the very position
    it looks at: `</think>` replaces the candidate when the score has moved by at most `epsilon` for
    `window + 1` positions in a row inside the thought, or when `max_tokens` thinking tokens exist.
    Feed it C with j = 1 (`SignalConfig(form="released", top_j=1)`).
    """


def make_controller(
    *,
    rule: ThinkingRule | None,
    signal: SignalConfig,
    tokens: ThinkingTokens,
    bounds: SignalRange,
    max_new_tokens: int,
    vocab_size: int,
    inside: bool = False,
) -> "ThinkingController | ReleasedController":
    """Return the controller of one row for the form of the signal."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRule:
    """When a finished turn is sampled again (TDS)."""

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


def should_resample(gamma: float | None, tries: int, rule: TurnRule) -> bool:
    """Return whether a candidate turn is rejected.

    Args:
        gamma: |Phi^k - Phi^{k-1}|; None where there is no previous turn (turn 0), never rejected.
        tries: how many candidates of this turn were rejected before this one.
        rule: the thresholds.
    """
    raise NotImplementedError


class Verdict(NamedTuple):
    """The judgement of one candidate turn."""

    phi: float | None
    """Phi^k under the common range; None for a candidate without sampled tokens."""
    gamma: float | None
    """|Phi^k - Phi^{k-1}|, both under that range; None at turn 0 or without sampled tokens."""
    resample: bool
    """Whether to sample the turn again."""


class TurnMonitor:
    """TDS beside one trajectory: the running range, the last accepted turn, the tries.

    Rejected candidates never enter the range or the history. Per turn: `start_range()` for the
    controller of each candidate, `judge(...)` each finished candidate, `accept(...)` the one whose
    verdict says `resample=False`.

    Args:
        signal: how M is computed.
        rule: when to resample, or None for never (turn dynamics off).
        vocab_size: number of logits per position.
    """

    def __init__(self, *, signal: SignalConfig, rule: TurnRule | None, vocab_size: int) -> None:
        raise NotImplementedError

    def start_range(self) -> SignalRange:
        """Return a fresh copy of the range of the accepted tokens."""
        raise NotImplementedError

    def judge(self, entropy: npt.ArrayLike, confidence: npt.ArrayLike) -> Verdict:
        """Judge a candidate from H [S] and C [S] of its sampled tokens; counts the rejection."""
        raise NotImplementedError

    def accept(self, entropy: npt.ArrayLike, confidence: npt.ArrayLike) -> None:
        """Make a candidate the accepted turn."""
        raise NotImplementedError


def threshold_at(values: Sequence[float], quantile: float) -> float:
    """Return the value below which a share `quantile` of the measured values lies.

    For epsilon pass each turn's `lowest_window_mean` of a first rollout with epsilon 0: TTI would
    then have stopped about that share of the turns. For eta pass each turn's Gamma: TDS would have
    rejected about that share of first candidates.

    Raises:
        ValueError: no values, or a quantile outside 0..1.
    """
    raise NotImplementedError


def released_preset() -> tuple[SignalConfig, ThinkingRule, TurnRule]:
    """Return the settings of the authors' released WebShop and ALFWorld scripts."""
    raise NotImplementedError


def acceptance_weight(accepted: bool, reject_probability: float, max_resamples: int) -> float:
    """Return the importance weight 1 / (a (1 - q^B) / (1 - q) + q^B) of an accepted turn.

    Resampling draws a turn y from mu(y) = pi(y) [a(y) (1 - q^B) / (1 - q) + q^B] instead of pi(y),
    where a(y) = 1 if y passes the rule, q is the probability that a draw fails it, and B is
    `max_resamples`. The weight is pi / mu.

    Args:
        accepted: a(y): the turn passed the rule (False: it was taken because tries ran out).
        reject_probability: q, estimated, for example with `rejection_rate`.
        max_resamples: B.
    """
    raise NotImplementedError


def rejection_rate(rejected: int, judged: int) -> float:
    """Return q estimated from first candidates, (rejected + 1) / (judged + 2)."""
    raise NotImplementedError
