"""Compiles a generated game directly, without writing and reading a game file.

What `game_file` makes of the file that `GeneratedTask.game_data` writes, `compile_task` makes of
the task itself, some twenty times faster. The wording is read from the file's grammar once, and so
are the receptacles that clean, heat and cool from its domain; both are the same in all generated
games.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from t2po_gym.envs.alfworld.data.domain import read_domain
from t2po_gym.envs.alfworld.data.game import Game, Goal, Op, Phrases
from t2po_gym.envs.alfworld.data.grammar import read_grammar
from t2po_gym.envs.alfworld.data.problem import type_word
from t2po_gym.envs.alfworld.generate.games import GeneratedTask
from t2po_gym.envs.alfworld.generate.objects import Placed
from t2po_gym.envs.alfworld.generate.pddl_texts import DOMAIN, grammar_text
from t2po_gym.envs.alfworld.generate.room_contents import affordances_of, can_contain
from t2po_gym.envs.alfworld.generate.rooms import Receptacle

__all__ = ["compile_task"]


def compile_task(task: GeneratedTask) -> Game:
    """Compile a generated game; its walkthrough is empty.

    Args:
        task: the game as it was drawn.
    """
    room, goal = task.room, task.goal
    receptacles = sorted(room.receptacles, key=_lower_id)
    objects = sorted(task.objects, key=_lower_id)
    locations = {room.start: 0, **{r.location: 0 for r in receptacles}}
    for number, name in enumerate(sorted(locations)):
        locations[name] = number
    receptacle_types = [r.type for r in receptacles]
    object_types = [o.type for o in objects]
    of_type = _masks_by_type(object_types)
    receptacles_of_type = _masks_by_type(receptacle_types)
    able, using = _able(of_type), _alternatives()
    return Game(
        name=task.key,
        task=task.sentence,
        goal=Goal(
            task_type=goal.task_type,
            object_type=_word(goal.object_type),
            target_type=_word(goal.target_type),
        ),
        phrases=_phrases(),
        object_names=_names(object_types),
        object_types=tuple(map(_word, object_types)),
        receptacle_names=_names(receptacle_types),
        receptacle_types=tuple(map(_word, receptacle_types)),
        receptacle_location=tuple([locations[r.location] for r in receptacles]),
        location_names=tuple([f"loc {number}" for number in range(len(locations), 0, -1)]),
        start_location=locations[room.start],
        openable=sum([r.openable << number for number, r in enumerate(receptacles)]),
        sinks=_of_types(receptacles_of_type, using[Op.CLEAN]),
        microwaves=_of_types(receptacles_of_type, using[Op.HEAT]),
        fridges=_of_types(receptacles_of_type, using[Op.COOL]),
        fits=_fits(receptacle_types, of_type),
        nested=_nested(objects),
        contents=_contents(objects, receptacles),
        places=tuple([1 << locations[o.location] if o.location else 0 for o in objects]),
        cool=sum([o.cool << number for number, o in enumerate(objects)]),
        pickupable=able.get("pickupable", 0),
        cleanable=able.get("cleanable", 0),
        heatable=able.get("heatable", 0),
        coolable=able.get("coolable", 0),
        toggleable=able.get("toggleable", 0),
        sliceable=able.get("sliceable", 0),
        knives=_of_types(of_type, using[Op.SLICE]),
        containers=able.get("isReceptacleObject", 0),
    )


@cache
def _phrases() -> Phrases:
    """The wording of all generated games."""
    return read_grammar(grammar_text("any task."))[0]


@cache
def _alternatives() -> dict[Op, frozenset[str]]:
    """Types of receptacles that clean, heat and cool, and of objects that slice."""
    listed = read_domain(DOMAIN).alternatives
    return {op: frozenset(map(type_word, types)) for op, types in listed.items()}


def _lower_id(entity: Receptacle | Placed) -> str:
    return entity.id.lower()


@cache
def _word(type_name: str) -> str:
    """A type as tables hold it."""
    return type_word(f"{type_name}Type".lower())


def _names(types: Sequence[str]) -> tuple[str, ...]:
    """Printed names: within a type, numbers run downwards to 1."""
    found: dict[str, int] = {}
    names = []
    for t in reversed(types):
        found[t] = number = found.get(t, 0) + 1
        names.append(f"{_word(t)} {number}")
    return tuple(names[::-1])


def _masks_by_type(types: Sequence[str]) -> dict[str, int]:
    """Type -> mask of what is of it."""
    masks: dict[str, int] = {}
    bit = 1
    for t in types:
        masks[t] = masks.get(t, 0) | bit
        bit <<= 1
    return masks


def _able(of_type: Mapping[str, int]) -> dict[str, int]:
    """Predicate -> mask of the objects it holds of, as far as their types decide."""
    masks: dict[str, int] = {}
    for t, mask in of_type.items():
        for predicate in affordances_of(t):
            masks[predicate] = masks.get(predicate, 0) | mask
    return masks


def _of_types(of_type: Mapping[str, int], wanted: frozenset[str]) -> int:
    return sum([mask for t, mask in of_type.items() if _word(t) in wanted])


def _fits(receptacle_types: Sequence[str], of_type: Mapping[str, int]) -> tuple[int, ...]:
    """For each receptacle the mask of objects whose type its type may contain."""
    present = set(of_type)
    fitting = {
        t: sum([of_type[inside] for inside in can_contain().get(t, frozenset()) & present])
        for t in set(receptacle_types)
    }
    return tuple([fitting[t] for t in receptacle_types])


def _contents(
    objects: Sequence[Placed], receptacles: Sequence[Receptacle]
) -> tuple[tuple[int, ...], ...]:
    where = {receptacle.id: number for number, receptacle in enumerate(receptacles)}
    inside: list[list[int]] = [[] for _ in receptacles]
    for number, placed in enumerate(objects):
        for receptacle in placed.inside:
            inside[where[receptacle.id]].append(number)
    return tuple(map(tuple, inside))


def _nested(objects: Sequence[Placed]) -> dict[int, tuple[int, ...]]:
    """Which objects each container holds."""
    pairs = [(placed.within, number) for number, placed in enumerate(objects) if placed.within]
    if not pairs:
        return {}
    numbers = {placed.id: number for number, placed in enumerate(objects)}
    inside: dict[int, tuple[int, ...]] = {}
    for outer, inner in sorted((numbers[outer], inner) for outer, inner in pairs):
        inside[outer] = (*inside.get(outer, ()), inner)
    return inside
