"""Find tag blocks in any text in linear time.

A lazy pattern such as ``<answer>(.*?)</answer>`` finds the same blocks, but takes quadratic time on
a text of many opening tags; a model's text must not hang an environment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["any_case", "blocks", "first_block", "first_of"]

_ANY_CASE = {
    tag: re.compile(tag, re.IGNORECASE)
    for tag in ("<search>", "</search>", "<answer>", "</answer>")
}


def any_case(tag: str) -> re.Pattern[str]:
    """Return the pattern of one search or answer tag in any case."""
    return _ANY_CASE[tag]


def blocks(text: str, name: str) -> Iterator[str]:
    """Yield the content of each complete ``<name>`` block, from left to right, exact case."""
    opening, closing = f"<{name}>", f"</{name}>"
    place = text.find(opening)
    while place >= 0:
        start = place + len(opening)
        end = text.find(closing, start)
        if end < 0:
            return
        yield text[start:end]
        place = text.find(opening, end + len(closing))


def first_block(text: str, name: str) -> str | None:
    """Return the content of the first complete block, tags in any case; None if there is none."""
    opening = any_case(f"<{name}>").search(text)
    closing = any_case(f"</{name}>").search(text, opening.end()) if opening else None
    return text[opening.end() : closing.start()] if opening and closing else None


def first_of(text: str, names: tuple[str, ...]) -> tuple[str, str] | None:
    """Return name and content of the first complete block to open, exact case, or None."""
    found: list[tuple[int, str, str]] = []
    for name in names:
        place = text.find(f"<{name}>")
        start = place + len(name) + 2
        end = text.find(f"</{name}>", start) if place >= 0 else -1
        if end >= 0:
            found.append((place, name, text[start:end]))
    if not found:
        return None
    _, name, inside = min(found)
    return name, inside
