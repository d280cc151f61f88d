"""Prints an episode as text, for pipes and for terminals without `prompt_toolkit`."""

from __future__ import annotations

from rich.console import Console

from t2po_gym.watch.library import Library
from t2po_gym.watch.terminal.lines import episode_lines, head_line
from t2po_gym.watch.terminal.theme import THEME

__all__ = ["print_library"]


def print_library(library: Library, number: int | None) -> None:
    """Print an episode.

    Args:
        library: the episodes of a place.
        number: which one, from 1; None for the list and the first one.

    Raises:
        ValueError: If there is none of this number, or it does not replay as recorded.
    """
    console = Console(theme=THEME, highlight=False, soft_wrap=True)
    total = len(library.entries)
    if number is None and total > 1:
        for place, head in enumerate(library.heads, start=1):
            console.print(head_line(place, head, len(str(total))))
        console.print()
    place = 1 if number is None else number
    for line in episode_lines(place, total, library.episode(place)):
        console.print(line)
