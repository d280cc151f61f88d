"""Tasks of ToyKeys: small houses, drawn once and assigned to splits by their own hash.

A task is a tree of four rooms, a chest of one colour in one of them, a key of that colour, two
other keys, and a start room. The shortest solution takes 3 to 6 actions.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from random import Random

__all__ = ["SPLIT_SIZES", "KeysTask", "route", "tasks_of"]

ROOMS = ("attic", "cellar", "hall", "kitchen", "library", "porch", "study", "tower")
COLOURS = ("red", "blue", "green", "gold", "black", "white")
ROOMS_PER_HOUSE = 4
KEYS_PER_HOUSE = 3
SHORTEST, LONGEST = 3, 6
SPLIT_SIZES = {"train": 512, "dev": 64, "test": 64}
BUCKETS = {"test": range(1), "dev": range(1, 2), "train": range(2, 10)}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysTask:
    """One house.

    Example: ``KeysTask(exits={"hall": ("attic",), "attic": ("hall",)}, keys={"red": "attic"},
    colour="red", chest_room="hall", start="hall")``
    """

    exits: dict[str, tuple[str, ...]]
    """Room -> rooms next to it, sorted."""

    keys: dict[str, str]
    """Colour of a key -> its room at the start."""

    colour: str
    """Colour of the chest, and of the key that opens it."""

    chest_room: str
    """Room of the chest."""

    start: str
    """Where the agent begins."""

    def solution_length(self) -> int:
        """Number of actions of the shortest solution."""
        key_room = self.keys[self.colour]
        to_key = len(route(self.exits, self.start, key_room))
        return to_key + 1 + len(route(self.exits, key_room, self.chest_room)) + 1


def route(exits: dict[str, tuple[str, ...]], start: str, end: str) -> list[str]:
    """Return the rooms to enter, in order, from ``start`` to ``end``; empty if they are equal."""
    stack = [(start, "", [])]  # type: list[tuple[str, str, list[str]]]
    while stack:
        room, came_from, path = stack.pop()
        if room == end:
            return path
        stack += [(n, room, [*path, n]) for n in exits[room] if n != came_from]
    raise ValueError(f"There is no way from {start!r} to {end!r} in this house.")


@cache
def tasks_of(split: str) -> tuple[KeysTask, ...]:
    """Return all tasks of a split. No task is in two splits, or twice in one."""
    rng = Random("toykeys-1")  # seeded by SHA-512 of the text: the same on every platform
    size, buckets = SPLIT_SIZES[split], BUCKETS[split]
    found: dict[str, KeysTask] = {}
    while len(found) < size:
        task = _draw(rng)
        name = repr(task)
        bucket = hashlib.sha256(name.encode()).digest()[0] % 10
        if bucket in buckets and SHORTEST <= task.solution_length() <= LONGEST:
            found.setdefault(name, task)
    return tuple(found.values())


def _draw(rng: Random) -> KeysTask:
    rooms = rng.sample(ROOMS, ROOMS_PER_HOUSE)
    neighbours: dict[str, set[str]] = {room: set() for room in rooms}
    for i in range(1, ROOMS_PER_HOUSE):
        other = rooms[rng.randrange(i)]
        neighbours[rooms[i]].add(other)
        neighbours[other].add(rooms[i])
    colours = rng.sample(COLOURS, KEYS_PER_HOUSE)
    key_rooms = {colour: rooms[rng.randrange(ROOMS_PER_HOUSE)] for colour in colours}
    return KeysTask(  # in sorted order, so that equal houses have equal names
        exits={room: tuple(sorted(neighbours[room])) for room in sorted(rooms)},
        keys=dict(sorted(key_rooms.items())),
        colour=colours[rng.randrange(KEYS_PER_HOUSE)],
        chest_room=rooms[rng.randrange(ROOMS_PER_HOUSE)],
        start=rooms[rng.randrange(ROOMS_PER_HOUSE)],
    )
