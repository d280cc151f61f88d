"""How facts are put into words: the shape of the tables in ``words/``.

In statements ``{s}`` is the subject (name, pronoun or "the novel"), always where a sentence's
subject can stand; ``{p}`` is "her", "his" or "its"; ``{o}`` the object. In phrases and questions
``{x}`` is the subject, in whatever words it has been arrived at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

KINDS_WITH_WORDS = (
    *("country", "region", "river", "town", "person", "team"),
    *("institution", "award", "event", "work"),
)
"""Kinds of things that passages are about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How one relation is stated, nested and asked for.

    Example:
        >>> Wording(
        ...     relation="mayor", statements=("{s} is governed by {o}.",),
        ...     phrases=("the mayor of {x}", "the person who governs {x}"),
        ...     questions=("Who governs {x}?", "Who is the mayor of {x}?"),
        ... ).relation
        'mayor'
    """

    relation: str
    """Name of the relation in the graph."""

    statements: tuple[str, ...]
    """Sentences that state the fact."""

    questions: tuple[str, ...]
    """Questions whose answer is the object. The last is kept for questions with unseen wording."""

    phrases: tuple[str, ...] = ()
    """Words for the object by way of the subject; none for numbers. The last is kept likewise."""

    forms: tuple[str, ...] = ()
    """Forms of the subject that it serves; empty: all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """A first sentence: names the subject and states the facts whose names stand in braces."""

    text: str
    """``{n}`` is the subject's name; ``{a_form}``, ``{form}`` its form; ``{a_occupation}``."""

    states: tuple[str, ...]
    """Relations it states; it serves subjects that have all of them."""

    forms: tuple[str, ...] = ()
    """Forms of the subject that it serves; empty: all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindWording:
    """All words about one kind of thing."""

    leads: tuple[Lead, ...]
    """First sentences, at least one of which serves any subject."""

    relations: tuple[Wording, ...]
    """One or more per relation, told apart by form."""

    nouns: tuple[str, ...]
    """What a subject may be called after its first mention, ``{form}`` allowed: "the novel"."""

    asides: tuple[str, ...]
    """Sentences that state no fact of the graph; words in braces are filled from `slots`."""

    denials: tuple[str, ...]
    """Sentences that deny a fact or warn of a namesake ``{o}``."""

    mentions: tuple[str, ...] = ("{m}",)
    """How a question names such a thing; ``{m}`` is its name, with article where it has one."""


@cache
def wordings() -> Mapping[str, KindWording]:
    """Return the words about every kind of thing, read once from ``words/<kind>.json``."""
    return MappingProxyType({kind: _kind_wording(_read(kind)) for kind in KINDS_WITH_WORDS})


@cache
def slots() -> Mapping[str, tuple[str, ...]]:
    """Return the words that vary asides, by name; none of them is the object of a fact."""
    return MappingProxyType({name: tuple(words) for name, words in _read("slots").items()})


def _kind_wording(row: dict[str, Any]) -> KindWording:
    leads = tuple(Lead(**_tuples(lead)) for lead in row.pop("leads"))
    relations = tuple(Wording(**_tuples(relation)) for relation in row.pop("relations"))
    return KindWording(leads=leads, relations=relations, **_tuples(row))


def _tuples(row: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(v) if isinstance(v, list) else v for name, v in row.items()}


def _read(name: str) -> dict[str, Any]:
    text = files(f"{__package__}.words").joinpath(f"{name}.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content
