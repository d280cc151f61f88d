"""Exact top documents for a weighted query in a large collection, without scoring them all.

Terms are processed by the largest score they can contribute. The scores of the first terms are
spread over all documents. Once the later terms (the tail) together cannot bring a document with
none of the first terms into the best k, only documents seen so far matter (MaxScore: Turtle and
Flood, "Query evaluation: strategies and optimizations", 1995). A score that k documents are sure to
reach is found early, by looking up every term for the few documents that lead after the rarest
terms. The remaining documents are narrowed term by term, by spreading or by look-up, whichever is
cheaper.

These sums are single precision and used with some slack. The documents that remain are rescored in
double precision, term by term in query order, so the result equals that of scoring everything.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from t2po_gym.retrieval.bm25.postings import Postings, WeightedTerm

Docs = NDArray[np.intp]
Scores = NDArray[np.float64]

_LEADERS = 24  # minimum number of documents scored at once for a threshold
_SAMPLE = 1024  # minimum number of documents per term to choose leaders from
_FEW_POSTINGS = 4096  # of the rarest terms, after which leaders are first scored
_LEADERS_AGAIN = 4  # leaders are scored again after this many times the postings
_LOOK_UP_COST = 12  # of one document in one term, in postings spread
_ROUNDING = 1e-7  # of the sum of weights, per term: more than single precision loses
_SOMETHING = 1e-30  # a sum of 0 is not a hit
_DENSE = 8  # if more than one document in this many was touched, all are examined


class Pruner:
    """Rank the documents of a large index.

    Args:
        postings: the index.
    """

    def __init__(self, postings: Postings) -> None:
        self._postings = postings
        self._sums = np.zeros(postings.num_docs, np.float32)

    def rank(self, terms: Sequence[WeightedTerm], k: int) -> tuple[Docs, Scores]:
        """Return documents that include the best `k`, and their exact scores.

        Args:
            terms: the terms of a query, in query order, all of them in the index.
            k: number of documents wanted.
        """
        spread = _Spread(self._postings, self._sums, terms, k)
        try:
            docs = spread.narrow()
        finally:
            spread.clean()
        return docs, exact_scores(self._postings, terms, docs)


def exact_scores(postings: Postings, terms: Sequence[WeightedTerm], docs: Docs) -> Scores:
    """Return the scores of some documents (ascending), summed in query order."""
    reading = sum(term.stop - term.start for term in terms) + postings.num_docs
    if _LOOK_UP_COST * len(docs) * len(terms) > reading:
        sums = np.zeros(postings.num_docs)
        for term in terms:
            np.add.at(sums, *postings.read((term.start, term.stop, term.weight)))
        return sums[docs]
    totals = np.zeros(len(docs))
    wanted = docs.astype(np.uint32)
    for term in terms:
        totals += postings.look_up((term.start, term.stop, term.weight), wanted)
    return totals


def _ascending(lists: Sequence[Docs]) -> Docs:
    """Return the distinct members of some lists in ascending order."""
    if len(lists) == 1:
        return lists[0]
    docs = np.sort(np.concatenate([np.zeros(0, np.intp), *lists]))
    return docs[np.flatnonzero(np.diff(docs, prepend=-1))]


class _Spread:
    """One query working on the shared sums."""

    def __init__(
        self, postings: Postings, sums: NDArray[np.float32], terms: Sequence[WeightedTerm], k: int
    ) -> None:
        self._postings, self._sums, self._k = postings, sums, k
        self._query_order = terms
        self._terms = sorted(terms, key=lambda term: -term.bound)
        tails = [0.0]  # the most that the terms from each one on can add
        for term in reversed(self._terms):
            tails.append(tails[-1] + term.bound)
        self._tails = tails[::-1]
        weights = sum(float(term.weight) for term in terms)
        self._slack = weights * _ROUNDING * (len(terms) + 4)
        self._touched: list[Docs] = []
        self._postings_read = 0
        self._next_leaders = 0
        self._threshold = 0.0  # k documents reach it, minus the slack

    def narrow(self) -> Docs:
        """Return documents, ascending, that include the best k."""
        place = self._spread_rare()
        while place < len(self._terms):
            tail, term = self._tails[place], self._terms[place]
            if tail < self._threshold:
                most = (term.stop - term.start) // _LOOK_UP_COST
                docs = self._candidates(self._threshold - tail, most)
                if docs is not None:
                    return self._look_up_rest(place, docs)
            self._spread_term(term)
            place += 1
            if place < len(self._terms) and self._postings_read >= self._next_leaders:
                self._score_leaders()
        docs = self._candidates(self._threshold, len(self._sums))
        assert docs is not None, "all documents may be taken"
        return docs

    def clean(self) -> None:
        """Reset the sums to zero."""
        if self._postings_read * _DENSE > len(self._sums):
            self._sums.fill(0)
        else:
            for docs in self._touched:
                self._sums[docs] = 0

    def _spread_rare(self) -> int:
        """Spread the rarest terms, then score the leading documents; return the term count."""
        place = 0
        for term in self._terms:
            if place and self._postings_read + term.stop - term.start > _FEW_POSTINGS:
                break
            self._spread_term(term)
            place += 1
        self._score_leaders()
        return place

    def _spread_term(self, term: WeightedTerm) -> None:
        docs, scores = self._postings.spread((term.start, term.stop, term.weight))
        np.add.at(self._sums, docs, scores)
        self._touched.append(docs)
        self._postings_read += len(docs)

    def _score_leaders(self) -> None:
        """Find a score that k documents reach, by scoring some of the current leaders."""
        self._next_leaders = _LEADERS_AGAIN * max(self._postings_read, _FEW_POSTINGS)
        count = max(_LEADERS, self._k + self._k // 4)
        sample = max(_SAMPLE, 4 * count)
        some = [docs[:: len(docs) // sample + 1] for docs in self._touched]
        docs = _ascending(some)
        if len(docs) < self._k:
            return
        if len(docs) > count:
            sums = self._sums[docs]
            docs = docs[np.argpartition(sums, len(docs) - count)[len(docs) - count :]]
            docs.sort()
        exact = exact_scores(self._postings, self._query_order, docs)
        self._raise_threshold(exact)

    def _raise_threshold(self, scores: Scores) -> None:
        """Raise the threshold, given that documents have at least these scores."""
        if len(scores) >= self._k:
            place = len(scores) - self._k
            kth = float(np.partition(scores, place)[place])
            self._threshold = max(self._threshold, kth - self._slack)

    def _candidates(self, least: float, most: int) -> Docs | None:
        """Return the documents whose sums are at least `least`; None if more than `most`."""
        least = max(least - self._slack, _SOMETHING)
        if self._postings_read * _DENSE < len(self._sums):
            docs = [docs[self._sums[docs] >= least] for docs in self._touched]
            # A document may be in several lists.
            if sum(map(len, docs)) > most * len(docs):
                return None
            return _ascending(docs)
        kept = self._sums >= least
        return None if np.count_nonzero(kept) > most else np.flatnonzero(kept)

    def _look_up_rest(self, place: int, docs: Docs) -> Docs:
        """Look up the terms from `place` on, dropping documents that can no longer qualify."""
        totals = self._sums[docs].astype(np.float64)
        for number in range(place, len(self._terms)):
            term = self._terms[number]
            span = (term.start, term.stop, term.weight)
            totals += self._postings.look_up(span, docs.astype(np.uint32))
            self._raise_threshold(totals)
            kept = np.flatnonzero(totals >= self._threshold - self._tails[number + 1] - self._slack)
            docs, totals = docs[kept], totals[kept]
        return docs
