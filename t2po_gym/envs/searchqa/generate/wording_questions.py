"""Words of questions that combine facts; the last of each list is kept for unseen wording."""

from __future__ import annotations

from dataclasses import dataclass

from t2po_gym.envs.searchqa.generate.graph import FORMS

AGE_QUESTIONS: dict[tuple[str, str], tuple[str, ...]] = {
    ("person", "earlier"): (
        "In what year was the elder of {x} and {y} born?",
        "Of {x} and {y}, one was born first: in which year?",
        "What is the year of birth of the elder of the two, {x} and {y}?",
    ),
    ("person", "later"): (
        "In what year was the younger of {x} and {y} born?",
        "Of {x} and {y}, one was born last: in which year?",
        "What is the year of birth of the younger of the two, {x} and {y}?",
    ),
    ("person", "is_earlier"): (
        "Was {x} born in an earlier year than {y}?",
        "Did the birth of {x} come in an earlier year than that of {y}?",
        "Is it true that {x} was older than {y}?",
    ),
    ("town", "earlier"): (
        "In what year was the older of {x} and {y} first recorded?",
        "{x} and {y}: from which year is the older of the two first recorded?",
        "What year does the oldest record of {x} or {y} date from?",
    ),
    ("town", "later"): (
        "In what year was the younger of {x} and {y} first recorded?",
        "{x} and {y}: from which year is the younger of the two first recorded?",
        "Of {x} and {y}, one was recorded last: in which year?",
    ),
    ("town", "is_earlier"): (
        "Was {x} first recorded in an earlier year than {y}?",
        "Does the oldest record of {x} come from an earlier year than that of {y}?",
        "Is it true that {x} is older than {y}?",
    ),
    ("institution", "earlier"): (
        "In what year was the older of {x} and {y} founded?",
        "Of {x} and {y}, one was founded first: in which year?",
        "What is the year of foundation of the older of the two, {x} and {y}?",
    ),
    ("institution", "later"): (
        "In what year was the younger of {x} and {y} founded?",
        "Of {x} and {y}, one was founded last: in which year?",
        "What is the year of foundation of the younger of the two, {x} and {y}?",
    ),
    ("institution", "is_earlier"): (
        "Was {x} founded in an earlier year than {y}?",
        "Did the foundation of {x} come in an earlier year than that of {y}?",
        "Is it true that {x} is older than {y}?",
    ),
}
"""Comparisons, by kind of the things compared and what is asked."""


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


MEETINGS = (
    Meeting(
        kind="work",
        forms=("novel", "play", "opera", "film"),
        first="author",
        second="setting",
        questions=(
            "Which {form} by {x} is set in {y}?",
            "What is the title of the {form} by {x} that is set in {y}?",
            "Of the works by {x}, which {form} has {y} as its setting?",
        ),
    ),
    Meeting(
        kind="work",
        forms=("novel",),
        first="author",
        second="house",
        questions=(
            "Which {form} by {x} was published by {y}?",
            "What is the title of the {form} by {x} that {y} published?",
            "Of the works by {x}, which {form} did {y} bring out?",
        ),
    ),
    Meeting(
        kind="institution",
        forms=FORMS["institution"],
        first="founder",
        second="seat",
        questions=(
            "Which {form} in {y} was founded by {x}?",
            "What is the name of the {form} that {x} founded in {y}?",
            "Of what {form} in {y} was {x} the founder?",
        ),
    ),
    Meeting(
        kind="event",
        forms=("congress", "festival"),
        first="leader",
        second="place",
        questions=(
            "Which {form} held in {y} was chaired by {x}?",
            "What is the name of the {form} in {y} that {x} chaired?",
            "Over which {form} in {y} did {x} preside?",
        ),
    ),
)
"""Things that may be asked for by two objects."""

YEAR_OF_BIRTH = (
    "In what year was {x} born?",
    "In which year was {x} born?",
    "What is the year of birth of {x}?",
    "Which year saw the birth of {x}?",
)
"""Questions for the year of a date of birth."""
