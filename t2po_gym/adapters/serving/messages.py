"""What is refused before a framework reads it: messages that it would answer by ending a session.

OpenEnv repeats what it refuses, and half of a surrogate pair cannot be sent; other texts that its
reader does not expect end the session too. Its ``POST /reset`` takes ``true`` or ``"7"`` as a seed.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from t2po_gym.adapters.episode import check_seed
from t2po_gym.retrieval.http.asgi import App, Message, Receive, Send

__all__ = ["Refusals", "has_half_characters", "refusal_of"]


HALF = "The message holds half of a surrogate pair, which is no text; send whole characters."
NO_OBJECT = 'A message is a JSON object such as {"type": "state"}.'
UNREADABLE = "The message is nested too deeply or holds a number that is too long; send less."


def has_half_characters(value: object) -> bool:
    """Return whether a text in a value that came as JSON holds half of a surrogate pair."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def refusal_of(text: str | bytes) -> str | None:
    """Return what is wrong with a message; None if it may be passed on.

    Text that is no JSON is passed on: frameworks say that themselves, and keep the session.
    """
    try:
        message = json.loads(text)
        half = has_half_characters(message)
    except (json.JSONDecodeError, UnicodeDecodeError):
        return None
    except (ValueError, RecursionError):
        return UNREADABLE
    if half:
        return HALF
    return None if isinstance(message, dict) else NO_OBJECT


class Refusals:
    """Refuse messages to OpenEnv's server that it would not survive, or would misread.

    Args:
        app: OpenEnv's application; it gets whole bodies.
        refusal: Makes the response to a request from a sentence.
        error: Makes the text that a WebSocket client gets, likewise.
    """

    def __init__(
        self, app: App, refusal: Callable[[str], App], error: Callable[[str], str]
    ) -> None:
        self._app, self._refusal, self._error = app, refusal, error

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, or serve a WebSocket."""
        if scope["type"] == "websocket" and scope["path"] == "/ws":
            await self._app(scope, self._sifted(receive, send), send)
        elif scope["type"] == "http" and scope["method"] == "POST":
            await self._post(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _sifted(self, receive: Receive, send: Send) -> Receive:
        """Return a way to receive that answers what is refused itself."""

        async def sifted() -> Message:
            while True:
                message = await receive()
                said = refusal_of(message["text"]) if message.get("text") else None
                if said is None:
                    return message
                await send({"type": "websocket.send", "text": self._error(said)})

        return sifted

    async def _post(self, scope: Message, receive: Receive, send: Send) -> None:
        first = await receive()
        body = first.get("body", b"")
        said = refusal_of(body)
        if said is None and scope["path"] == "/reset":
            said = _wrong_seed(body)
        if said is not None and said is not NO_OBJECT:  # OpenEnv says that of a body itself
            await self._refusal(said)(scope, receive, send)
            return
        waiting = [first]

        async def again() -> Message:
            return waiting.pop() if waiting else await receive()

        await self._app(scope, again, send)


def _wrong_seed(body: bytes) -> str | None:
    try:
        start = json.loads(body)
        check_seed(start.get("seed") if isinstance(start, dict) else None)
    except (json.JSONDecodeError, UnicodeDecodeError):
        return None
    except ValueError as error:
        return str(error)
    return None
