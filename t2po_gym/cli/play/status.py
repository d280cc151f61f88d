"""The lines around a page: actions in short, progress so far, how an episode ended. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from t2po_gym.core.rendering import LARGEST_LIMIT

__all__ = ["bar", "in_short", "progress_line", "result_line", "result_sentence", "turn_words"]

MAX_LISTED = 40
"""Entries of the list of actions that are shown."""

_NUMBERED = re.compile(r"(.*) (\d{1,6})")


def in_short(actions: Iterable[str], most: int = MAX_LISTED) -> list[str]:
    """Return actions for a list: those that differ in their last number are one entry.

    Example:
        >>> in_short(["go to desk 1", "go to desk 2", "go to desk 4", "look"])
        ['go to desk 1-2, 4', 'look']
    """
    numbers: dict[tuple[str, bool], list[int]] = {}  # name and whether it is numbered
    for action in actions:
        found = _NUMBERED.fullmatch(action)
        if found and str(int(found[2])) == found[2]:
            numbers.setdefault((found[1], True), []).append(int(found[2]))
        else:
            numbers[action, False] = []
    entries = [f"{name} {_ranges(n)}" if n else name for (name, _), n in numbers.items()]
    rest = len(entries) - most
    return entries if rest <= 0 else [*entries[:most], f"... and {rest} more (/actions)"]


def _ranges(numbers: Iterable[int]) -> str:
    """Return numbers as ranges: `1-3, 5`."""
    ordered = sorted(set(numbers))
    runs = groupby(enumerate(ordered), key=lambda pair: pair[1] - pair[0])
    spans = [[number for _, number in run] for _, run in runs]
    return ", ".join(f"{s[0]}-{s[-1]}" if len(s) > 1 else str(s[0]) for s in spans)


def turn_words(turn: int, limit: int) -> str:
    """Return `turn 3 of 15`, or `turn 3` where there is no limit to speak of."""
    return f"turn {turn} of {limit}" if limit <= LARGEST_LIMIT else f"turn {turn}"


def bar(value: float, cells: int, plain: bool) -> str:
    """Draw a number from 0 to 1; `plain` draws in ASCII."""
    full, empty = ("#", "-") if plain else ("█", "░")
    filled = min(cells, max(0, round(value * cells)))
    return full * filled + empty * (cells - filled)


def progress_line(value: float, deltas: Sequence[float], width: int, plain: bool) -> str:
    """Draw the progress and the change on each action, the newest ones where space is short.

    Example:
        >>> progress_line(0.25, [0.1, 0.0, 0.15], 60, plain=True)
        'progress 0.25 ##-------- +.10 0 +.15'
    """
    line = f"progress {value:.2f} {bar(value, 10, plain)}"
    shown = [_delta(delta) for delta in deltas]
    while shown and len(line) + 1 + len(" ".join(shown)) > width:
        shown = ["..", *shown[2 if shown[0] == ".." else 1 :]]
        if shown == [".."]:
            shown = []
    return " ".join([line, *shown])


def _delta(value: float) -> str:
    text = f"{value:+.2f}"
    return "0" if abs(value) < 0.005 else text.replace("0.", ".", 1)


def result_line(ended: bool, turns: int, reward: float, info: Mapping[str, Any]) -> str:
    """Say how an episode ended, or how it was left."""
    solved = "success" if info["success"] else "no success"
    state = "ended" if ended else "left"
    played = "1 turn" if turns == 1 else f"{turns} turns"
    return f"{state} after {played}: reward {reward:g}, score {info['score']:g}, {solved}"


def result_sentence(ended: bool, turns: int, reward: float, info: Mapping[str, Any]) -> str:
    """Say the same as a sentence."""
    line = result_line(ended, turns, reward, info)
    return f"{line[0].upper()}{line[1:]}."
