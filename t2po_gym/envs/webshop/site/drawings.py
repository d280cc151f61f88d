"""Figures of the pictures, read once from ``drawings.ini``, which says how it is written."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from t2po_gym.data.word_files import Section, WordFileError, read_sections

__all__ = ["UNKNOWN", "Part", "drawings", "figure_of_department", "figure_of_word"]

UNKNOWN = "box"
"""What is drawn if nothing better is known."""


class Part(NamedTuple):
    """One outline of a figure. Example: ``Part("body", "M60 40 H140 V164 H60 Z")``."""

    kind: str
    """``body``, ``light``, ``dark``, ``line``, ``light-line`` or ``dark-line``."""

    path: str
    """Its outline, as SVG writes it."""


KINDS = ("body", "light", "dark", "line", "light-line", "dark-line")


@cache
def drawings() -> Mapping[str, tuple[Part, ...]]:
    """Return the parts of every figure."""
    return MappingProxyType(
        {
            section.name: tuple(_part(section, line) for line in section.lines("parts"))
            for section in _sections()
        }
    )


@cache
def figure_of_word() -> Mapping[str, str]:
    """Return the figure that each known word of a title names."""
    return _by_key("words")


@cache
def figure_of_department() -> Mapping[str, str]:
    """Return the figure of products of a department whose titles name nothing known."""
    return _by_key("departments")


@cache
def _sections() -> tuple[Section, ...]:
    sections = read_sections(__package__ or "", "drawings.ini")
    return tuple(section.expect(("parts",), ("words", "departments")) for section in sections)


def _by_key(key: str) -> Mapping[str, str]:
    pairs = {word: section.name for section in _sections() for word in section.text(key).split()}
    return MappingProxyType(pairs)


def _part(section: Section, line: str) -> Part:
    kind, _, path = line.partition(" ")
    if kind not in KINDS or not path:
        raise WordFileError(
            f"{section.place}: a part of [{section.name}] is one of {', '.join(KINDS)} and an "
            f"outline, not {line!r}."
        )
    return Part(kind, path)
