"""Words of questions that combine facts, read once from ``words/questions.ini``.

The last of each list is kept for unseen wording.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from t2po_gym.data.word_files import Section
from t2po_gym.envs.searchqa.generate.wording import read_words

_ASKED = ("earlier", "later", "is_earlier")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Questions for a thing with two given objects: ``{x}`` by ``first``, ``{y}`` by ``second``."""

    kind: str
    """Kind of the thing."""

    forms: tuple[str, ...]
    """Its forms."""

    first: str
    """Relation to the object that is arrived at."""

    second: str
    """Relation to the object that the question names."""

    questions: tuple[str, ...]
    """The questions."""


@cache
def age_questions() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Return comparisons, by kind of the things compared and what is asked."""
    return MappingProxyType(
        {
            (kind, asked): section.expect(_ASKED).lines(asked)
            for kind, section in _sections("compare")
            for asked in _ASKED
        }
    )


@cache
def meetings() -> tuple[Meeting, ...]:
    """Return the things that may be asked for by two objects."""
    return tuple(
        Meeting(
            kind=kind,
            forms=tuple(section.text("forms").split()),
            first=section.text("first"),
            second=section.text("second"),
            questions=section.lines("questions"),
        )
        for kind, section in _sections("meet")
        if section.expect(("forms", "first", "second", "questions"))
    )


@cache
def year_of_birth_questions() -> tuple[str, ...]:
    """Return questions for the year of a date of birth."""
    return read_words("questions.ini")[-1].expect(("questions",)).lines("questions")


def _sections(what: str) -> list[tuple[str, Section]]:
    """Return the sections named ``[what KIND]``, each with its kind."""
    named = ((section.name.partition(" "), section) for section in read_words("questions.ini"))
    return [(kind, section) for (first, _, kind), section in named if first == what]
