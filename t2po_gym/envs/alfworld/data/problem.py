"""The ``pddl_problem`` of a game file: its facts, checked against the domain, and its goal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from t2po_gym.envs.alfworld.data.domain import Domain
from t2po_gym.envs.alfworld.data.errors import NOT_PLAYED, GameFileError
from t2po_gym.envs.alfworld.data.game import Goal
from t2po_gym.envs.alfworld.data.pddl import (
    Expression,
    Formula,
    define,
    normal_form,
    section,
    shown,
    typed_names,
)

__all__ = ["Problem", "read_problem"]

WHAT = "pddl_problem"

STATE_GOALS = {
    ("cleanable", "isclean"): "pick_clean_then_place_in_recep",
    ("heatable", "ishot"): "pick_heat_then_place_in_recep",
    ("coolable", "iscool"): "pick_cool_then_place_in_recep",
}
"""What a goal requires of the object besides its type -> the kind of task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """The contents of a problem. All words are lower case."""

    types: Mapping[str, str]
    """Type of each declared name."""

    facts: Mapping[str, list[Sequence[str]]]
    """Arguments of the facts at the start, by predicate, in file order, repetitions kept."""

    goal: Goal
    """What wins."""

    def pairs(self, predicate: str) -> list[Sequence[str]]:
        """Return the facts of a predicate; empty if there are none."""
        return self.facts.get(predicate, [])


def read_problem(text: str, domain: Domain) -> Problem:
    """Read a problem.

    Raises:
        GameFileError: If it is malformed, does not fit the domain, or has a goal that is not one
            of the six tasks.
    """
    sections = define(text, "problem", WHAT)
    types: dict[str, str] = {}
    for name, kind in typed_names(section(sections, ":objects", WHAT), f"objects of the {WHAT}"):
        if kind not in domain.types:
            raise GameFileError(
                f"{name!r} is declared with the unknown type {kind!r}; the domain has the types "
                f"{', '.join(sorted(domain.types))}"
            )
        if types.get(name, kind) != kind:
            raise GameFileError(f"{name!r} is declared with two types, {types[name]} and {kind}")
        types[name] = kind
    facts = _facts(section(sections, ":init", WHAT), types, domain)
    goal = section(sections, ":goal", WHAT)
    if len(goal) != 1:
        raise GameFileError(f"the {WHAT} should have one formula as its goal; it has {len(goal)}")
    return Problem(types=types, facts=facts, goal=_goal(goal[0], types, domain))


def _facts(
    parts: list[Expression], types: Mapping[str, str], domain: Domain
) -> dict[str, list[Sequence[str]]]:
    """Check the facts and group them by predicate."""
    facts: dict[str, list[Sequence[str]]] = {}
    signatures = domain.predicates
    for part in parts:
        if isinstance(part, str) or not part:
            raise GameFileError(f"the start of the {WHAT} holds {shown(part)}, which is no fact")
        name, *arguments = part
        try:
            found = tuple(map(types.__getitem__, arguments))  # type: ignore[arg-type]  # see except
            fits = found == signatures[name]  # type: ignore[index]
        except (KeyError, TypeError):
            fits = False
        if not fits:
            raise GameFileError(_misfit(part, types, domain))
        facts.setdefault(name, []).append(arguments)  # type: ignore[arg-type]
    return facts


def _misfit(fact: list[Expression], types: Mapping[str, str], domain: Domain) -> str:
    """Return what is wrong with a fact."""
    name, *arguments = fact
    if not isinstance(name, str) or name not in domain.predicates:
        return f"the fact {shown(fact)} uses a predicate that the domain does not declare"
    wanted = domain.predicates[name]
    if len(arguments) != len(wanted):
        return (
            f"the fact {shown(fact)} has {len(arguments)} arguments; {name!r} takes {len(wanted)}"
        )
    for argument, kind in zip(arguments, wanted, strict=True):
        if not isinstance(argument, str) or argument not in types:
            return f"the fact {shown(fact)} names {shown(argument)}, which is not declared"
        if types[argument] != kind:
            return (
                f"the fact {shown(fact)} has {argument!r} of type {types[argument]} where "
                f"{name!r} takes {'an' if kind[0] in 'aeiou' else 'a'} {kind}"
            )
    return f"the fact {shown(fact)} does not fit the domain"


