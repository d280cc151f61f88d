"""Which client plays which episode: by connection, or by a session where there are none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from t2po_gym.adapters.episode import Page, RemoteEnv
from t2po_gym.server.sessions import Sessions

__all__ = ["Players"]

NO_EPISODE = "No episode has been started; call reset first."
NO_SESSION = "No session was named; call reset and pass the session that it returns."
OVER = "The episode is over; call reset first."
TOO_LONG = "The episode was idle too long and is gone; call reset first."
UNKNOWN = (
    "There is no such session, or it was idle too long and is gone; call reset without `session` "
    "for a new one."
)
OWN = "A connection has a session of its own, and this is not the name of it; leave `session` out."
LOST_SEED = (
    "The session was idle too long and is gone, and with it what its seed would have drawn next; "
    "name a seed."
)


class Players:
    """The episodes of a server's clients.

    A client keeps its environment from reset to reset, so that resets without a seed go on as in
    one that `gymnasium.make` made. Between two episodes its place is kept until somebody needs it.

    Args:
        make: Makes an environment.
        sessions: Where they are kept.

    A connection has one session at most, and need not name it; naming another one is refused.
    Clients without a connection name the session that their first reset returned.
    """

    def __init__(self, make: Callable[[], RemoteEnv], sessions: Sessions[RemoteEnv]) -> None:
        self._make = make
        self._sessions = sessions
        self._own: dict[str, tuple[str, RemoteEnv]] = {}  # connection -> its session
        self._lock = Lock()  # a connection may send several requests at once

    def reset(
        self, connection: str | None, session: str | None, start: Mapping[str, Any]
    ) -> tuple[str, Page]:
        """Start an episode.

        Args:
            connection: Name of the client's connection; None if it has none.
            session: Name of its session, if the client gave one.
            start: Arguments of `RemoteEnv.reset`.

        Returns:
            Name of the session, and the first page.

        Raises:
            ValueError: If an argument is refused; the running episode goes on.
            SessionsFull: If there is no place for one more client.
        """
        with self._lock:
            token = self._token(connection, session)
            env = self._sessions.get(token)
            if env is None:
                return self._begin(connection, token, start)
            try:
                return token, env.reset(**start)
            finally:
                self._rest(token, env)

    def step(self, connection: str | None, session: str | None, action: str) -> tuple[str, Page]:
        """Play an action of the running episode; returns the session's name and the page.

        Raises:
            ValueError: If there is no running episode.
        """
        with self._lock:
            token, env = self._running(connection, session)
            try:
                return token, env.step(action)
            finally:
                self._rest(token, env)

    def actions(self, connection: str | None, session: str | None) -> tuple[str, ...]:
        """Return the actions that are available now.

        Raises:
            ValueError: If there is no running episode.
        """
        with self._lock:
            return self._running(connection, session)[1].actions()

    def disconnect(self, connection: str) -> None:
        """Let go of a connection's session."""
        with self._lock:
            own = self._own.pop(connection, None)
            if own is not None:
                self._sessions.remove(own[0])

    def sweep(self) -> None:
        """Let go of every session that was idle too long."""
        with self._lock:
            self._sessions.sweep()

    def close(self) -> None:
        """Let go of every session."""
        with self._lock:
            self._sessions.close()
            self._own.clear()

    def _token(self, connection: str | None, session: str | None) -> str:
        """Return the name of the client's session; empty if it has none."""
        if connection is None:
            return session or ""
        own = self._own[connection][0] if connection in self._own else ""
        if session and session != own:
            raise ValueError(OWN)
        return own

    def _running(self, connection: str | None, session: str | None) -> tuple[str, RemoteEnv]:
        token = self._token(connection, session)
        env = self._sessions.get(token)
        if env is None and connection is None:
            raise ValueError(UNKNOWN if token else NO_SESSION)
        if env is None:
            raise ValueError(TOO_LONG if token else NO_EPISODE)
        if env.over:
            self._rest(token, env)
            raise ValueError(OVER)
        return token, env

    def _begin(
        self, connection: str | None, token: str, start: Mapping[str, Any]
    ) -> tuple[str, Page]:
        """Give a client its place; it comes without one, or with the name of one that is gone."""
        if connection is None and token:
            raise ValueError(UNKNOWN)
        if token and start.get("seed") is None and self._own[connection or ""][1].seeded:
            raise ValueError(LOST_SEED)
        env = self._make()
        try:
            page = env.reset(**start)
            token = self._sessions.add(env)
        except BaseException:
            env.close()
            raise
        if connection is not None:
            self._own[connection] = token, env
        return token, page

    def _rest(self, token: str, env: RemoteEnv) -> None:
        """Mark the place of an episode that has ended: it is free for others when they need it."""
        if env.over:
            self._sessions.spare(token)
