"""Run an application in front of a person, until Ctrl-C."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

try:
    import uvicorn

    from t2po_gym.server.connections import BACKLOG, Connection, most_connections
except ImportError as error:
    raise ImportError(
        "Serving needs uvicorn; install it with: pip install 't2po-gym[serve]'"
    ) from error

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = ["address_of", "listen", "make_server", "run_until_interrupted"]

MAX_PORT = 65_535
MAX_HEADER_BYTES = 32_768
MAX_MESSAGE_BYTES = 2**21
KEEP_ALIVE_S = 30
CLOSE_TIMEOUT_S = 3


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes a free one.

    Raises:
        OSError: If the address cannot be had.
        ValueError: If there is no such port.
    """
    if not 0 <= port <= MAX_PORT:
        raise ValueError(f"A port is a number from 0 to {MAX_PORT}; got {port}.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named: without its number asyncio leaves small packets waiting 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise OSError(f"Cannot listen at {host}, port {port}: {error.strerror}.") from error
    return listening


def address_of(listening: socket.socket) -> str:
    """Return the address of a listening socket, with a slash at the end."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


Lifespan = Literal["on", "off"]
WebSockets = Literal["none", "websockets-sansio"]


def make_server(
    app: Starlette, *, lifespan: Lifespan = "off", websockets: WebSockets = "none"
) -> uvicorn.Server:
    """Return the server of an application, with its limits.

    Args:
        app: the application.
        lifespan: whether it is told when it starts and stops.
        websockets: whether it has WebSockets, and what speaks them.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=Connection,  # h11, the one implementation that bounds the headers
            backlog=BACKLOG,
            ws=websockets,
            ws_max_size=MAX_MESSAGE_BYTES,
            lifespan=lifespan,
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=CLOSE_TIMEOUT_S,
            limit_concurrency=most_connections(),
            h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        )
    )


def run_until_interrupted(
    app: Starlette,
    host: str,
    port: int,
    ready: Callable[[str], None],
    *,
    lifespan: Lifespan = "off",
    websockets: WebSockets = "none",
) -> None:
    """Serve until Ctrl-C or a signal to terminate.

    Args:
        app: the application.
        host: address to listen on.
        port: port; 0 takes a free one.
        ready: called with the address as soon as requests are taken.
        lifespan: as in `make_server`.
        websockets: as in `make_server`.

    Raises:
        OSError: If the address cannot be had.
    """
    server = make_server(app, lifespan=lifespan, websockets=websockets)
    with listen(host, port) as listening, _terminated_like_interrupted():
        ready(address_of(listening))
        try:
            server.run(sockets=[listening])
        except KeyboardInterrupt:
            return  # the server has closed its connections before it passes this on


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Let a signal to terminate end the program as Ctrl-C does, so that nothing is lost."""
    if threading.current_thread() is not threading.main_thread():  # signals are the main one's
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
