"""The rules, token ids and records of the thinking intervention.

| paper | here |
|---|---|
| epsilon, N, L_min, L_max | `ThinkingRule.epsilon`, `window`, `min_tokens`, `max_tokens` |
| queue Q | `ThinkingTokens.queue` |
"""

from dataclasses import dataclass
from enum import Enum
from typing import Literal, NamedTuple, Protocol

from ..uncertainty import FloatArray

Cut = Literal["window", "peak", "budget"]


class StopReason(str, Enum):
    """Why a thought was closed by force; `NONE` when it was not."""

    NONE = "none"
    WINDOW = "window"
    PEAK = "peak"
    LENGTH = "length"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkingRule:
    """When a thought is closed by force (TTI).

    After a thinking token (the first token after `<think>` is number 1) the queue is forced if the
    mean of the last `window + 1` changes |M_t - M_{t-1}| is below `epsilon` and at least
    `min_tokens` thinking tokens exist, or if `max_tokens` exist.

    Example: with `window=1`, `min_tokens=3`, `epsilon=0.1` and M = 0.9, 0.4, 0.4, 0.5, the window
    means are (0.5 + 0) / 2 after token 3 and (0 + 0.1) / 2 after token 4, where the thought ends.
    """

    epsilon: float = 0.0
    """Threshold of the window mean; 0 never fires. Usually set by `threshold_at`."""
    window: int = 19
    """N: the window holds N + 1 changes. Ours (the released code waits for 20 in a row)."""
    min_tokens: int = 32
    """L_min, ours. No window is complete before `window + 2` tokens in any case."""
    max_tokens: int = 450
    """L_max, the released scripts' value."""
    min_action_tokens: int = 16
    """Tokens that must remain for the action after the queue, else nothing is forced."""
    cut: Cut = "window"
    """`window` is T2PO's rule. `peak` closes right after the first local maximum of M that lies at
    or behind token `min_tokens`; `budget` looks at the length alone."""

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
    r"""Token ids around a thought.

    Example: with `</think>` = 7 and "</think>\n<action>" encoded as (7, 2, 31, 32), the tokens are
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkingRecord:
    """What happened in one generate call, for the turn's statistics."""

    entropy: FloatArray
    """H of the sampled tokens, in order [S]."""
    confidence: FloatArray
    """C of the sampled tokens [S]."""
    thinking_tokens: int
    """Sampled tokens inside the thought, tags excluded."""
    forced_tokens: int
    """Forced tokens appended so far."""
    closed_naturally: bool
    """The model sampled `</think>` itself."""
    stop_reason: StopReason
    """Why the thought was closed by force."""
    lowest_window_mean: float | None
    """Smallest eligible window mean of |M_t - M_{t-1}|; None if no window was complete. The window
    rule with a larger epsilon would have stopped this thought."""


class Controller(Protocol):
    """What a generator needs of the state machine beside one row."""

    def step(self, candidate: int, entropy: float, confidence: float) -> Step:
        """Return the token for this position, given the candidate and its H and C."""
        ...

    def record(self) -> ThinkingRecord:
        """Return what happened so far."""
        ...
