"""Read a game file (``game.tw-pddl``) into a compiled `Game`.

A game file is one JSON object with ``pddl_domain``, ``grammar``, ``pddl_problem`` and, in the
newer data, ``solvable`` and ``walkthrough``. Everything is read from the file; a game that the
engine cannot play exactly is rejected with one sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from t2po_gym.data.json_text import parse_json
from t2po_gym.envs.alfworld.data.domain import Domain, read_domain
from t2po_gym.envs.alfworld.data.errors import GameFileError
from t2po_gym.envs.alfworld.data.game import Game, Op, Phrases
from t2po_gym.envs.alfworld.data.grammar import read_grammar
from t2po_gym.envs.alfworld.data.problem import Problem, read_problem, type_word

__all__ = ["MAX_GAME_BYTES", "parse_game", "read_content", "read_game"]

MAX_GAME_BYTES = 16 * 1024 * 1024
"""Larger files are rejected unread; an official game has 0.1 MB."""

_CLASS_END = "_bar_"
Numbering = dict[str, int]


def read_game(path: str | Path, name: str | None = None) -> Game:
    """Read a game file.

    Args:
        path: the file.
        name: public name of the game; by default the name of the file's folder.

    Raises:
        GameFileError: If it cannot be read or is not a game that the engine plays.
    """
    source = Path(path)
    try:
        size = source.stat().st_size
        if size > MAX_GAME_BYTES:
            raise GameFileError(
                f"{source}: the file has {size / 1e6:.0f} MB; a game file has at most "
                f"{MAX_GAME_BYTES / 1e6:.0f} MB"
            )
        data = source.read_bytes()
    except OSError as error:
        raise GameFileError(f"{source}: {error.strerror or error}") from error
    return parse_game(data, source.parent.name if name is None else name, str(source))


def parse_game(data: bytes | str, name: str, source: str | None = None) -> Game:
    """Compile the content of a game file.

    Args:
        data: the file's content.
        name: public name of the game.
        source: start of error messages; by default the name.

    Raises:
        GameFileError: If it is not a game that the engine plays.
    """
    try:
        content = read_content(data)
        domain = read_domain(_text(content, "pddl_domain"))
        phrases, task = read_grammar(_text(content, "grammar"))
        _check_actions(domain, phrases)
        problem = read_problem(_text(content, "pddl_problem"), domain)
        return _compile(problem, domain, phrases, task, name, _walkthrough(content))
    except GameFileError as error:
        raise GameFileError(f"{source or name}: {error}") from None


def read_content(data: bytes | str) -> Mapping[str, Any]:
    """Return the fields of a game file.

    Raises:
        GameFileError: If it is too large, or not one JSON object.
    """
    if len(data) > MAX_GAME_BYTES:
        raise GameFileError(
            f"the content has {len(data) / 1e6:.0f} MB; a game file has at most "
            f"{MAX_GAME_BYTES / 1e6:.0f} MB"
        )
    try:
        content = parse_json(data)
    except ValueError as error:
        raise GameFileError(f"the file is not whole JSON ({error}); fetch it again") from None
    if not isinstance(content, dict):
        raise GameFileError("a game file holds one JSON object; this one holds something else")
    return content


def _text(content: Mapping[str, Any], key: str) -> str:
    value = content.get(key)
    if not isinstance(value, str):
        raise GameFileError(f"a game file needs the text {key!r}; this one has none")
    return value


def _walkthrough(content: Mapping[str, Any]) -> tuple[str, ...]:
    steps = content.get("walkthrough") or []
    if not isinstance(steps, list) or not all(isinstance(step, str) for step in steps):
        raise GameFileError("'walkthrough' should be a list of commands")
    if any("\n" in step for step in steps):
        raise GameFileError("a command of 'walkthrough' has a line break in it")
    return tuple(steps)


def _check_actions(domain: Domain, phrases: Phrases) -> None:
    """Check that every possible action has a command."""
    missing = sorted(domain.actions - set(phrases.commands))
    if missing:
        raise GameFileError(
            f"the grammar has no command for the action {missing[0].name.lower()!r}"
        )
    needed = set(Op) - {Op.HELP} - domain.actions
    if needed:
        raise GameFileError(f"the domain lacks the action {min(needed).name.lower()!r}")
    if Op.HELP in phrases.commands and Op.HELP not in domain.actions:
        raise GameFileError("the grammar words the action 'help', which the domain lacks")


def _compile(
    problem: Problem,
    domain: Domain,
    phrases: Phrases,
    task: str,
    name: str,
    walkthrough: tuple[str, ...],
) -> Game:
    occurring = {word for facts in problem.facts.values() for fact in facts for word in fact}
    printed = entity_names(occurring)
    ids = {
        kind: sorted(word for word in occurring if problem.types[word] == kind)
        for kind in ("object", "receptacle", "location")
    }
    objects, receptacles, locations = (
        {word: number for number, word in enumerate(ids[kind])}
        for kind in ("object", "receptacle", "location")
    )

    def object_mask(predicate: str) -> int:
        return _mask(objects[fact[0]] for fact in problem.pairs(predicate))

    object_types = _types(problem, "objecttype", ids["object"])
    receptacle_types = _types(problem, "receptacletype", ids["receptacle"])
    where = _receptacle_locations(problem, receptacles, locations)
    kinds = {op: frozenset(map(type_word, domain.alternatives[op])) for op in domain.actions}
    return Game(
        name=name,
        task=task,
        goal=problem.goal,
        phrases=phrases,
        object_names=tuple(printed[word] for word in ids["object"]),
        object_types=object_types,
        receptacle_names=tuple(printed[word] for word in ids["receptacle"]),
        receptacle_types=receptacle_types,
        receptacle_location=where,
        location_names=tuple(printed[word] for word in ids["location"]),
        start_location=_start(problem, locations),
        openable=_mask(receptacles[fact[0]] for fact in problem.pairs("openable")),
        sinks=_of_types(receptacle_types, kinds[Op.CLEAN]),
        microwaves=_of_types(receptacle_types, kinds[Op.HEAT]),
        fridges=_of_types(receptacle_types, kinds[Op.COOL]),
        fits=_fits(problem, object_types, receptacle_types),
        pickupable=object_mask("pickupable"),
        cleanable=object_mask("cleanable"),
        heatable=object_mask("heatable"),
        coolable=object_mask("coolable"),
        toggleable=object_mask("toggleable"),
        sliceable=object_mask("sliceable"),
        knives=_of_types(object_types, kinds[Op.SLICE]),
        containers=object_mask("isreceptacleobject"),
        nested=_nested(problem, objects),
        contents=_contents(problem, objects, receptacles),
        places=_places(problem, objects, locations),
        opened=_mask(receptacles[fact[0]] for fact in problem.pairs("opened")),
        clean=object_mask("isclean"),
        hot=object_mask("ishot"),
        cool=object_mask("iscool"),
        toggled=object_mask("istoggled"),
        sliced=object_mask("issliced"),
        walkthrough=walkthrough,
    )


def entity_names(ids: Iterable[str]) -> dict[str, str]:
    """Return the printed name of each id.

    The class is the id's text before the first ``_bar_``, followed by ``basin`` if the id has that
    word. Within a class, the sorted ids are numbered down to 1. An id without ``_bar_`` is its own
    name, followed by a space.

    Example:
        >>> entity_names(["mug_bar_1", "mug_bar_2", "sink_bar_1_bar_sinkbasin"])["mug_bar_1"]
        'mug 2'
    """
    names: dict[str, str] = {}
    members: dict[str, list[str]] = {}
    for word in sorted(ids):
        head, bar, _ = word.partition(_CLASS_END)
        if not bar:
            names[word] = f"{word} "
            continue
        members.setdefault(f"{head}basin" if "basin" in word else head, []).append(word)
    for kind, words in members.items():
        for number, word in zip(range(len(words), 0, -1), words, strict=True):
            names[word] = f"{kind} {number}"
    return names


def _mask(numbers: Iterable[int]) -> int:
    mask = 0
    for number in numbers:
        mask |= 1 << number
    return mask


def _of_types(types: Sequence[str], wanted: frozenset[str]) -> int:
    return _mask(number for number, kind in enumerate(types) if kind in wanted)


def _types(problem: Problem, predicate: str, ids: Sequence[str]) -> tuple[str, ...]:
    """Return the types of the ids; empty if the file states none."""
    found: dict[str, str] = {}
    for word, kind in problem.pairs(predicate):
        if found.setdefault(word, kind) != kind:
            raise GameFileError(f"{word!r} has two types, {found[word]} and {kind}")
    return tuple(type_word(found[word]) if word in found else "" for word in ids)


def _receptacle_locations(
    problem: Problem, receptacles: Numbering, locations: Numbering
) -> tuple[int, ...]:
    found: dict[str, str] = {}
    for word, place in problem.pairs("receptacleatlocation"):
        if found.setdefault(word, place) != place:
            raise GameFileError(f"the receptacle {word!r} is at two locations; expected one")
    for word in receptacles:
        if word not in found:
            raise GameFileError(f"the receptacle {word!r} is at no location; expected one")
    return tuple(locations[found[word]] for word in receptacles)


def _start(problem: Problem, locations: Numbering) -> int:
    places = {place for _, place in problem.pairs("atlocation")}
    if len(places) != 1:
        raise GameFileError(f"the agent starts at {len(places)} locations; expected one")
    if problem.pairs("holds") or problem.pairs("holdsany"):
        raise GameFileError("the agent starts with something in hand; expected empty hands")
    return locations[places.pop()]


def _fits(
    problem: Problem, object_types: Sequence[str], receptacle_types: Sequence[str]
) -> tuple[int, ...]:
    """Return, for each receptacle, the mask of objects whose type its type may contain."""
    of_type: dict[str, int] = {}
    for number, kind in enumerate(object_types):
        if kind:
            of_type[kind] = of_type.get(kind, 0) | 1 << number
    fitting: dict[str, int] = {}
    for receptacle_type, object_type in problem.pairs("cancontain"):
        inside, outside = type_word(object_type), type_word(receptacle_type)
        fitting[outside] = fitting.get(outside, 0) | of_type.get(inside, 0)
    return tuple(fitting.get(kind, 0) if kind else 0 for kind in receptacle_types)


def _contents(
    problem: Problem, objects: Numbering, receptacles: Numbering
) -> tuple[tuple[int, ...], ...]:
    inside: list[set[int]] = [set() for _ in receptacles]
    for word, receptacle in problem.pairs("inreceptacle"):
        inside[receptacles[receptacle]].add(objects[word])
    return tuple(tuple(sorted(found)) for found in inside)


def _places(problem: Problem, objects: Numbering, locations: Numbering) -> tuple[int, ...]:
    places = [0] * len(objects)
    for word, place in problem.pairs("objectatlocation"):
        places[objects[word]] |= 1 << locations[place]
    return tuple(places)


def _nested(problem: Problem, objects: Numbering) -> dict[int, tuple[int, ...]]:
    """Return the objects that each container holds.

    In 97 official games, stacked pans and the like are inside each other, or inside themselves.
    That is harmless, since it is only used for a list. A longer cycle is an error.

    Raises:
        GameFileError: If three or more objects are inside each other in a cycle.
    """
    inside: dict[int, set[int]] = {}
    for inner, outer in problem.pairs("inreceptacleobject"):
        inside.setdefault(objects[outer], set()).add(objects[inner])
    waiting = {
        outer: {inner for inner in held if outer not in inside.get(inner, ()) and inner != outer}
        for outer, held in inside.items()
    }
    while waiting:
        freed = [number for number, held in waiting.items() if held.isdisjoint(waiting)]
        if not freed:
            words = list(objects)
            raise GameFileError(
                f"the object {words[min(waiting)]!r} is inside itself by way of others "
                "(inReceptacleObject goes round in a circle)"
            )
        for number in freed:
            del waiting[number]
    return {outer: tuple(sorted(held)) for outer, held in sorted(inside.items())}
