"""Pages as lists of text nodes, and their two renderings.

The original makes HTML pages, of which an agent sees the text nodes (docs/originals/webshop.md,
sections 5 and 6). Here a page is a list of these nodes. :func:`render_text` joins them for the mode
``text``, :func:`render_rich` for ``text_rich``. A :class:`View` also has what can be clicked.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum, IntEnum
from functools import lru_cache
from typing import NamedTuple

from t2po_gym.envs.webshop.data.product import Product
from t2po_gym.envs.webshop.world.session_rules import SessionRules

SEPARATOR = " [SEP] "
"""Between two nodes in the mode ``text``."""

SEARCH = "search"
BACK_TO_SEARCH = "back to search"
PREV = "< prev"
NEXT = "next >"
BUY_NOW = "buy now"
SUB_PAGES = ("Description", "Features", "Reviews", "Attributes")
"""Sub pages of a product as named in the address; the last one is hidden by default."""

BUTTONS = frozenset({BACK_TO_SEARCH, PREV, BUY_NOW, *(name.lower() for name in SUB_PAGES)})
"""Clicks that an option value with the same text cannot override."""

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


def click_action(name: str) -> str:
    """Return the action that clicks ``name``."""
    return f"click[{name}]"


class View:
    """A page without its head: nodes, clicks, and the ``text`` rendering, made once.

    Attributes:
        actions: the listed clickables as actions: ``click[...]``.
        clicks: lower-case click argument -> effect; the only place where clicks are looked up.
        text: the nodes in the mode ``text``.
    """

    __slots__ = ("_clickables", "_nodes", "actions", "clicks", "text")

    def __init__(
        self,
        nodes: Sequence[Node],
        clicks: Mapping[str, Click],
        clickables: Sequence[str] | None = None,
        text: str | None = None,
        actions: tuple[str, ...] | None = None,
    ) -> None:
        self._nodes = tuple(nodes)
        self.clicks = clicks
        self._clickables = None if clickables is None else tuple(clickables)
        self.text = render_text(self._nodes) if text is None else text
        self.actions = tuple(map(click_action, self.clickables)) if actions is None else actions

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Text nodes below the head."""
        return self._nodes

    @property
    def clickables(self) -> tuple[str, ...]:
        """The clickables that the original lists, in its order."""
        return tuple(self.clicks) if self._clickables is None else self._clickables


def visible(*nodes: Node) -> list[Node]:
    """Drop the nodes that an HTML parser would not show.

    An empty text makes no node. A text of whitespace only becomes one character, or no node if it
    has a line feed.
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
    """Return ``render_text(search_nodes(instruction))``, but faster."""
    if not instruction.strip(_HTML_SPACES):
        return render_text(search_nodes(instruction))
    return SEPARATOR.join(("WebShop", "Instruction:", instruction.strip(), "Search"))


def head_text(instruction: str) -> str:
    """Return ``render_text(head_nodes(instruction))`` and a separator, but faster."""
    if not instruction.strip(_HTML_SPACES):
        return render_text(head_nodes(instruction)) + SEPARATOR
    return SEPARATOR.join(("Instruction:", instruction.strip(), "Back to Search", ""))


def search_view(rules: SessionRules) -> View:
    """Return the view of the start page, without its nodes, which depend on the goal."""
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
    """Return ``render_text(done_nodes(...))``, but faster: most of the page never changes."""
    head, before_options, before_reward, tail = _done_text_parts()
    chosen = json_text(options).strip()
    return f"{head}{asin.strip()}{before_options}{chosen}{before_reward}{reward}{tail}"


def json_text(options: Mapping[str, str]) -> str:
    """Return options as the template engine writes them: keys sorted, HTML characters escaped."""
    return _sorted_json(dict(options)).translate(_JSON_ESCAPES)


def shown_title(product: Product, rules: SessionRules) -> str:
    """Return the title, cut to ``title_words``."""
    if rules.title_words is None:
        return product.title
    return " ".join(product.title.split()[: rules.title_words])


def product_clicks(product: Product, rules: SessionRules) -> dict[str, Click]:
    """Return what can be clicked on a product page, in the original's order.

    A value in two groups belongs to the last one, and a button keeps its effect.
    """
    clicks: dict[str, Click] = {
        BACK_TO_SEARCH: (Do.BACK_TO_SEARCH, 0),
        PREV: (Do.PREV, 0),
    }
    for name in SUB_PAGES if rules.show_attributes else SUB_PAGES[:-1]:
        clicks[name.lower()] = (Do.SUB_PAGE, name)
    clicks[BUY_NOW] = (Do.BUY_NOW, 0)
    for group, values in product.options.items():
        click = (Do.OPTION, group)
        for value in values:
            if value not in BUTTONS:
                clicks[value] = click
            elif value == SUB_PAGES[-1].lower():
                clicks[value] = (Do.SUB_PAGE, SUB_PAGES[-1])
    return clicks


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
