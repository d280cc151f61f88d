"""Run an application in the background of a program."""

from __future__ import annotations

import time
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING

from t2po_gym.server.running import address_of, listen, make_server

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = ["BackgroundServer"]

START_TIMEOUT_S = 30.0


class BackgroundServer:
    """An application that runs in a thread of this process until it is closed.

    Args:
        app: the application.
        host: address to listen on.
        port: port; 0 takes a free one.

    Attributes:
        url: its address, with a slash at the end.

    Raises:
        OSError: If the address cannot be had.
    """

    def __init__(self, app: Starlette, host: str = "127.0.0.1", port: int = 0) -> None:
        self._listening = listen(host, port)
        self.url = address_of(self._listening)
        self._server = make_server(app, lifespan="on")
        self._thread = Thread(
            target=self._server.run,
            kwargs={"sockets": [self._listening]},
            name="t2po-gym-server",
            daemon=True,
        )
        self._thread.start()
        self._wait()

    def _wait(self) -> None:
        limit = time.monotonic() + START_TIMEOUT_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > limit:
                self.close()
                raise OSError(f"The server at {self.url} did not start.")
            time.sleep(0.005)

    def close(self) -> None:
        """Stop serving; may be called again."""
        self._server.should_exit = True
        self._thread.join()
        self._listening.close()

    def __enter__(self) -> BackgroundServer:
        """Return the server."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop serving."""
        self.close()
