"""The document of a session's page.

* Each node of the observation mode ``text`` is an element with the attribute ``data-node``. Its
  ``textContent``, exactly as it is (do not strip it), is the node; joined by ``" [SEP] "`` in
  document order they are the observation, with the session's notice in front. Where a node has
  characters that no HTML can hold (NUL, lone surrogates), ``data-text`` is the node as JSON.
* Each action is a submit button with the name ``action`` and the action as its value. The search
  box is the field ``query``, sent with the value ``search``.
* ``data-page`` of the root names the visible state, and each form sends it as ``page``.

All addresses are relative to ``/shop/TOKEN/``. There is no script.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b

from t2po_gym.envs.webshop.site.contents import Contents, contents_of
from t2po_gym.envs.webshop.site.templating import render
from t2po_gym.envs.webshop.world.session import Session

__all__ = ["page_html", "page_id"]


def page_html(
    session: Session, *, message: str = "", again: bool = False, with_notice: bool = True
) -> str:
    """Return the HTML document of the session's current page.

    It depends on nothing but what the session shows.

    Args:
        session: the session.
        message: a sentence of the site itself, above the page and outside the observation.
        again: whether the message has a link to the start page, because the episode is over.
        with_notice: False for the page as it is without the session's notice.
    """
    contents = contents_of(session)
    if not with_notice:
        contents = replace(contents, notice="")
    return render(
        f"{contents.kind}.html",
        page=contents,
        page_id=_digest(contents),
        message=message,
        again=again,
    )


def page_id(session: Session) -> str:
    """Return the name of the visible state: ``data-page`` of the page, 16 hex digits."""
    return _digest(contents_of(session))


def _digest(contents: Contents) -> str:
    return blake2b(ascii(contents).encode("ascii"), digest_size=8).hexdigest()
