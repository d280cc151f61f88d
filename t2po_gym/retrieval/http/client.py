"""HTTP client of search services: pooled connections, time-outs, retries, typed errors.

Standard library only. Connections are kept open and shared by the threads of a process; a forked
child opens its own.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from t2po_gym.data.json_text import json_fault
from t2po_gym.retrieval.protocol import (
    RetrievalError,
    RetrievalResponseError,
    RetrievalStatusError,
    RetrievalTimeout,
    RetrievalUnavailable,
)

__all__ = ["HttpClient", "RetryPolicy", "t2po_retries"]

HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}
MAX_RESPONSE_BYTES = 64 * 1024 * 1024
_CHUNK = 1 << 16
_DETAIL_BYTES = 300  # of an error's body
_STALE = (http.client.BadStatusLine, http.client.CannotSendRequest, ConnectionError)
"""Errors of a connection that was closed while idle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how fast a failed request is retried.

    Example: ``RetryPolicy(delays_s=(0.25, 0.5, 1.0), jitter=0.5)`` makes up to four attempts.
    """

    delays_s: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0)
    """Seconds before the second, third, ... attempt."""

    jitter: float = 0.5
    """Each delay is shortened by a random fraction of up to this, from 0 to 1."""

    statuses: frozenset[int] = frozenset({429, 500, 502, 503, 504})
    """HTTP statuses that are retried."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.jitter <= 1.0:
            raise ValueError(f"jitter must be a share from 0 to 1; got {self.jitter}.")
        if any(delay < 0 for delay in self.delays_s):
            raise ValueError(f"delays_s must not be negative; got {self.delays_s}.")


def t2po_retries() -> RetryPolicy:
    """Return T2PO's policy: ten attempts, waiting 1, 2, ... 9 seconds between them."""
    delays = tuple(float(seconds) for seconds in range(1, 10))
    return RetryPolicy(delays_s=delays, jitter=0.0, statuses=frozenset({500, 502, 503, 504}))


