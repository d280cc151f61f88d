"""Clients that send nothing or stop half-way: dropped in time, and never the end of the site."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from t2po_gym.retrieval.http.limits import BodyLimit
from t2po_gym.server import connections, running
from t2po_gym.server.background import BackgroundServer

HEAD = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 6\r\n\r\n"
HALVES = {"nothing": b"", "half a head": HEAD[:20], "half a body": HEAD + b"abc"}

heard: list[bytes] = []


async def slow(request: Request) -> PlainTextResponse:
    heard.append(await request.body())
    await anyio.sleep(float(request.query_params.get("for", 0)))
    return PlainTextResponse("done")


@pytest.fixture
def port() -> Iterator[int]:
    app = Starlette(routes=[Route("/", slow, methods=["GET", "POST"])])
    app.add_middleware(BodyLimit, max_bytes=100, refusal=lambda n: PlainTextResponse("long"))
    heard.clear()
    with BackgroundServer(app) as server:
        yield int(httpx.URL(server.url).port or 0)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_S", 0.4)


def connect(port: int, data: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sendall(data)
    return connection


def answer_of(connection: socket.socket) -> bytes:
    answer = b""
    while not answer.endswith(b"done") and (more := connection.recv(4_096)):
        answer += more
    return answer


def ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(4_096) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("half", HALVES)
def test_a_client_that_stops_is_dropped(hurried: None, port: int, half: str) -> None:
    with connect(port, HALVES[half]) as connection:
        began = time.monotonic()
        assert ended(connection)
        assert 0.2 < time.monotonic() - began < 5
    assert heard == [], "half a form is not played"


def test_a_kept_connection_has_its_time_anew(hurried: None, port: int) -> None:
    with connect(port) as connection:
        for _ in range(3):
            connection.sendall(HEAD + b"abc")
            time.sleep(0.25)
            connection.sendall(b"def")
            assert answer_of(connection).startswith(b"HTTP/1.1 200")
        connection.sendall(HEAD)
        assert ended(connection)
    assert heard == [b"abcdef"] * 3


def test_an_answer_may_take_longer(hurried: None, port: int) -> None:
    assert httpx.get(f"http://127.0.0.1:{port}/?for=0.9").text == "done"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "most_connections", lambda: 8)


@pytest.mark.parametrize("half", HALVES)
def test_idle_clients_make_room(small: None, port: int, half: str) -> None:
    with ExitStack() as stack:
        crowd = [stack.enter_context(connect(port, HALVES[half])) for _ in range(30)]
        assert httpx.get(f"http://127.0.0.1:{port}/").text == "done"
        assert ended(crowd[0]), "the one that has waited longest"


def test_those_that_are_answered_are_spared(small: None, port: int) -> None:
    asked = b"GET /?for=1.5 HTTP/1.1\r\nhost: x\r\n\r\n"
    with ExitStack() as stack:
        crowd = [stack.enter_context(connect(port, asked)) for _ in range(7)]
        time.sleep(0.5)
        late = stack.enter_context(connect(port))
        assert ended(late)
        for connection in crowd:
            assert answer_of(connection).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(("files", "most"), [(1_024, 736), (64, 32), (10**6, 2_000)])
def test_connections_leave_files(monkeypatch: pytest.MonkeyPatch, files: int, most: int) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda which: (files, files))
    assert connections.most_connections() == most
    monkeypatch.setattr(resource, "getrlimit", lambda which: (resource.RLIM_INFINITY, 0))
    assert connections.most_connections() == 2_000


class Echo(asyncio.Protocol):
    """Another protocol that a connection is upgraded to."""

    def __init__(self, **_: Any) -> None:
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


def test_a_web_socket_is_left_alone(hurried: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def make(app: Starlette, **how: Any) -> Any:
        server = running.make_server(app, **how)
        server.config.ws = Echo
        return server

    monkeypatch.setattr("t2po_gym.server.background.make_server", make)
    asked = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
    with ExitStack() as stack:
        server = stack.enter_context(BackgroundServer(Starlette()))
        connection = stack.enter_context(connect(int(httpx.URL(server.url).port or 0), asked))
        assert b"websocket" in connection.recv(4_096)
        time.sleep(0.9)
        connection.sendall(b"hello")
        assert connection.recv(4_096) == b"hello"
