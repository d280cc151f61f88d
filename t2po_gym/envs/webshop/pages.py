"""Pages as lists of text nodes, and their two renderings (facts: sections 5 and 6).

A page of the original is HTML; what an agent sees of it are its text nodes. Here a page is made of
those nodes directly. :func:`render_text` joins them for the mode ``text``, :func:`render_rich` for
``text_rich``. What can be clicked comes with the page as a :class:`View`.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum, IntEnum
from functools import lru_cache
from typing import NamedTuple

from t2po_gym.envs.webshop.product import Product
from t2po_gym.envs.webshop.session_rules import SessionRules

SEPARATOR = " [SEP] "
"""Between two nodes in the mode ``text``."""

SEARCH = "search"
BACK_TO_SEARCH = "back to search"
PREV = "< prev"
NEXT = "next >"
BUY_NOW = "buy now"
SUB_PAGES = ("Description", "Features", "Reviews", "Attributes")
"""Sub pages of a product as the address names them; the last one is hidden by default."""

BUTTONS = frozenset({BACK_TO_SEARCH, PREV, BUY_NOW, *(name.lower() for name in SUB_PAGES)})
"""Clicks that an option value of the same text cannot take over."""

_sorted_json = json.JSONEncoder(sort_keys=True).encode  # json.dumps would make one for each call
_HTML_SPACES = " \n\t\f\r"
_JSON_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "'": "\\u0027"})


class Kind(Enum):
    """How ``text_rich`` draws a node."""

    TEXT = "text"
    BUTTON = "button"
    OPTION = "option"
    LINK = "link"


class Node(NamedTuple):
    """One piece of visible text."""

    text: str
    kind: Kind = Kind.TEXT


class Do(IntEnum):
    """What a click does."""

    BACK_TO_SEARCH = 0
    PREV = 1
    NEXT = 2
    BUY_NOW = 3
    SUB_PAGE = 4
    PRODUCT = 5
    OPTION = 6


Click = tuple[Do, int | str]
"""An effect and its argument: a product index, a sub page or an option group."""


class View:
    """A page without its head: nodes, clicks, and the ``text`` rendering made once.

    Attributes:
        nodes: text nodes below the head.
        clicks: lower-case click argument -> effect; the one place clicks are looked up.
        clickables: what the original lists as clickable, in its order.
        text: the nodes in the mode ``text``.
        selected_at: number of nodes before the place where chosen options are named.
    """

    __slots__ = ("_actions", "_split", "clickables", "clicks", "nodes", "selected_at", "text")

    def __init__(
        self,
        nodes: Sequence[Node],
        clicks: Mapping[str, Click],
        clickables: Sequence[str] | None = None,
        selected_at: int | None = None,
        text: str | None = None,
    ) -> None:
        self.nodes = tuple(nodes)
        self.clicks = clicks
        self.clickables = tuple(clicks if clickables is None else clickables)
        self.text = render_text(self.nodes) if text is None else text
        self.selected_at = selected_at
        self._split: tuple[str, str] | None = None
        self._actions: tuple[str, ...] | None = None

    @property
    def actions(self) -> tuple[str, ...]:
        """What is listed as clickable, written as actions: ``click[...]``."""
        if self._actions is None:
            self._actions = tuple(f"click[{name}]" for name in self.clickables)
        return self._actions

    def text_with(self, selected: str) -> str:
        """Return ``text`` with one more node at ``selected_at``."""
        if self._split is None:
            at = self.selected_at or 0
            self._split = (
                render_text(self.nodes[:at]) + SEPARATOR,
                SEPARATOR + render_text(self.nodes[at:]),
            )
        before, after = self._split
        return before + selected + after


class ResultsView(View):
    """A results page and the products on it."""

    __slots__ = ("products", "total")

    def __init__(
        self,
        nodes: Sequence[Node],
        clicks: Mapping[str, Click],
        products: tuple[int, ...],
        total: int,
        text: str,
    ) -> None:
        super().__init__(nodes, clicks, text=text)
        self.products = products
        self.total = total


def visible(*nodes: Node) -> list[Node]:
    """Drop the nodes an HTML parser would not show.

    An empty text makes no node, and blanks alone shrink to one character, where a line feed makes
    the node vanish.
    """
    shown = []
    for node in nodes:
        text = node.text
        if not text.strip(_HTML_SPACES):
            if not text or "\n" in text:
                continue
            node = node._replace(text=" ")
        shown.append(node)
    return shown


def button(text: str) -> Node:
    """Return a button."""
    return Node(text, Kind.BUTTON)


def render_text(nodes: Iterable[Node]) -> str:
    """Join nodes as the mode ``text`` does."""
    return SEPARATOR.join([node.text.strip() for node in nodes])


def render_rich(nodes: Iterable[Node], url: str, visited: Collection[str]) -> str:
    """Join nodes as the mode ``text_rich`` does.

    Args:
        nodes: the page.
        url: address of the page; an option is drawn as clicked when its quoted value occurs in it.
        visited: ASINs visited in this session; their links are drawn as clicked.
    """
    lines: list[str] = []
    clicked: list[str] = []
    for text, kind in nodes:
        if kind is Kind.TEXT:
            lines.append(text)
        elif kind is Kind.BUTTON:
            lines.append(f"[button] {text} [button_]")
        elif kind is Kind.LINK:
            mark = "clicked button" if text in visited else "button"
            lines.append(f"\n[{mark}] {text} [{mark}_]")
        elif f'"{text}"' in url:
            clicked.append(f"You have clicked {text}.")
            lines.append(f"  [clicked button] {text} [clicked button_]")
        else:
            lines.append(f"  [button] {text} [button_]")
    return "".join([line + "\n" for line in (*reversed(clicked), *lines)])


def search_nodes(instruction: str) -> list[Node]:
    """Return the start page."""
    return visible(Node("WebShop"), Node("Instruction: "), Node(instruction), button("Search"))


def head_nodes(instruction: str) -> list[Node]:
    """Return the head that results, product and sub pages share."""
    return visible(Node("Instruction:"), Node(instruction), button("Back to Search"))


def search_text(instruction: str) -> str:
    """Return ``render_text(search_nodes(instruction))``, quicker."""
    if not instruction.strip(_HTML_SPACES):
        return render_text(search_nodes(instruction))
    return SEPARATOR.join(("WebShop", "Instruction:", instruction.strip(), "Search"))


def head_text(instruction: str) -> str:
    """Return ``render_text(head_nodes(instruction))`` and a separator, quicker."""
    if not instruction.strip(_HTML_SPACES):
        return render_text(head_nodes(instruction)) + SEPARATOR
    return SEPARATOR.join(("Instruction:", instruction.strip(), "Back to Search", ""))


def search_view(rules: SessionRules) -> View:
    """Return the start page's view; its nodes depend on the goal and are not in it."""
    return View((), {}, (SEARCH,) if rules.advertise_search else ())


