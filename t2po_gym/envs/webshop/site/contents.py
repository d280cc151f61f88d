"""What each page shows, as plain values: all that a template gets to see.

The texts are the nodes of the observation mode ``text``, exactly. A text that has no node (an empty
title, say) is None.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from t2po_gym.envs.webshop.site.picture import picture_name
from t2po_gym.envs.webshop.world.pages import (
    SUB_PAGES,
    Node,
    click_action,
    done_nodes,
    shown_title,
    visible,
)
from t2po_gym.envs.webshop.world.product_page import selected_text, sub_page_nodes
from t2po_gym.envs.webshop.world.results_page import page_text
from t2po_gym.envs.webshop.world.session import PageKind, Session

__all__ = ["Contents", "Option", "OptionGroup", "Result", "contents_of"]

LONGEST_QUERY = 200
"""Characters of a query that the heading of a results page repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A product on a results page."""

    asin: str | None
    """Its name, which is the button."""

    action: str
    """What the button does."""

    title: str | None
    """Its title."""

    price: str | None
    """Its price, as shown."""

    picture: str
    """Name of its picture."""

    visited: bool
    """Whether its page was opened before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A value that can be chosen."""

    text: str
    """The value."""

    action: str
    """What its button does."""

    chosen: bool
    """Whether it is chosen now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionGroup:
    """Values of which one is chosen."""

    name: str | None
    """Name of the group."""

    options: tuple[Option, ...]
    """Its values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """A page.

    Example: ``Contents(kind="search", notice="", instruction="Find me a blue mug", others=())``
    """

    kind: PageKind
    """Which page it is."""

    notice: str
    """What the shop says about the last action; empty for nothing."""

    instruction: str | None
    """What to buy."""

    others: tuple[str, ...]
    """Actions that are listed but have no text on the page, such as an option without a name."""

    query: str = ""
    """Words of the last search."""

    page_line: str = ""
    """Number of the results page and of all results."""

    later: bool = False
    """Whether it is a results page after the first one."""

    results: tuple[Result, ...] = ()
    """Products of a results page."""

    title: str | None = None
    """Title of the product."""

    price: str = ""
    """Line with the price of the product."""

    picture: str = ""
    """Name of the picture of the product."""

    groups: tuple[OptionGroup, ...] = ()
    """Options of the product."""

    selected: str | None = None
    """Line that names the chosen options; not stripped, as in the mode ``text``."""

    sub_pages: tuple[str, ...] = ()
    """Buttons of the product's sub pages."""

    sub_page: str = ""
    """Name of the open sub page."""

    texts: tuple[str, ...] = ()
    """What a sub page or the last page says."""

    score: float = 0.0
    """Score on the last page."""


def contents_of(session: Session) -> Contents:
    """Return what the session's current page shows."""
    return _MAKERS[session.kind](session)


def _shown(text: str) -> str | None:
    """Return a text as its node has it; None if a page has no node for it."""
    nodes = visible(Node(text))
    return nodes[0].text.strip() if nodes else None


def _others(session: Session, drawn: Iterable[str]) -> tuple[str, ...]:
    known = set(drawn)
    return tuple(action for action in session.click_actions() if action not in known)


_BACK = click_action("back to search")
_PREV = click_action("< prev")
_NEXT = click_action("next >")
_BUY = click_action("buy now")


def _search(session: Session) -> Contents:
    return Contents(
        kind="search",
        notice=session.notice,
        instruction=_shown(session.goal.instruction_text),
        others=_others(session, ()),
    )


def _results(session: Session) -> Contents:
    assert session.page is not None
    results = tuple(_result(session, index) for index in session.results)
    drawn = [result.action for result in results if result.asin is not None]
    return Contents(
        kind="results",
        notice=session.notice,
        instruction=_shown(session.goal.instruction_text),
        others=_others(session, (_BACK, _PREV, _NEXT, *drawn)),
        query=_shortened(session.query or ""),
        page_line=page_text(session.page, session.total_results),
        later=session.page > 1,
        results=results,
    )


def _shortened(query: str) -> str:
    return query if len(query) <= LONGEST_QUERY else query[:LONGEST_QUERY] + "..."


def _result(session: Session, index: int) -> Result:
    product = session.shop.catalogue.product(index)
    return Result(
        asin=_shown(product.asin),
        action=click_action(product.asin.lower()),
        title=_shown(shown_title(product, session.shop.rules)),
        price=_shown(product.price_tag),
        picture=picture_name(product),
        visited=product.asin in session.visited,
    )


def _item(session: Session) -> Contents:
    product, rules = session.product(), session.shop.rules
    groups = tuple(_group(session, *item) for item in product.options.items())
    drawn = [option.action for group in groups for option in group.options]
    names = tuple(name for name in SUB_PAGES if rules.show_attributes or name != SUB_PAGES[-1])
    buttons = [click_action(name.lower()) for name in names]
    selected = selected_text(session.options) if product.options and rules.show_selected else None
    return Contents(
        kind="item",
        notice=session.notice,
        instruction=_shown(session.goal.instruction_text),
        others=_others(session, (_BACK, _PREV, _BUY, *buttons, *drawn)),
        title=_shown(shown_title(product, rules)),
        price=f"Price: {product.price_tag}".strip(),
        picture=picture_name(product, session.options),
        groups=groups,
        selected=selected,
        sub_pages=names,
    )


def _group(session: Session, name: str, values: Iterable[str]) -> OptionGroup:
    chosen = session.options.get(name)
    shown = ((value, _shown(value)) for value in values)
    return OptionGroup(
        name=_shown(name),
        options=tuple(
            Option(text=text, action=click_action(value), chosen=value == chosen)
            for value, text in shown
            if text is not None
        ),
    )


def _sub(session: Session) -> Contents:
    product, name = session.product(), str(session.sub_page)
    nodes = sub_page_nodes(product, name, session.shop.rules)
    return Contents(
        kind="sub",
        notice=session.notice,
        instruction=_shown(session.goal.instruction_text),
        others=_others(session, (_BACK, _PREV)),
        title=shown_title(product, session.shop.rules),
        picture=picture_name(product, session.options),
        sub_page=name,
        texts=tuple(node.text.strip() for node in nodes),
    )


def _done(session: Session) -> Contents:
    product = session.product()
    assert session.detail is not None
    score = session.detail.total
    nodes = done_nodes(product.asin, session.options, score)
    return Contents(
        kind="done",
        notice=session.notice,
        instruction=None,  # the last page does not repeat it
        others=_others(session, ()),
        title=shown_title(product, session.shop.rules),
        picture=picture_name(product, session.options),
        texts=tuple(node.text.strip() for node in nodes),
        score=score,
    )


_MAKERS = {"search": _search, "results": _results, "item": _item, "sub": _sub, "done": _done}
