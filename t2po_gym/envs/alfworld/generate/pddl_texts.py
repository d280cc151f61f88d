"""The texts of a generated game file: domain, grammar and problem.

Written from the rules of the household world (docs/originals/alfworld.md, sections 4 and 5), with
what play needs and nothing else: no action costs, no unused actions. Predicates, actions and
sentences carry the names and wording that agents and tools know from ALFWorld (MIT), since a game
is recognised by them. The parity suite plays such files in the real TextWorld and natively.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from t2po_gym.envs.alfworld.generate.goals import CLEAN, COOL, HEAT, LIGHT, TWO, GoalSpec

__all__ = ["DOMAIN", "Fact", "goal_text", "grammar_text", "problem_text"]

Fact = tuple[str, ...]
"""A ground fact, such as ``("openable", "Drawer_bar_...")``."""

DOMAIN = """\
; Household world: one agent, receptacles at locations, objects in receptacles.
(define (domain alfred)
  (:requirements :adl :typing)
  (:types agent location receptacle object rtype otype)
  (:predicates
    (atLocation ?a - agent ?l - location)
    (holds ?a - agent ?o - object)
    (holdsAny ?a - agent)
    (receptacleAtLocation ?r - receptacle ?l - location)
    (receptacleType ?r - receptacle ?t - rtype)
    (openable ?r - receptacle)
    (opened ?r - receptacle)
    (canContain ?rt - rtype ?ot - otype)
    (objectType ?o - object ?t - otype)
    (objectAtLocation ?o - object ?l - location)
    (inReceptacle ?o - object ?r - receptacle)
    (isReceptacleObject ?o - object)
    (inReceptacleObject ?inner - object ?outer - object)
    (pickupable ?o - object)
    (cleanable ?o - object)
    (isClean ?o - object)
    (heatable ?o - object)
    (isHot ?o - object)
    (coolable ?o - object)
    (isCool ?o - object)
    (toggleable ?o - object)
    (isToggled ?o - object)
    (sliceable ?o - object)
    (isSliced ?o - object)
    (checked ?x - object)) ; keeps actions that only inform from being dropped as idle

  (:action GotoLocation
    :parameters (?a - agent ?lStart - location ?lEnd - location ?r - receptacle)
    :precondition (and (atLocation ?a ?lStart) (receptacleAtLocation ?r ?lEnd))
    :effect (and (atLocation ?a ?lEnd) (not (atLocation ?a ?lStart))))

  (:action OpenObject
    :parameters (?a - agent ?l - location ?r - receptacle)
    :precondition (and (atLocation ?a ?l) (receptacleAtLocation ?r ?l)
                       (openable ?r) (not (opened ?r)))
    :effect (opened ?r))

  (:action CloseObject
    :parameters (?a - agent ?l - location ?r - receptacle)
    :precondition (and (atLocation ?a ?l) (receptacleAtLocation ?r ?l)
                       (openable ?r) (opened ?r))
    :effect (not (opened ?r)))

  (:action PickupObject
    :parameters (?a - agent ?l - location ?o - object ?r - receptacle)
    :precondition (and (atLocation ?a ?l) (receptacleAtLocation ?r ?l)
                       (or (opened ?r) (not (openable ?r)))
                       (inReceptacle ?o ?r) (pickupable ?o) (not (holdsAny ?a)))
    :effect (and (holds ?a ?o) (holdsAny ?a)
                 (not (inReceptacle ?o ?r)) (not (objectAtLocation ?o ?l))))

  (:action PutObject
    :parameters (?a - agent ?l - location ?o - object ?r - receptacle ?ot - otype ?rt - rtype)
    :precondition (and (atLocation ?a ?l) (receptacleAtLocation ?r ?l)
                       (or (opened ?r) (not (openable ?r))) (holds ?a ?o)
                       (receptacleType ?r ?rt) (objectType ?o ?ot) (canContain ?rt ?ot))
    :effect (and (inReceptacle ?o ?r) (objectAtLocation ?o ?l)
                 (not (holds ?a ?o)) (not (holdsAny ?a))))

  (:action CleanObject
    :parameters (?a - agent ?l - location ?r - receptacle ?o - object)
    :precondition (and (atLocation ?a ?l) (receptacleAtLocation ?r ?l)
                       (receptacleType ?r SinkBasinType) (holds ?a ?o) (cleanable ?o))
    :effect (isClean ?o))

  (:action HeatObject
    :parameters (?a - agent ?l - location ?r - receptacle ?o - object)
    :precondition (and (atLocation ?a ?l) (receptacleAtLocation ?r ?l)
                       (receptacleType ?r MicrowaveType) (holds ?a ?o) (heatable ?o))
    :effect (and (isHot ?o) (not (isCool ?o))))

  (:action CoolObject
    :parameters (?a - agent ?l - location ?r - receptacle ?o - object)
    :precondition (and (atLocation ?a ?l) (receptacleAtLocation ?r ?l)
                       (receptacleType ?r FridgeType) (holds ?a ?o) (coolable ?o))
    :effect (and (isCool ?o) (not (isHot ?o))))

  (:action ToggleObject
    :parameters (?a - agent ?l - location ?o - object ?r - receptacle)
    :precondition (and (atLocation ?a ?l) (receptacleAtLocation ?r ?l)
                       (inReceptacle ?o ?r) (toggleable ?o))
    :effect (isToggled ?o))

  (:action SliceObject
    :parameters (?a - agent ?l - location ?co - object ?ko - object)
    :precondition (and (atLocation ?a ?l) (objectAtLocation ?co ?l) (sliceable ?co) (holds ?a ?ko)
                       (or (objectType ?ko ButterKnifeType) (objectType ?ko KnifeType)))
    :effect (isSliced ?co))

  (:action examineReceptacle
    :parameters (?a - agent ?r - receptacle)
    :precondition (exists (?l - location)
                    (and (atLocation ?a ?l) (receptacleAtLocation ?r ?l)))
    :effect (checked ?r))

  (:action examineObject
    :parameters (?a - agent ?o - object)
    :precondition (holds ?a ?o)
    :effect (checked ?o))

  (:action look
    :parameters (?a - agent ?l - location)
    :precondition (atLocation ?a ?l)
    :effect (checked ?l))

  (:action inventory
    :parameters (?a - agent)
    :precondition ()
    :effect (checked ?a))

  (:action help
    :parameters (?a - agent)
    :precondition ()
    :effect (checked ?a))
)
"""
"""The domain of every generated game."""

CONSTANTS: Mapping[str, tuple[str, ...]] = {
    "rtype": ("FridgeType", "MicrowaveType", "SinkBasinType"),
    "otype": ("ButterKnifeType", "KnifeType"),
}
"""Type names that `DOMAIN` itself mentions; every problem declares them."""

_Rules = dict[str, list[dict[str, str]]]

_SEEN = "[{o.indefinite + ' ' + o.name | inreceptacle(o:object, r:receptacle)}]"
_DESCRIPTION = "#examineReceptacle.feedback#"
_HERE = "atlocation(a:agent, l:location) & receptacleatlocation(r:receptacle, l:location)"
_LEFT_OVER = (
    "atlocation(a:agent, l:location) & objectatlocation(o:object, l:location)"
    " & receptacleatlocation(r:receptacle, l:location) & not_inreceptacle(o:object, r:receptacle)"
)
_ANYWHERE = "receptacleatlocation(r:receptacle, l:location)"

_STATES = (
    ("isclean ishot issliced", "This is a hot and clean sliced"),
    ("isclean iscool issliced", "This is a cool and clean sliced"),
    ("isclean issliced", "This is a clean sliced"),
    ("ishot issliced", "This is a hot sliced"),
    ("iscool issliced", "This is a cool sliced"),
    ("isclean ishot", "This is a hot and clean"),
    ("isclean iscool", "This is a cool and clean"),
    ("ishot", "This is a hot"),
    ("isclean", "This is a clean"),
    ("iscool", "This is a cold"),
    ("toggleable istoggled", "This"),
    ("sliceable issliced", "This is a sliced"),
)
"""What an object in hand is said to be; the first line whose facts all hold counts."""

_ACTIONS = (
    ("GotoLocation", "go to {r}", f"You arrive at {{r.name}}. {_DESCRIPTION}"),
    ("OpenObject", "open {r}", f"You open the {{r.name}}. {_DESCRIPTION}"),
    ("CloseObject", "close {r}", "You close the {r.name}."),
    ("PickupObject", "take {o} from {r}", "You pick up the {o.name} from the {r.name}."),
    ("PutObject", "move {o} to {r}", "You move the {o.name} to the {r.name}."),
    ("CleanObject", "clean {o} with {r}", "You clean the {o.name} using the {r.name}."),
    ("HeatObject", "heat {o} with {r}", "You heat the {o.name} using the {r.name}."),
    ("CoolObject", "cool {o} with {r}", "You cool the {o.name} using the {r.name}."),
    ("ToggleObject", "use {o}", "You turn on the {o.name}."),
    ("SliceObject", "slice {co} with {ko}", "You sliced the {co.name} with the {ko.name}."),
    ("examineReceptacle", "examine {r}", ""),
    ("examineObject", "examine {o}", ""),
    ("look", "look", ""),
    ("inventory", "inventory", ""),
)
"""Action, command, answer; an empty answer has rules of its own."""

_HELP_ROWS = (
    ("look:", "look around your current location"),
    ("inventory:", "check your current inventory"),
    ("go to (receptacle):", "move to a receptacle"),
    ("open (receptacle):", "open a receptacle"),
    ("close (receptacle):", "close a receptacle"),
    ("take (object) from (receptacle):", "take an object from a receptacle"),
    ("move (object) to (receptacle):", "place an object in or on a receptacle"),
    ("examine (something):", "examine a receptacle or an object"),
    ("use (object):", "use an object"),
    ("heat (object) with (receptacle):", "heat an object using a receptacle"),
    ("clean (object) with (receptacle):", "clean an object using a receptacle"),
    ("cool (object) with (receptacle):", "cool an object using a receptacle"),
    ("slice (object) with (object):", "slice an object using a sharp object"),
)
_HELP_COLUMN = 34


def grammar_text(task: str) -> str:
    """The grammar of a game.

    Args:
        task: The sentence after ``Your task is to: ``, with its full stop.
    """
    before, after = _frame()
    return f"{before}{json.dumps(task)[1:-1]}{after}"


@cache
def _frame() -> tuple[str, str]:
    """What stands before and behind the task sentence."""
    gap = "@@"
    rules = json.dumps({"task": _one(f"Your task is to: {gap}"), **_rules()}, indent=1)
    parts = [f'grammar :: """\n{rules}\n""";\n']
    for name, command, _ in _ACTIONS:
        parts.append(_action(name, command, f"#{name}.feedback#"))
    parts.append(_action("help", "help", _help()))
    before, _, after = "\n".join(parts).partition(gap)
    return before, after


def _action(name: str, command: str, feedback: str) -> str:
    return f'action {name} {{\n  template :: "{command}";\n  feedback :: "{feedback}";\n}}\n'


def _one(sentence: str) -> list[dict[str, str]]:
    return [{"rhs": sentence}]


def _if(*cases: tuple[str, str]) -> list[dict[str, str]]:
    """Rules in order; the last one has no condition."""
    return [
        {"condition": condition, "rhs": rhs} if condition else {"rhs": rhs}
        for condition, rhs in cases
    ]


def _rules() -> _Rules:
    rules = {f"{name}.feedback": _one(answer) for name, _, answer in _ACTIONS if answer}
    inside = "[{o2.indefinite + ' ' + o2.name | inreceptacleobject(o2:object, o:object)}]"
    states = [
        (
            " & ".join(f"{word}(o:object)" for word in facts.split()),
            f"{words} {{o.name}}{' is on' if words == 'This' else ''}.",
        )
        for facts, words in _STATES
    ]
    return {
        "intro": _one("-= Welcome to TextWorld, ALFRED! =-\n\n#look.feedback#\n\n#task#"),
        **rules,
        "inventory.feedback": _if(
            (
                "holdsany(a:agent)",
                "You are carrying: [{o.indefinite + ' ' + o.name | holds(a:agent, o:object)}].",
            ),
            ("", "You are not carrying anything."),
        ),
        "examineReceptacle.feedback": _if(
            (
                "openable(r:receptacle) & opened(r:receptacle)",
                f"The {{r.name}} is open. In it, you see {_SEEN}.",
            ),
            ("openable(r:receptacle)", "The {r.name} is closed."),
            ("", f"On the {{r.name}}, you see {_SEEN}."),
        ),
        "examineObject.feedback": _if(
            (
                "isreceptacleobject(o:object)",
                f"This is a normal {{o.name}}. In it, you see {inside}.",
            ),
            *states,
            ("", "There's nothing special about {o.name}."),
        ),
        "look.feedback": _if(
            (_HERE, "#look-variations#. Next to it, you see #list_objects_on_the_floor#."),
            (
                "",
                "You are in the middle of a room. Looking quickly around you, you see"
                " #list_appliances#.",
            ),
        ),
        "look-variations": _one(f"You are facing the [{{r.name | {_HERE}}}]"),
        "list_objects_on_the_floor": _if(
            (_LEFT_OVER, f"[{{#overview(o)# | {_LEFT_OVER}}}]"), ("", "nothing")
        ),
        "list_appliances": _if((_ANYWHERE, f"[{{#overview(r)# | {_ANYWHERE}}}]"), ("", "nothing")),
        "overview(o)": _one("{o.indefinite} {o.name}"),
        "overview(r)": _one("{r.indefinite} {r.name or r.id}"),
        "list_empty": _one("nothing"),
        "list_separator": _one(", "),
        "list_last_separator": _one(", and "),
    }


def _help() -> str:
    rows = [f"  {name:{_HELP_COLUMN}}{what}" for name, what in _HELP_ROWS]
    # One line of the released grammar is two blanks short; answers are equal to the letter.
    place = next(i for i, (name, _) in enumerate(_HELP_ROWS) if name.startswith("move"))
    rows[place] = rows[place].replace("):    ", "):  ", 1)
    return "\n".join(["Available commands:", *rows, ""])


def goal_text(goal: GoalSpec) -> str:
    """The goal formula of a game, in the one form its kind of task has."""
    wanted, target = f"{goal.object_type}Type", f"{goal.target_type}Type"
    if goal.task_type == LIGHT:
        return (
            "(and (exists (?ot - object ?r - receptacle ?a - agent ?l - location)"
            f" (and (objectType ?ot {target}) (toggleable ?ot) (isToggled ?ot)"
            " (receptacleAtLocation ?r ?l) (atLocation ?a ?l) (inReceptacle ?ot ?r)))"
            f" (exists (?o - object ?a - agent) (and (objectType ?o {wanted}) (holds ?a ?o))))"
        )
    placed = f"(objectType ?{{0}} {wanted}) (receptacleType ?r {target}) (inReceptacle ?{{0}} ?r)"
    if goal.task_type == TWO:
        return (
            f"(and (exists (?r - receptacle) (exists (?o1 - object) (and {placed.format('o1')}"
            f" (exists (?o2 - object) (and (not (= ?o1 ?o2)) {placed.format('o2')}))))))"
        )
    states = {CLEAN: "cleanable isClean", HEAT: "heatable isHot", COOL: "coolable isCool"}
    extra = "".join(f" ({word} ?o)" for word in states.get(goal.task_type, "").split())
    return (
        f"(and (exists (?r - receptacle) (exists (?o - object) (and {placed.format('o')}{extra}))))"
    )


def problem_text(
    name: str, declared: Mapping[str, Sequence[str]], facts: Iterable[Fact], goal: GoalSpec
) -> str:
    """The problem of a game.

    Args:
        name: Name of the problem.
        declared: Type -> names of that type, besides `CONSTANTS`.
        facts: What holds at the start, in the order to be written.
        goal: What wins.
    """
    lines = [f"(define (problem {name})", "  (:domain alfred)", "  (:objects"]
    for kind in ("agent", "location", "receptacle", "object", "rtype", "otype"):
        names = dict.fromkeys([*CONSTANTS.get(kind, ()), *declared.get(kind, ())])
        lines += [f"    {entity} - {kind}" for entity in names]
    lines += ["  )", "  (:init"]
    lines += [f"    ({' '.join(fact)})" for fact in facts]
    lines += ["  )", f"  (:goal {goal_text(goal)})", ")", ""]
    return "\n".join(lines)
