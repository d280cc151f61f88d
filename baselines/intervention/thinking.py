"""TTI: close a thought that has stalled, by forcing a short queue of tokens.

A controller sits beside one row of one generate call. It is shown the sampled candidate and its
(H, C) at every position and answers with the token to append: the candidate itself, or a forced
one. It never sees a model, a tokenizer or an environment.
"""

from collections import deque
from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt

from ..uncertainty import FloatArray, SignalConfig, SignalRange, released_score
from .rules import (
    Controller,
    Step,
    StopReason,
    ThinkingRecord,
    ThinkingRule,
    ThinkingTokens,
)


class _Row:
    """Tags, queue and statistics of one row; the stopping rules are in the subclasses."""

    __slots__ = (
        "closed",
        "confidence",
        "entropy",
        "forced",
        "inside",
        "lowest",
        "naturally",
        "pending",
        "reason",
        "room",
        "thinking",
        "tokens",
    )

    def __init__(self, tokens: ThinkingTokens, room: int, inside: bool) -> None:
        self.tokens = tokens
        self.room = room
        self.inside = inside
        self.closed = False
        self.naturally = False
        self.thinking = 0
        self.forced = 0
        self.reason = StopReason.NONE
        self.lowest: float | None = None
        self.pending: deque[int] = deque()
        self.entropy: list[float] = []
        self.confidence: list[float] = []

    def take(self, candidate: int, entropy: float, confidence: float) -> bool:
        """Count a sampled token; return whether it is a thinking token."""
        self.room -= 1
        self.entropy.append(entropy)
        self.confidence.append(confidence)
        if candidate == self.tokens.close_id:
            self.naturally = self.naturally or self.inside
            self.inside = False
            self.closed = True
            return False
        if candidate == self.tokens.open_id and not self.closed:
            self.inside = True
            self.thinking = 0
            return False
        self.thinking += self.inside
        return self.inside

    def force(self) -> Step:
        """Append the next token of the queue."""
        self.room -= 1
        self.forced += 1
        return Step(self.pending.popleft(), False)

    def close(self, queue: tuple[int, ...], reason: StopReason) -> None:
        """Begin the queue; it can happen once, since the thought counts as closed from here on."""
        self.pending.extend(queue)
        self.inside = False
        self.closed = True
        self.reason = reason

    def record(self) -> ThinkingRecord:
        """Return what happened so far; a stop counts once its first token was appended."""
        return ThinkingRecord(
            entropy=np.array(self.entropy, dtype=np.float64),
            confidence=np.array(self.confidence, dtype=np.float64),
            thinking_tokens=self.thinking,
            forced_tokens=self.forced,
            closed_naturally=self.naturally,
            stop_reason=self.reason if self.forced else StopReason.NONE,
            lowest_window_mean=self.lowest,
        )


