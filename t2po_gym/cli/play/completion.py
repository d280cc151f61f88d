"""What a line may become while it is typed. Pure functions; they know no terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["completions", "opening"]

_PATTERN = re.compile(r"(.*\[)<[^<>\[\]]+>\]")


def opening(action: str) -> str:
    """Return what is typed of a listed action before the player's own words begin.

    Example:
        >>> opening("search[<query>]"), opening("click[buy now]")
        ('search[', 'click[buy now]')
    """
    found = _PATTERN.fullmatch(action)
    return found[1] if found else action


def completions(typed: str, actions: Iterable[str], commands: Iterable[str] = ()) -> list[str]:
    """Return the lines that a beginning may become, best first; case does not matter.

    Actions that begin with what is typed come first, then those that contain every word of it, so
    that a button is found by its own name. A pattern is opened, and closed again when words were
    typed into it. What begins with a slash is a command.

    Example:
        >>> completions("buy", ["search[<text>]", "click[buy now]"])
        ['click[buy now]']
        >>> completions("sea", ["search[<text>]"]), completions("search[tea", ["search[<text>]"])
        (['search['], ['search[tea]'])
    """
    start = typed.lstrip().lower()
    if start.startswith("/"):
        return [command for command in commands if command.startswith(start) and command != start]
    offers = [opening(action) for action in actions]
    first = [offer for offer in offers if offer.lower().startswith(start)]
    words = start.split()
    inside = [o for o in offers if o not in first and all(word in o.lower() for word in words)]
    closed = [
        f"{typed.lstrip()}]"
        for offer in offers
        if offer.endswith("[") and start.startswith(offer.lower()) and start != offer.lower()
    ]
    found = [*closed, *first, *inside] if not start.endswith("]") else [*first, *inside]
    return [line for line in dict.fromkeys(found) if line.lower() != start]