def done_view() -> View:
    """Return the view of the last page, where nothing can be clicked."""
    return View((), {})


def done_nodes(asin: str, options: Mapping[str, str], reward: float) -> list[Node]:
    """Return the page after a purchase; most of its fields are empty in the original too."""
    chosen = json_text(options)
    texts = [
        *("Thank you for shopping with us!", "Your code: ", "None"),
        *(" (Paste it in your MTurk interface.)", "Purchased", "asin", asin, "options", chosen),
        *("attrs", "None", "category", "None", "query", "None", "product category", "None"),
        *("Target", "asin", "options", "attrs", "price upper", "instuction text", "category"),
        *("product category", "query", "Goal ", "None", "Reward"),
        *("Your score (min 0.0, max 1.0)", str(reward), "Reward Details ", "None"),
    ]
    return [Node(text) for text in texts]


@lru_cache(maxsize=1)
def _done_text_parts() -> tuple[str, str, str, str]:
    """Return the last page in the mode ``text`` around its ASIN, options and reward."""
    text = render_text(done_nodes("\0", {"\0": "\0"}, 0.0))
    options = json.dumps({"\0": "\0"})
    head, rest = text.split("\0", 1)
    middle, rest = rest.split(options, 1)
    reward, tail = rest.split(SEPARATOR + "0.0" + SEPARATOR, 1)
    return head, middle, reward + SEPARATOR, SEPARATOR + tail


def done_text(asin: str, options: Mapping[str, str], reward: float) -> str:
    """Return ``render_text(done_nodes(...))``, quicker: most of the page never changes."""
    head, before_options, before_reward, tail = _done_text_parts()
    chosen = json_text(options).strip()
    return f"{head}{asin.strip()}{before_options}{chosen}{before_reward}{reward}{tail}"


def json_text(options: Mapping[str, str]) -> str:
    """Return options as the template engine writes them: keys sorted, HTML's characters escaped."""
    return _sorted_json(dict(options)).translate(_JSON_ESCAPES)


def shown_title(product: Product, rules: SessionRules) -> str:
    """Return the title, cut to ``title_words``."""
    if rules.title_words is None:
        return product.title
    return " ".join(product.title.split()[: rules.title_words])


class ResultLine(NamedTuple):
    """A product on a results page; the same on every page it is on."""

    nodes: tuple[Node, ...]
    text: str
    argument: str
    click: Click


