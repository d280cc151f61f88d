"""Top documents for a weighted query in a small collection, by scoring all of them.

The contribution of each term is cached: for a frequent term as one number per document, so that
adding it is one pass over an array. The best documents are found by sorting single integers, with
the bits of the score (which grow with a positive float32) above the rank of the document.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from t2po_gym.retrieval.bm25.postings import Postings

_REMEMBERED = 1 << 20  # numbers, 8 MB
_PER_TERM = 32  # of them are as large as the entry of a term itself
_DENSE = 16  # a term in more than one document in this many is kept for all documents
_NO_SCORE = np.uint64(1 << 32)  # the keys of documents without a score are smaller
_HIGH = 1 if sys.byteorder == "little" else 0  # the half of a key with the score

Added = tuple[NDArray[np.float64], NDArray[np.intp] | None]
"""A term's contribution to the scores of some documents, or (None) of every document."""

_NOTHING: Added = (np.zeros(0), np.zeros(0, np.intp))


class SmallRanker:
    """Rank the documents of a small index.

    Args:
        postings: the index.
        tie_rank: order of documents with equal scores; empty for document order.
    """

    def __init__(self, postings: Postings, tie_rank: NDArray[np.uint32]) -> None:
        self._postings = postings
        size = postings.num_docs
        ranks = tie_rank if len(tie_rank) else np.arange(size)
        lower = size - 1 - ranks.astype(np.int64)
        self._docs = np.empty(size, np.int64)  # by the lower half of their keys
        self._docs[lower] = np.arange(size)
        self._keys = np.zeros(size, np.uint64)
        self._keys.view(np.uint32).reshape(-1, 2)[:, 1 - _HIGH] = lower
        self._scores = self._keys.view(np.float32).reshape(-1, 2)[:, _HIGH]
        self._sums = np.zeros(size)
        self._added: dict[tuple[str, int], Added] = {}
        self._remembered = 0

    def rank(
        self, counts: Mapping[str, int], k: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the best `k` documents for the terms of a query and their counts in it."""
        sums, known = self._sums, self._added
        sums.fill(0.0)
        for term in counts.items():
            scores, docs = known.get(term) or self._learn(term)
            if docs is None:
                sums += scores
            elif len(docs):  # no document occurs twice
                sums[docs] += scores
        return self._best(k)

    def _learn(self, term: tuple[str, int]) -> Added:
        """Compute and cache a term's contribution; empty if no document has it."""
        added = _NOTHING
        for one in self._postings.weigh(dict([term])):
            docs, scores = self._postings.read((one.start, one.stop, one.weight))
            added = (scores, docs)
            if len(docs) * _DENSE > len(self._sums):
                row = np.zeros(len(self._sums))
                row[docs] = scores
                added = (row, None)
        size = _PER_TERM + len(added[0])
        self._remembered += size
        if self._remembered > _REMEMBERED:
            self._added.clear()
            self._remembered = size
        self._added[term] = added
        return added

    def _best(self, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the best `k` documents by their sums, ties by rank."""
        self._scores[:] = self._sums  # rounds to float32
        size = len(self._keys)
        keys = self._keys.copy()
        if k < size:
            keys.partition(size - k)
            keys = keys[size - k :]
        keys.sort()
        if size and keys[0] < _NO_SCORE:
            keys = keys[keys.searchsorted(_NO_SCORE) :]
        halves: NDArray[Any] = keys.view(np.uint32).reshape(-1, 2)[::-1]
        scores: NDArray[np.float32] = halves[:, _HIGH].copy().view(np.float32)
        return self._docs[halves[:, 1 - _HIGH]], scores
