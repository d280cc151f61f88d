"""The environment's seat at the server: a page to show, and one press at a time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock

from t2po_gym.browser.chromium import BrowserError
from t2po_gym.core.env import Outcome
from t2po_gym.envs.webshop.site.page import page_html, page_id
from t2po_gym.envs.webshop.world.session import Session
from t2po_gym.server.seats import Press

__all__ = ["EnvironmentSeat"]

Play = Callable[[Press], Outcome]


class EnvironmentSeat:
    """Shows an environment's session, and plays a press only while the environment waits for one.

    The server calls it from a thread of its own. A press that nobody waits for (from another
    window, say) changes nothing, so an episode holds the environment's own actions alone.

    Attributes:
        session: the session of the current episode; None before the first.
    """

    def __init__(self) -> None:
        self.session: Session | None = None
        self._lock = Lock()
        self._awaited: tuple[Play, Future[Outcome]] | None = None

    def html(self, message: str = "") -> str:
        """Return the current page."""
        return page_html(self._now(), message=message)

    def page_id(self) -> str:
        """Return the name of the state that the current page shows."""
        return page_id(self._now())

    def act(self, press: Press) -> None:
        """Play a press if the environment waits for one."""
        with self._lock:
            awaited, self._awaited = self._awaited, None
        if awaited is None:
            return
        play, future = awaited
        try:
            future.set_result(play(press))
        except BaseException as error:
            future.set_exception(error)  # raised again where the environment waits
            if not isinstance(error, BrowserError):
                raise

    def close(self) -> None:
        """Nothing is to be let go: the environment is its owner's."""

    def expect(self, play: Play) -> Future[Outcome]:
        """Let the next press be played; the future holds what came of it."""
        future: Future[Outcome] = Future()
        with self._lock:
            self._awaited = (play, future)
        return future

    def expect_nothing(self) -> None:
        """Let no press be played until the next `expect`."""
        with self._lock:
            self._awaited = None

    def _now(self) -> Session:
        assert self.session is not None, "no episode has begun"
        return self.session
