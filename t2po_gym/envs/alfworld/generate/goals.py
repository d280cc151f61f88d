"""Goals of generated games, and the split that each belongs to.

A goal is (kind of task, object type, target type). Every goal that some room allows is dealt to
exactly one split by its hash, so a goal asked for in ``test`` was never asked for in ``train``; it
depends on neither seed nor difficulty.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from t2po_gym.data.draws import Draws
from t2po_gym.envs.alfworld.generate.room_contents import (
    NOWHERE,
    ROOMS,
    ObjectRow,
    affordances_of,
    can_contain,
    object_rows,
)
from t2po_gym.envs.alfworld.generate.rooms import room_types

__all__ = ["CLEAN", "COOL", "HEAT", "LIGHT", "SIMPLE", "TWO", "GoalSpec", "draw_goal", "goals_of"]

SALT = "t2po-gym/alfworld/goal/1"
"""Changing it deals the goals to splits anew; the digit is the version of the dealing."""

SIMPLE = "pick_and_place_simple"
LIGHT = "look_at_obj_in_light"
CLEAN = "pick_clean_then_place_in_recep"
HEAT = "pick_heat_then_place_in_recep"
COOL = "pick_cool_then_place_in_recep"
TWO = "pick_two_obj_and_place"

ROOM_SHARES: Mapping[str, Mapping[str, int]] = {
    SIMPLE: {"kitchen": 10, "living": 27, "bedroom": 30, "bathroom": 33},
    LIGHT: {"living": 17, "bedroom": 83},
    CLEAN: {"kitchen": 77, "bathroom": 23},
    HEAT: {"kitchen": 100},
    COOL: {"kitchen": 100},
    TWO: {"kitchen": 15, "living": 27, "bedroom": 29, "bathroom": 29},
}
"""Kind of task -> kinds of rooms it is set in, in percent as in the official training games."""

LAMP = "DeskLamp"
"""The lamp of ``look_at_obj_in_light``; floor lamps are in no receptacle and cannot be used."""

LAMP_PLACES: Mapping[str, tuple[str, ...]] = {
    "bedroom": ("Desk", "SideTable", "Dresser", "Shelf"),
    "living": ("SideTable", "CoffeeTable", "Dresser"),
}
"""Where the lamp may stand."""

PROCESSING: Mapping[str, tuple[str, str]] = {
    CLEAN: ("cleanable", "SinkBasin"),
    HEAT: ("heatable", "Microwave"),
    COOL: ("coolable", "Fridge"),
}
"""Kind of task -> what the object must be able to, and the receptacle that does it."""

SINGLE_PLACES = frozenset({"CoffeeMachine", "ToiletPaperHanger", "TowelHolder", "HandTowelHolder"})
"""Receptacles that take one object in a real home, so two are never asked to go there."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class GoalSpec:
    """A goal by types.

    Example: ``GoalSpec(task_type="pick_heat_then_place_in_recep", object_type="Egg",
    target_type="Fridge")``
    """

    task_type: str
    """One of the six."""

    object_type: str
    """Such as ``Egg``."""

    target_type: str
    """Receptacle type, or the lamp for ``look_at_obj_in_light``."""


@cache
def goals_of(split: str, task_type: str, room: str) -> tuple[GoalSpec, ...]:
    """Goals of a kind that a split sets in a kind of room, sorted."""
    dealt = _dealt(task_type)
    return tuple(goal for goal in _possible(task_type, room) if dealt[goal] == split)


def draw_goal(split: str, task_shares: Mapping[str, int], draws: Draws) -> tuple[str, GoalSpec]:
    """Draw a kind of task with these shares, then a room for it, then a goal of the split.

    Returns:
        Kind of room and goal.
    """
    task_type = _weighted_key(task_shares, draws)
    room = _weighted_key(ROOM_SHARES[task_type], draws)
    return room, draws.pick(goals_of(split, task_type, room))


def _weighted_key(shares: Mapping[str, int], draws: Draws) -> str:
    return list(shares)[draws.weighted(list(shares.values()))]


@cache
def _dealt(task_type: str) -> Mapping[GoalSpec, str]:
    """Split of every goal of a kind.

    Goals are dealt among those that the same kinds of rooms allow, so that every kind of room has
    some of each kind of task in each split.
    """
    rooms: dict[GoalSpec, list[str]] = {}
    for room in ROOMS:
        for goal in _possible(task_type, room):
            rooms.setdefault(goal, []).append(room)
    groups: dict[tuple[str, ...], list[GoalSpec]] = {}
    for goal, where in rooms.items():
        groups.setdefault(tuple(where), []).append(goal)
    dealt = {}
    for members in groups.values():
        held_out = (len(members) + 5) // 10 or (1 if len(members) >= 3 else 0)
        for place, goal in enumerate(sorted(members, key=_hash)):
            split = ("test", "dev")[place // held_out] if place < 2 * held_out else "train"
            dealt[goal] = split
    return dealt


def _hash(goal: GoalSpec) -> bytes:
    text = f"{SALT}/{goal.task_type}/{goal.object_type}/{goal.target_type}"
    return hashlib.sha256(text.encode()).digest()


@cache
def _possible(task_type: str, room: str) -> tuple[GoalSpec, ...]:
    """All goals of a kind that a kind of room allows, sorted."""
    if room not in ROOM_SHARES[task_type]:
        return ()
    found = []
    for row in object_rows(room):
        able = affordances_of(row.type)
        if "pickupable" not in able or not _lies_somewhere(row, ""):
            continue
        if task_type == LIGHT:
            found.append(GoalSpec(task_type=LIGHT, object_type=row.type, target_type=LAMP))
            continue
        needed, tool = PROCESSING.get(task_type, ("pickupable", ""))
        if needed not in able:
            continue
        found += [
            GoalSpec(task_type=task_type, object_type=row.type, target_type=target)
            for target in room_types(room)
            if _sensible(task_type, row, target, tool)
        ]
    return tuple(sorted(found))


def _sensible(task_type: str, row: ObjectRow, target: str, tool: str) -> bool:
    """Whether the object fits the target and has reason to lie elsewhere first."""
    if row.type not in can_contain().get(target, ()) or target == tool:
        return False
    if task_type == CLEAN and target == "BathtubBasin":
        return False
    if task_type == TWO and target in SINGLE_PLACES:
        return False
    return _lies_somewhere(row, target)


def _lies_somewhere(row: ObjectRow, target: str) -> bool:
    """Whether at least a fifth of such objects lie in a receptacle of another type."""
    share = sum(n for place, n in row.places.items() if place not in (NOWHERE, target))
    return 5 * share >= sum(row.places.values())
