"""Demonstrations: what a scripted expert thinks and does, turn by turn.

* ``ExpertTurn`` - one turn of a demonstration.
* ``play_out`` - play the current episode to its end with an expert.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from t2po_gym.core.env import TextEnv

__all__ = ["ExpertTurn", "check_chances", "play_out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertTurn:
    """One turn of a demonstration.

    Example: ``ExpertTurn(think="I need green tea.", action="search[green tea]")``
    """

    think: str
    """The reasoning, in one to three short sentences; no tags."""

    action: str
    """The bare action."""


def play_out(env: TextEnv, turn: Callable[[], ExpertTurn]) -> list[ExpertTurn]:
    """Play the current episode of an environment to its end and return the turns."""
    turns = []
    over = False
    while not over:
        turns.append(turn())
        _, _, terminated, truncated, _ = env.step(turns[-1].action)
        over = terminated or truncated
    return turns


def check_chances(**chances: float) -> None:
    """Check that every value is a probability.

    Raises:
        ValueError: If one of the named values is outside [0, 1].
    """
    for name, chance in chances.items():
        if not 0.0 <= chance <= 1.0:
            raise ValueError(f"{name} must be a chance from 0 to 1; got {chance!r}.")
