"""Invented rooms: their furniture, where it stands, and what can be opened.

A room is put together from pieces that come as a unit (a dresser with its drawers, a row of
cabinets, a stove with its burners), up to a number of receptacles drawn first, with a taste for
some pieces over others drawn once per room. Counts of different receptacles therefore go together
as they do in real rooms, and neighbours in a piece share a location now and then.

Figures were counted over the official training games and rounded (docs/originals/alfworld.md,
sections 3 and 13).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from t2po_gym.data.draws import Draws
from t2po_gym.envs.alfworld.generate.room_contents import Piece, furniture

__all__ = ["Receptacle", "Room", "draw_room", "room_types", "signature_split"]

SALT = "t2po-gym/alfworld/room/1"
"""Changing it deals the rooms to splits anew; the digit is the version of the dealing."""

SHARED_PERCENT = {"StoveBurner": 60, "Drawer": 15, "Cabinet": 16, "Shelf": 12}
"""Chance that a receptacle stands at the location of its neighbour in the same piece."""

ON_COUNTER_PERCENT = {"CoffeeMachine": 20, "Toaster": 22}
"""Chance that it is reached from the location of the counter."""

OPENABLE_PERCENT = {"Microwave": 100, "Fridge": 100, "Drawer": 84, "Cabinet": 83, "Safe": 83}
"""Chance that a piece's receptacles of the type can be opened; other types never."""

BASINS = {"SinkBasin": "Sink", "BathtubBasin": "Bathtub"}
"""Receptacle types that are part of an object, which their id names first."""

HEIGHTS = {"Cabinet": 140, "Shelf": 110, "Drawer": 60, "Fridge": 0, "GarbageCan": 0, "Bed": 20}
"""Rough height in cm; it only shows in the ids."""

_TASTES = (1, 2, 2, 3, 6)  # how much more or less a room has of a piece than its weight says


class Receptacle(NamedTuple):
    """One receptacle. Example: drawer ``Drawer_bar__plus_00_dot_44_bar_...`` of a dresser."""

    id: str
    """Name in the game file."""

    type: str
    """Such as ``Drawer``."""

    openable: bool
    """Whether it can be opened; it is closed at the start then."""

    location: str
    """Name of the location it is reached from."""

    point: tuple[int, int, int]
    """Coordinates in cm; they only show in the ids of what lies in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A furnished room without objects.

    Example: kind ``bedroom``, receptacles a bed, a desk, two drawers, a garbage can.
    """

    kind: str
    """One of `room_contents.ROOMS`."""

    receptacles: tuple[Receptacle, ...]
    """In no particular order."""

    start: str
    """Name of the location the agent starts at; no receptacle is there."""

    number: int
    """Scene number as game folders carry one, from the ids of all receptacles."""


def room_types(kind: str) -> tuple[str, ...]:
    """Receptacle types that rooms of a kind may have, in alphabetical order."""
    usual = furniture(kind)
    optional = {t for piece in usual.pieces for t, _, _ in piece.parts}
    return tuple(sorted({*usual.always, *usual.usual, *optional}))


def signature_split(kind: str, types: Sequence[str]) -> str:
    """Split that a room with these receptacles belongs to.

    The hash of the room's kind and of how many receptacles of each type it has decides, so rooms of
    different splits never show the same list of receptacles, whatever the seed and the difficulty.
    """
    counts = " ".join(f"{t}{n}" for t, n in sorted(Counter(types).items()))
    tenth = hashlib.sha256(f"{SALT}/{kind}/{counts}".encode()).digest()[0] % 10
    return {0: "test", 1: "dev"}.get(tenth, "train")


def draw_room(
    kind: str, *, size: int, small: bool, required: str, split: str, draws: Draws
) -> Room | None:
    """Draw a room of a split.

    Args:
        kind: One of `room_contents.ROOMS`.
        size: Number of receptacles aimed at; a piece that would go beyond it is left out.
        small: Leave out what every larger room has, keep pieces small, share no locations.
        required: A receptacle type that must be there; empty for none.
        split: ``train``, ``dev`` or ``test``.
        draws: Where chance comes from.

    Returns:
        The room, or None where no draw of many belonged to the split.
    """
    for _ in range(400):
        parts = _furnish(kind, size, small, required, draws)
        types = [t for t, count in parts for _ in range(count)]
        if signature_split(kind, types) == split:
            return _stand(kind, parts, small, draws)
    return None


