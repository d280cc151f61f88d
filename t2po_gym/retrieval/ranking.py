"""The best documents of a weighted query, exactly, without scoring every document.

Small queries are added up in full. For others, terms are taken by their largest possible score,
highest first. Documents that have only terms of the tail cannot be among the best once the tail's
largest scores add up to less than the k-th best score known so far (MaxScore: Turtle and Flood,
"Query evaluation: strategies and optimizations", 1995). The documents of the head are then looked
up in the lists of the tail, dropping those that can no longer reach that score.

Scores are float32 numbers added in double precision: with magnitudes as in `_order_is_free` the
sums are exact, hence the same in any order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from t2po_gym.retrieval.postings import Postings, WeightedTerm

Hits = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Document numbers, best first, and their scores."""

_SMALL_INDEX = 1 << 16  # documents: a dense sum is cheapest
_SMALL_QUERY = 1 << 14  # postings: all are added up
_SLACK = 1 - 1e-6  # more than rounding to float32 can move a score


def rank(
    postings: Postings, tie_rank: NDArray[np.uint32], counts: Mapping[str, int], k: int
) -> Hits:
    """Return the best `k` documents for the query terms `counts`."""
    terms = postings.weigh(counts)
    if not terms:
        docs, scores = np.zeros(0, np.int64), np.zeros(0, np.float32)
    else:
        docs, sums = _add_dense(postings, terms)
        docs, scores = _best(docs, sums, tie_rank, k)
    docs.flags.writeable = False
    scores.flags.writeable = False
    return docs, scores


def _add_dense(
    postings: Postings, terms: Sequence[WeightedTerm]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return all documents with any of the terms, ascending, and their scores."""
    docs, scores = postings.gather(terms)
    sums = np.bincount(docs, scores)
    found = np.flatnonzero(sums).astype(np.int64, copy=False)
    return found, sums[found]


def _best(
    docs: NDArray[np.int64], sums: NDArray[np.float64], tie_rank: NDArray[np.uint32], k: int
) -> Hits:
    """Return the best `k` of the given documents, ties by rank."""
    scores = sums.astype(np.float32)
    if len(scores) > k:
        least = np.partition(scores, len(scores) - k)[len(scores) - k]
        kept = np.flatnonzero(scores >= least)
        docs, scores = docs[kept], scores[kept]
    order = np.lexsort((tie_rank[docs] if len(tie_rank) else docs, -scores))[:k]
    return docs[order], scores[order]
