"""The ``grammar`` of a game file: the wording of commands and answers.

A grammar is a list of rule tables (JSON: symbol -> rules with condition and sentence) and of
actions with a command template and the symbol of its answer. Sentences without choices are taken
from the file. If a symbol has several rules, or lists objects, its structure must be the one the
engine implements; the words around names and lists still come from the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from t2po_gym.data.json_text import parse_json
from t2po_gym.envs.alfworld.data.domain import ACTION_NAMES
from t2po_gym.envs.alfworld.data.errors import NOT_PLAYED, GameFileError
from t2po_gym.envs.alfworld.data.game import ObjectBit, Op, Phrases, Template

__all__ = ["TASK_PREFIX", "read_grammar"]

TASK_PREFIX = "Your task is to: "
"""Start of the task sentence in the first observation."""

Rule: TypeAlias = "tuple[str, str]"
Rules: TypeAlias = "Mapping[str, tuple[Rule, ...]]"

_TASK = re.compile(r'"task"\s*:\s*\[\s*\{\s*"rhs"\s*:\s*("(?:[^"\\]|\\.)*")')
_TOKEN = re.compile(
    r'\s*(?:"""(?P<block>.*?)"""|"(?P<line>[^"]*)"|(?P<word>\w+)|(?P<mark>::|[{};]))', re.DOTALL
)
_FIELD = re.compile(r"\{(\w+)(?:\.name)?\}")
_LIST = re.compile(r"\[\{(\w+)\.indefinite \+ ' ' \+ \1\.name \| [^}]*\}\]")
_DESCRIBE = "#examineReceptacle.feedback#"
_GO_LIST = "[{r.name | receptacleatlocation(r:receptacle, lend:location)}]"

LIST = "LIST"
"""Stands for a list of objects among the gaps of a sentence."""

ARGUMENTS: Mapping[Op, tuple[str, ...]] = {
    **dict.fromkeys((Op.GO, Op.OPEN, Op.CLOSE, Op.EXAMINE_RECEPTACLE), ("r",)),
    **dict.fromkeys((Op.TAKE, Op.PUT, Op.CLEAN, Op.HEAT, Op.COOL), ("o", "r")),
    **dict.fromkeys((Op.USE, Op.EXAMINE_OBJECT), ("o",)),
    Op.SLICE: ("co", "ko"),
    **dict.fromkeys((Op.LOOK, Op.INVENTORY, Op.HELP), ()),
}
"""Parameters of the actions in the order of a `Move`."""

DESCRIBING = (Op.GO, Op.OPEN)
WORDED = (
    *(Op.GO, Op.OPEN, Op.CLOSE, Op.TAKE, Op.PUT),
    *(Op.CLEAN, Op.HEAT, Op.COOL, Op.USE, Op.SLICE),
)
"""Actions whose answer is one sentence."""

# Symbols whose rules must be exactly these, ignoring all whitespace.
FIXED_RULES: Mapping[str, tuple[Rule, ...]] = {
    "intro": (("", "-= Welcome to TextWorld, ALFRED! =-\n\n#look.feedback#\n\n#task#"),),
    "look.feedback": (
        (
            "atlocation(a:agent, l:location) & receptacleatlocation(r:receptacle, l:location)",
            "#look-variations#. Next to it, you see #list_objects_on_the_floor#.",
        ),
        (
            "",
            "You are in the middle of a room. Looking quickly around you, you see"
            " #list_appliances#.",
        ),
    ),
    "look-variations": (
        (
            "",
            "You are facing the [{r.name | atlocation(a:agent, l:location) &"
            " receptacleatlocation(r:receptacle, l:location)}]",
        ),
    ),
    "list_objects_on_the_floor": (
        (
            "atlocation(a:agent, l:location) & objectatlocation(o:object, l:location) &"
            " receptacleatlocation(r:receptacle, l:location) &"
            " not_inreceptacle(o:object, r:receptacle)",
            "[{#overview(o)# | atlocation(a:agent, l:location) &"
            " objectatlocation(o:object, l:location) &"
            " receptacleatlocation(r:receptacle, l:location) &"
            " not_inreceptacle(o:object, r:receptacle)}]",
        ),
        ("", "nothing"),
    ),
    "list_appliances": (
        (
            "receptacleatlocation(r:receptacle, l:location)",
            "[{#overview(r)# | receptacleatlocation(r:receptacle, l:location)}]",
        ),
        ("", "nothing"),
    ),
    "overview(o)": (("", "{o.indefinite} {o.name}"),),
    "overview(r)": (("", "{r.indefinite} {r.name or r.id}"),),
    "list_empty": (("", "nothing"),),
    "list_separator": (("", ", "),),
    "list_last_separator": (("", ", and "),),
}

FEEDBACK_CONDITIONS: Mapping[str, tuple[str, ...]] = {
    "inventory.feedback": ("holdsany(a:agent)", ""),
    "examineReceptacle.feedback": (
        "openable(r:receptacle) & opened(r:receptacle)",
        "openable(r:receptacle)",
        "",
    ),
}
"""Conditions that the rules of a symbol must have, in order."""

STATE_WORDS: Mapping[str, ObjectBit] = {
    "isclean": ObjectBit.CLEAN,
    "ishot": ObjectBit.HOT,
    "iscool": ObjectBit.COOL,
    "issliced": ObjectBit.SLICED,
    "istoggled": ObjectBit.TOGGLED,
    "toggleable": ObjectBit.TOGGLEABLE,
    "sliceable": ObjectBit.SLICEABLE,
}
"""Facts that choose the sentence of an examined object."""

NEVER_TRUE = frozenset({"not_istoggled"})
"""Such a fact exists only after a deletion, and nothing is ever switched off."""


@dataclass(frozen=True, slots=True)
class _Action:
    template: str
    feedback: str


def read_grammar(text: str) -> tuple[Phrases, str]:
    """Return the wording of a game, and its task sentence without `TASK_PREFIX`.

    Games of a dialect differ only in the task sentence, so everything else is read once.

    Raises:
        GameFileError: If the grammar is malformed or the engine does not implement its structure.
    """
    match = _TASK.search(text)
    if match is None:
        raise GameFileError("the grammar has no rule 'task' with a sentence")
    try:
        sentence = str(json.loads(match[1], strict=False))
    except ValueError as error:
        raise GameFileError(f"the task sentence of the grammar is no JSON text ({error})") from None
    if not sentence.startswith(TASK_PREFIX) or re.search(r"[\[{#]", sentence):
        raise GameFileError(
            f"the task sentence should be '{TASK_PREFIX}...' in plain words; it is "
            f"{sentence[:80]!r}"
        )
    return _phrases(f"{text[: match.start(1)]}null{text[match.end(1) :]}"), sentence[
        len(TASK_PREFIX) :
    ]


@lru_cache(maxsize=16)
def _phrases(text: str) -> Phrases:
    """Read a grammar without its task sentence."""
    rules, actions = _parse(text)
    for symbol, wanted in FIXED_RULES.items():
        if tuple(map(_dense, _rules(rules, symbol))) != tuple(map(_dense, wanted)):
            raise GameFileError(_unknown(f"the rule {symbol!r}"))
    commands = {op: _command(op, action.template) for op, action in actions.items()}
    answers, described = {}, set()
    for op in WORDED:
        if op in actions:
            answers[op], with_description = _answer(op, rules, actions[op].feedback)
            if with_description:
                described.add(op)
    open_rule, closed_rule, plain_rule = _conditional(rules, "examineReceptacle.feedback")
    carrying, empty_handed = _conditional(rules, "inventory.feedback")
    container, states = _object_states(rules)
    return Phrases(
        commands=commands,
        answers=answers,
        described=frozenset(described),
        arrival_names_location="{lend.name}" in _sentence(rules, actions, Op.GO),
        open_receptacle=_template(open_rule, ("r", LIST)),
        closed_receptacle=_template(closed_rule, ("r",)),
        plain_receptacle=_template(plain_rule, ("r", LIST)),
        object_states=states,
        container=container,
        carrying=_template(carrying, (LIST,)),
        empty_handed=empty_handed,
        help=_help(rules, actions),
    )


def _parse(text: str) -> tuple[Rules, dict[Op, _Action]]:
    """Split a grammar into its rules and its actions."""
    rules: dict[str, tuple[Rule, ...]] = {}
    actions: dict[Op, _Action] = {}
    tokens = _tokens(text)
    position = 0
    while position < len(tokens):
        if tokens[position : position + 2] == ["grammar", "::"]:
            rules.update(_table(tokens, position + 2))
            position += 4
        elif tokens[position] == "action" and tokens[position + 2 : position + 3] == ["{"]:
            position = _parse_action(tokens, position + 1, rules, actions)
        else:
            raise GameFileError(f"the grammar has {tokens[position][:40]!r} out of place")
    return rules, actions


def _tokens(text: str) -> list[str]:
    """Split into words and marks; quoted texts get a leading quote and lose leading spaces."""
    tokens, position = [], 0
    end = len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise GameFileError(f"the grammar cannot be read at {text[position:].strip()[:40]!r}")
        position = match.end()
        quoted = match["block"] if match["block"] is not None else match["line"]
        if quoted is None:
            tokens.append(match["word"] or match["mark"])
        else:
            tokens.append('"' + quoted.lstrip())  # the original's reader skips spaces here too
    return tokens


def _parse_action(
    tokens: list[str],
    position: int,
    rules: dict[str, tuple[Rule, ...]],
    actions: dict[Op, _Action],
) -> int:
    """Read ``NAME { key :: text ; ... }`` and return the position after it."""
    name = tokens[position]
    position += 2
    texts = {}
    while position < len(tokens) and tokens[position] != "}":
        key = tokens[position]
        if tokens[position + 1 : position + 2] != ["::"] or position + 2 >= len(tokens):
            raise GameFileError(f"the grammar's action {name!r} is malformed at {key[:40]!r}")
        if key == "grammar":
            rules.update(_table(tokens, position + 2))
        else:
            texts[key] = tokens[position + 2].removeprefix('"')
        position += 4
    if position >= len(tokens) or not {"template", "feedback"} <= set(texts):
        raise GameFileError(f"the grammar's action {name!r} lacks its template or feedback")
    if name.lower() in ACTION_NAMES:  # wordings of unknown actions are not used
        actions[ACTION_NAMES[name.lower()]] = _Action(texts["template"], texts["feedback"])
    return position + 1


def _table(tokens: list[str], position: int) -> dict[str, tuple[Rule, ...]]:
    """Read a JSON table of rules."""
    if position + 1 >= len(tokens) or not tokens[position].startswith('"'):
        raise GameFileError("the grammar is cut off inside a table of rules")
    try:
        table = parse_json(tokens[position][1:])
    except ValueError as error:
        raise GameFileError(f"a table of the grammar is not JSON ({error})") from None
    return {str(symbol): tuple(map(_rule, entries)) for symbol, entries in _items(table)}


def _items(table: Any) -> list[tuple[str, list[Any]]]:
    if not isinstance(table, dict) or not all(isinstance(v, list) for v in table.values()):
        raise GameFileError("a table of the grammar should map each symbol to a list of rules")
    return list(table.items())


def _rule(entry: Any) -> Rule:
    if not isinstance(entry, dict) or "rhs" not in entry:
        raise GameFileError("a rule of the grammar lacks its sentence ('rhs')")
    return str(entry.get("condition") or ""), str(entry["rhs"])


def _rules(rules: Rules, symbol: str) -> tuple[Rule, ...]:
    if symbol not in rules:
        raise GameFileError(f"the grammar lacks the rule {symbol!r}")
    return rules[symbol]


def _dense(rule: Rule) -> Rule:
    return "".join(rule[0].split()), "".join(rule[1].split())


def _unknown(what: str) -> str:
    return f"{what} of the grammar differs from ALFWorld's; {NOT_PLAYED}"


def _command(op: Op, template: str) -> Template:
    """Return the command of an action."""
    if op == Op.GO:
        template = template.replace(_GO_LIST, "{r}")
    return _template(template, ARGUMENTS[op])


def _sentence(rules: Rules, actions: Mapping[Op, _Action], op: Op) -> str:
    """Return the answer to an action; of several, the one that the action's effect makes true."""
    if op not in actions:
        raise GameFileError(f"the grammar has no action {op.name.lower()!r}")
    symbol = actions[op].feedback
    if not re.fullmatch(r"#[^#]+#", symbol):
        return symbol
    found = _rules(rules, symbol[1:-1])
    certain = {"", "toggleable(o:object) & istoggled(o:object)"}
    if found[0][0] not in certain:
        raise GameFileError(_unknown(f"the answer to {op.name.lower()!r}"))
    return found[0][1]


