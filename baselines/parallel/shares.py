"""How work that all processes must do equally often is shared among them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from .world import here

__all__ = ["evened"]

T = TypeVar("T")


def evened(split: Callable[[int], list[T]], idle: Callable[[], T]) -> list[T]:
    """Return this process's parts, filled up so that every process has equally many.

    Passes through weights that are cut among processes need all of them: one that is done before
    the others would make them wait for ever.

    Args:
        split: the parts of the process of that number; every process can say it of every other.
        idle: a part that nothing is learned from.
    """
    world = here()
    parts = split(world.rank)
    if world.size == 1:
        return parts
    most = max(len(split(rank)) for rank in range(world.size))
    return parts + [idle() for _ in range(most - len(parts))]
