"""Addresses of pages as the original writes them, and the page that it reads out of one.

Behaviour: docs/originals/webshop.md, section 5.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from t2po_gym.envs.webshop.world.session import Session

__all__ = ["PageKind", "address_of", "page_named"]

PageKind = Literal["search", "results", "item", "sub", "done"]

BASE_URL = "http://127.0.0.1:3000"
_KIND_OF_URL_NAME: dict[str, PageKind] = {
    "search_results": "results",
    "item_page": "item",
    "item_sub_page": "sub",
    "done": "done",
}


def address_of(session: Session) -> str:
    """Return the address of a session's current page."""
    start, sid = BASE_URL, session.session_id
    if session.kind == "search":
        return f"{start}/{sid}"
    words = (session.query or "").replace(" ", "+")
    page, options = session.page, session.options
    if session.kind == "results":
        return f"{start}/search_results/{sid}/{words}/{page}"
    asin = session.product().asin
    if session.kind == "item":
        return f"{start}/item_page/{sid}/{asin}/{words}/{page}/{json.dumps(options)}"
    if session.kind == "sub":
        return f"{start}/item_sub_page/{sid}/{asin}/{words}/{page}/{session.sub_page}/{options}"
    return f"{start}/done/{sid}/{asin}/{options}"


def page_named(address: str) -> PageKind:
    """Return the page whose name occurs in an address, wherever: the query is a part of it."""
    return next((kind for name, kind in _KIND_OF_URL_NAME.items() if name in address), "search")