def _answer(op: Op, rules: Rules, feedback: str) -> tuple[Template, bool]:
    """Return the answer to an action, and whether the receptacle's description follows it."""
    sentence = _sentence(rules, {op: _Action("", feedback)}, op)
    described = sentence.endswith(_DESCRIBE)
    if described and op not in DESCRIBING:
        raise GameFileError(_unknown(f"the answer to {op.name.lower()!r}"))
    sentence = sentence.removesuffix(_DESCRIBE)
    if op == Op.GO:
        sentence = sentence.replace("{lend.name}", "{r.name}")
    return _template(sentence, ARGUMENTS[op]), described


def _template(sentence: str, gaps: tuple[str, ...]) -> Template:
    """Split a sentence at its gaps, which must be the first few of ``gaps``."""
    pieces = _FIELD.split(_LIST.sub(f"{{{LIST}}}", sentence))
    texts, fields = pieces[::2], pieces[1::2]
    known = sorted(fields) == sorted(gaps[: len(fields)])
    if not known or any(mark in text for mark in "{}#[]" for text in texts):
        raise GameFileError(_unknown(f"the sentence {sentence[:80]!r}"))
    swapped = len(fields) == 2 and fields[0] != gaps[0]
    head, middle, tail = (*texts, "", "")[:3]
    return Template(head, middle, tail, swapped)