def _furnish(
    kind: str, size: int, small: bool, required: str, draws: Draws
) -> list[tuple[str, int]]:
    """Choose pieces; returns their parts in order."""
    usual = furniture(kind)
    core = usual.always if small else usual.always + usual.usual
    parts = [(t, 1) for t in core if t != "StoveBurner"]
    burners = core.count("StoveBurner")
    if burners:
        parts.append(("StoveBurner", burners))
    total = len(core)
    pieces = usual.small_pieces if small else usual.pieces
    weights = [piece.weight * draws.pick(_TASTES) for piece in pieces]
    left = [piece.copies for piece in pieces]
    if required and all(t != required for t, _ in parts):
        pairs = zip(pieces, weights, strict=True)
        chosen = draws.weighted([w if _offers(piece, required) else 0 for piece, w in pairs])
        left[chosen] -= 1
        added = _sizes(pieces[chosen], draws, required)
        parts += added
        total += sum(count for _, count in added)
    offers = [w if n else 0 for w, n in zip(weights, left, strict=True)]
    for _ in range(30):
        if total >= size or not any(offers):
            break
        chosen = draws.weighted(offers)
        added = _sizes(pieces[chosen], draws, "")
        count = sum([count for _, count in added])
        if total + count <= size:
            left[chosen] -= 1
            if not left[chosen]:
                offers[chosen] = 0
            parts += added
            total += count
    return parts


def _offers(piece: Piece, required: str) -> bool:
    return any(t == required for t, _, _ in piece.parts)


def _sizes(piece: Piece, draws: Draws, required: str) -> list[tuple[str, int]]:
    """Draw how many receptacles each part of a piece has; at least one of the required type."""
    sizes = []
    for t, low, high in piece.parts:
        low = max(low, 1) if t == required else low
        count = low + draws.below(high - low + 1)
        if count:
            sizes.append((t, count))
    return sizes


def _stand(kind: str, parts: list[tuple[str, int]], small: bool, draws: Draws) -> Room:
    """Give every receptacle a location, coordinates and an id."""
    spots = _Spots(draws)
    percent = draws.percent
    receptacles: list[Receptacle] = []
    counter = ""
    for t, count in parts:
        openable = percent(OPENABLE_PERCENT.get(t, 0))
        head, tail = (BASINS[t], f"_bar_{t}") if t in BASINS else (t, "")
        location = ""
        for _ in range(count):
            shared = location and not small and percent(SHARED_PERCENT.get(t, 0))
            if counter and not small and percent(ON_COUNTER_PERCENT.get(t, 0)):
                location = counter
            elif not shared:
                location = spots.location()
            point = spots.point(location, HEIGHTS.get(t, 80))
            name = spots.name(head, point) + tail
            receptacles.append(Receptacle(name, t, openable, location, point))
        if t == "CounterTop" and not counter:
            counter = location
    digest = hashlib.sha256("\n".join(r.id for r in receptacles).encode()).digest()
    number = 100_000 + int.from_bytes(digest[:4], "big") % 900_000
    return Room(kind=kind, receptacles=tuple(receptacles), start=spots.location(), number=number)


class _Spots:
    """Hands out locations and coordinates, each only once."""

    def __init__(self, draws: Draws) -> None:
        self._draws = draws
        self._cells: dict[str, tuple[int, int]] = {}
        self._names: set[str] = set()

    def location(self) -> str:
        """Name of a new location: grid cell, direction, angle of view."""
        below = self._draws.below
        while True:
            x, z = below(21) - 9, below(21) - 9
            turn, angle = below(4), 15 * (below(7) - 2)
            name = f"loc_bar_{_whole(x)}_bar_{_whole(z)}_bar_{turn}_bar_{_whole(angle)}"
            if name not in self._cells:
                self._cells[name] = (x, z)
                return name

    def point(self, location: str, height: int) -> tuple[int, int, int]:
        """Coordinates near a location, in cm."""
        x, z = self._cells[location]
        below = self._draws.below
        return 25 * x + below(81) - 40, height + below(21), 25 * z + below(81) - 40

    def name(self, type_name: str, point: tuple[int, int, int]) -> str:
        """Id from type and coordinates; coordinates give way where the id is taken."""
        x, y, z = point
        while (name := spell(type_name, x, y, z)) in self._names:
            y += 1
        self._names.add(name)
        return name


@cache  # of a few dozen numbers
def _whole(number: int) -> str:
    return f"_minus_{-number}" if number < 0 else str(number)


def spell(type_name: str, x: int, y: int, z: int) -> str:
    """Id of an entity, from its coordinates in cm.

    Example:
        >>> spell("Mug", 38, -7, 120)
        'Mug_bar__plus_00_dot_38_bar__minus_00_dot_07_bar__plus_01_dot_20'
    """
    return f"{type_name}_bar_{_metres(x)}_bar_{_metres(y)}_bar_{_metres(z)}"


@cache  # of the few thousand numbers a room is wide
def _metres(value: int) -> str:
    sign = "minus" if value < 0 else "plus"
    return f"_{sign}_{abs(value) // 100:02d}_dot_{abs(value) % 100:02d}"
