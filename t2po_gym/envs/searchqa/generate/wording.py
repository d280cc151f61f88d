"""How facts are put into words: the shape of the tables in ``words/``.

In statements ``{s}`` is the subject (name, pronoun or "the novel"), always where a sentence's
subject can stand; ``{p}`` is "her", "his" or "its"; ``{o}`` the object. In phrases and questions
``{x}`` is the subject, in whatever words it has been arrived at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from t2po_gym.data.word_files import Section, WordFileError, read_sections

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
    """Return the words about every kind of thing, read once from ``words/<kind>.ini``."""
    return MappingProxyType({kind: _kind_wording(kind) for kind in KINDS_WITH_WORDS})


@cache
def named_asides() -> tuple[str, ...]:
    """Return sentences that state no fact of a subject ``{n}`` of any kind."""
    return read_words("asides.ini")[0].expect(("asides",)).lines("asides")


@cache
def slots() -> Mapping[str, tuple[str, ...]]:
    """Return the words that vary asides, by name; none of them is the object of a fact."""
    section = read_words("asides.ini")[1]
    return MappingProxyType({name: section.items(name) for name in section.entries})


@cache
def read_words(name: str) -> tuple[Section, ...]:
    """Return the sections of a file in ``words/``."""
    return read_sections(f"{__package__}.words", name)


def _kind_wording(kind: str) -> KindWording:
    words, *others = read_words(f"{kind}.ini")
    words.expect(("asides", "denials"), ("nouns", "mentions"))
    leads, relations = [], []
    for section in others:
        name, _, relation = section.name.partition(" ")
        if name == "lead":
            leads.append(_lead(section))
        elif name == "relation" and relation:
            relations.append(_wording(section, relation))
        else:
            raise WordFileError(
                f"{section.place}: expected [lead] or [relation NAME], not [{section.name}]."
            )
    return KindWording(
        leads=tuple(leads),
        relations=tuple(relations),
        nouns=words.lines("nouns"),
        asides=words.lines("asides"),
        denials=words.lines("denials"),
        mentions=words.lines("mentions") or ("{m}",),
    )


def _lead(section: Section) -> Lead:
    section.expect(("states", "text"), ("forms",))
    return Lead(
        text=section.text("text"),
        states=tuple(section.text("states").split()),
        forms=tuple(section.text("forms").split()),
    )


def _wording(section: Section, relation: str) -> Wording:
    section.expect(("statements", "questions"), ("phrases", "forms"))
    return Wording(
        relation=relation,
        statements=section.lines("statements"),
        questions=section.lines("questions"),
        phrases=section.lines("phrases"),
        forms=tuple(section.text("forms").split()),
    )
