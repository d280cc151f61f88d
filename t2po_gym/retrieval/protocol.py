"""The interface of search engines, and their common errors.

* ``Hit`` - one passage found: its number in the corpus and its score.
* ``Retriever`` - protocol: queries in, hits out.
* ``CachedRetriever`` - a retriever with a cache of recent results.
* ``RetrievalError`` and its subclasses - how a search can fail.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

__all__ = [
    "CachedRetriever",
    "Hit",
    "RetrievalError",
    "RetrievalResponseError",
    "RetrievalStatusError",
    "RetrievalTimeout",
    "RetrievalUnavailable",
    "Retriever",
    "check_k",
]


class Hit(NamedTuple):
    """One passage found. Example: ``Hit(index=17, score=8.25)``."""

    index: int  # type: ignore[assignment]  # hides tuple.index on purpose
    """Number of the passage in the corpus."""

    score: float
    """How well it matches; comparable only within one query."""


class Retriever(Protocol):
    """A search engine over one corpus. Implementations may be shared between threads."""

    @property
    def fingerprint(self) -> str:
        """Hex digest of corpus and engine settings: equal digests give equal results."""

    def search(self, queries: Sequence[str], k: int) -> list[list[Hit]]:
        """Search for several queries at once.

        Args:
            queries: any texts.
            k: maximum hits per query, at least 1.

        Returns:
            The hits of each query, best first, at most `k` and possibly none.

        Raises:
            ValueError: If `k` is below 1.
            RetrievalError: If a service could not answer.
        """


class RetrievalError(RuntimeError):
    """A search service failed. Never part of an observation."""


class RetrievalTimeout(RetrievalError):  # noqa: N818 - named like Python's own TimeoutError's kin
    """The service timed out at every attempt."""


class RetrievalUnavailable(RetrievalError):  # noqa: N818
    """No attempt could open or keep a connection to the service."""


class RetrievalStatusError(RetrievalError):
    """The service responded with an HTTP status other than success.

    Args:
        message: one sentence.
        status: the HTTP status of the last attempt.
        reason: the reason phrase, as the service sent it.
        url: the requested URL.
        attempts: number of attempts.
    """

    def __init__(
        self, message: str, *, status: int, reason: str = "", url: str = "", attempts: int = 1
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.url = url
        self.attempts = attempts


class RetrievalResponseError(RetrievalError):
    """The service's response does not follow the protocol."""


def check_k(k: int) -> None:
    """Check that a number of hits is at least 1.

    Raises:
        ValueError: If it is not.
    """
    if k < 1:
        raise ValueError(f"k is {k}; ask for at least one passage.")


class CachedRetriever:
    """A retriever with a cache, for all environments that share it.

    Members of a training group send the same queries, which the cache makes free. Results are
    bit-identical to those of the wrapped retriever.

    Args:
        retriever: answers queries that are not cached.
        size: number of queries in the LRU cache; at least 1.
        max_query_chars: longer queries are not cached, so memory stays bounded.
    """

    def __init__(self, retriever: Retriever, size: int = 4096, max_query_chars: int = 2048) -> None:
        if size < 1:
            raise ValueError(f"size is {size}; keep at least one query, or use no cache.")
        self._retriever = retriever
        self._size = size
        self._max_query_chars = max_query_chars
        self._kept: OrderedDict[tuple[str, int], tuple[Hit, ...]] = OrderedDict()
        self._lock = threading.Lock()
        self.hits = 0
        self.misses = 0

    def __reduce__(self) -> tuple[Callable[..., CachedRetriever], tuple[Any, ...]]:
        return CachedRetriever, (self._retriever, self._size, self._max_query_chars)

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the wrapped retriever."""
        return self._retriever.fingerprint

    @property
    def retriever(self) -> Retriever:
        """The wrapped retriever."""
        return self._retriever

    def search(self, queries: Sequence[str], k: int) -> list[list[Hit]]:
        """Search, calling the wrapped retriever once for each query that is not cached."""
        check_k(k)
        found: dict[str, tuple[Hit, ...]] = {}
        with self._lock:
            for query in queries:
                kept = self._kept.get((query, k))
                if kept is not None:
                    self._kept.move_to_end((query, k))
                    found[query] = kept
            missing = [query for query in dict.fromkeys(queries) if query not in found]
            self.misses += len(missing)
            self.hits += len(queries) - len(missing)
        if missing:
            answers = self._retriever.search(missing, k)
            found.update((query, tuple(hits)) for query, hits in zip(missing, answers, strict=True))
            with self._lock:
                for query in missing:
                    self._keep((query, k), found[query])
        return [list(found[query]) for query in queries]

    def _keep(self, key: tuple[str, int], hits: tuple[Hit, ...]) -> None:
        if len(key[0]) > self._max_query_chars:
            return
        self._kept[key] = hits
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
