"""The ``pddl_domain`` of a game file: its declared names, and a check of every action.

The engine implements fifteen actions. The reader does not trust a file's name or checksum. It
compares every action of the file with the implemented meaning, ignoring brackets and order, and
reads the parts that may vary: which receptacles clean, heat and cool, and what counts as a knife.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from t2po_gym.envs.alfworld.data.errors import NOT_PLAYED, GameFileError
from t2po_gym.envs.alfworld.data.game import Op
from t2po_gym.envs.alfworld.data.pddl import (
    Expression,
    Formula,
    define,
    normal_form,
    parse,
    section,
    shown,
    typed_names,
)

__all__ = ["Domain", "read_domain"]

WHAT = "pddl_domain"

ACTION_NAMES = {
    "gotolocation": Op.GO,
    "openobject": Op.OPEN,
    "closeobject": Op.CLOSE,
    "pickupobject": Op.TAKE,
    "putobject": Op.PUT,
    "cleanobject": Op.CLEAN,
    "heatobject": Op.HEAT,
    "coolobject": Op.COOL,
    "toggleobject": Op.USE,
    "sliceobject": Op.SLICE,
    "examinereceptacle": Op.EXAMINE_RECEPTACLE,
    "examineobject": Op.EXAMINE_OBJECT,
    "look": Op.LOOK,
    "inventory": Op.INVENTORY,
    "help": Op.HELP,
}
"""The actions of the domain, lower case."""

WITHOUT_EFFECT_ON_TEXT = frozenset({"checked", "increase", "when"})
"""Parts of an effect that no text, command or goal depends on (``when`` flips ``isOn`` alone)."""

# Parameters (by type), condition and effect of each action; ``?0`` is the first parameter. Where a
# file lists types of receptacles or objects as alternatives, ``*`` stands for the list.
MEANING: dict[Op, tuple[str, str, str]] = {
    Op.GO: (
        "agent location location receptacle",
        "(and (atlocation ?0 ?1) (receptacleatlocation ?3 ?2))",
        "(and (not (atlocation ?0 ?1)) (atlocation ?0 ?2))",
    ),
    Op.OPEN: (
        "agent location receptacle",
        "(and (openable ?2) (atlocation ?0 ?1) (receptacleatlocation ?2 ?1) (not (opened ?2)))",
        "(opened ?2)",
    ),
    Op.CLOSE: (
        "agent location receptacle",
        "(and (openable ?2) (atlocation ?0 ?1) (receptacleatlocation ?2 ?1) (opened ?2))",
        "(not (opened ?2))",
    ),
    Op.TAKE: (
        "agent location object receptacle",
        "(and (pickupable ?2) (atlocation ?0 ?1) (receptacleatlocation ?3 ?1) (inreceptacle ?2 ?3)"
        " (not (holdsany ?0)) (or (not (openable ?3)) (opened ?3)))",
        "(and (not (inreceptacle ?2 ?3)) (holds ?0 ?2) (holdsany ?0)"
        " (not (objectatlocation ?2 ?1)))",
    ),
    Op.PUT: (
        "agent location object receptacle otype rtype",
        "(and (holds ?0 ?2) (atlocation ?0 ?1) (receptacleatlocation ?3 ?1)"
        " (or (not (openable ?3)) (opened ?3)) (objecttype ?2 ?4) (receptacletype ?3 ?5)"
        " (cancontain ?5 ?4))",
        "(and (inreceptacle ?2 ?3) (objectatlocation ?2 ?1) (not (holds ?0 ?2))"
        " (not (holdsany ?0)))",
    ),
    Op.CLEAN: (
        "agent location receptacle object",
        "(and (cleanable ?3) (receptacletype ?2 *) (atlocation ?0 ?1)"
        " (receptacleatlocation ?2 ?1) (holds ?0 ?3))",
        "(isclean ?3)",
    ),
    Op.HEAT: (
        "agent location receptacle object",
        "(and (heatable ?3) (receptacletype ?2 *) (atlocation ?0 ?1)"
        " (receptacleatlocation ?2 ?1) (holds ?0 ?3))",
        "(and (ishot ?3) (not (iscool ?3)))",
    ),
    Op.COOL: (
        "agent location receptacle object",
        "(and (coolable ?3) (receptacletype ?2 *) (atlocation ?0 ?1)"
        " (receptacleatlocation ?2 ?1) (holds ?0 ?3))",
        "(and (iscool ?3) (not (ishot ?3)))",
    ),
    Op.USE: (
        "agent location object receptacle",
        "(and (toggleable ?2) (atlocation ?0 ?1) (receptacleatlocation ?3 ?1)"
        " (inreceptacle ?2 ?3))",
        "(istoggled ?2)",
    ),
    Op.SLICE: (
        "agent location object object",
        "(and (sliceable ?2) (objecttype ?3 *) (atlocation ?0 ?1) (objectatlocation ?2 ?1)"
        " (holds ?0 ?3))",
        "(issliced ?2)",
    ),
    Op.EXAMINE_RECEPTACLE: (
        "agent receptacle",
        "(exists (?2 - location) (and (atlocation ?0 ?2) (receptacleatlocation ?1 ?2)))",
        "()",
    ),
    # The released file also allows objects in sight, but over a variable of the type "location,"
    # (a stray comma), which nothing has: only the object in hand is left.
    Op.EXAMINE_OBJECT: ("agent object", "(holds ?0 ?1)", "()"),
    Op.LOOK: ("agent location", "(atlocation ?0 ?1)", "()"),
    Op.INVENTORY: ("agent", "()", "()"),
    Op.HELP: ("agent", "()", "()"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """What a domain declares."""

    types: frozenset[str]
    """Names of the types."""

    predicates: Mapping[str, tuple[str, ...]]
    """Types of each predicate's arguments."""

    actions: frozenset[Op]
    """The actions the file defines."""

    alternatives: Mapping[Op, frozenset[str]]
    """Receptacle types that clean, heat and cool; object types that slice."""


