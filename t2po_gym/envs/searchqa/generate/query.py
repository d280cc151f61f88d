"""What a generated question asks of the graph, apart from its wording."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from t2po_gym.envs.searchqa.generate.graph import Entity, Graph, Value
from t2po_gym.envs.searchqa.generate.passages import year_of

Answer = Value | bool
"""An entity, a number, or yes or no."""


@dataclass(frozen=True, slots=True)
class Arm:
    """A start and the relations to follow from it; none of them: the start itself.

    Example:
        >>> Arm(Entity("work", 3), ("author", "birthplace")).relations[-1]
        'birthplace'
    """

    start: Entity
    """Where to begin; the question names it."""

    relations: tuple[str, ...]
    """What to follow, one after the other."""


@dataclass(frozen=True, slots=True)
class PathQuery:
    """Follow an arm; the answer is what lies at its end."""

    arm: Arm
    """The path."""

    wants_year: bool = False
    """Whether the year of a date is asked for, not the date."""


@dataclass(frozen=True, slots=True)
class MeetQuery:
    """Find the one thing that has two given objects: the novel by A that is set in T."""

    arm: Arm
    """Path to the first object."""

    kind: str
    """Kind of the thing looked for."""

    form: str
    """Its form."""

    relation: str
    """Relation from it to the end of the arm."""

    other_relation: str
    """Relation from it to `other`."""

    other: Entity
    """Second object; the question names it."""


@dataclass(frozen=True, slots=True)
class AgeQuery:
    """Compare two things by year: when was the elder born, or is the first the elder."""

    first: Arm
    """Path to the first thing."""

    second: Arm
    """Path to the second, of the same kind."""

    asks: str
    """``earlier`` or ``later``: the year of that one; ``is_earlier``: whether the first is."""


Query = PathQuery | MeetQuery | AgeQuery


def path_of(graph: Graph, arm: Arm) -> list[Value]:
    """Return the start and every object on the way; the list ends where a fact is missing."""
    found: list[Value] = [arm.start]
    for relation in arm.relations:
        here = found[-1]
        value = graph.get(here, relation) if isinstance(here, Entity) else None
        if value is None:
            break
        found.append(value)
    return found


def things_on(graph: Graph, arm: Arm) -> list[Entity]:
    """Return the start and every thing on the way, without a number at the end."""
    return [value for value in path_of(graph, arm) if isinstance(value, Entity)]


def execute(graph: Graph, query: Query) -> list[Answer]:
    """Return everything in the world that answers a query; a good question has one answer."""
    if any(len(path_of(graph, arm)) <= len(arm.relations) for arm in arms(query)):
        return []
    if isinstance(query, PathQuery):
        end = path_of(graph, query.arm)[-1]
        return [year_of(end) if query.wants_year and not isinstance(end, Entity) else end]
    if isinstance(query, MeetQuery):
        met = things_on(graph, query.arm)[-1]
        fits = graph.column(query.kind, query.relation) == met.number
        fits &= graph.column(query.kind, query.other_relation) == query.other.number
        found = [Entity(query.kind, number) for number in np.flatnonzero(fits).tolist()]
        return [thing for thing in found if graph.form(thing) == query.form]
    first, second = (_year(graph, things_on(graph, arm)[-1]) for arm in arms(query))
    if first is None or second is None or first == second:
        return []
    if query.asks == "is_earlier":
        return [first < second]
    return [min(first, second) if query.asks == "earlier" else max(first, second)]


def _year(graph: Graph, thing: Entity) -> int | None:
    value = graph.get(thing, "birth" if thing.kind == "person" else "year")
    if value is None or isinstance(value, Entity):
        return None
    return year_of(value) if thing.kind == "person" else value


def arms(query: Query) -> tuple[Arm, ...]:
    """Return the paths of a query."""
    return (query.first, query.second) if isinstance(query, AgeQuery) else (query.arm,)


def named(query: Query) -> tuple[Entity, ...]:
    """Return what the question names."""
    found = [arm.start for arm in arms(query)]
    if isinstance(query, MeetQuery):
        found.append(query.other)
    return tuple(dict.fromkeys(found))


def support(graph: Graph, query: Query) -> tuple[Entity, ...]:
    """Return the things whose passages state the facts that lead to the answer, in order."""
    found: list[Entity] = []
    for arm in arms(query):
        path = things_on(graph, arm)
        # The last object of a path is the answer; in a comparison it states its own year.
        found += path if isinstance(query, AgeQuery) else path[: len(arm.relations)]
    if isinstance(query, MeetQuery):
        found += [answer for answer in execute(graph, query) if isinstance(answer, Entity)]
    return tuple(dict.fromkeys(found))
