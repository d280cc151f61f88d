"""Connections of MCP clients: bounded, and dead ones make room."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from t2po_gym.adapters.serving.connections import GRACE_S, SESSION_HEADER, Connections

NAME = SESSION_HEADER.encode()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class FakeApp:
    """Opens a connection for each POST without one, knows its own, ends them on DELETE."""

    open: list[str] = field(default_factory=list)
    count: int = 0
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    """Requests that wait, by method."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        name = headers.get(NAME, b"").decode()
        if b"bad" in headers:
            return await answer(send, 400, "never")
        if not name and b"modern" not in headers:
            self.count += 1
            name = f"c{self.count}"
            self.open.append(name)
        elif name and name not in self.open:
            return await answer(send, 404)
        if scope["method"] in self.gates:
            await self.gates[scope["method"]].wait()
        if scope["method"] == "DELETE":
            assert headers[b"host"] == b"here"
            self.open.remove(name)
        return await answer(send, 200, name)


async def answer(send: Any, status: int, name: str = "") -> None:
    headers = [(NAME, name.encode())] if name else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})


class Site:
    """Three connections at most, with a clock of its own."""

    def __init__(self) -> None:
        self.app, self.clock, self.ended = FakeApp(), Clock(), []
        self.site = Connections(self.app, self.note, 3, 1_000.0, 60.0, self.clock)

    async def note(self, name: str) -> None:
        self.ended.append(name)

    async def ask(
        self, method: str = "POST", name: str = "", *extra: bytes
    ) -> tuple[int, str, bytes]:
        headers = [(b"host", b"here"), *((word, b"") for word in extra)]
        headers += [(NAME, name.encode())] if name else []
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": method, "headers": headers}
        await self.site(scope, receive_nothing, send)
        start, body = sent
        return start["status"], dict(start["headers"]).get(NAME, b"").decode(), body["body"]


async def receive_nothing() -> Any:
    raise AssertionError("nobody reads")


def with_site(use: Callable[[Site], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(use(Site()))


def test_one_more_is_refused_while_all_are_in_use() -> None:
    async def use(site: Site) -> None:
        assert [(await site.ask())[1] for _ in range(3)] == ["c1", "c2", "c3"]
        site.clock.now = 59.0
        status, name, body = await site.ask()
        assert (status, name) == (503, "")
        assert "All 3 connections are in use" in json.loads(body)["error"]["message"]
        assert site.app.open == ["c1", "c2", "c3"]  # the fourth was ended again
        assert (len(site.site), site.ended) == (3, [])

    with_site(use)


def test_the_longest_idle_one_makes_room() -> None:
    async def use(site: Site) -> None:
        for site.clock.now in range(3):
            await site.ask()
        await site.ask("POST", "c1")
        site.clock.now = 61.5
        assert (await site.ask())[:2] == (200, "c4")
        assert site.app.open == ["c1", "c3", "c4"]
        assert site.ended == ["c2"]
        assert (await site.ask("POST", "c2"))[0] == 404
        assert (await site.ask())[0] == 503  # c1 and c3 were idle for less than a minute

    with_site(use)


def test_clients_that_listen_or_wait_for_an_answer_stay() -> None:
    async def use(site: Site) -> None:
        for _ in range(3):
            await site.ask()
        site.app.gates = {"GET": asyncio.Event(), "PUT": asyncio.Event()}
        held = [
            asyncio.create_task(site.ask("GET", "c1")),
            asyncio.create_task(site.ask("PUT", "c2")),
        ]
        await asyncio.sleep(0)
        site.clock.now = 100.0
        await site.ask()
        assert site.ended == ["c3"]  # the dead one
        site.clock.now = 159.0
        await site.ask()
        assert site.ended == ["c3", "c1"]  # the one that listens, but never the one that waits
        assert (await site.ask())[0] == 503
        for gate in site.app.gates.values():
            gate.set()
        await asyncio.gather(*held)

    with_site(use)


def test_what_opens_no_connection_makes_no_room() -> None:
    async def use(site: Site) -> None:
        for _ in range(3):
            await site.ask()
        site.clock.now = 100.0
        assert (await site.ask("POST", "", b"bad"))[0] == 400
        assert (await site.ask("POST", "", b"modern"))[0] == 200
        assert (await site.ask("POST", "bogus"))[0] == 404
        assert (len(site.site), site.ended) == (3, [])

    with_site(use)


def test_an_end_is_told_once() -> None:
    async def use(site: Site) -> None:
        for _ in range(3):
            await site.ask()
        assert (await site.ask("DELETE", "c1"))[0] == 200
        site.app.open.remove("c2")  # dropped for being idle
        assert (await site.ask("POST", "c2"))[0] == 404
        assert (await site.ask("POST", "c2"))[0] == 404
        site.app.open.remove("c3")
        site.clock.now = 1_000.0 + GRACE_S + 1
        await site.ask()
        assert (len(site.site), site.ended) == (1, ["c1", "c2", "c3"])

    with_site(use)