class HttpClient:
    """Send JSON to one URL and decode the JSON response.

    Args:
        url: ``http://`` or ``https://`` address, such as ``http://127.0.0.1:8000/retrieve``;
            without a path ``/retrieve`` is used.
        timeout_s: maximum time for one attempt, from connecting to the last byte.
        retry: when to retry.
        rng: draws the jitter; by default it is seeded with the process id, so that workers that
            fail together do not retry together.
        max_idle: connections kept open between requests.
        sleep: waits a number of seconds.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float = 10.0,
        retry: RetryPolicy | None = None,
        rng: random.Random | None = None,
        max_idle: int = 64,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(
                f"{url!r} is no address; write it like http://127.0.0.1:8000/retrieve."
            )
        if timeout_s <= 0:
            raise ValueError(f"timeout_s must be above 0; got {timeout_s}.")
        self._host, self._port, self._secure = parts.hostname, parts.port, parts.scheme == "https"
        self._path = (parts.path if parts.path not in ("", "/") else "/retrieve") + (
            f"?{parts.query}" if parts.query else ""
        )
        self.url = f"{parts.scheme}://{parts.netloc}{self._path}"
        self._timeout_s = timeout_s
        self._retry = retry or RetryPolicy()
        self._rng = rng or random.Random(os.getpid())
        self._max_idle = max_idle
        self._sleep = sleep
        self._open_pool()

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k not in ("_idle", "_lock", "_owner")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._open_pool()

    def _open_pool(self) -> None:
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()
        self._owner = os.getpid()

    def post(self, payload: Mapping[str, Any]) -> Any:
        """Send `payload` and return the decoded response.

        Raises:
            RetrievalTimeout: If the last attempt timed out.
            RetrievalUnavailable: If the last attempt got no connection.
            RetrievalStatusError: If the status is not success.
            RetrievalResponseError: If the response is not JSON, or too long.
        """
        body = json.dumps(payload).encode("ascii")
        return self._with_retries("POST", self._path, body)

    def get(self, path: str) -> Any:
        """Fetch another path of the service and return the decoded response; raises as `post`."""
        return self._with_retries("GET", path, None)

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _with_retries(self, method: str, path: str, body: bytes | None) -> Any:
        delays = self._retry.delays_s
        for attempt in range(len(delays) + 1):
            try:
                return self._once(method, path, body, attempt + 1)
            except RetrievalStatusError as error:
                failure: RetrievalError = error
                if error.status not in self._retry.statuses:
                    raise
            except (RetrievalTimeout, RetrievalUnavailable) as error:
                failure = error
            if attempt < len(delays):
                self._sleep(delays[attempt] * (1.0 - self._retry.jitter * self._rng.random()))
        raise failure

    def _once(self, method: str, path: str, body: bytes | None, attempt: int) -> Any:
        deadline = time.monotonic() + self._timeout_s
        try:
            status, reason, data = self._exchange(method, path, body, deadline)
        except TimeoutError as error:
            raise RetrievalTimeout(
                f"{self.url} did not answer within {self._timeout_s} s, in {attempt} attempts; "
                "raise the time-out or look after the service."
            ) from error
        except (OSError, http.client.HTTPException) as error:
            raise RetrievalUnavailable(
                f"{self.url} could not be reached in {attempt} attempts ({error}); start the "
                "service or correct the address."
            ) from error
        if not 200 <= status < 300:
            raise RetrievalStatusError(
                f"{self.url} answered with status {status} {reason} (attempt {attempt}): "
                f"{data[:_DETAIL_BYTES].decode('utf-8', 'replace')}",
                status=status,
                reason=reason,
                url=self.url,
                attempts=attempt,
            )
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise RetrievalResponseError(
                f"{self.url} answered with something other than JSON ({json_fault(error)})."
            ) from error

    def _exchange(
        self, method: str, path: str, body: bytes | None, deadline: float
    ) -> tuple[int, str, bytes]:
        """Send one request and read the response; replace a stale idle connection."""
        connection = self._take()
        fresh = connection.sock is None
        try:
            try:
                return self._talk(connection, method, path, body, deadline)
            except _STALE:
                if fresh:
                    raise
                connection.close()
                return self._talk(connection, method, path, body, deadline)
        except BaseException:
            connection.close()
            raise

    def _talk(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: bytes | None,
        deadline: float,
    ) -> tuple[int, str, bytes]:
        _allow(connection, deadline)
        connection.request(method, path, body, HEADERS if body is not None else {})
        response = connection.getresponse()
        data = bytearray()
        while chunk := _read(connection, response, deadline):
            data += chunk
            if len(data) > MAX_RESPONSE_BYTES:
                raise RetrievalResponseError(
                    f"{self.url} sent more than {MAX_RESPONSE_BYTES} bytes; ask for fewer passages."
                )
        if response.length:  # read1 returns normally if a server hangs up early
            raise http.client.IncompleteRead(bytes(data), response.length)
        response.close()  # the response, not the connection
        if response.will_close:
            connection.close()
        else:
            self._give_back(connection)
        return response.status, response.reason, bytes(data)

    def _take(self) -> http.client.HTTPConnection:
        with self._lock:
            if self._owner != os.getpid():  # a forked child must not use its parent's sockets
                self._idle, self._owner = [], os.getpid()
            if self._idle:
                return self._idle.pop()
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        return kind(self._host, self._port, timeout=self._timeout_s)

    def _give_back(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if len(self._idle) < self._max_idle:
                self._idle.append(connection)
                return
        connection.close()


def _allow(connection: http.client.HTTPConnection, deadline: float) -> None:
    """Set the connection's timeout to the time left until the deadline."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    connection.timeout = left
    if connection.sock is not None:
        connection.sock.settimeout(left)


def _read(
    connection: http.client.HTTPConnection, response: http.client.HTTPResponse, deadline: float
) -> bytes:
    _allow(connection, deadline)
    return response.read1(_CHUNK)
