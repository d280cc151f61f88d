"""A compiled game: small tables over numbered objects, receptacles and locations, and its state.

The numbering is the key to the exact texts: objects and receptacles are numbered in the order of
their ids in the game file, which is the order of every list in the original. So a set of objects or
receptacles is an ``int`` used as a bit mask (bit ``i`` = number ``i``), and iterating over its bits
upwards gives the listing order.

* ``Goal``, ``Phrases``, ``Game`` - immutable contents of a game file.
* ``State`` - what actions change. Cheap to copy; ``Game.start()`` makes the first one.
* ``Op``, ``Move`` - an action as numbers; ``Phrases.command`` writes it as the text to send.

``engine.py`` defines how states change and what is printed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Any, NamedTuple

__all__ = [
    "NOTHING",
    "TASK_TYPES",
    "Game",
    "Goal",
    "Move",
    "ObjectBit",
    "Op",
    "Phrases",
    "State",
    "Template",
    "numbers",
    "receptacles_by_location",
]

NOTHING = -1
"""Stands for an empty hand, and for a missing argument of a move."""

TASK_TYPES = (
    "pick_and_place_simple",
    "look_at_obj_in_light",
    "pick_clean_then_place_in_recep",
    "pick_heat_then_place_in_recep",
    "pick_cool_then_place_in_recep",
    "pick_two_obj_and_place",
)
"""The six kinds of task, under ALFRED's names and in the order of their official numbers 1 to 6."""


class Op(IntEnum):
    """The actions; the comment names the two arguments of a `Move`."""

    GO = 0  # receptacle
    OPEN = 1  # receptacle
    CLOSE = 2  # receptacle
    TAKE = 3  # object, receptacle
    PUT = 4  # object, receptacle
    CLEAN = 5  # object, receptacle
    HEAT = 6  # object, receptacle
    COOL = 7  # object, receptacle
    USE = 8  # object
    SLICE = 9  # object, object held to cut with
    EXAMINE_RECEPTACLE = 10  # receptacle
    EXAMINE_OBJECT = 11  # object
    LOOK = 12
    INVENTORY = 13
    HELP = 14


class ObjectBit(IntFlag):
    """Properties that the description of an examined object may mention."""

    CLEAN = 1
    HOT = 2
    COOL = 4
    SLICED = 8
    TOGGLED = 16
    TOGGLEABLE = 32
    SLICEABLE = 64


class Move(NamedTuple):
    """An action as numbers. Example: ``Move(Op.TAKE, 3, 0)``, object 3 out of receptacle 0."""

    op: Op
    """The action."""

    first: int = NOTHING
    """The first argument as `Op` lists them."""

    second: int = NOTHING
    """The second argument."""


class Template(NamedTuple):
    """A sentence with up to two gaps: ``head + name + middle + name + tail``.

    Example: ``Template("take ", " from ", "", swapped=False)`` with the names ``mug 1`` and
    ``desk 2`` is ``take mug 1 from desk 2``.
    """

    head: str
    """Text before the first gap."""

    middle: str = ""
    """Text between the gaps; with only one gap, the text after it."""

    tail: str = ""
    """Text after the second gap."""

    swapped: bool = False
    """Whether the second argument stands in the first gap."""

    def fill(self, first: str = "", second: str = "") -> str:
        """Put the names in."""
        if self.swapped:
            first, second = second, first
        return f"{self.head}{first}{self.middle}{second}{self.tail}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Phrases:
    """Wording of commands and answers, read from the grammar of the game file.

    Example: the dialects of the data 2.1.1 and 2.1.2 differ in ``commands[Op.PUT]``,
    ``answers[Op.PUT]``, in ``arrival_names_location`` and in whether ``Op.HELP`` exists.
    """

    commands: Mapping[Op, Template]
    """Command of each action; a missing action does not exist in the game."""

    answers: Mapping[Op, Template]
    """What the actions print, without the description of a receptacle that may follow."""

    described: frozenset[Op]
    """Actions whose answer is followed by the description of the receptacle."""

    arrival_names_location: bool
    """Whether ``answers[Op.GO]`` is filled with the name of the location, not the receptacle."""

    open_receptacle: Template
    """Description of an open receptacle; gaps: receptacle, list of objects."""

    closed_receptacle: Template
    """Description of a closed receptacle; gap: receptacle."""

    plain_receptacle: Template
    """Description of a receptacle that cannot be opened; gaps: receptacle, list of objects."""

    object_states: tuple[tuple[int, Template], ...]
    """Rules (sum of `ObjectBit` that must all hold, sentence); the first match is printed."""

    container: Template
    """Description of an object that holds others; gaps: object, list of objects."""

    carrying: Template
    """Answer to ``inventory`` with something in hand; gap: list of one object."""

    empty_handed: str
    """Answer to ``inventory`` otherwise."""

    help: str
    """Answer to ``help``."""

    def command(self, move: Move, game: Game) -> str:
        """Write a move as the text an agent sends."""
        template = self.commands[move.op]
        objects, receptacles = game.object_names, game.receptacle_names
        op, first, second = move
        if op in _ON_RECEPTACLE:
            return template.fill(receptacles[first])
        if op in _ON_OBJECT:
            return template.fill(objects[first])
        if op in _ON_BOTH:
            return template.fill(objects[first], receptacles[second])
        if op == Op.SLICE:
            return template.fill(objects[first], objects[second])
        return template.fill()


