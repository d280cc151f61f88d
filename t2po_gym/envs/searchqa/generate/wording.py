"""How facts are put into words: the shape of the tables in ``wording_*.py``.

In statements ``{s}`` is the subject (name, pronoun or "the novel"), always where a sentence's
subject can stand; ``{p}`` is "her", "his" or "its"; ``{o}`` the object. In phrases and questions
``{x}`` is the subject, in whatever words it has been arrived at.
"""

from __future__ import annotations

from dataclasses import dataclass


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
    """Sentences that state no fact of the graph; words in braces are filled from `SLOTS`."""

    denials: tuple[str, ...]
    """Sentences that deny a fact or warn of a namesake ``{o}``."""

    mentions: tuple[str, ...] = ("{m}",)
    """How a question names such a thing; ``{m}`` is its name, with article where it has one."""


SLOTS: dict[str, tuple[str, ...]] = {
    "season": ("spring", "summer", "autumn", "winter", "harvest time", "the rainy months"),
    "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
    "goods": (
        *("wool", "cheese", "pottery", "rope", "apples", "smoked fish", "leather", "honey"),
        *("paper", "candles", "cider", "baskets", "dyed cloth", "tiles", "walnuts", "cutlery"),
    ),
    "manner": ("careful", "generous", "stubborn", "cheerful", "reserved", "sharp", "patient"),
    "pastime": (
        *("long walks", "chess", "beekeeping", "old maps", "choral singing", "river fishing"),
        *("pressed flowers", "amateur theatricals", "the viola", "mountain huts"),
    ),
    "praise": ("warmly", "politely", "without much noise", "with delight", "in long columns"),
    "feature": (
        *("a covered market", "a clock tower", "an arched bridge", "a botanical garden"),
        *("a row of lime trees", "a small harbour", "a fountain", "a flight of stone steps"),
    ),
    "building": ("red brick", "pale sandstone", "dark timber", "grey granite", "whitewashed stone"),
    "number": ("three", "four", "five", "six", "seven", "eight", "nine", "a dozen"),
    "trait": ("brisk", "melancholy", "dense", "playful", "austere", "lively", "slow", "tender"),
    "readers": ("schools", "touring companies", "small libraries", "private collectors", "clubs"),
    "crop": ("barley", "hops", "flax", "rye", "plums", "potatoes", "sugar beet", "hay"),
    "animal": ("herons", "otters", "storks", "kingfishers", "wild geese", "badgers"),
}
"""Words that vary asides; none of them is the object of a fact."""
