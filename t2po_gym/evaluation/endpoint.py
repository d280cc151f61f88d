"""A policy behind an OpenAI-compatible chat endpoint.

One prompt is one user message. Servers fail in many ways: those that pass (too busy, a dead line, a
reply that is no JSON) are tried again with growing, jittered pauses; others end the run with one
sentence, and a resumed run goes on where it was. The key goes into a header and nowhere else.
"""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from t2po_gym.core.env import TextEnv
from t2po_gym.evaluation.policies import Agent, Reply, Seen

try:
    import httpx
except ModuleNotFoundError as error:
    raise ValueError("--endpoint needs the extra `eval`: pip install 't2po-gym[eval]'") from error

__all__ = ["ChatSettings", "EndpointError", "EndpointPolicy", "read_answer"]

MOST_BYTES = 8 * 1024 * 1024
LONGEST_PAUSE = 60.0
FIRST_PAUSE = 0.5
PASSING = frozenset((408, 409, 425, 429))
"""Client errors that may pass; all server errors may."""


class EndpointError(ValueError):
    """The endpoint cannot be used; the message says what it answered."""


class _Passing(Exception):  # noqa: N818 - not an error yet
    """A fault that may pass. Example: `_Passing("it answered 429", pause=2.0)`."""

    def __init__(self, fault: str, pause: float | None = None) -> None:
        super().__init__(fault)
        self.pause = pause


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSettings:
    """How an endpoint is asked.

    Example: `ChatSettings(url="http://127.0.0.1:8000/v1", model="Qwen/Qwen3-4B")`
    """

    url: str
    """Base address, as OpenAI's clients take it."""
    model: str
    """Name the server knows the model by."""
    key: str = field(default="", repr=False)
    """Sent as bearer token; never written."""
    temperature: float = 0.0
    """0 asks for greedy decoding."""
    max_tokens: int = 512
    """Longest reply."""
    timeout_s: float = 120.0
    """Most seconds for one answer, from first byte sent to last byte read."""
    retries: int = 6
    """Further tries after a fault that may pass."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"The endpoint must be http://... or https://...; got {self.url!r}.")
        if not self.model:
            raise ValueError("An endpoint needs the name of its model: --model NAME.")
        if self.temperature < 0 or self.max_tokens < 1 or self.timeout_s <= 0 or self.retries < 0:
            raise ValueError(
                "temperature and retries must be at least 0, max_tokens at least 1, the timeout "
                "above 0."
            )

    @property
    def public_url(self) -> str:
        """The address without user, password and query."""
        parts = urlsplit(self.url)
        host = f"{parts.hostname}:{parts.port}" if parts.port else f"{parts.hostname}"
        return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))


class EndpointPolicy:
    """Asks an endpoint for every turn; threads share its connections.

    Args:
        settings: whom to ask and how.
    """

    privileged = False

    def __init__(self, settings: ChatSettings) -> None:
        self._how = settings
        headers = {"Authorization": f"Bearer {settings.key}"} if settings.key else {}
        self._client = httpx.Client(
            timeout=settings.timeout_s,
            headers=headers,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
        )

    def describe(self) -> dict[str, Any]:
        """Return address, model and decoding; not the key."""
        return {
            "kind": "endpoint",
            "name": self._how.model,
            "url": self._how.public_url,
            "temperature": self._how.temperature,
            "max_tokens": self._how.max_tokens,
        }

    def start(self, env: TextEnv, seed: int) -> Agent:
        """Return itself: every turn is a conversation of its own."""
        return self

    def reply(self, seen: Seen) -> Reply:
        """Ask for the reply to a prompt.

        Raises:
            EndpointError: If it fails for good or too often.
        """
        fault = ""
        for tried in range(self._how.retries + 1):
            try:
                return self._ask(seen.prompt)
            except _Passing as passing:
                fault = self._safe(str(passing))
                pause = FIRST_PAUSE * 2**tried * random.uniform(0.5, 1.0)
                pause = pause if passing.pause is None else passing.pause
            if tried < self._how.retries:
                time.sleep(min(pause, LONGEST_PAUSE))
        raise EndpointError(
            f"{self._how.public_url} failed {self._how.retries + 1} times, at last since {fault}. "
            "The same command goes on where the run stopped."
        )

    def _ask(self, prompt: str) -> Reply:
        body = {
            "model": self._how.model,
            "messages": [{"role": "user", "content": prompt}],
            "temperature": self._how.temperature,
            "max_tokens": self._how.max_tokens,
        }
        deadline = time.monotonic() + self._how.timeout_s
        data = bytearray()
        try:
            address = f"{self._how.url.rstrip('/')}/chat/completions"
            with self._client.stream("POST", address, json=body) as response:
                for part in response.iter_bytes():
                    data += part
                    if len(data) > MOST_BYTES:
                        raise EndpointError(f"the answer has more than {MOST_BYTES:,} bytes")
                    if time.monotonic() > deadline:
                        raise _Passing(f"no whole answer came in {self._how.timeout_s:g} s")
        except httpx.TransportError as error:
            raise _Passing(f"the line failed ({type(error).__name__})") from error
        if response.status_code in PASSING or response.status_code >= 500:
            pause = read_pause(response.headers.get("retry-after", ""))
            raise _Passing(f"it answered {response.status_code}", pause)
        if response.status_code != 200:
            said = self._safe(bytes(data[:300]).decode("utf-8", "replace"))
            raise EndpointError(
                f"{self._how.public_url} answered {response.status_code}: {said.strip()}"
            )
        return read_answer(bytes(data))

    def _safe(self, text: str) -> str:
        """Take the key out of what a server said."""
        return text.replace(self._how.key, "[key]") if self._how.key else text


def read_pause(header: str) -> float | None:
    """Return the seconds that a server asks to wait; None where it names none.

    Example:
        >>> read_pause("2"), read_pause("soon"), read_pause("-1")
        (2.0, None, None)
    """
    try:
        seconds = float(header)
    except ValueError:
        return None  # the other form is a date, which no such server was seen to send
    return seconds if 0 <= seconds < float("inf") else None


def read_answer(data: bytes) -> Reply:
    """Return the reply in the body of a chat completion.

    Token counts that are no counts are taken as unknown.

    Raises:
        _Passing: If it is no chat completion.
    """
    try:
        answer = json.loads(data)
        content = answer["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise _Passing("its answer was no chat completion") from error
    if not isinstance(content, str | None):
        raise _Passing("its answer held no text")
    usage = answer.get("usage")
    counts = usage if isinstance(usage, dict) else {}
    return Reply(
        text=content or "",
        prompt_tokens=_count(counts.get("prompt_tokens")),
        reply_tokens=_count(counts.get("completion_tokens")),
    )


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 2**53 else None
