"""What the generated catalogue sells and how it speaks, read once from the files in ``words/``.

There is a file per department (``beauty.ini``), one of the attributes that products may have
(``attributes.ini``), one of the values of option groups (``options.ini``) and one of what all
departments share (``shop.ini``). Each says at its top how it is written. Tests check two things. No
attribute comes close to another one (token-set ratio over 85), or a product would satisfy a wish it
does not meet. No option value contains a colour word by accident ("layered" contains "red"), or no
buyer could match it under the original rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from types import MappingProxyType
from typing import TypeVar

from t2po_gym.data.word_files import Section, WordFileError, read_sections
from t2po_gym.envs.webshop.generate.vocabulary import (
    PLACES,
    Attribute,
    Department,
    DepartmentWords,
    Kind,
    OptionPool,
    parse_attribute,
    parse_phrases,
    parse_pool,
)

T = TypeVar("T")

__all__ = [
    "DEPARTMENTS",
    "attributes",
    "brands",
    "compact_brands",
    "compact_lines",
    "department_words",
    "kinds",
    "option_pools",
]

DEPARTMENTS = ("beauty", "electronics", "garden", "fashion", "grocery")
"""Departments in the order in which kinds are numbered."""

_SHARED = ("option_percent", "brand_suffixes", "title_extras", "sentences", "feature_lines")
_OF_A_KIND = ("path", "price_range", "heads", "aliases", "styles", "attributes")
_OPTIONAL = ("options", "tails", "option_percent")


@cache
def kinds() -> tuple[Kind, ...]:
    """Return every kind of product."""
    return tuple(kind for name in DEPARTMENTS for kind in _kinds_of(name))


@cache
def attributes() -> Mapping[str, Attribute]:
    """Return every attribute by its text."""
    found = {}
    for section in _read("attributes.ini"):
        section.expect((), PLACES)
        for place in PLACES:
            for line in section.lines(place):
                attribute = _parsed(section, partial(parse_attribute, place), line)
                found[attribute.text] = attribute
    return MappingProxyType(found)


@cache
def option_pools() -> Mapping[str, OptionPool]:
    """Return every pool of option values by its name."""
    (pools,) = _read("options.ini")
    return MappingProxyType(
        {name: _parsed(pools, parse_pool, pools.text(name)) for name in pools.entries}
    )


@cache
def department_words() -> Mapping[str, DepartmentWords]:
    """Return the words that all products of a department share, by department."""
    return MappingProxyType({name: _words_of(_file(name)[0]) for name in DEPARTMENTS})


@cache
def brands() -> tuple[str, ...]:
    """Return the invented one-word brands."""
    return _brands(None, None)


@cache
def compact_brands() -> tuple[str, ...]:
    """Return the fewer brands of the compact profile."""
    return _brands(16, 6)


@cache
def compact_lines() -> tuple[str, ...]:
    """Return the short feature lines of the compact profile, which name no attribute."""
    return _read("shop.ini")[1].expect(("feature_lines",)).lines("feature_lines")


def _parsed(section: Section, parse: Callable[[str], T], text: str) -> T:
    """Parse a text of a section; a slip in it is told with its file."""
    try:
        return parse(text)
    except ValueError as error:
        raise WordFileError(f"{section.place}: in section [{section.name}]: {error}.") from error


def _brands(num_starts: int | None, num_ends: int | None) -> tuple[str, ...]:
    section = _read("shop.ini")[0].expect(("starts", "ends"))
    starts, ends = (section.text(key).split() for key in ("starts", "ends"))
    return tuple(start + end for start in starts[:num_starts] for end in ends[:num_ends])


def _words_of(section: Section) -> DepartmentWords:
    return DepartmentWords(
        brand_suffixes=section.items("brand_suffixes"),
        title_extras=parse_phrases(section.text("title_extras")),
        sentences=section.lines("sentences"),
        feature_lines=section.lines("feature_lines"),
    )


def _kinds_of(name: str) -> list[Kind]:
    shared, *sections = _file(name)
    department = Department(
        name,
        attributes=attributes(),
        pools=option_pools(),
        option_percent=shared.number("option_percent"),
    )
    for section in sections:
        _add_kind(department, section.expect(_OF_A_KIND, _OPTIONAL))
    return department.kinds


def _add_kind(department: Department, section: Section) -> None:
    row = {key: section.text(key) for key in section.entries}
    prices = row.pop("price_range").split()
    if len(prices) != 2 or not all(price.isdecimal() for price in prices):
        raise WordFileError(
            f"{section.place}: price_range of [{section.name}] must be two whole numbers such as "
            f"8 70, not {' '.join(prices)!r}."
        )
    _know(section, section.items("attributes"), attributes(), "attributes.ini")
    pools = [option.partition("=")[2] for option in section.items("options")]
    _know(section, pools, option_pools(), "options.ini")
    percent = section.number("option_percent") if row.pop("option_percent", None) else None
    department.kind(
        section.name,
        row.pop("path"),
        (int(prices[0]), int(prices[1])),
        option_percent=percent,
        **row,
    )


def _file(name: str) -> tuple[Section, ...]:
    sections = _read(f"{name}.ini")
    if not sections or sections[0].name != "department":
        raise WordFileError(f"{name}.ini: the first section must be [department].")
    sections[0].expect(_SHARED)
    return sections


def _know(section: Section, names: Iterable[str], known: Mapping[str, object], file: str) -> None:
    """Raise unless another file has all these names."""
    for name in names:
        if name not in known:
            raise WordFileError(
                f"{section.place}: [{section.name}] names {name!r}, which is not in {file}."
            )


@cache
def _read(name: str) -> tuple[Section, ...]:
    return read_sections(f"{__package__}.words", name)
