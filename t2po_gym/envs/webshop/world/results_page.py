"""Results pages, assembled from lines that are built once per product.

Every search shows different products, so these pages are built most often. Text nodes, which only
some modes need, are built on demand.
"""

from collections.abc import Sequence
from typing import NamedTuple

from t2po_gym.envs.webshop.data.product import Product
from t2po_gym.envs.webshop.world.pages import (
    BACK_TO_SEARCH,
    NEXT,
    PREV,
    SEPARATOR,
    Click,
    Do,
    Kind,
    Node,
    View,
    button,
    click_action,
    render_text,
    shown_title,
    visible,
)
from t2po_gym.envs.webshop.world.session_rules import SessionRules

_FIRST_CLICKS: dict[str, Click] = {
    BACK_TO_SEARCH: (Do.BACK_TO_SEARCH, 0),
    NEXT: (Do.NEXT, 0),
}
_LATER_CLICKS: dict[str, Click] = {
    BACK_TO_SEARCH: (Do.BACK_TO_SEARCH, 0),
    PREV: (Do.PREV, 0),
    NEXT: (Do.NEXT, 0),
}
_FIRST_ACTIONS = tuple(map(click_action, _FIRST_CLICKS))
_LATER_ACTIONS = tuple(map(click_action, _LATER_CLICKS))


class ResultLine(NamedTuple):
    """A product's line, the same on every results page."""

    asin: str
    title: str
    price_tag: str
    text: str | None
    argument: str
    action: str
    click: Click


def result_line(product: Product, index: int, rules: SessionRules) -> ResultLine:
    """Build a product's part of a results page.

    Args:
        product: the product.
        index: its catalogue index.
        rules: how to cut titles.
    """
    title, argument = shown_title(product, rules), product.asin.lower()
    nodes = line_nodes(product.asin, title, product.price_tag)
    return ResultLine(
        asin=product.asin,
        title=title,
        price_tag=product.price_tag,
        text=render_text(nodes) if nodes else None,
        argument=argument,
        action=click_action(argument),
        click=(Do.PRODUCT, index),
    )


def line_nodes(asin: str, title: str, price_tag: str) -> list[Node]:
    """Return the text nodes of a product on a results page."""
    return visible(Node(asin, Kind.LINK), Node(title), Node(price_tag))


class ResultsView(View):
    """A results page.

    Args:
        total: number of hits of the search.
        lines: products on this page.
        products: their catalogue indexes.
        page: page number; 1 is the first.
    """

    __slots__ = ("_lines", "_page", "products", "total")

    def __init__(
        self, total: int, lines: Sequence[ResultLine], products: tuple[int, ...], page: int
    ) -> None:
        first = page <= 1
        buttons = ("Next >",) if first else ("< Prev", "Next >")
        # A line of empty texts has no nodes and must not leave a separator.
        texts = [line.text for line in lines if line.text is not None]
        own = _FIRST_CLICKS if first else _LATER_CLICKS
        clicks = own | {line.argument: line.click for line in lines}
        actions = None
        if len(clicks) == len(own) + len(lines):  # all names differ
            buttons_first = _FIRST_ACTIONS if first else _LATER_ACTIONS
            actions = (*buttons_first, *[line.action for line in lines])
        text = SEPARATOR.join((page_text(page, total), *buttons, *texts))
        super().__init__((), clicks, text=text, actions=actions)
        self._lines = lines
        self._page = page
        self.products = products
        self.total = total

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Text nodes below the head."""
        nodes = [Node(page_text(self._page, self.total))]
        if self._page > 1:
            nodes.append(button("< Prev"))
        nodes.append(button("Next >"))
        for line in self._lines:
            nodes.extend(line_nodes(line.asin, line.title, line.price_tag))
        return tuple(nodes)


def page_text(page: int, total: int) -> str:
    """Return the line with the number of the page and of all results."""
    return f"Page {page} (Total results: {total})"
