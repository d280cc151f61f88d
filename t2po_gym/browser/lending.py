"""What the environments of one process share: a server, and a browser that opens their pages.

The first environment starts them, the last one that gives its page back ends them. A process that
was forked starts its own: what its parent has is never used there.

* ``borrow`` - a page of a seat; ``Loan`` - the page, its address, and giving it back.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from threading import RLock
from typing import TYPE_CHECKING, Any

from t2po_gym.browser.chromium import Chromium
from t2po_gym.browser.tab import Tab

if TYPE_CHECKING:
    from t2po_gym.server.background import BackgroundServer
    from t2po_gym.server.seats import Seat
    from t2po_gym.server.sessions import Sessions

__all__ = ["Loan", "borrow"]

MOST_PAGES = 10_000
"""Environments of one process that can have a page at the same time."""


@dataclass
class _House:
    """What there is to share in this process."""

    lock: RLock = field(default_factory=RLock)
    sessions: Sessions[Seat] | None = None
    server: BackgroundServer | None = None
    browsers: dict[bool, Chromium] = field(default_factory=dict)
    """Shared browsers, by whether they have a sandbox."""

    loans: list[Loan] = field(default_factory=list)


_HOUSE = _House()


def _move_out() -> None:
    """Leave what the parent process has to it."""
    global _HOUSE
    _LEFT_TO_THE_PARENT.append(_HOUSE)  # kept: collecting it would close what both hold
    _HOUSE = _House()


_LEFT_TO_THE_PARENT: list[_House] = []
os.register_at_fork(after_in_child=_move_out)


@dataclass(eq=False)
class Loan:
    """A page of a seat in a browser.

    Attributes:
        tab: the page.
        address: where the server shows the seat.
    """

    tab: Tab
    address: str
    browser: Chromium
    token: str
    process: int = field(default_factory=os.getpid)

    @property
    def usable(self) -> bool:
        """Whether this process has it: not one that was forked."""
        return self.process == os.getpid()

    def give_back(self) -> None:
        """Close the page, and browser and server after the last one; safe to call twice."""
        house = _HOUSE
        if not self.usable:
            return
        with house.lock:
            if self not in house.loans:
                return
            house.loans.remove(self)
            assert house.sessions is not None
            house.sessions.remove(self.token)
            _close_what_is_unused(house, self.browser)
            if any(loan.browser is self.browser for loan in house.loans) and self.browser.alive():
                self.tab.close()


def _close_what_is_unused(house: _House, browser: Chromium) -> None:
    if not any(loan.browser is browser for loan in house.loans):
        browser.close()
        house.browsers = {k: kept for k, kept in house.browsers.items() if kept is not browser}
    if not house.loans and house.server is not None:
        house.server.close()
        house.server = house.sessions = None


def borrow(seat: Seat, *, own: bool, sandbox: bool, **page: Any) -> Loan:
    """Open a page that shows a seat.

    Args:
        seat: what the server shows.
        own: Whether the browser is a process of its own, used by nobody else.
        sandbox: Whether Chromium uses its own sandbox.
        page: Arguments of the `Tab`: its size, whether it keeps sources.

    Raises:
        BrowserError: If the browser is missing or does not start.
    """
    house = _HOUSE
    with house.lock:
        browser = Chromium(sandbox) if own else _shared_browser(house, sandbox)
        try:
            tab = Tab(browser, **page)
            server, sessions = _serve(house)
            token = sessions.add(seat)
        except BaseException:
            _close_what_is_unused(house, browser)
            raise
        loan = Loan(tab, f"{server.url}shop/{token}/", browser, token)
        house.loans.append(loan)
        return loan


def _shared_browser(house: _House, sandbox: bool) -> Chromium:
    browser = house.browsers.get(sandbox)
    if browser is None or not browser.alive():
        browser = house.browsers[sandbox] = Chromium(sandbox)
    return browser


def _serve(house: _House) -> tuple[BackgroundServer, Sessions[Seat]]:
    """Return the server and its sessions, started on first use."""
    from t2po_gym.server.app import create_app
    from t2po_gym.server.background import BackgroundServer
    from t2po_gym.server.sessions import Sessions

    if house.server is None or house.sessions is None:
        house.sessions = Sessions(MOST_PAGES, math.inf, math.inf)
        house.server = BackgroundServer(create_app(house.sessions))
    return house.server, house.sessions
