"""A line of the list, and how to get at the episode behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from t2po_gym.watch.episodes import Episode, Head

__all__ = ["Entry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An episode that is read when it is wanted.

    Example: `entry.load().turns[0].action`
    """

    head: Head
    """What the list shows."""
    load: Callable[[], Episode]
    """Reads and replays it; raises `ValueError` where that fails."""
