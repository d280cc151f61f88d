"""Exact top documents for a weighted query in a collection of tens of thousands of documents.

Scores are summed for all documents, starting with the terms that can contribute most. Before a term
with many documents, check whether the remaining terms can still bring in a document with none of
the terms so far; if not, look them up for the few documents that matter.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from t2po_gym.retrieval.bm25.postings import SLACK, SMALLEST, Postings, WeightedTerm, order_is_free

_CLOSE = 0.7  # of the score to reach: only a smaller tail leaves few documents
_LOOK_UP_COST = 12  # of one document in one term, in postings added
_WORTH_A_CHECK = 4  # check if more postings remain than documents / this


class Adder:
    """Rank the documents of an index.

    Args:
        postings: the index.
    """

    def __init__(self, postings: Postings) -> None:
        self._postings = postings
        self._sums = np.zeros(postings.num_docs)

    def rank(
        self, terms: Sequence[WeightedTerm], k: int
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return documents that include the best `k`, and their scores.

        Args:
            terms: the terms of a query, in query order, all of them in the index.
            k: number of documents wanted; small.
        """
        sums = self._sums
        sums.fill(0)
        may_prune = order_is_free(terms)
        if may_prune:
            terms = sorted(terms, key=lambda term: -term.bound)
        rest = sum(term.stop - term.start for term in terms)
        tail = sum(term.bound for term in terms)
        threshold, worth = 0.0, len(sums) // _WORTH_A_CHECK
        for place, term in enumerate(terms):
            if may_prune and place and rest > worth:
                if tail >= _CLOSE * threshold:
                    threshold = self._reached(k)
                if tail < _CLOSE * threshold:
                    docs = np.flatnonzero(sums >= threshold - tail)
                    if _LOOK_UP_COST * len(docs) < term.stop - term.start:
                        return self._look_up(terms[place:], docs, threshold, tail)
            np.add.at(sums, *self._postings.read((term.start, term.stop, term.weight)))
            rest -= term.stop - term.start
            tail -= term.bound
        docs = np.flatnonzero(sums >= max(self._reached(k), SMALLEST))
        return docs, sums[docs]

    def _reached(self, k: int) -> float:
        """Return a score that `k` documents already reach."""
        tops = []
        for _ in range(min(k, len(self._sums))):
            top = int(self._sums.argmax())
            tops.append((top, self._sums[top]))
            self._sums[top] = -1.0
        for top, value in tops:
            self._sums[top] = value
        return float(tops[-1][1]) * SLACK

    def _look_up(
        self,
        terms: Sequence[WeightedTerm],
        docs: NDArray[np.intp],
        threshold: float,
        tail: float,
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Add the remaining terms for some documents, dropping those that fall behind."""
        totals = self._sums[docs]
        for term in terms:
            span = (term.start, term.stop, term.weight)
            totals = totals + self._postings.look_up(span, docs.astype(np.uint32))
            tail -= term.bound
            kept = totals >= threshold - tail - (1 - SLACK) * threshold
            docs, totals = docs[kept], totals[kept]
        return docs, totals