def _goal(formula: Expression, types: Mapping[str, str], domain: Domain) -> Goal:
    """Recognise which of the six tasks a goal formula states."""
    blocks = _blocks(normal_form(formula, {}, domain.types))
    goal = _placing_goal(blocks) if len(blocks) == 1 else _light_goal(blocks)
    if goal is None:
        raise GameFileError(f"the goal of the {WHAT} is none of ALFWorld's six tasks; {NOT_PLAYED}")
    lamp = goal.task_type == "look_at_obj_in_light"
    for kind, wanted in ((goal.object_type, "otype"), (goal.target_type, "otype" if lamp else "")):
        if types.get(kind) != (wanted or "rtype"):
            raise GameFileError(f"the goal names {kind!r}, which is not declared as a type")
    return Goal(
        task_type=goal.task_type,
        object_type=type_word(goal.object_type),
        target_type=type_word(goal.target_type),
    )


def type_word(name: str) -> str:
    """Return a type's name as used in tables: ``mug`` for ``mugtype``."""
    return name.removesuffix("type") or name


Atoms = frozenset[tuple[object, ...]]


def _blocks(formula: Formula) -> list[Atoms]:
    """Return the facts required by each outermost ``exists``, with numbered variables."""
    parts = formula[1:] if formula and formula[0] == "and" else (formula,)
    blocks: list[Atoms] = []
    for part in parts:
        atoms: set[tuple[object, ...]] = set()
        _collect(part, atoms)
        blocks.append(frozenset(atoms))
    return blocks


def _collect(part: Formula | str, atoms: set[tuple[object, ...]]) -> None:
    if isinstance(part, str) or not part:
        return
    if part[0] == "exists":
        for variable in part[1]:
            atoms.add(("variable", *variable))
        _collect(part[2], atoms)
    elif part[0] == "and":
        for inner in part[1:]:
            _collect(inner, atoms)
    else:
        atoms.add(part)


def _constant(atoms: Atoms, predicate: str, variable: str) -> str:
    """Return the constant of ``(predicate variable constant)``; empty if there is none."""
    for atom in sorted(atoms, key=repr):
        if atom[0] == predicate and atom[1] == variable and len(atom) == 3:
            return str(atom[2])
    return ""


def _variables(atoms: Atoms, kind: str) -> list[str]:
    return sorted(str(a[1]) for a in atoms if a[0] == "variable" and a[2] == kind)


def _placing_goal(blocks: list[Atoms]) -> Goal | None:
    """Match a goal of the form: one or two objects of a type in one receptacle of a type."""
    (atoms,) = blocks
    objects, receptacles = _variables(atoms, "object"), _variables(atoms, "receptacle")
    if len(receptacles) != 1 or len(objects) not in (1, 2):
        return None
    (r,) = receptacles
    kind = _constant(atoms, "objecttype", objects[0])
    target = _constant(atoms, "receptacletype", r)
    wanted: set[tuple[object, ...]] = {("variable", r, "receptacle"), ("receptacletype", r, target)}
    for o in objects:
        wanted |= {("variable", o, "object"), ("objecttype", o, kind), ("inreceptacle", o, r)}
    if len(objects) == 2:
        first, second = objects
        for unequal in ((first, second), (second, first)):
            if atoms == wanted | {("not", ("=", *unequal))}:
                return Goal(
                    task_type="pick_two_obj_and_place", object_type=kind, target_type=target
                )
        return None
    if atoms == wanted:
        return Goal(task_type="pick_and_place_simple", object_type=kind, target_type=target)
    for (able, state), task in STATE_GOALS.items():
        if atoms == wanted | {(able, objects[0]), (state, objects[0])}:
            return Goal(task_type=task, object_type=kind, target_type=target)
    return None


def _light_goal(blocks: list[Atoms]) -> Goal | None:
    """Match a goal of the form: the agent holds an object at a lit lamp of a type."""
    if len(blocks) != 2:
        return None
    held, lamp = sorted(blocks, key=len)
    (o, a) = (*_variables(held, "object"), *_variables(held, "agent"), "", "")[:2]
    kind = _constant(held, "objecttype", o)
    if held != {
        ("variable", o, "object"),
        ("variable", a, "agent"),
        ("objecttype", o, kind),
        ("holds", a, o),
    }:
        return None
    names = [_variables(lamp, k) for k in ("object", "receptacle", "agent", "location")]
    if any(len(found) != 1 for found in names):
        return None
    (t,), (r,), (a,), (place,) = names
    light = _constant(lamp, "objecttype", t)
    wanted = {
        *(("variable", t, "object"), ("variable", r, "receptacle"), ("variable", a, "agent")),
        *(("variable", place, "location"), ("objecttype", t, light), ("toggleable", t)),
        *(("istoggled", t), ("receptacleatlocation", r, place), ("atlocation", a, place)),
        ("inreceptacle", t, r),
    }
    if lamp != wanted:
        return None
    return Goal(task_type="look_at_obj_in_light", object_type=kind, target_type=light)