_ON_RECEPTACLE = frozenset({Op.GO, Op.OPEN, Op.CLOSE, Op.EXAMINE_RECEPTACLE})
_ON_OBJECT = frozenset({Op.USE, Op.EXAMINE_OBJECT})
_ON_BOTH = frozenset({Op.TAKE, Op.PUT, Op.CLEAN, Op.HEAT, Op.COOL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """The winning condition. Types are from `Game.object_types` and `Game.receptacle_types`.

    Example: ``Goal(task_type="pick_heat_then_place_in_recep", object_type="egg",
    target_type="fridge")`` - some hot egg in some fridge. For ``look_at_obj_in_light`` the target
    is an object type: an egg is held at a receptacle with a lit lamp of that type.
    """

    task_type: str
    """One of `TASK_TYPES`."""

    object_type: str
    """Type of the object (``pick_two_obj_and_place`` needs two in one receptacle)."""

    target_type: str
    """Type of the receptacle, or of the lamp for ``look_at_obj_in_light``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Game:
    """One compiled game. Masks are over object or receptacle numbers, as documented for each.

    Example: in a room with a desk at location 1 and a mug on it ``object_names == ("mug 1",)``,
    ``receptacle_names == ("desk 1",)``, ``contents == ((0,),)``, ``receptacle_location == (1,)``.
    """

    name: str
    """Public name, unique in its collection, such as ``<task>-<..>-<scene>/trial_<..>``."""

    task: str
    """The sentence after ``Your task is to: ``, with its full stop."""

    goal: Goal
    """What wins."""

    phrases: Phrases
    """Wording of commands and answers, shared by all games of a dialect."""

    object_names: tuple[str, ...]
    """Names as printed, ``mug 2``, by number."""

    object_types: tuple[str, ...]
    """Type in lower case without its ending, ``mug``, by number; empty if the file has none."""

    receptacle_names: tuple[str, ...]
    """Names as printed, ``sinkbasin 1``, by number."""

    receptacle_types: tuple[str, ...]
    """Type in lower case without its ending, ``sinkbasin``, by number."""

    receptacle_location: tuple[int, ...]
    """Location number of each receptacle; several may share one."""

    location_names: tuple[str, ...]
    """Names as the older dialect prints them, ``loc 7``, by number."""

    start_location: int
    """Where the agent begins."""

    openable: int
    """Mask of receptacles that can be opened."""

    sinks: int
    """Mask of receptacles in which an object is cleaned."""

    microwaves: int
    """Mask of receptacles in which an object is heated."""

    fridges: int
    """Mask of receptacles in which an object is cooled."""

    fits: tuple[int, ...]
    """For each receptacle, the mask of objects that may be put there."""

    pickupable: int
    """Mask of objects that can be taken."""

    cleanable: int
    """Mask of objects that can be cleaned."""

    heatable: int
    """Mask of objects that can be heated."""

    coolable: int
    """Mask of objects that can be cooled."""

    toggleable: int
    """Mask of objects that can be switched on."""

    sliceable: int
    """Mask of objects that can be sliced."""

    knives: int
    """Mask of objects that slice."""

    containers: int
    """Mask of objects that are described by their contents."""

    nested: Mapping[int, tuple[int, ...]]
    """Container object -> the objects in it, ascending; never changes."""

    contents: tuple[tuple[int, ...], ...]
    """At the start: objects in each receptacle, ascending. An object may be in two receptacles."""

    places: tuple[int, ...]
    """At the start: for each object, the mask of its recorded locations."""

    opened: int = 0
    """At the start: mask of open receptacles."""

    clean: int = 0
    """At the start: mask of clean objects."""

    hot: int = 0
    """At the start: mask of hot objects."""

    cool: int = 0
    """At the start: mask of cool objects."""

    toggled: int = 0
    """At the start: mask of objects that are switched on."""

    sliced: int = 0
    """At the start: mask of sliced objects."""

    walkthrough: tuple[str, ...] = ()
    """The winning commands stored in the game file; empty if there are none."""

    def start(self) -> State:
        """Return a new first state."""
        return State(
            location=self.start_location,
            held=NOTHING,
            contents=list(self.contents),
            opened=self.opened,
            clean=self.clean,
            hot=self.hot,
            cool=self.cool,
            toggled=self.toggled,
            sliced=self.sliced,
            places=list(self.places),
            taken=[0] * len(self.object_names),
        )

    def objects_of(self, object_type: str) -> tuple[int, ...]:
        """Numbers of the objects of a type, ascending."""
        return _positions(self.object_types, object_type)

    def receptacles_of(self, receptacle_type: str) -> tuple[int, ...]:
        """Numbers of the receptacles of a type, ascending."""
        return _positions(self.receptacle_types, receptacle_type)


@dataclass(slots=True, kw_only=True)
class State:
    """Everything that actions change. Masks are over object numbers, except ``opened``."""

    location: int
    """Where the agent is."""

    held: int
    """The object in hand, or `NOTHING`."""

    contents: list[tuple[int, ...]]
    """Objects in each receptacle, ascending. The tuples are never changed, only replaced."""

    opened: int
    """Mask of open receptacles."""

    clean: int
    """Mask of clean objects."""

    hot: int
    """Mask of hot objects."""

    cool: int
    """Mask of cool objects."""

    toggled: int
    """Mask of objects that were switched on; nothing is ever switched off."""

    sliced: int
    """Mask of sliced objects."""

    places: list[int]
    """For each object, the mask of its recorded locations; decides what can be sliced."""

    taken: list[int]
    """For each object, the mask of receptacles it was taken out of and not put back into."""

    def copy(self) -> State:
        """Return an independent state."""
        return State(
            location=self.location,
            held=self.held,
            contents=self.contents.copy(),
            opened=self.opened,
            clean=self.clean,
            hot=self.hot,
            cool=self.cool,
            toggled=self.toggled,
            sliced=self.sliced,
            places=self.places.copy(),
            taken=self.taken.copy(),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the state as JSON-able data for `from_json`."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> State:
        """Return the state that `to_json` wrote; JSON has turned its tuples into lists."""
        return cls(**{**data, "contents": [tuple(inside) for inside in data["contents"]]})


def _positions(types: tuple[str, ...], wanted: str) -> tuple[int, ...]:
    """Return the positions of a type, using tuple searches, which are faster than a loop."""
    found, after = [], 0
    for _ in range(types.count(wanted)):
        found.append(types.index(wanted, after))
        after = found[-1] + 1
    return tuple(found)


def receptacles_by_location(game: Game) -> list[tuple[int, ...]]:
    """Numbers of the receptacles at each location, ascending."""
    at: list[tuple[int, ...]] = [()] * len(game.location_names)
    for number, place in enumerate(game.receptacle_location):
        at[place] += (number,)
    return at


def numbers(mask: int) -> Iterator[int]:
    """Yield the numbers in a mask, ascending.

    Example:
        >>> list(numbers(0b1010))
        [1, 3]
    """
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
