"""Words of an invented product: title, description, feature lines and the shopper's sentence."""

from collections.abc import Iterable, Sequence

from t2po_gym.data.draws import Draws
from t2po_gym.envs.webshop.generate.departments import compact_lines, department_words
from t2po_gym.envs.webshop.generate.vocabulary import Attribute, Kind, Phrase

MAX_COMPACT_TITLE_WORDS = 7
"""A compact title gives up its last attributes before it grows longer than this."""

_CODE_LETTERS = "BCDFGHJKLMNPRSTVWXZ"


class TitleWriter:
    """Joins phrases into a title and keeps their nouns in order."""

    __slots__ = ("_nouns", "_text")

    def __init__(self, brand: Phrase) -> None:
        self._text = [brand.text]
        self._nouns = list(brand.nouns)

    def add(self, phrase: Phrase, joint: str = " ") -> None:
        """Append a phrase after ``joint``."""
        self._text.append(joint)
        self._text.append(phrase.text)
        self._nouns.extend(phrase.nouns)

    def add_list(self, attributes: Sequence[Attribute], first: str, between: str) -> None:
        """Append attribute titles: ``first`` before the first one, ``between`` before others."""
        for attribute in attributes:
            self.add(attribute.title, first)
            first = between

    def finish(self) -> tuple[str, tuple[str, ...]]:
        """Return the title and its nouns."""
        return "".join(self._text), tuple(self._nouns)


def by_place(attributes: Iterable[Attribute], place: str) -> list[Attribute]:
    """Return the attributes that stand at this place of a sentence."""
    return [attribute for attribute in attributes if attribute.place == place]


def standard_title(
    draws: Draws, kind: Kind, brand: Phrase, style: Phrase, head: Phrase, shown: list[Attribute]
) -> tuple[str, tuple[str, ...]]:
    """Write a title as long as the original shop's, about fifteen words."""
    title = TitleWriter(brand)
    before = by_place(shown, "before")
    if before and draws.percent(55):
        title.add(before.pop().title)
    title.add(style)
    title.add(head)
    title.add_list(by_place(shown, "with"), " with ", " and ")
    title.add_list(before, ", ", ", ")
    if head not in kind.aliases and draws.percent(40):
        other = draws.pick(kind.heads)
        if other is not head:
            title.add(other, ", ")
    title.add_list(by_place(shown, "for"), " for ", " and ")
    if kind.tails and draws.percent(65):
        title.add(draws.pick(kind.tails), ", ")
    if draws.percent(75):
        for extra in draws.sample(
            department_words()[kind.department].title_extras, 1 + draws.below(2)
        ):
            title.add(extra, ", ")
    if draws.percent(18):
        code = f"{draws.pick(_CODE_LETTERS)}{draws.pick(_CODE_LETTERS)}{draws.below(900) + 100}"
        title.add(Phrase(text=code, nouns=(code.lower(),)), ", ")
    return title.finish()


def compact_title(
    brand: Phrase, style: Phrase | None, head: Phrase, shown: list[Attribute]
) -> tuple[str, tuple[str, ...]]:
    """Write a title of about four to seven words."""
    title = TitleWriter(brand)
    title.add_list(by_place(shown, "before"), " ", " ")
    if style is not None:
        title.add(style)
    title.add(head)
    title.add_list(by_place(shown, "with"), " with ", " and ")
    title.add_list(by_place(shown, "for"), " for ", " and ")
    return title.finish()


def fit_compact(
    brand: Phrase, head: Phrase, style: Phrase, attributes: Sequence[Attribute]
) -> tuple[list[Attribute], Phrase | None]:
    """Return the first attributes that fit a compact title, and the style if it fits as well."""
    room = MAX_COMPACT_TITLE_WORDS - _num_words(brand) - _num_words(head)
    shown = []
    for attribute in attributes:
        need = _num_words(attribute.title) + (attribute.place != "before")
        if need > room:
            break
        room -= need
        shown.append(attribute)
    return shown, style if _num_words(style) <= room else None


def _num_words(phrase: Phrase) -> int:
    return phrase.text.count(" ") + 1


def attribute_sentence(attribute: Attribute) -> str:
    """Say in a description that the product has this attribute."""
    if attribute.place == "before":
        return f"It is {attribute.text}: {attribute.clause}."
    if attribute.place == "with":
        return f"It comes with {attribute.text}: {attribute.clause}."
    return f"Chosen for {attribute.text}: {attribute.clause}."


def description(
    draws: Draws, kind: Kind, brand: str, style: str, head: str, told: Sequence[Attribute]
) -> str:
    """Write a description; about three in ten products have none, unless it has to tell one."""
    if not told and draws.percent(32):
        return ""
    sentences = draws.sample(department_words()[kind.department].sentences, 2 + draws.below(3))
    fill = {"brand": brand, "thing": head, "style": style.lower()}
    text = [sentence.format_map(fill) for sentence in sentences]
    text.extend(attribute_sentence(attribute) for attribute in told)
    return " ".join(text)


def bullets(draws: Draws, kind: Kind, told: Sequence[Attribute]) -> tuple[str, ...]:
    """Write feature lines: one per attribute, then one to three that name none."""
    loud = draws.percent(35)
    lines = []
    for attribute in told:
        label = attribute.text.upper() if loud else attribute.text.capitalize()
        lines.append(f"{label}: {attribute.clause}.")
    fillers = draws.sample(department_words()[kind.department].feature_lines, 1 + draws.below(3))
    if fillers and draws.percent(25):
        return (fillers[0], *lines, *fillers[1:])
    return (*lines, *fillers)


def compact_bullets(draws: Draws, told: Sequence[Attribute]) -> tuple[str, ...]:
    """Write one or two feature lines of a few words."""
    lines = [attribute.text.capitalize() for attribute in told[:2]]
    if not lines:
        lines.append(draws.pick(compact_lines()))
    return tuple(lines)


def instruction(query: str, wanted: Sequence[Attribute]) -> str:
    """Write the shopper's sentence that names these attributes.

    The form is that of the original's synthetic instructions, to which goal options and the price
    cap are added later.
    """
    before = ", ".join(attribute.text for attribute in by_place(wanted, "before"))
    text = f"Find me {before} {query}" if before else f"Find me {query}"
    for place in ("with", "for"):
        names = ", ".join(attribute.text for attribute in by_place(wanted, place))
        if names:
            text += f" {place} {names}"
    return text
