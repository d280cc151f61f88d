"""Places objects in an invented room.

Some rooms are tidier than others (more in drawers and cabinets, less lying about). Kitchens have
things inside things and pans that stand on two burners at once, and what comes out of the fridge
may be cool already, all as in the official games (docs/originals/alfworld.md, section 3).
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate

from t2po_gym.data.draws import Draws
from t2po_gym.envs.alfworld.generate.goals import (
    LAMP,
    LAMP_PLACES,
    LIGHT,
    PROCESSING,
    TWO,
    GoalSpec,
)
from t2po_gym.envs.alfworld.generate.room_contents import (
    NOWHERE,
    ObjectRow,
    affordances_of,
    can_contain,
    object_rows,
)
from t2po_gym.envs.alfworld.generate.rooms import Receptacle, Room, spell

__all__ = ["Clutter", "Placed", "has_place", "place_objects"]

AT_TARGET_PERCENT = 45
"""Clean, heat, cool: chance that the plain object may also lie where it shall be brought."""

COOL_AT_START_PERCENT = 4
"""Chance that a coolable object in the fridge is cool already."""

TWICE_PERCENT = {
    ("Mug", "CoffeeMachine"): ("CounterTop", 35),
    ("Pan", "StoveBurner"): ("StoveBurner", 20),
    ("Pot", "StoveBurner"): ("StoveBurner", 14),
    ("Pan", "CounterTop"): ("StoveBurner", 10),
    ("HandTowel", "HandTowelHolder"): ("CounterTop", 4),
    ("KeyChain", "Safe"): ("Cabinet", 20),
    ("CellPhone", "Safe"): ("Cabinet", 20),
    ("CD", "Safe"): ("Dresser", 15),
}
"""(Object, receptacle) -> another receptacle it may count as lying in too, and the chance."""

NESTED_PERCENT = {"kitchen": 33, "living": 6, "bedroom": 4, "bathroom": 0}
"""Chance that a room has objects inside containers."""

NESTS = {
    outer: frozenset(inner.split())
    for outer, inner in {
        "Plate": "Spatula Spoon Knife ButterKnife Fork",
        "Bowl": "Knife ButterKnife Spatula Spoon Fork",
        "Mug": "Knife ButterKnife Fork Spoon",
        "Cup": "Spoon Fork Knife",
        "Pot": "Pot Pan Spatula Ladle",
        "Pan": "Pot Pan Knife Spatula ButterKnife",
        "Box": "Newspaper KeyChain CreditCard CellPhone RemoteControl Pen Pencil",
    }.items()
}
"""Container -> what may be inside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clutter:
    """How full a room is and how well its goal objects hide.

    Example: ``Clutter(share=100, most=100, candidates=(36, 26, 21, 17), hidden=0)``
    """

    share: int
    """Chance of an object type being there, in percent of what the tables say."""

    most: int
    """Movable objects at most, besides those of the goal."""

    candidates: tuple[int, ...]
    """Shares of having 1, 2, 3, ... goal objects; a pair task has one more."""

    hidden: int
    """Percent of games whose goal objects are all inside closed receptacles if there are any."""

    lamp: bool = True
    """Whether a room gets the lamps and fixtures that the task does not need."""


@dataclass(slots=True)
class Placed:
    """One object where it lies at the start."""

    id: str
    """Name in the game file."""

    type: str
    """Such as ``Mug``."""

    inside: list[Receptacle] = field(default_factory=list)
    """Receptacles it is in; none, one, or two."""

    location: str = ""
    """Name of the location it is noted at; empty for none."""

    cool: bool = False
    """Whether it is cool at the start."""

    within: str = ""
    """Id of the container it is in; empty for none."""


def place_objects(room: Room, goal: GoalSpec, clutter: Clutter, draws: Draws) -> list[Placed]:
    """Fill a room for a goal, which can be reached and is not reached yet."""
    return _Filling(room, goal, clutter, draws).run()


def has_place(room: Room, goal: GoalSpec) -> bool:
    """Whether a goal object can lie somewhere in the room where it is not wanted."""
    usual, others = _places(_row(room, goal), [r.type for r in room.receptacles], goal.target_type)
    return bool(usual or others)


