"""Furniture and objects by kind of room: the figures that the generator draws from.

Read once from ``words/``: a file for each kind of room, and ``objects.ini``. Shares are percent,
counted over the official training games and rounded (docs/originals/alfworld.md, sections 3 and
13). Everything drawn from them is new; no official scene or game is repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from t2po_gym.data.word_files import Section, WordFileError, read_sections

__all__ = [
    "NOWHERE",
    "ROOMS",
    "Furniture",
    "ObjectRow",
    "Piece",
    "affordances_of",
    "can_contain",
    "furniture",
    "object_rows",
]

ROOMS = ("kitchen", "living", "bedroom", "bathroom")
"""The kinds of rooms, in the order of ALFRED's scene numbers."""

NOWHERE = "-"
"""Place of an object that is in no receptacle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Receptacles that come as a unit.

    Example: ``30 2 Dresser:1-1 Drawer:3-7`` - at most two dressers with three to seven drawers.
    """

    weight: int
    """How often it is chosen, next to the others of the room."""

    copies: int
    """Most of them in a room."""

    parts: tuple[tuple[str, int, int], ...]
    """Receptacle types with their least and greatest number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Furniture:
    """Receptacles of a kind of room."""

    always: tuple[str, ...]
    """In every room."""

    usual: tuple[str, ...]
    """In every room that is not a small one."""

    pieces: tuple[Piece, ...]
    """Pieces a room may have."""

    small_pieces: tuple[Piece, ...]
    """The same for small rooms: no piece has more than two receptacles of a type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRow:
    """One object type in one kind of room.

    Example: ``Mug 100 36/35/27/2 CoffeeMachine:20 Cabinet:18 ...`` - every kitchen has mugs, 36 %
    of them one mug, and a fifth of all mugs stands in the coffee machine.
    """

    type: str
    """Object type."""

    presence: int
    """Percent of rooms that have any."""

    counts: tuple[int, ...]
    """Shares of having 1, 2, 3, ... of them."""

    places: Mapping[str, int]
    """Receptacle type or `NOWHERE` -> share."""


@cache
def can_contain() -> Mapping[str, frozenset[str]]:
    """Return for each receptacle type the object types that may be put there."""
    section = _objects_file()[0]
    return MappingProxyType({t: frozenset(section.text(t).split()) for t in section.entries})


@cache
def affordances_of(object_type: str) -> tuple[str, ...]:
    """Predicates that hold of every object of the type, such as ``pickupable``."""
    section = _objects_file()[1]
    for predicates in section.entries:
        if object_type in section.text(predicates).split():
            return tuple(predicates.split())
    return ()


@cache
def furniture(room: str) -> Furniture:
    """Receptacles of a kind of room."""
    section = _room_file(room)[0].expect(("always", "usual", "pieces"))
    pieces = tuple(_piece(section, line) for line in section.lines("pieces"))
    return Furniture(
        always=tuple(section.text("always").split()),
        usual=tuple(section.text("usual").split()),
        pieces=pieces,
        small_pieces=tuple(_smaller(piece) for piece in pieces),
    )


@cache
def object_rows(room: str) -> tuple[ObjectRow, ...]:
    """Object types of a kind of room, in alphabetical order."""
    section = _room_file(room)[1]
    return tuple(_row(section, name) for name in section.entries)


def _piece(section: Section, line: str) -> Piece:
    try:
        weight, copies, first, *others = line.split()
        parts = tuple(_part(text) for text in (first, *others))
        return Piece(weight=_whole(weight), copies=_whole(copies), parts=parts)
    except ValueError as error:
        raise WordFileError(
            f"{section.place}: a piece is written weight copies Type:least-most ..., not {line!r}."
        ) from error


def _part(text: str) -> tuple[str, int, int]:
    name, bounds = text.split(":")
    low, high = bounds.split("-")
    return name, _whole(low), _whole(high)


def _whole(text: str) -> int:
    """Return a number written in digits alone."""
    if not text.isdecimal():
        raise ValueError(f"{text!r} is no whole number")
    return int(text)


def _smaller(piece: Piece) -> Piece:
    parts = tuple((t, min(low, 1), min(high, 2)) for t, low, high in piece.parts)
    return Piece(weight=piece.weight, copies=piece.copies, parts=parts)


def _row(section: Section, name: str) -> ObjectRow:
    text = section.text(name)
    try:
        presence, counts, first, *others = text.split()
        places = [place.split(":") for place in (first, *others)]
        return ObjectRow(
            type=name,
            presence=_whole(presence),
            counts=tuple(_whole(share) for share in counts.split("/")),
            places=MappingProxyType({place: _whole(share) for place, share in places}),
        )
    except ValueError as error:
        raise WordFileError(
            f"{section.place}: an object is written Name = percent shares place:share ..., "
            f"not {name} = {text!r}."
        ) from error


@cache
def _room_file(room: str) -> tuple[Section, ...]:
    return _read(f"{room}.ini", ("furniture", "objects"))


@cache
def _objects_file() -> tuple[Section, ...]:
    return _read("objects.ini", ("can contain", "affordances"))


def _read(name: str, expected: tuple[str, ...]) -> tuple[Section, ...]:
    sections = read_sections(f"{__package__}.words", name)
    if tuple(section.name for section in sections) != expected:
        names = ", ".join(f"[{section}]" for section in expected)
        raise WordFileError(f"{name}: its sections must be {names}, in this order.")
    return sections