class ThinkingController:
    """TTI beside one row of one generate call. Make a new one for every call.

    The caller samples a candidate for every row at every position, calls `step`, and appends what
    it returns. Nothing is forced when the model has closed its thought, is not inside one, was
    stopped before in this call, or when fewer than queue + `min_action_tokens` positions remain.
    Forced positions are not part of the statistics.

    Args:
        rule: when to stop, or None to only keep statistics (thinking intervention off).
        signal: how M is computed.
        tokens: ids of the tags and the queue.
        bounds: range of the tokens accepted earlier in the trajectory; copied.
        max_new_tokens: the longest reply of this call.
        inside: whether the prompt already ends inside an open `<think>`.
    """

    __slots__ = (
        "_alpha",
        "_before",
        "_bounds",
        "_changes",
        "_needed",
        "_previous",
        "_row",
        "_rule",
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
        self._rule = rule
        self._alpha = signal.alpha
        self._bounds = bounds.copy()
        self._row = _Row(tokens, max_new_tokens, inside)
        self._before: tuple[float, float] | None = None
        self._previous: tuple[float, float] | None = None
        self._changes: deque[float] = deque(maxlen=1 if rule is None else rule.window + 1)
        self._needed = len(tokens.queue) + (0 if rule is None else rule.min_action_tokens)

    def step(self, candidate: int, entropy: float, confidence: float) -> Step:
        """Return the token for this position: the candidate, or the next one of the queue.

        Args:
            candidate: the token sampled for this position; ignored while the queue runs.
            entropy: H of the distribution it was sampled from.
            confidence: C of that distribution.
        """
        row = self._row
        if row.pending:
            return row.force()
        self._bounds.update(entropy, confidence)
        if row.take(candidate, entropy, confidence):
            if self._rule is not None:
                self._judge(self._rule, entropy, confidence)
        elif row.inside:  # a new <think>
            self._before = self._previous = None
            self._changes.clear()
        return Step(candidate, True)

    def _judge(self, rule: ThinkingRule, entropy: float, confidence: float) -> None:
        row = self._row
        now = (entropy, confidence)
        reason = StopReason.LENGTH if row.thinking >= rule.max_tokens else StopReason.NONE
        if rule.cut == "peak" and self._past_a_peak(rule, now):
            reason = StopReason.PEAK
        if self._previous is not None:
            self._changes.append(self._bounds.change(self._previous, now, self._alpha))
        self._before, self._previous = self._previous, now
        if row.thinking >= rule.min_tokens and len(self._changes) > rule.window:
            mean = sum(self._changes) / (rule.window + 1)
            row.lowest = mean if row.lowest is None else min(row.lowest, mean)
            if rule.cut == "window" and mean < rule.epsilon:
                reason = StopReason.WINDOW
        if reason is not StopReason.NONE and row.room >= self._needed:
            row.close(row.tokens.queue, reason)

    def _past_a_peak(self, rule: ThinkingRule, now: tuple[float, float]) -> bool:
        """Whether M was highest at the previous token, all three under the range of now."""
        if self._before is None or self._previous is None:
            return False
        if self._row.thinking <= rule.min_tokens:
            return False
        levels = [
            self._bounds.measure(*place, self._alpha) for place in (self._before, self._previous)
        ]
        return levels[0] < levels[1] > self._bounds.measure(*now, self._alpha)

    def record(self) -> ThinkingRecord:
        """Return what happened so far."""
        return self._row.record()


class ReleasedController:
    """The stopping rule of the authors' released processor, on one sequence.

    It acts at the very position it looks at: `</think>` (and nothing after it) replaces the
    candidate when the released score moved by at most `epsilon` for `window + 1` positions in a row
    inside the thought, or when `max_tokens` thinking tokens exist. `min_tokens` and
    `min_action_tokens` of the rule play no part. Feed it C with j = 1.

    The released code shares one such state between all sequences of a batch; this one does not
    (docs/originals/algorithms.md, sections 12 and 13).

    Args:
        rule: `epsilon`, `window` (patience - 1) and `max_tokens`; None to only keep statistics.
        signal: form "released".
        tokens: ids of the tags.
        vocab_size: number of logits per position.
        max_new_tokens: the longest reply of this call.
        inside: whether the prompt already ends inside an open `<think>`.
    """

    __slots__ = ("_alpha", "_last", "_row", "_rule", "_still", "_vocab_size")

    def __init__(
        self,
        *,
        rule: ThinkingRule | None,
        signal: SignalConfig,
        tokens: ThinkingTokens,
        vocab_size: int,
        max_new_tokens: int,
        inside: bool = False,
    ) -> None:
        self._rule = rule
        self._alpha = signal.alpha
        self._vocab_size = vocab_size
        self._row = _Row(tokens, max_new_tokens, inside)
        self._last: float | None = None
        self._still = 0

    def step(self, candidate: int, entropy: float, confidence: float) -> Step:
        """Return the token for this position: the candidate or `</think>`.

        Args:
            candidate: the token sampled for this position.
            entropy: H of the distribution it was sampled from.
            confidence: C with j = 1 of that distribution, -log p_max.
        """
        row = self._row
        score = released_score(entropy, -confidence, self._vocab_size, self._alpha)
        if row.inside and self._rule is not None and self._stops(self._rule, score):
            return row.force()
        self._last = score
        row.take(candidate, entropy, confidence)
        return Step(candidate, True)

    def _stops(self, rule: ThinkingRule, score: float) -> bool:
        row = self._row
        steady = self._last is not None and abs(score - self._last) <= rule.epsilon
        self._still = self._still + 1 if steady else 0
        if self._still <= rule.window and row.thinking < rule.max_tokens:
            return False
        reason = StopReason.WINDOW if self._still > rule.window else StopReason.LENGTH
        row.close((row.tokens.close_id,), reason)
        return True

    def record(self) -> ThinkingRecord:
        """Return what happened so far."""
        return self._row.record()


def make_controller(
    *,
    rule: ThinkingRule | None,
    signal: SignalConfig,
    tokens: ThinkingTokens,
    bounds: SignalRange,
    max_new_tokens: int,
    vocab_size: int,
    inside: bool = False,
) -> Controller:
    """Return a new controller for one row of one generate call, for the form of the signal.

    Args:
        rule: when to stop, or None to only keep statistics.
        signal: how the signal is computed; its form picks the controller.
        tokens: ids of the tags and the queue.
        bounds: range of the tokens accepted earlier in the trajectory; copied.
        max_new_tokens: the longest reply of this call.
        vocab_size: number of logits per position.
        inside: whether the prompt already ends inside an open `<think>`.
    """
    make: Callable[..., Controller] = partial(ThinkingController, bounds=bounds)
    if signal.form == "released":
        make = partial(ReleasedController, vocab_size=vocab_size)
    return make(
        rule=rule, signal=signal, tokens=tokens, max_new_tokens=max_new_tokens, inside=inside
    )


def window_means(change: npt.ArrayLike, window: int) -> FloatArray:
    """Return the mean of the last `window + 1` changes at every token, NaN before token N + 1 [T].

    Args:
        change: |M_t - M_{t-1}| [T]; entry 0 is undefined and never used.
        window: N.
    """
    d = np.asarray(change, dtype=np.float64)
    means = np.full(d.shape, np.nan)
    for t in range(window + 1, d.size):
        means[t] = d[t - window : t + 1].mean()
    return means
