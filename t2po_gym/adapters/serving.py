"""Run an adapter's web application until Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from t2po_gym.server.running import address_of, listen

try:
    import uvicorn
except ImportError as error:
    raise ImportError(
        "Serving needs uvicorn; install it with: pip install 't2po-gym[serve]'"
    ) from error

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = ["serve_app"]

MAX_MESSAGE_BYTES = 2**21
MAX_HEADER_BYTES = 32_768
MAX_CONNECTIONS = 2_000
CLOSE_TIMEOUT_S = 3


def serve_app(
    app: Starlette,
    host: str,
    port: int,
    ready: Callable[[str], None],
    *,
    websockets: Literal["none", "websockets-sansio"] = "none",
) -> None:
    """Serve until Ctrl-C or a signal to terminate.

    Args:
        app: The application; unlike a site's, it is told when it starts and stops.
        host: Address to listen on.
        port: Port; 0 takes a free one.
        ready: Called with the address as soon as requests are taken.
        websockets: Whether it has WebSockets, and what speaks them.

    Raises:
        OSError: If the address cannot be had.
    """
    config = uvicorn.Config(
        app,
        http="h11",  # the one implementation that bounds the headers
        ws=websockets,
        ws_max_size=MAX_MESSAGE_BYTES,
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=CLOSE_TIMEOUT_S,
        limit_concurrency=MAX_CONNECTIONS,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
    )
    with listen(host, port) as listening:
        ready(address_of(listening))
        try:
            uvicorn.Server(config).run(sockets=[listening])
        except KeyboardInterrupt:
            return  # the server has closed its connections before it passes this on
