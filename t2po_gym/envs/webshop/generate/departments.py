"""The kinds of products that the generated catalogue sells, read once from the files in ``words/``.

There is a file per department (``beauty.ini``), one of the attributes that products may have
(``attributes.txt``) and one of the values of option groups (``options.txt``). Each says at its top
how it is written. Tests check two things. No attribute comes close to another one (token-set ratio
over 85), or a product would satisfy a wish it does not meet. No option value contains a colour word
by accident ("layered" contains "red"), or no buyer could match it under the original rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from configparser import ConfigParser
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from t2po_gym.envs.webshop.generate.vocabulary import (
    Attribute,
    Department,
    Kind,
    OptionPool,
    parse_attributes,
    parse_pool,
)

__all__ = ["DEPARTMENTS", "attributes", "kinds", "option_pools"]

DEPARTMENTS = ("beauty", "electronics", "garden", "fashion", "grocery")
"""Departments in the order in which kinds are numbered."""


@cache
def kinds() -> tuple[Kind, ...]:
    """Return every kind of product."""
    return tuple(kind for name in DEPARTMENTS for kind in _department(name))


@cache
def attributes() -> Mapping[str, Attribute]:
    """Return every attribute by its text."""
    return MappingProxyType(parse_attributes(_lines("attributes.txt")))


@cache
def option_pools() -> Mapping[str, OptionPool]:
    """Return every pool of option values by its name."""
    lines = _lines("options.txt").replace("\n  ", " ").splitlines()
    pairs = (line.partition("=") for line in lines)
    return MappingProxyType({name.strip(): parse_pool(text.strip()) for name, _, text in pairs})


def _department(name: str) -> list[Kind]:
    table = ConfigParser(
        interpolation=None, delimiters=("=",), comment_prefixes=("#",), inline_comment_prefixes=None
    )
    table.read_string(_text(f"{name}.ini"), source=f"{name}.ini")
    department = Department(
        name,
        attributes=attributes(),
        pools=option_pools(),
        option_percent=table.getint("DEFAULT", "option_percent"),
    )
    for query in table.sections():
        row = {key: " ".join(value.split()) for key, value in table[query].items()}
        low, high = (int(price) for price in row.pop("price_range").split())
        percent = int(row.pop("option_percent"))
        department.kind(query, row.pop("path"), (low, high), option_percent=percent, **row)
    return department.kinds


def _text(name: str) -> str:
    return files(f"{__package__}.words").joinpath(name).read_text(encoding="utf-8")


def _lines(name: str) -> str:
    """Return a file without the lines that are comments."""
    lines = _text(name).splitlines()
    return "\n".join(line for line in lines if not line.startswith("#"))