def _row(room: Room, goal: GoalSpec) -> ObjectRow:
    return next(row for row in object_rows(room.kind) if row.type == goal.object_type)


def _places(
    row: ObjectRow, present: Iterable[str], banned: str
) -> tuple[dict[str, int], list[str]]:
    """Receptacle types where the tables put an object, with shares, and others that can hold it."""
    types = [t for t in dict.fromkeys(present) if t != banned]
    usual = {t: row.places[t] for t in types if row.places.get(t)}
    others = [t for t in types if t not in usual and row.type in can_contain().get(t, ())]
    return usual, others


class _Filling:
    """A room while it is being filled."""

    def __init__(self, room: Room, goal: GoalSpec, clutter: Clutter, draws: Draws) -> None:
        self._room, self._goal, self._clutter, self._draws = room, goal, clutter, draws
        self._by_type: dict[str, list[Receptacle]] = {}
        for receptacle in room.receptacles:
            self._by_type.setdefault(receptacle.type, []).append(receptacle)
        tidy = 40 + draws.below(121)  # percent: 100 as the tables say
        self._taste = {NOWHERE: 100}  # receptacle type -> how often things lie there
        for t, receptacles in self._by_type.items():
            self._taste[t] = tidy if receptacles[0].openable else 200 - tidy
        self._ids: set[str] = set()
        self._objects: list[Placed] = []

    def run(self) -> list[Placed]:
        goal = self._goal
        self._place_goal_objects()
        if goal.task_type == LIGHT:
            spots = LAMP_PLACES[self._room.kind]
            present = [t for t in spots if t in self._by_type]
            self._put(LAMP, self._pick_instance(present[self._draws.below(len(present))]))
        rows = [
            row
            for row in object_rows(self._room.kind)
            if row.type != goal.object_type and not (goal.task_type == LIGHT and row.type == LAMP)
        ]
        count = 0
        for row in self._draws.sample(rows, len(rows)):
            count += self._scatter(row, self._clutter.most - count)
        self._nest()
        return self._objects

    def _place_goal_objects(self) -> None:
        goal, draws = self._goal, self._draws
        row = _row(self._room, goal)
        count = 1 + draws.weighted(self._clutter.candidates) + (goal.task_type == TWO)
        hidden = draws.percent(self._clutter.hidden)
        at_target = goal.task_type in PROCESSING and not hidden and draws.percent(AT_TARGET_PERCENT)
        banned = goal.target_type if goal.task_type != LIGHT and not at_target else ""
        for _ in range(count):
            self._put(row.type, self._spot(row, banned, hidden))

    def _spot(self, row: ObjectRow, banned: str, hidden: bool) -> Receptacle:
        """A receptacle for a goal object: by the tables, else wherever it fits."""
        usual, others = _places(row, self._by_type, banned)
        if hidden:
            closed = {t: usual.get(t, 1) for t in (*usual, *others) if self._closes(t)}
            usual = closed or usual
        return self._pick_instance(self._draw_type(usual or dict.fromkeys(others, 1)))

    def _closes(self, receptacle_type: str) -> bool:
        return all(r.openable for r in self._by_type[receptacle_type])

    def _scatter(self, row: ObjectRow, most: int) -> int:
        """Place the objects of one type; returns how many movable ones."""
        clutter, below = self._clutter, self._draws.below
        movable = "pickupable" in affordances_of(row.type)
        if most <= 0 if movable else not clutter.lamp:
            return 0
        if below(100) >= row.presence * clutter.share // 100:
            return 0
        counts = _bounds(row.counts)
        count = 1 + bisect(counts, below(counts[-1]))
        if movable:
            count = min(count, most)
        # What could not be put down again anywhere is left out of reach, as a trap.
        reachable = not movable or not _holders(row.type).isdisjoint(self._by_type)
        types, bounds = self._shares(row.places if reachable else _out_of_reach(row.places))
        for _ in range(count):
            chosen = types[bisect(bounds, below(bounds[-1]))] if types else NOWHERE
            if chosen == NOWHERE:
                self._put_nowhere(row.type)
            else:
                self._put(row.type, self._pick_instance(chosen))
        return count if movable else 0

    def _draw_type(self, places: Mapping[str, int]) -> str:
        """Draw a receptacle type, closed ones as often as the room is tidy."""
        types, bounds = self._shares(places)
        return types[bisect(bounds, self._draws.below(bounds[-1]))]

    def _shares(self, places: Mapping[str, int]) -> tuple[list[str], list[int]]:
        """Those of the receptacle types that the room has, and their shares, added up."""
        taste = self._taste
        types, bounds, total = [], [], 0
        for t, share in places.items():
            if t in taste:
                total += share * taste[t]
                types.append(t)
                bounds.append(total)
        return types, bounds

    def _pick_instance(self, receptacle_type: str) -> Receptacle:
        return self._draws.pick(self._by_type[receptacle_type])

    def _put(self, object_type: str, receptacle: Receptacle) -> None:
        below = self._draws.below
        _, kind, _, location, (x, y, z) = receptacle
        name = self._name(object_type, x + below(61) - 30, y + 3 + below(12), z + below(61) - 30)
        placed = Placed(name, object_type, [receptacle], location)
        if (object_type, kind) in TWICE_PERCENT:
            self._put_twice(placed, receptacle)
        if kind == "Fridge" and "coolable" in affordances_of(object_type):
            placed.cool = below(100) < COOL_AT_START_PERCENT
        self._objects.append(placed)

    def _put_nowhere(self, object_type: str) -> None:
        """Put an object in no receptacle, now and then noted where one is."""
        draws, below = self._draws, self._draws.below
        x, y, z = below(1200) - 600, below(200), below(1200) - 600
        where = draws.pick(self._room.receptacles).location if draws.percent(40) else ""
        self._objects.append(Placed(self._name(object_type, x, y, z), object_type, [], where))

    def _put_twice(self, placed: Placed, receptacle: Receptacle) -> None:
        other, chance = TWICE_PERCENT[placed.type, receptacle.type]
        goal = self._goal
        # An object that counts as lying at the target must not be one that the goal asks for.
        reserved = placed.type == goal.object_type and other == goal.target_type
        choices = [r for r in self._by_type.get(other, ()) if r is not receptacle]
        if choices and not reserved and self._draws.percent(chance):
            placed.inside.append(self._draws.pick(choices))

    def _name(self, object_type: str, x: int, y: int, z: int) -> str:
        while (name := spell(object_type, x, y, z)) in self._ids:
            y += 1
        self._ids.add(name)
        return name

    def _nest(self) -> None:
        """Put one to three objects into containers that stand in the same receptacle."""
        draws = self._draws
        if not draws.percent(NESTED_PERCENT[self._room.kind]):
            return
        pairs = _nestable(self._objects)
        for inner, outer in draws.sample(pairs, 1 + draws.below(3)):
            filled = {placed.within for placed in self._objects}
            if not inner.within and not outer.within and inner.id not in filled:
                inner.within = outer.id


def _out_of_reach(places: Mapping[str, int]) -> dict[str, int]:
    return {NOWHERE: places[NOWHERE]} if NOWHERE in places else {}


@cache
def _holders(object_type: str) -> frozenset[str]:
    """Receptacle types that an object may be put into."""
    return frozenset(t for t, objects in can_contain().items() if object_type in objects)


@cache
def _bounds(shares: tuple[int, ...]) -> tuple[int, ...]:
    """Shares, added up."""
    return tuple(accumulate(shares))


def _nestable(objects: Sequence[Placed]) -> list[tuple[Placed, Placed]]:
    """(inner, outer) pairs that lie in the same receptacle and go together."""
    together: dict[str, list[Placed]] = {}
    for placed in objects:
        if placed.inside:
            together.setdefault(placed.inside[0].id, []).append(placed)
    return [
        (inner, outer)
        for outer in objects
        if outer.inside and outer.type in NESTS
        for inner in together[outer.inside[0].id]
        if inner is not outer and inner.type in NESTS[outer.type]
    ]
