"""Messages that OpenEnv would not survive, or would misread, are refused before it reads them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from t2po_gym.adapters.serving.messages import Refusals, refusal_of


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": "\\ud800"}', "half of a surrogate pair"),
        ('{"\\udc00": [1]}', "half of a surrogate pair"),
        ('{"a": ["\\udc00\\ud800"]}', "half of a surrogate pair"),
        ("[1]", "A message is a JSON object"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": ' + "9" * 10_000 + "}", "a number that is too long"),
    ],
)
def test_refused_texts(text: str, said: str) -> None:
    assert said in (refusal_of(text) or "")


@pytest.mark.parametrize(
    "text", ['{"a": "\\ud83d\\ude00"}', '{"a": "\U0001f600"}', "{", "", '{"a": NaN}']
)
def test_texts_that_are_passed_on(text: str) -> None:
    assert refusal_of(text) is None


def asked(scope: dict[str, Any], *received: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """Return what the application behind it received, and what the client got."""
    waiting, passed, sent = list(received), [], []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while waiting or not passed:
            passed.append(await receive())

    def refusal(said: str) -> Any:
        async def refused(scope: Any, receive: Any, send: Any) -> None:
            await send(said)

        return refused

    async def receive() -> Any:
        return waiting.pop(0) if waiting else {"type": "end"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(Refusals(app, refusal, lambda said: f"!{said}")(scope, receive, send))
    return passed, sent


def test_a_web_socket_goes_on_after_a_refusal() -> None:
    good = {"type": "websocket.receive", "text": '{"type": "state"}'}
    bad = {"type": "websocket.receive", "text": '{"type": "step", "data": "\\ud800"}'}
    passed, sent = asked({"type": "websocket", "path": "/ws"}, good, bad, good)
    assert passed == [good, good]
    assert [message["text"][:12] for message in sent] == ["!The message"]
    assert asked({"type": "websocket", "path": "/mcp"}, bad) == ([bad], [])


@pytest.mark.parametrize("seed", [True, "7", -1, 1.5, [1]])
def test_seeds_are_strict(seed: object) -> None:
    body = {"type": "http.request", "body": json.dumps({"seed": seed}).encode()}
    post = {"type": "http", "method": "POST", "path": "/reset"}
    assert asked(post, body)[1] == [f"A seed is an integer of at least 0; got {seed!r}."]
    assert asked({**post, "path": "/step"}, body) == ([body], [])


@pytest.mark.parametrize(
    "body", [b"", b"{", b"null", b"[1]", b"{}", b'{"seed": 7}', b"\xff\xfe\xfd"]
)
def test_other_bodies_are_passed_on_whole(body: bytes) -> None:
    message = {"type": "http.request", "body": body}
    assert asked({"type": "http", "method": "POST", "path": "/reset"}, message) == ([message], [])
