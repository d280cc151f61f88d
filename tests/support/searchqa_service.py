"""A loopback search service for the tests: answers as it is told, records what it is asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HANG_UP = -1
"""Instead of a status: close the connection without a word."""

Answer = tuple[int, Any]
"""Status and body; a body that is not bytes is sent as JSON."""


@dataclass
class Service:
    """What a test sees of a running service."""

    respond: Callable[[str, Any], Answer]
    """From path and decoded request body (None for GET) to the answer."""

    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    connections: int = 0


def handler_of(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            service.connections += 1

        def do_POST(self) -> None:
            self.answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def do_GET(self) -> None:
            self.answer(None)

        def answer(self, body: Any) -> None:
            headers = {name: self.headers[name] for name in ("Content-Type", "Accept")}
            service.requests.append({"path": self.path, "headers": headers, "body": body})
            status, content = service.respond(self.path, body)
            if status == HANG_UP:
                self.close_connection = True
                return
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: Any) -> None:
            pass

    return Handler


@contextmanager
def running(respond: Callable[[str, Any], Answer]) -> Iterator[Service]:
    """Run a service while the block lasts."""
    service = Service(respond)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(service))
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_address[1]}/retrieve"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
