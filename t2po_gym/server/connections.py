"""Connections that do not wait for their client for ever, and no more of them than files allow.

uvicorn itself bounds how long an answered connection is kept, and how many requests run at once. It
lets a client that sends nothing, or half a request, stay for ever, and takes connections until the
process has no file left, which asyncio then reports in a loop.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None  # type: ignore[assignment]

__all__ = ["BACKLOG", "Connection", "most_connections"]

BACKLOG = 128
"""Connections that are taken at once."""

MAX_CONNECTIONS = 2_000
RESERVED_FILES = 288
"""Files that connections leave: one backlog, and what the program itself has open."""

REQUEST_S = 30.0
"""How long a client may take to send a whole request."""


def most_connections() -> int:
    """Return how many connections a server may hold under the limit of open files."""
    if resource is None:
        return MAX_CONNECTIONS
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if files == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return min(MAX_CONNECTIONS, files - min(RESERVED_FILES, files // 2))


class Connection(H11Protocol):
    """A connection of HTTP/1.1 whose requests must be whole within `REQUEST_S` seconds.

    Where there is no room for it, the one that has waited longest for its client makes room. If all
    are being answered, the new one is dropped.
    """

    waiting_since: float | None = None
    """Since when it waits for its client; None while it answers."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, if there is room."""
        super().connection_made(transport)
        self._wait()
        if self.limit_concurrency is not None and len(self.connections) >= self.limit_concurrency:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of it."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; the first ones of a request begin its time."""
        if self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]:
            self._stop_waiting()
        super().data_received(data)

    def handle_events(self) -> None:
        """Handle what has come, then wait for the rest of it, if there is one."""
        super().handle_events()
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._stop_waiting()
        elif self.waiting_since is None and self.transport.get_protocol() is self:
            self._wait()

    def handle_websocket_upgrade(self, event: Any) -> None:
        """Leave the connection to another protocol."""
        self._stop_waiting()
        super().handle_websocket_upgrade(event)

    def drop(self) -> None:
        """Close it at once."""
        self._stop_waiting()
        self.connections.discard(self)
        self.transport.abort()

    def _wait(self) -> None:
        self.waiting_since = self.loop.time()
        self._late = self.loop.call_later(REQUEST_S, self.drop)

    def _stop_waiting(self) -> None:
        self.waiting_since = None
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _make_room(self) -> None:
        others = [c for c in self.connections if isinstance(c, Connection) and c is not self]
        idle = [c for c in others if c.waiting_since is not None]
        min(idle, key=lambda c: c.waiting_since or 0.0, default=self).drop()
