"""The window that shows an environment's session: opened on first use, and anew after a failure."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NothingCame
from contextlib import contextmanager
from threading import RLock
from typing import Any

from gymnasium.error import ResetNeeded

from t2po_gym.browser.chromium import LOADING_S, BrowserError
from t2po_gym.browser.gestures import Gesture
from t2po_gym.browser.lending import Loan, borrow
from t2po_gym.browser.seat import EnvironmentSeat
from t2po_gym.browser.tab import Draft, Reading, Tab, can_be_typed
from t2po_gym.core.env import Outcome
from t2po_gym.envs.webshop.world.session import Session
from t2po_gym.server.seats import Press

__all__ = ["UNTOUCHED", "Window"]

UNTOUCHED = Draft("", -1, 0)
"""A page as it was loaded."""

TWO_THREADS = (
    "Another thread is using this environment; give each thread an environment of its own."
)

Play = Callable[[Press], Outcome]


class Window:
    """Shows a session and takes its presses.

    A pickled or copied window, and one in a forked process, opens a page of its own when it is
    next used. One that is collected gives its page back.

    Args:
        own: Whether the browser is a process of its own.
        sandbox: Whether Chromium uses its own sandbox.
        page: Arguments of the `Tab`.

    Attributes:
        text: the page's nodes, joined as in the observation mode ``text``.
        draft: what was typed and scrolled since the page was loaded.
        closed: whether `close` was called since a session was last shown.
    """

    def __init__(self, *, own: bool, sandbox: bool, **page: Any) -> None:
        self._browser = {"own": own, "sandbox": sandbox}
        self._page = page
        self._seat = EnvironmentSeat()
        self._loan: Loan | None = None
        self._give_back: weakref.finalize[Any, Any] | None = None
        self._broken = False
        self._page_id = ""
        self._use = RLock()
        self.text = ""
        self.draft = UNTOUCHED
        self.closed = False

    @contextmanager
    def used(self, shows: bool = False) -> Iterator[None]:
        """Use the window, and let no other thread in.

        Args:
            shows: Whether a session is to be shown, which opens a closed window.

        Raises:
            BrowserError: If another thread uses it.
            ResetNeeded: If it is closed.
        """
        if not self._use.acquire(blocking=False):
            raise BrowserError(TWO_THREADS)
        try:
            if self.closed and not shows:
                raise ResetNeeded("The environment is closed; reset() opens its page again.")
            yield
        finally:
            self._use.release()

    def show(self, session: Session) -> None:
        """Show a session from now on, in a new page if there is none that works."""
        self._seat.expect_nothing()
        self._seat.session = session
        self.closed = False
        known = self._loan is not None
        try:
            with self._noting_failure():
                self._open()
        except BrowserError:
            if not known:
                raise
            with self._noting_failure():
                self._open()  # it ended while it was asked: a new one

    def refresh(self) -> None:
        """Load the page again if it does not show the current state."""
        with self._noting_failure():
            if self._page_id != self._seat.page_id():
                self._load()

    def press(self, verb: str, argument: str, play: Play) -> Outcome | None:
        """Do ``click[argument]`` or ``search[argument]`` on the page.

        Args:
            verb: ``click`` or ``search``.
            argument: What to press or to search.
            play: Called with what the page sends.

        Returns:
            What came of it; None if the page has nothing to press for it.
        """
        with self._noting_failure():
            tab = self._tab()
            awaited = self._seat.expect(play)
            if verb == "click":
                sent = tab.press(f"click[{argument}]")
            else:
                sent = can_be_typed(argument) and tab.search(argument)
            if sent:
                return self._arrive(awaited)
            self._seat.expect_nothing()
            return None

    def perform(self, gesture: Gesture, play: Play) -> Outcome | bool:
        """Do an action by position.

        Returns:
            What came of it if it sent something to the shop, else whether it could be done.
        """
        with self._noting_failure():
            awaited = self._seat.expect(play)
            submitted = self._tab().perform(gesture)
            if submitted:
                return self._arrive(awaited)
            self._seat.expect_nothing()
            self.draft = self._tab().draft()
            return submitted is not None

    def take_up(self, draft: Draft) -> None:
        """Bring the page to a draft."""
        with self._noting_failure():
            if draft != self.draft:
                self._tab().take_up(draft)
                self.draft = draft

    def read(self, what: Callable[[Tab], Any]) -> Any:
        """Read something from the page, such as ``Tab.screenshot``."""
        with self._noting_failure():
            return what(self._tab())

    def close(self) -> None:
        """Give the page back; the browser ends with its last page. Waits for another thread."""
        with self._use:
            self.closed = True
            self._let_go()

    # ---- inside ----------------------------------------------------------------------------

    def _let_go(self) -> None:
        if self._give_back is not None:
            self._give_back()
        self._loan = self._give_back = None

    @contextmanager
    def _noting_failure(self) -> Iterator[None]:
        try:
            yield
        except BrowserError:
            self._broken = True
            raise

    def _tab(self) -> Tab:
        if self._loan is None or not self._loan.usable:
            self._open()
        assert self._loan is not None
        return self._loan.tab

    def _open(self) -> None:
        loan = self._loan
        if loan is None or self._broken or not loan.usable or not loan.browser.alive():
            self._let_go()
            self._loan = borrow(self._seat, **self._browser, **self._page)
            # Called when the window is closed or, for those who forget that, collected.
            self._give_back = weakref.finalize(self, self._loan.give_back)
            self._broken = False
        self._load()

    def _load(self) -> None:
        assert self._loan is not None
        self._take(self._loan.tab.load(self._loan.address))

    def _arrive(self, awaited: Future[Outcome]) -> Outcome:
        """Wait until what was pressed is played, and for the page that follows."""
        try:
            outcome = awaited.result(LOADING_S)
        except NothingCame:
            self._seat.expect_nothing()
            raise BrowserError(
                f"The page sent nothing within {LOADING_S} s of a press; call reset()."
            ) from None
        self._take(self._tab().arrive())
        return outcome

    def _take(self, reading: Reading) -> None:
        if reading.page_id != self._seat.page_id():
            raise BrowserError("The browser does not show the shop's current page; call reset().")
        self._page_id = reading.page_id
        self.text = reading.text
        self.draft = UNTOUCHED

    def __getstate__(self) -> dict[str, Any]:
        session = self._seat.session
        return {**self.__dict__, "_loan": None, "_give_back": None, "_use": None, "_seat": session}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._use = RLock()
        self._seat = EnvironmentSeat()
        self._seat.session = state["_seat"]
