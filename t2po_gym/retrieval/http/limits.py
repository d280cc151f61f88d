"""A bound on the size of requests, for every server of the package."""

from __future__ import annotations

from collections.abc import Callable

from t2po_gym.retrieval.http.asgi import App, Message, Receive, Send

__all__ = ["BodyLimit"]


class BodyLimit:
    """Reject requests that announce, or turn out to have, too many bytes.

    Args:
        app: the application behind it; it gets whole bodies.
        max_bytes: maximum size of a body.
        refusal: makes the response to a longer one from that number.
    """

    def __init__(self, app: App, max_bytes: int, refusal: Callable[[int], App]) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._refusal = refusal

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > self._max_bytes:
            await self._refusal(self._max_bytes)(scope, receive, send)
            return
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return  # half a body says nothing
            body += message.get("body", b"")
            if len(body) > self._max_bytes:
                await self._refusal(self._max_bytes)(scope, receive, send)
                return
            if not message.get("more_body", False):
                break
        whole: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def replay() -> Message:
            return whole.pop() if whole else await receive()

        await self._app(scope, replay, send)
