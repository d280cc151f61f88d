"""A bound on the connections of MCP clients, in which those of dead clients make room.

A client that dies does not say so, and the SDK keeps its connection until it was idle for half an
hour. This application counts the connections itself. It ends one as a client would: with DELETE.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from t2po_gym.retrieval.http.asgi import App, Message, Receive, Send

__all__ = ["SESSION_HEADER", "Connections"]


SESSION_HEADER = "mcp-session-id"
"""The header that names a connection."""
SPARED_S = 60.0
"""Seconds for which an idle connection is never ended to make room."""
GRACE_S = 60.0
"""Seconds after which a connection that the SDK has dropped for being idle is forgotten here."""
REFUSED = 503


@dataclass(slots=True)
class _Use:
    """How a connection is used."""

    used: float
    """When its last request began or ended."""

    playing: int = 0
    """Requests that are being answered."""

    listening: int = 0
    """Streams that its client holds open; a dead client's are closed."""


class Connections:
    """Bound the connections of an application that speaks MCP over streamable HTTP.

    Args:
        app: The application; it must not bound them itself.
        ended: Called with the name of each connection that has ended.
        max_connections: Connections at the same time. One more takes the place of one that was
            idle for ``spared_s``, first of those whose clients listen to nothing; otherwise it is
            refused.
        max_idle_s: Seconds without a request after which the application drops a connection.
        spared_s: Seconds for which an idle connection is never ended to make room.
        clock: Seconds from any start.
    """

    def __init__(
        self,
        app: App,
        ended: Callable[[str], Awaitable[None]],
        max_connections: int,
        max_idle_s: float,
        spared_s: float = SPARED_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app, self._ended = app, ended
        self._max, self._max_idle_s, self._spared_s = max_connections, max_idle_s, spared_s
        self._clock = clock
        self._known: dict[str, _Use] = {}

    def __len__(self) -> int:
        """Return the number of connections."""
        return len(self._known)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request."""
        name = _header(scope, SESSION_HEADER) if scope["type"] == "http" else ""
        if scope["type"] == "http" and not name:
            await self._open(scope, receive, send)
        elif name in self._known:
            await self._use(name, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _open(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request outside connections, which may open one."""
        refused = ""

        async def seated(message: Message) -> None:
            nonlocal refused
            name = _opened(message)
            if name and not await self._admit(name, scope):
                refused = name
            if not refused:
                await send(message)

        await self._app(scope, receive, seated)
        if refused:
            await self._end(refused, scope)
            await self._refuse(send)

    async def _use(self, name: str, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request of a connection."""
        use, status = self._known[name], [0]
        kind = "listening" if scope["method"] == "GET" else "playing"
        use.used = self._clock()
        setattr(use, kind, getattr(use, kind) + 1)
        try:
            await self._app(scope, receive, _noting(status, send))
        finally:
            setattr(use, kind, getattr(use, kind) - 1)
            use.used = self._clock()
        over = status[0] < 300 if scope["method"] == "DELETE" else status[0] == 404
        if over and self._known.pop(name, None) is not None:
            await self._ended(name)

    async def _admit(self, name: str, scope: Message) -> bool:
        """Give a new connection a place; another one may have to go."""
        await self._forget()
        self._known[name] = _Use(self._clock())
        if len(self._known) <= self._max:
            return True
        idle = self._idlest()
        del self._known[name if idle is None else idle]
        if idle is not None:
            await self._end(idle, scope)
            await self._ended(idle)
        return idle is not None

    def _idlest(self) -> str | None:
        """Return the connection that may be ended to make room."""
        now = self._clock()
        idle = {
            name: use
            for name, use in self._known.items()
            if not use.playing and now - use.used >= self._spared_s
        }
        order = {name: (use.listening > 0, use.used) for name, use in idle.items()}
        return min(order, key=lambda name: order[name]) if order else None

    async def _forget(self) -> None:
        """Forget what the application has dropped for being idle."""
        limit = self._clock() - self._max_idle_s - GRACE_S
        gone = [
            name
            for name, use in self._known.items()
            if use.used < limit and not (use.playing or use.listening)
        ]
        for name in gone:
            if self._known.pop(name, None) is not None:
                await self._ended(name)

    async def _end(self, name: str, scope: Message) -> None:
        """End a connection in the application, as its client would.

        Args:
            name: The connection.
            scope: A request that the application has accepted; it says at which address.
        """
        headers = [(b"host", _header(scope, "host").encode("latin-1"))]
        headers.append((SESSION_HEADER.encode(), name.encode("latin-1")))
        request = {**scope, "method": "DELETE", "headers": headers}
        await self._app(request, _nothing, _unheard)

    async def _refuse(self, send: Send) -> None:
        text = f"All {self._max} connections are in use; try again in a minute."
        error = {"jsonrpc": "2.0", "id": None, "error": {"code": -32603, "message": text}}
        body = json.dumps(error).encode()
        headers = [(b"content-type", b"application/json")]
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": REFUSED, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _header(message: Message, name: str) -> str:
    """Return a header of a request or a response; empty if it has none."""
    value: bytes = dict(message.get("headers", ())).get(name.encode(), b"")
    return value.decode("latin-1")


def _opened(message: Message) -> str:
    """Return the connection that a response opens; empty if it opens none."""
    opens = message["type"] == "http.response.start" and message["status"] < 400
    return _header(message, SESSION_HEADER) if opens else ""


def _noting(status: list[int], send: Send) -> Send:
    """Return a way to send that notes the status of the response."""

    async def noting(message: Message) -> None:
        if message["type"] == "http.response.start":
            status[0] = message["status"]
        await send(message)

    return noting


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _unheard(message: Message) -> None:
    """Drop a response."""
