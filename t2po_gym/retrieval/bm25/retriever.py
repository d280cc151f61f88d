"""The BM25 index of this package as a `Retriever`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from t2po_gym.retrieval.bm25.index import Bm25Index
from t2po_gym.retrieval.protocol import Hit, check_k

__all__ = ["Bm25Retriever"]


class Bm25Retriever:
    """Search an embedded index; the index itself caches recent results.

    Args:
        index: Passage i of the corpus must be its document i.
        fingerprint: Hex digest of the corpus and the index settings.
    """

    def __init__(self, index: Bm25Index, fingerprint: str) -> None:
        self._index = index
        self._fingerprint = fingerprint

    def __reduce__(self) -> tuple[Callable[..., Bm25Retriever], tuple[Any, ...]]:
        return Bm25Retriever, (self._index, self._fingerprint)

    @property
    def fingerprint(self) -> str:
        """Digest of corpus and settings."""
        return self._fingerprint

    def search(self, queries: Sequence[str], k: int) -> list[list[Hit]]:
        """Return the best `k` passages that share a term with each query."""
        check_k(k)
        return [self._search_one(query, k) for query in queries]

    def _search_one(self, query: str, k: int) -> list[Hit]:
        docs, scores = self._index.search(query, k)
        return [Hit(doc, score) for doc, score in zip(docs.tolist(), scores.tolist(), strict=True)]