@lru_cache(maxsize=16)
def read_domain(text: str) -> Domain:
    """Read a domain.

    Raises:
        GameFileError: If it is malformed, or the engine does not implement the meaning of an
            action.
    """
    sections = define(text, "domain", WHAT)
    declared = typed_names(section(sections, ":types", WHAT), f"types of the {WHAT}")
    types = frozenset(name for name, _ in declared)
    alternatives: dict[Op, frozenset[str]] = {}
    actions: set[Op] = set()
    for action in section(sections, ":action", WHAT):
        op, listed = _read_action(action, types)
        if op in actions:
            raise GameFileError(f"the {WHAT} defines the action {op.name.lower()} twice")
        actions.add(op)
        alternatives[op] = listed
    return Domain(
        types=types,
        predicates=_predicates(section(sections, ":predicates", WHAT), types),
        actions=frozenset(actions),
        alternatives=alternatives,
    )


def _predicates(parts: list[Expression], types: frozenset[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for part in parts:
        if isinstance(part, str) or not part or not isinstance(part[0], str):
            raise GameFileError(f"the predicates of the {WHAT} hold {shown(part)}")
        arguments = typed_names(part[1:], f"arguments of the predicate {part[0]!r}")
        for _, kind in arguments:
            if kind not in types:
                raise GameFileError(
                    f"the predicate {part[0]!r} has an argument of the unknown type {kind!r}"
                )
        found[part[0]] = tuple(kind for _, kind in arguments)
    return found


def _read_action(action: Expression, types: frozenset[str]) -> tuple[Op, frozenset[str]]:
    """Return the action and the alternatives it lists, after checking its meaning."""
    if isinstance(action, str) or not action or not isinstance(action[0], str):
        raise GameFileError(f"the {WHAT} defines {shown(action)}, an action without a name")
    if action[0] not in ACTION_NAMES:
        raise GameFileError(
            f"the {WHAT} defines the action {action[0][:60]!r}, which ALFWorld does not have; "
            f"{NOT_PLAYED}"
        )
    name = action[0]
    op = ACTION_NAMES[name]
    parts = dict(zip(map(str, action[1::2]), action[2::2], strict=False))
    parameters = parts.get(":parameters", [])
    if isinstance(parameters, str):
        raise GameFileError(f"the action {name!r} has no list of parameters")
    pairs = typed_names(parameters, f"parameters of the action {name!r}")
    names = {variable: f"?{i}" for i, (variable, _) in enumerate(pairs)}
    kinds, condition, effect = MEANING[op]
    found = normal_form(parts.get(":precondition", []), names, types)
    found, listed = _without_alternatives(found)
    right = (
        " ".join(kind for _, kind in pairs) == kinds
        and found == _expected(condition, len(pairs), types)
        and normal_form(_essential(parts.get(":effect", [])), names, types)
        == _expected(effect, len(pairs), types)
    )
    if not right:
        raise GameFileError(
            f"the action {name!r} of the {WHAT} does not mean what it does in ALFWorld; "
            f"{NOT_PLAYED}"
        )
    return op, listed


def _expected(text: str, num_parameters: int, types: frozenset[str]) -> Formula:
    variables = {f"?{i}": f"?{i}" for i in range(num_parameters)}
    return normal_form(parse(text, "expected meaning"), variables, types)


def _essential(effect: Expression) -> Expression:
    """Return the effect without the parts that nothing depends on."""
    if isinstance(effect, str) or not effect:
        return effect
    if effect[0] in WITHOUT_EFFECT_ON_TEXT:
        return []
    if effect[0] == "and":
        return ["and", *(_essential(part) for part in effect[1:])]
    return effect


def _without_alternatives(condition: Formula) -> tuple[Formula, frozenset[str]]:
    """Replace ``(or (receptacletype ?r a) (receptacletype ?r b))`` by ``(receptacletype ?r *)``.

    Returns:
        The condition, and the types that were listed.
    """
    if not condition or condition[0] != "and":
        return condition, frozenset()
    parts: list[Formula] = []
    listed: frozenset[str] = frozenset()
    for part in condition[1:]:
        assert not isinstance(part, str)
        options = [inner for inner in part[1:] if not isinstance(inner, str)]
        cases = options if part[0] == "or" else [part]
        heads = {case[:2] for case in cases}
        constants = [case[2] for case in cases if len(case) == 3]
        if (
            len(heads) == 1
            and cases[0][0] in ("receptacletype", "objecttype")
            and len(constants) == len(cases)
            and not any(str(word).startswith("?") for word in constants)
        ):
            listed = frozenset(map(str, constants))
            parts.append((*cases[0][:2], "*"))
        else:
            parts.append(part)
    return ("and", *sorted(parts, key=repr)), listed
