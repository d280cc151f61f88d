"""How the invented catalogue's vocabulary is written down, and the parsers that read it.

The words themselves are the text files in ``words/`` (read by `departments`). In those files a word
with a leading ``*`` is a noun: the title nouns of a generated product are therefore known by
construction and need no language model.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Place = Literal["before", "with", "for"]
PoolMode = Literal["any", "run"]

PLACES: tuple[Place, ...] = ("before", "with", "for")
"""Where an attribute may stand in a sentence."""

_NOUN = re.compile(r"\*([^\s*-]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Some words of a title.

    Example:
        >>> parse_phrase("Ceramic *Table *Lamp")
        Phrase(text='Ceramic Table Lamp', nouns=('table', 'lamp'))
    """

    text: str
    """The words as shown."""

    nouns: tuple[str, ...]
    """Lower-cased nouns among them, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute a product can have and an instruction can ask for.

    Example:
        >>> parse_attribute("with", "rubber *sole | grips wet pavement").title.text
        'Rubber Sole'
    """

    text: str
    """Lower-case words the reward compares."""

    place: Place
    """Where it stands in a sentence: before the product's name, after "with", or after "for"."""

    title: Phrase
    """Its form in a title."""

    clause: str
    """What a feature line says about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionPool:
    """Values an option group is filled from.

    Example:
        >>> parse_pool("any: black; navy blue | sky blue").classes
        (('black',), ('navy blue', 'sky blue'))
    """

    mode: PoolMode
    """``any``: a random subset; ``run``: neighbours in the given order (sizes)."""

    classes: tuple[tuple[str, ...], ...]
    """Classes of values that the reward cannot tell apart; a product has one value of a class."""

    short: tuple[str, ...]
    """First value of every class, used by the compact profile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionGroup:
    """One option group that products of a kind may have."""

    name: str
    """Group name as shown, lower-case."""

    pool: OptionPool
    """Its possible values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of product: everything the generator needs to invent its members.

    Siblings (products of one kind) share the query and differ in style, attributes, options and
    price, so that choosing between them is the task.
    """

    department: str
    """beauty, electronics, fashion, garden or grocery."""

    query: str
    """Search phrase of the kind, lower-case plural."""

    heads: tuple[Phrase, ...]
    """Names of the thing, usual name first."""

    aliases: tuple[Phrase, ...]
    """Rarer names that share no word with the query, so that a search by it may miss them."""

    styles: tuple[Phrase, ...]
    """Material or make, put in front of the name."""

    tails: tuple[Phrase, ...]
    """Size or count, put at the end of a title."""

    path: str
    """Category path joined with `` › ``."""

    price_range: tuple[int, int]
    """Cheapest and dearest price in whole dollars."""

    attributes: tuple[Attribute, ...]
    """Attributes its products draw from."""

    options: tuple[OptionGroup, ...]
    """Option groups in the order they appear."""

    option_percent: int
    """Share of products that have options, in percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentWords:
    """Words that all products of a department share.

    Example: beauty's second words of brands are Labs, Botanics and Beauty.
    """

    brand_suffixes: tuple[str, ...]
    """Second words some brands carry; they count as nouns."""

    title_extras: tuple[Phrase, ...]
    """Title phrases that name no attribute."""

    sentences: tuple[str, ...]
    """Description sentences; ``{brand}``, ``{thing}`` and ``{style}`` are filled in."""

    feature_lines: tuple[str, ...]
    """Feature lines that name no attribute."""


def parse_phrase(text: str) -> Phrase:
    """Read one phrase whose nouns carry a leading ``*``, also after a hyphen (``Low-*Top``)."""
    nouns = tuple(noun.lower() for noun in _NOUN.findall(text))
    return Phrase(text=text.replace("*", ""), nouns=nouns)


def parse_phrases(text: str) -> tuple[Phrase, ...]:
    """Read phrases separated by ``;``."""
    return tuple(parse_phrase(part.strip()) for part in text.split(";") if part.strip())


def parse_attribute(place: Place, line: str) -> Attribute:
    """Read ``text | clause``.

    Raises:
        ValueError: the line has not these two parts.
    """
    marked, _, clause = (part.strip() for part in line.partition("|"))
    if not (marked and clause):
        raise ValueError(f"an attribute is written text | clause, not {line!r}")
    words = parse_phrase(marked)
    title = Phrase(text=words.text.title(), nouns=words.nouns)
    return Attribute(text=words.text, place=place, title=title, clause=clause)


def parse_pool(text: str) -> OptionPool:
    """Read ``mode: class; class; ...`` where a class is values separated by ``|``."""
    mode, _, values = text.partition(":")
    if mode not in ("any", "run"):
        raise ValueError(f"option pool mode must be any or run, not {mode!r}")
    classes = tuple(tuple(value.strip() for value in part.split("|")) for part in values.split(";"))
    return OptionPool(
        mode=mode,  # type: ignore[arg-type]  # checked above
        classes=classes,
        short=tuple(values[0] for values in classes),
    )


class Department:
    """Collects the kinds of one department while its table is read.

    Args:
        name: Department name.
        attributes: All attributes by text.
        pools: All option pools by name.
        option_percent: Share of products with options unless a kind says otherwise.
    """

    def __init__(
        self,
        name: str,
        *,
        attributes: Mapping[str, Attribute],
        pools: Mapping[str, OptionPool],
        option_percent: int,
    ) -> None:
        self.name = name
        self.kinds: list[Kind] = []
        self._attributes = attributes
        self._pools = pools
        self._option_percent = option_percent

    def kind(
        self,
        query: str,
        path: str,
        price_range: tuple[int, int],
        *,
        heads: str,
        aliases: str,
        styles: str,
        attributes: str,
        options: str = "",
        tails: str = "",
        option_percent: int | None = None,
    ) -> None:
        """Add one kind; texts are ``;``-separated, options are ``name=pool``."""
        self.kinds.append(
            Kind(
                department=self.name,
                query=query,
                heads=parse_phrases(heads),
                aliases=parse_phrases(aliases),
                styles=parse_phrases(styles),
                tails=parse_phrases(tails),
                path=path.replace(" > ", " › "),
                price_range=price_range,
                attributes=tuple(self._attributes[name] for name in _names(attributes)),
                options=tuple(self._group(part) for part in _names(options)),
                option_percent=self._option_percent if option_percent is None else option_percent,
            )
        )

    def _group(self, text: str) -> OptionGroup:
        name, _, pool = text.partition("=")
        return OptionGroup(name=name, pool=self._pools[pool])


def _names(text: str) -> Iterable[str]:
    return [part.strip() for part in text.split(";") if part.strip()]
