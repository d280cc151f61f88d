"""The past turns a prompt may show. Agent side only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["HistoryWindow", "PastTurn", "render_turns"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastTurn:
    """One finished turn.

    Example: ``PastTurn(number=1, observation="You are in the hall.", action="go[attic]")``
    """

    number: int
    """Counted from 1 over the whole episode, so a window shows how far back it reaches."""

    observation: str
    """What the agent saw before it acted."""

    action: str
    """The bare action it took."""


def render_turns(
    turns: Sequence[PastTurn],
    line: str = "[{number}] {observation}\n> {action}",
    joiner: str = "\n",
) -> str:
    """Format turns as text; ``line`` has the fields number, observation and action."""
    return joiner.join(
        line.format(number=turn.number, observation=turn.observation, action=turn.action)
        for turn in turns
    )


class HistoryWindow:
    """Collect the turns of one episode and show the most recent ``length`` of them.

    Args:
        length: Number of past turns to show; 0 shows none.
    """

    def __init__(self, length: int) -> None:
        if length < 0:
            raise ValueError(f"The history length must be at least 0; got {length}.")
        self.length = length
        self.turns: list[PastTurn] = []

    def clear(self) -> None:
        """Forget the episode."""
        self.turns.clear()

    def append(self, observation: str, action: str) -> None:
        """Record the turn that just finished."""
        self.turns.append(
            PastTurn(number=len(self.turns) + 1, observation=observation, action=action)
        )

    def shown(self) -> tuple[PastTurn, ...]:
        """Return the last ``length`` turns, oldest first."""
        return tuple(self.turns[-self.length :]) if self.length else ()

    def render(self, to_text: Callable[[Sequence[PastTurn]], str] = render_turns) -> str:
        """Return the shown turns as text."""
        return to_text(self.shown())
