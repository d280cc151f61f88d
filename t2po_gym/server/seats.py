"""Seats: what the server needs to know of an episode that somebody plays."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal, NamedTuple, Protocol

__all__ = ["Press", "Seat", "as_listed"]


class Press(NamedTuple):
    """What a person did on a page.

    Example: ``Press("click", "buy now")``, ``Press("search", "red shoes")``,
    ``Press("say", "go to desk 1")``
    """

    verb: Literal["click", "search", "say"]
    """A button or the search box of a shop, or a whole action in words."""

    text: str
    """Name of the button, query, or action."""

    @property
    def action(self) -> str:
        """The press as an action of the environment."""
        return self.text if self.verb == "say" else f"{self.verb}[{self.text}]"


class Seat(Protocol):
    """One episode. It is used by one request at a time."""

    def html(self, message: str = "") -> str:
        """Return the current page as a document, with a sentence of the site above it."""
        ...

    def page_id(self) -> str:
        """Return the name of what the page shows; forms send it back as ``page``."""
        ...

    def act(self, press: Press) -> None:
        """Apply a press of the current page. Must not raise an exception for any text."""
        ...

    def close(self) -> None:
        """Let go of the episode; called once, when the session ends or is dropped."""
        ...


# What a browser does not send back as it was: it writes each line end as CR LF, and half
# characters and NUL are not in the page at all.
_LINE_ENDS = re.compile("\r\n|\r|\n")
_LOST = re.compile("[\0\ud800-\udfff]")


def as_listed(action: str, listed: Collection[str]) -> str:
    r"""Return the listed action that a browser sent; the action itself if none is.

    Example:
        >>> as_listed("click[a\r\nb]", ["click[a\nb]"])
        'click[a\nb]'
    """
    if action in listed:
        return action
    sent = _as_sent(action)
    return next((known for known in listed if _as_sent(known) == sent), action)


def _as_sent(action: str) -> str:
    return _LINE_ENDS.sub("\r\n", _LOST.sub("\ufffd", action))
