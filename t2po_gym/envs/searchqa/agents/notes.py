"""Notes on a passage: its sentences with a name, a date or a number.

It uses only the text, so it works for any corpus, and nothing hidden is used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from t2po_gym.retrieval.text.analyzer import analyze

__all__ = ["COMMON", "SENTENCE_END", "Note", "nearest_first", "take_notes"]

COMMON = frozenset(
    re.findall(
        r"\w+",
        "a an and are at by did do does for from had has have he her his in is it its of on or she "
        "that the their there they this to under was were what when where which who whose with",
    )
)
"""Words that do not tell what a sentence is about."""

SENTENCE_END = re.compile(r"(?<=[.!?]) +")
"""Spaces between two sentences."""

_VALUE = re.compile(
    r"\d{1,2} [A-Z][a-z]+ \d{4}|[A-Z][a-z]+ \d{1,2}, \d{4}"  # dates
    r"|\d[\d.,-]*\d|\d"
    r"|[A-ZÀ-ÖØ-Þ][\w'’-]*(?: (?:of the |of |the |de )?[A-ZÀ-ÖØ-Þ][\w'’-]*)*"  # names
)
_FIRST_WORD = re.compile(r"[^\W\d_]+(?:['’-]\w+)*")


class Note(NamedTuple):
    """One sentence and what it states.

    Example: ``Note("It was written by Ada Voss.", ("Ada Voss",))``
    """

    sentence: str
    """The sentence."""

    values: tuple[str, ...]
    """Names, dates and numbers in it that are not in the title, in order; at least one."""


def take_notes(text: str, title: str = "") -> list[Note]:
    """Return the sentences of a passage that state a value.

    A single capitalised word at the start of a sentence counts as a common word.

    Args:
        text: the passage without its title.
        title: its title; the title and its single words do not count as values.
    """
    notes = ((sentence, _values(sentence, title)) for sentence in SENTENCE_END.split(text))
    return [Note(sentence, values) for sentence, values in notes if values]


def nearest_first(notes: Sequence[Note], question: str, title: str = "") -> list[Note]:
    """Sort notes by the number of word stems they share with the question.

    Words of the title do not count. The sort is stable.
    """
    wanted = set(analyze(question)) - set(analyze(title))
    return sorted(notes, key=lambda note: -len(wanted & set(analyze(note.sentence))))


def _values(sentence: str, title: str) -> tuple[str, ...]:
    rest = sentence.replace(title, "-") if title else sentence
    word = _FIRST_WORD.match(rest)
    first = word.group() if word else ""
    if first.lower() in COMMON:
        rest = first.lower() + rest[len(first) :]
    known = set(title.split())
    return tuple(
        found for found in _VALUE.findall(rest) if found != first and set(found.split()) - known
    )