def result_line(product: Product, index: int, rules: SessionRules) -> ResultLine:
    """Build a product's part of a results page.

    Args:
        product: the product.
        index: its catalogue index.
        rules: titles are cut by them.
    """
    title = Node(shown_title(product, rules))
    nodes = visible(Node(product.asin, Kind.LINK), title, Node(product.price_tag))
    click = (Do.PRODUCT, index)
    return ResultLine(tuple(nodes), render_text(nodes), product.asin.lower(), click)


def results_view(
    total: int, lines: Sequence[ResultLine], indexes: tuple[int, ...], page: int
) -> ResultsView:
    """Build a results page.

    Args:
        total: number of hits of the search.
        lines: products on this page.
        indexes: their catalogue indexes.
        page: page number; 1 is the first.
    """
    nodes = [Node(f"Page {page} (Total results: {total})")]
    clicks: dict[str, Click] = {BACK_TO_SEARCH: (Do.BACK_TO_SEARCH, 0)}
    if page > 1:
        nodes.append(button("< Prev"))
        clicks[PREV] = (Do.PREV, 0)
    nodes.append(button("Next >"))
    clicks[NEXT] = (Do.NEXT, 0)
    texts = [node.text for node in nodes]
    for line in lines:
        nodes.extend(line.nodes)
        # A line of empty texts has no nodes; it must not leave a separator.
        if line.nodes:
            texts.append(line.text)
        clicks[line.argument] = line.click
    return ResultsView(nodes, clicks, indexes, total, SEPARATOR.join(texts))


def product_clicks(product: Product, rules: SessionRules) -> dict[str, Click]:
    """Return what can be clicked on a product page, in the original's order.

    A value that two groups have goes to the last one, and a button keeps its effect.
    """
    clicks: dict[str, Click] = {
        BACK_TO_SEARCH: (Do.BACK_TO_SEARCH, 0),
        PREV: (Do.PREV, 0),
    }
    for name in SUB_PAGES if rules.show_attributes else SUB_PAGES[:-1]:
        clicks[name.lower()] = (Do.SUB_PAGE, name)
    clicks[BUY_NOW] = (Do.BUY_NOW, 0)
    for group, values in product.options.items():
        for value in values:
            if value not in BUTTONS:
                clicks[value] = (Do.OPTION, group)
            elif value == SUB_PAGES[-1].lower():
                clicks[value] = (Do.SUB_PAGE, SUB_PAGES[-1])
    return clicks


def product_view(product: Product, rules: SessionRules) -> View:
    """Build a product page."""
    nodes = [button("< Prev")]
    for group, values in product.options.items():
        nodes += visible(Node(group), *(Node(value, Kind.OPTION) for value in values))
    selected_at = len(nodes)
    nodes += visible(
        Node(shown_title(product, rules)),
        Node(f"Price: {product.price_tag}"),
        Node("Rating: N.A."),
    )
    nodes += [button(name) for name in SUB_PAGES if rules.show_attributes or name != SUB_PAGES[-1]]
    nodes.append(button("Buy Now"))
    clicks = product_clicks(product, rules)
    clickables = tuple(clicks)
    clicks.pop(SEARCH, None)  # an option of that name is listed, but the word is never clickable
    return View(nodes, clicks, clickables, selected_at if product.options else None)


def option_groups(product: Product, rules: SessionRules) -> list[list[str]]:
    """Return the values that can be chosen by clicking on a product's page, per group."""
    clicks = product_clicks(product, rules)
    return [
        [
            value
            for value in values
            if clicks.get(value) == (Do.OPTION, group)
            and value not in ("", SEARCH)
            and "\n" not in value
            and (rules.first_bracket or "[" not in value)
        ]
        for group, values in product.options.items()
    ]


def sub_page_nodes(product: Product, name: str, rules: SessionRules) -> list[Node]:
    """Return the contents of a sub page."""
    if name == "Description":
        return visible(Node(product.description[: rules.max_description_chars]))
    if name == "Features":
        # The template has a blank before each line, so an empty one still leaves a node.
        return visible(*(Node(f" {bullet}") for bullet in product.bullets[: rules.max_bullets]))
    if name == "Attributes":
        attributes = (Node(f" {attribute}") for attribute in product.attributes)
        about = (product.category, product.query, product.product_category)
        return visible(*attributes, *map(Node, about))
    return []


def sub_page_view(product: Product, name: str, rules: SessionRules) -> View:
    """Build a sub page of a product."""
    clicks: dict[str, Click] = {
        BACK_TO_SEARCH: (Do.BACK_TO_SEARCH, 0),
        PREV: (Do.PREV, 0),
    }
    return View([button("< Prev"), *sub_page_nodes(product, name, rules)], clicks)


def selected_text(options: Mapping[str, str]) -> str:
    """Return the node that names the chosen options."""
    chosen = ", ".join([f"{group}: {value}" for group, value in options.items()])
    return f"Selected: {chosen or 'none'}"
