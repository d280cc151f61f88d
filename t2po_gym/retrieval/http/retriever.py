"""A search service over HTTP as a `Retriever`, in either of the two published dialects.

| dialect | request | service |
|---|---|---|
| ``search-r1`` | ``{"queries": [...], "topk": k, "return_scores": true}`` | Search-R1, ours |
| ``t2po`` | ``{"query": "a", "topk": k, "return_scores": true}`` | SkyRL, verl-agent, T2PO, ours |

Both respond with ``{"result": [[{"document": {...}, "score": s}, ...], ...]}``.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Literal, NamedTuple

from t2po_gym.retrieval.http.client import HttpClient
from t2po_gym.retrieval.protocol import (
    Hit,
    RetrievalResponseError,
    RetrievalStatusError,
    check_k,
)

__all__ = ["DIALECTS", "HttpDialect", "HttpRetriever", "RemoteDocument"]

HttpDialect = Literal["auto", "search-r1", "t2po"]
DIALECTS = ("auto", "search-r1", "t2po")
WRONG_DIALECT = 422
"""Status with which the published services reject each other's requests."""

UNKNOWN = "unknown"
"""Fingerprint of a service that does not report one."""


class RemoteDocument(NamedTuple):
    """A passage as a service sent it. Example: ``RemoteDocument("7", "Paris", "Text", "...")``."""

    id: str
    title: str
    text: str
    contents: str
    """Title line and text, exactly as sent."""


class HttpRetriever:
    """Search through a service; the documents of recent results are cached.

    Documents are numbered in the order in which this process first saw them, so the numbers mean
    nothing outside it; `document` returns the document with a number.

    Args:
        client: sends the requests.
        dialect: form of the requests; ``auto`` tries ``search-r1`` and switches to ``t2po`` if that
            is rejected.
        documents_kept: size of the document cache; the least recently found or read one is dropped.
    """

    def __init__(
        self,
        client: HttpClient | str,
        dialect: HttpDialect = "auto",
        documents_kept: int = 100_000,
    ) -> None:
        if dialect not in DIALECTS:
            raise ValueError(f"dialect must be one of {', '.join(DIALECTS)}; got {dialect!r}.")
        if documents_kept < 1:
            raise ValueError(f"documents_kept must be at least 1; got {documents_kept}.")
        self.client = HttpClient(client) if isinstance(client, str) else client
        self._dialect = dialect
        self._documents_kept = documents_kept
        self._numbers: OrderedDict[RemoteDocument, int] = OrderedDict()
        self._documents: dict[int, RemoteDocument] = {}
        self._next = 0
        self._health: Mapping[str, Any] | None = None
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return HttpRetriever, (self.client, self._dialect, self._documents_kept)

    @property
    def fingerprint(self) -> str:
        """The service's index fingerprint; ``unknown`` if it does not report one."""
        return str(self.health().get("index_fingerprint", UNKNOWN))

    @property
    def corpus_fingerprint(self) -> str:
        """The service's corpus fingerprint; ``unknown`` if it does not report one."""
        return str(self.health().get("corpus_fingerprint", UNKNOWN))

    def health(self) -> Mapping[str, Any]:
        """Return the response of ``/health``, requested once; empty if there is no such page."""
        if self._health is None:
            try:
                answer = self.client.get("/health")
            except (RetrievalStatusError, RetrievalResponseError):
                answer = {}
            self._health = answer if isinstance(answer, Mapping) else {}
        return self._health

    def document(self, index: int) -> RemoteDocument:
        """Return the document with this number.

        Raises:
            IndexError: If there is none, or it is no longer cached.
        """
        with self._lock:
            document = self._documents.get(index)
            if document is not None:
                self._numbers.move_to_end(document)
        if document is None:
            raise IndexError(
                f"document {index} is not among the recently found ones; search again."
            )
        return document

    def search(self, queries: Sequence[str], k: int) -> list[list[Hit]]:
        """Query the service: all queries at once in the ``search-r1`` dialect, else one by one."""
        check_k(k)
        if not queries:
            return []
        if self._dialect != "auto":
            return self._ask(self._dialect, queries, k)
        try:
            found = self._ask("search-r1", queries, k)
            self._dialect = "search-r1"
        except RetrievalStatusError as error:
            if error.status != WRONG_DIALECT:
                raise
            found = self._ask("t2po", queries, k)
            self._dialect = "t2po"
        return found

    def _ask(self, dialect: str, queries: Sequence[str], k: int) -> list[list[Hit]]:
        options = {"topk": k, "return_scores": True}
        if dialect == "search-r1":
            answer = self.client.post({"queries": list(queries), **options})
            return self._hits(answer, len(queries), k)
        answers = (self.client.post({"query": query, **options}) for query in queries)
        return [self._hits(answer, 1, k)[0] for answer in answers]

    def _hits(self, answer: Any, wanted: int, k: int) -> list[list[Hit]]:
        try:
            lists = [[_pair(item) for item in items] for items in answer["result"]]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise RetrievalResponseError(
                f"{self.client.url} answered in an unknown form ({type(error).__name__}: {error}); "
                'expected {"result": [[{"document": {"contents": ...}, "score": ...}]]}.'
            ) from error
        if not lists and wanted == 1:
            lists = [[]]  # some services send no list at all if they found nothing
        if len(lists) != wanted:
            raise RetrievalResponseError(
                f"{self.client.url} sent {len(lists)} lists of results for {wanted} queries."
            )
        with self._lock:
            return [[Hit(self._number(doc), score) for doc, score in one[:k]] for one in lists]

    def _number(self, document: RemoteDocument) -> int:
        number = self._numbers.get(document)
        if number is not None:
            self._numbers.move_to_end(document)
            return number
        number, self._next = self._next, self._next + 1
        self._numbers[document] = number
        self._documents[number] = document
        if len(self._numbers) > self._documents_kept:
            _, oldest = self._numbers.popitem(last=False)
            del self._documents[oldest]
        return number


def _pair(item: Mapping[str, Any]) -> tuple[RemoteDocument, float]:
    """Read one result."""
    document = item["document"]
    contents = document["contents"]
    if not isinstance(contents, str):
        raise TypeError(f"contents is a {type(contents).__name__}, not a text")
    title, newline, text = contents.partition("\n")
    if not newline:
        title, text = "", contents
    if len(title) > 1 and title[0] == title[-1] == '"':
        title = title[1:-1]
    identity = document.get("id")
    if identity is None:
        identity = sha256(contents.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return (
        RemoteDocument(
            str(identity),
            str(document.get("title", title)),
            str(document.get("text", text)),
            contents,
        ),
        float(item.get("score", 0.0)),
    )
