"""BM25 search identical to Lucene's, over memory-mapped arrays.

`Bm25Builder` makes the arrays and `Bm25Index` searches them. Both are exact: the documents, their
order and the float32 scores equal those from the formula in `scoring` applied to every document,
with ties broken by the tie keys given to the builder.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

from numpy.typing import NDArray

from t2po_gym.retrieval.bm25.builder import Bm25Builder
from t2po_gym.retrieval.bm25.postings import Postings
from t2po_gym.retrieval.bm25.ranking import Hits, Ranker
from t2po_gym.retrieval.text.analyzer import analyze

__all__ = ["MAX_QUERY_TERMS", "Bm25Builder", "Bm25Index"]

MAX_QUERY_TERMS = 1024
"""Maximum number of distinct query terms. Lucene rejects longer queries; here the first 1,024 in
order of appearance are used and the rest are ignored."""

_LONGEST_CACHED_QUERY = 2048  # characters; longer texts are not worth the memory
_LONGEST_KEPT_PIECE = 32  # characters of a query between spaces


class Bm25Index:
    """Search index arrays.

    Opening reads only a few numbers. Several processes may map the same arrays, and several threads
    may use one index (they take turns).

    Args:
        arrays: the result of `Bm25Builder.finish`, or an open `ArrayFile` that contains it.
        prefix: start of the array names.
        cache_size: number of results in the LRU cache; 0 for none.
    """

    def __init__(
        self, arrays: Mapping[str, NDArray[Any]], prefix: str = "bm25/", cache_size: int = 1024
    ) -> None:
        self._arrays = arrays
        self._prefix = prefix
        self._cache_size = cache_size
        self._postings = Postings(arrays, prefix)
        self._ranker = Ranker(self._postings, arrays[prefix + "tie_rank"])
        self._cache: OrderedDict[tuple[str, int], Hits] = OrderedDict()
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[Callable[..., Bm25Index], tuple[Any, ...]]:
        return Bm25Index, (self._arrays, self._prefix, self._cache_size)

    @property
    def num_docs(self) -> int:
        """Number of documents."""
        return self._postings.num_docs

    def search(self, query: str, k: int = 50) -> Hits:
        """Return the best `k` documents that share a term with `query`.

        Returns:
            Document numbers (int64, best first) and their scores (float32), both read-only and of
            equal length, at most `k`; empty if no term of the query is in the index.

        Raises:
            ValueError: If `k` is below 1.
        """
        key = (query, k)
        with self._lock:
            hits = self._cache.get(key)
            if hits is not None:
                self._cache.move_to_end(key)
                return hits
            if k < 1:
                raise ValueError(f"k is {k}; ask for at least one document.")
            hits = self._ranker.rank(query_counts(query), k)
            for array in hits:
                array.flags.writeable = False
            if self._cache_size > 0 and len(query) <= _LONGEST_CACHED_QUERY:
                if len(self._cache) >= self._cache_size:
                    self._cache.popitem(last=False)
                self._cache[key] = hits
            return hits


def query_counts(query: str) -> dict[str, int]:
    """Count each term in `query`, for the first `MAX_QUERY_TERMS` terms."""
    counts: dict[str, int] = {}
    for piece in query.split(" "):  # no term crosses a space
        for term in _terms(piece) if len(piece) <= _LONGEST_KEPT_PIECE else analyze(piece):
            counts[term] = counts.get(term, 0) + 1
    if len(counts) > MAX_QUERY_TERMS:
        counts = dict(islice(counts.items(), MAX_QUERY_TERMS))
    return counts


@lru_cache(maxsize=1 << 14)
def _terms(piece: str) -> tuple[str, ...]:
    """Return the terms of a piece of a query; cached, since the same words recur."""
    return tuple(analyze(piece))
