"""Read PDDL text: brackets to nested lists, typed name lists, formulas in a normal form.

Planning Domain Definition Language (McDermott et al., 1998) is written in brackets like Lisp and is
case-insensitive, so everything here is lower case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from t2po_gym.envs.alfworld.data.errors import GameFileError

__all__ = ["Expression", "Formula", "define", "normal_form", "parse", "section", "typed_names"]

Expression: TypeAlias = "str | list[Expression]"
"""A word or a bracket of expressions."""

Formula: TypeAlias = "tuple[Formula | str, ...]"
"""A formula in normal form: nested tuples with a canonical order of ``and`` and ``or``."""

FALSE: Formula = ("or",)
TRUE: Formula = ("and",)

MAX_DEPTH = 100
"""Maximum nesting of brackets; ALFWorld's files have fewer than ten levels."""

_COMMENT = re.compile(r";[^\n]*")


def parse(text: str, what: str) -> list[Expression]:
    """Turn bracketed text into nested lists of lower-case words.

    Args:
        text: PDDL; comments run from ``;`` to the end of the line.
        what: how errors name the text, for example ``pddl_problem``.

    Raises:
        GameFileError: If the brackets do not match, or there is not exactly one outermost bracket.
    """
    if ";" in text:
        text = _COMMENT.sub("", text)
    top: list[Expression] = []
    open_brackets: list[list[Expression]] = []
    current = top
    for token in text.lower().replace("(", " ( ").replace(")", " ) ").split():
        if token == "(":
            if len(open_brackets) > MAX_DEPTH:
                raise GameFileError(f"the {what} has more than {MAX_DEPTH} brackets in each other")
            inner: list[Expression] = []
            current.append(inner)
            open_brackets.append(current)
            current = inner
        elif token == ")":
            if not open_brackets:
                raise GameFileError(f"the {what} closes a bracket that was never opened")
            current = open_brackets.pop()
        else:
            current.append(token)
    if open_brackets:
        raise GameFileError(
            f"the {what} ends inside {len(open_brackets)} open bracket(s); the text is cut off"
        )
    if len(top) != 1 or isinstance(top[0], str):
        raise GameFileError(f"the {what} should be one bracket '(define ...)', but is not")
    return top[0]


def define(text: str, kind: str, what: str) -> dict[str, list[Expression]]:
    """Return the sections of ``(define (kind name) (:section ...) ...)``.

    The section ``:action`` holds all actions, each as the rest of its bracket.

    Raises:
        GameFileError: If the text is not such a definition, or a section occurs twice.
    """
    whole = parse(text, what)
    if len(whole) < 2 or whole[0] != "define" or not _is_header(whole[1], kind):
        raise GameFileError(f"the {what} should begin with '(define ({kind} ...', but does not")
    sections: dict[str, list[Expression]] = {}
    for part in whole[2:]:
        if isinstance(part, str) or not part or not isinstance(part[0], str):
            raise GameFileError(f"the {what} holds {shown(part)} where a section should stand")
        name = part[0]
        if name == ":action":
            sections.setdefault(name, []).append(part[1:])
        elif name in sections:
            raise GameFileError(f"the {what} has two sections {name}")
        else:
            sections[name] = part[1:]
    return sections


def _is_header(part: Expression, kind: str) -> bool:
    return isinstance(part, list) and len(part) == 2 and part[0] == kind


def section(sections: Mapping[str, list[Expression]], name: str, what: str) -> list[Expression]:
    """Return a section; GameFileError if it is missing."""
    if name not in sections:
        raise GameFileError(f"the {what} has no section {name}")
    return sections[name]


def typed_names(parts: Sequence[Expression], what: str) -> list[tuple[str, str]]:
    """Return the (name, type) pairs of ``a b - kind c - other``; untyped names are ``object``.

    Raises:
        GameFileError: If there is a bracket among them, or a type is missing after a dash.
    """
    pairs: list[tuple[str, str]] = []
    waiting: list[str] = []
    words = iter(parts)
    for word in words:
        if not isinstance(word, str):
            raise GameFileError(f"the {what} hold {shown(word)} where a name should stand")
        if word != "-":
            waiting.append(word)
            continue
        kind = next(words, None)
        if not isinstance(kind, str) or not waiting:
            raise GameFileError(f"the {what} have a dash without a name before or a type after it")
        pairs += [(name, kind) for name in waiting]
        waiting = []
    return pairs + [(name, "object") for name in waiting]


def shown(part: Expression) -> str:
    """Write a part of PDDL for an error message, shortened."""
    if isinstance(part, str):
        return repr(part[:60])
    words = " ".join(word for word in part[:4] if isinstance(word, str))
    return repr(f"({words[:60]} ...)" if len(part) > 4 or not words else f"({words[:60]})")


def normal_form(part: Expression, names: Mapping[str, str], types: Iterable[str]) -> Formula:
    """Bring a formula to a normal form in which equal formulas are equal tuples.

    Nested ``and`` and ``or`` are joined, sorted and de-duplicated; ``exists`` renames its variables
    by order. An ``exists`` over an undeclared type is false.

    Args:
        part: the formula.
        names: new names of its free variables.
        types: the declared types.

    Raises:
        GameFileError: If an operator has the wrong number of parts.
    """
    if isinstance(part, str):
        raise GameFileError(f"a formula holds {part!r} where a bracket should stand")
    if not part:
        return TRUE
    head = part[0]
    if head in ("and", "or"):
        return _joined(str(head), [normal_form(inner, names, types) for inner in part[1:]])
    if head == "not" and len(part) == 2:
        return ("not", normal_form(part[1], names, types))
    if head in ("exists", "forall") and len(part) == 3 and isinstance(part[1], list):
        return _quantified(str(head), part[1], part[2], names, types)
    if head in ("not", "exists", "forall"):
        raise GameFileError(f"a formula holds the malformed part {shown(part)}")
    words = []
    for word in part:
        if not isinstance(word, str):
            raise GameFileError(f"a formula holds {shown(word)} inside the fact {shown(part)}")
        words.append(names.get(word, word))
    return tuple(words)


def _joined(head: str, parts: list[Formula]) -> Formula:
    flat: set[Formula] = set()
    for part in parts:
        if part and part[0] == head:
            flat.update(inner for inner in part[1:] if not isinstance(inner, str))
        else:
            flat.add(part)
    # The absorbing and the neutral element.
    absorbing, neutral = (FALSE, TRUE) if head == "and" else (TRUE, FALSE)
    if absorbing in flat:
        return absorbing
    flat.discard(neutral)
    if len(flat) == 1:
        return flat.pop()
    return (head, *sorted(flat, key=repr))


def _quantified(
    head: str,
    variables: list[Expression],
    body: Expression,
    names: Mapping[str, str],
    types: Iterable[str],
) -> Formula:
    pairs = typed_names(variables, "variables of a formula")
    known = set(types)
    if head == "exists" and any(kind not in known for _, kind in pairs):
        return FALSE
    inner = dict(names)
    for name, _ in pairs:
        inner[name] = f"?x{len(inner)}"
    kinds = tuple(sorted((inner[name], kind) for name, kind in pairs))
    return (head, kinds, normal_form(body, inner, types))
