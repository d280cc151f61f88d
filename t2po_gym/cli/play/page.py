"""A page as a person reads it: one text per line, buttons in brackets. Pure functions.

The shop's pages are texts joined by " [SEP] ". Here each text has its own line, buttons that follow
each other share one, and a product's title and price stand beside its number. Other pages keep
their lines. Nothing is added but the brackets; the task, which is shown below the page anyway, is
left out of the page's head.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from t2po_gym.cli.play.completion import opening
from t2po_gym.core.rendering import printable

__all__ = ["BUTTON", "Piece", "on_page", "packed", "page_view", "pieces_of"]

SEPARATOR = " [SEP] "
TASK_HEAD = "Instruction:"
BUTTON = "bold cyan"

_PRODUCT = re.compile(r"[A-Z0-9]{10}")
_NARROWEST = 60  # columns below which title and price stand under a product, not beside it


class Piece(NamedTuple):
    """One text of a page. Example: `Piece("Buy Now", button=True)`."""

    text: str
    """The text."""

    button: bool = False
    """Whether an action clicks it."""


def page_view(observation: str, actions: Sequence[str], task: str, width: int) -> RenderableType:
    """Lay a page out for a terminal that is `width` columns wide."""
    pieces = pieces_of(observation, actions, task)
    if not pieces:
        return Text(printable(observation))
    rows: list[RenderableType] = []
    product: list[str] = []  # number, title, price of a product whose row is not complete
    for button, run in groupby(pieces, key=lambda piece: piece.button):
        texts = [printable(piece.text) for piece in run]
        if not button:
            if product:
                rows.append(_product_row(product[0], texts, width))
                product = []
            else:
                rows += map(Text, texts)
            continue
        if _PRODUCT.fullmatch(texts[-1]):
            product = [texts.pop()]
        rows += [Text(line, style=BUTTON) for line in packed(map(bracketed, texts), width)]
    rows += [Text(bracketed(name), style=BUTTON) for name in product]
    return Group(*rows)


def pieces_of(observation: str, actions: Sequence[str], task: str) -> list[Piece]:
    """Return the texts of a page of the shop; an empty list if it is no such page."""
    if SEPARATOR not in observation:
        return []
    texts = observation.split(SEPARATOR)
    head = [TASK_HEAD, task]
    places = [i for i in range(len(texts) - 1) if texts[i : i + 2] == head]
    for place in places[:1]:
        del texts[place : place + 2]
    clicked = {opening(action) for action in actions}
    return [Piece(text, button=_is_button(text, clicked)) for text in texts]


def on_page(action: str, pieces: Iterable[Piece]) -> bool:
    """Return whether an action is one of the page's buttons."""
    return any(piece.button and _is_button(piece.text, {action}) for piece in pieces)


def packed(words: Iterable[str], width: int) -> list[str]:
    """Put words on lines with two spaces between them; a word is never broken.

    Example:
        >>> packed(["[Buy Now]", "[< Prev]"], 20), packed(["[Buy Now]", "[< Prev]"], 12)
        (['[Buy Now]  [< Prev]'], ['[Buy Now]', '[< Prev]'])
    """
    lines: list[str] = []
    for word in words:
        if lines and cell_len(lines[-1]) + 2 + cell_len(word) <= width:
            lines[-1] += f"  {word}"
        else:
            lines.append(word)
    return lines


def bracketed(text: str) -> str:
    """Mark a button."""
    return f"[{text}]"


def _is_button(text: str, clicked: set[str]) -> bool:
    name = text.lower()
    return f"click[{name}]" in clicked or f"{name}[" in clicked


def _product_row(number: str, texts: Sequence[str], width: int) -> RenderableType:
    """Return a product's number with its title and price, which are what follows it."""
    name = Text(bracketed(number), style=BUTTON)
    words = Text("  ".join(texts))
    if width < _NARROWEST:
        return Group(name, words)
    row = Table.grid(padding=(0, 2, 0, 0))
    row.add_column(no_wrap=True)
    row.add_column()
    row.add_row(name, words)
    return row