def _conditional(rules: Rules, symbol: str) -> tuple[str, ...]:
    """Return the sentences of a symbol whose conditions are known."""
    found = _rules(rules, symbol)
    conditions = tuple("".join(condition.split()) for condition, _ in found)
    if conditions != tuple("".join(c.split()) for c in FEEDBACK_CONDITIONS[symbol]):
        raise GameFileError(_unknown(f"the rule {symbol!r}"))
    return tuple(sentence for _, sentence in found)


def _object_states(rules: Rules) -> tuple[Template, tuple[tuple[int, Template], ...]]:
    """Return the descriptions of an examined object: as a container, and by its state."""
    symbol = "examineObject.feedback"
    (first, container), *others = _rules(rules, symbol)
    if first != "isreceptacleobject(o:object)" or not others or others[-1][0]:
        raise GameFileError(_unknown(f"the rule {symbol!r}"))
    states = []
    for condition, sentence in others:
        words = [part.strip().removesuffix("(o:object)") for part in condition.split("&")]
        if any(word in NEVER_TRUE for word in words):
            continue
        if condition and not all(word in STATE_WORDS for word in words):
            raise GameFileError(_unknown(f"the rule {symbol!r}"))
        bits = 0
        for word in words if condition else ():
            bits |= int(STATE_WORDS[word])
        states.append((bits, _template(sentence, ("o",))))
    return _template(container, ("o", LIST)), tuple(states)


def _help(rules: Rules, actions: Mapping[Op, _Action]) -> str:
    return _sentence(rules, actions, Op.HELP) if Op.HELP in actions else ""
