"""Run an application in front of a person, until Ctrl-C."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

try:
    import uvicorn
except ImportError as error:
    raise ImportError(
        "Serving needs uvicorn; install it with: pip install 't2po-gym[serve]'"
    ) from error

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = ["LOOPBACK", "address_of", "listen", "make_server", "run_until_interrupted"]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Addresses that only this machine can reach."""

MAX_HEADER_BYTES = 32_768
KEEP_ALIVE_S = 30
MAX_CONNECTIONS = 2_000
CLOSE_TIMEOUT_S = 3


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes a free one.

    Raises:
        OSError: If the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise OSError(f"Cannot listen at {host}, port {port}: {error.strerror}.") from error


def address_of(listening: socket.socket) -> str:
    """Return the address of a listening socket, with a slash at the end."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def make_server(app: Starlette) -> uvicorn.Server:
    """Return the server of an application, with its limits."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http="h11",  # the one implementation that bounds the headers
            ws="none",
            lifespan="off",
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=CLOSE_TIMEOUT_S,
            limit_concurrency=MAX_CONNECTIONS,
            h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        )
    )


def run_until_interrupted(
    app: Starlette, host: str, port: int, ready: Callable[[str], None]
) -> None:
    """Serve until Ctrl-C or a signal to terminate.

    Args:
        app: the application.
        host: address to listen on.
        port: port; 0 takes a free one.
        ready: called with the address as soon as requests are taken.

    Raises:
        OSError: If the address cannot be had.
    """
    with listen(host, port) as listening, _terminated_like_interrupted():
        ready(address_of(listening))
        try:
            make_server(app).run(sockets=[listening])
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
