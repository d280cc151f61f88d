"""A line of the list, and how to get at the episode behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gymnasium.error import Error

from t2po_gym.retrieval.protocol import RetrievalError
from t2po_gym.watch.episodes import Episode, Head

__all__ = ["Entry", "naming"]

FAULTS = (ValueError, LookupError, OSError, Error, RetrievalError)
"""What goes wrong with records of strangers, and with the environments they name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An episode that is read when it is wanted.

    Example: `entry.load().turns[0].action`
    """

    head: Head
    """What the list shows."""
    load: Callable[[], Episode]
    """Reads and replays it; raises `ValueError` where that fails."""


@contextmanager
def naming(where: str) -> Iterator[None]:
    """Turn every fault of a record into one `ValueError` that names its file and line."""
    try:
        yield
    except FAULTS as error:
        raise ValueError(f"{where}: {str(error).removesuffix('.')}.") from error
