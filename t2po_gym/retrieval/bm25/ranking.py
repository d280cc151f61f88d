"""Exact top documents for a weighted query, without scoring every document.

In a small collection all documents are scored (`small_ranker`). In a larger one, a few best
documents are found by `term_at_a_time` or, in a large collection, by `pruning`. To find more,
documents are processed range by range, so that their sums stay in the processor's cache. After each
range a score that `k` documents reach is known. Terms are sorted by the largest score they can
contribute. Once the largest scores of the last terms (the tail) sum to less than that score,
documents with only tail terms are out (MaxScore: Turtle and Flood, "Query evaluation: strategies
and optimizations", 1995). The other terms (the head) are summed from whole posting lists. For
documents that can still reach the score, each tail term is looked up, dropping more at every step.

Scores are float32 numbers added in double precision. Within the magnitudes of `order_is_free` such
sums are exact and so the same in any order; beyond them everything is summed in query order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from t2po_gym.retrieval.bm25.postings import (
    SLACK,
    SMALLEST,
    Postings,
    Span,
    WeightedTerm,
    order_is_free,
)
from t2po_gym.retrieval.bm25.pruning import Pruner
from t2po_gym.retrieval.bm25.small_ranker import SmallRanker
from t2po_gym.retrieval.bm25.term_at_a_time import Adder

Hits = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Document numbers, best first, and their scores."""

_NO_DOCUMENTS = (np.zeros(0, np.intp), np.zeros(0))
_ONE_RANGE = 1 << 15  # documents that are processed at once
_FEW = 10  # up to this many wanted documents, adding or pruning is faster
_MIDDLE = 1 << 16  # up to this many documents, adding is faster
_MANY = 1 << 12  # from this many scores on, very many may be equal
_LOOKS = 4
_FIRST_RANGE = 1 << 14
_GROWTH = 4
_LONGEST_RANGE = 1 << 19  # 4 MB of sums
_TAIL = 0.5  # of the score to reach: longer tails mean less to add and more to look up


class Ranker:
    """Rank the documents of an index.

    Args:
        postings: the index.
        tie_rank: order of documents with equal scores; empty for document order.
    """

    def __init__(self, postings: Postings, tie_rank: NDArray[np.uint32]) -> None:
        self._postings = postings
        self._tie_rank = tie_rank
        self._edges = np.array(_edges(postings.num_docs), np.uint32)
        self._sums = np.zeros(int(np.diff(self._edges).max()))
        self._quick: Adder | Pruner | None = None
        # One range: a small collection, where all documents are scored.
        self._small = SmallRanker(postings, tie_rank) if len(self._edges) == 2 else None

    def rank(self, counts: Mapping[str, int], k: int) -> Hits:
        """Return the best `k` documents for the terms of a query and their counts in it."""
        if self._small is not None:
            return self._small.rank(counts, k)
        terms = self._postings.weigh(counts)
        if not terms:
            return self._best(*_NO_DOCUMENTS, k)
        if k > _FEW:
            return self._best(*self._rank_ranges(terms, k), k)
        if self._quick is None:
            middle = self._postings.num_docs <= _MIDDLE
            self._quick = Adder(self._postings) if middle else Pruner(self._postings)
        return self._best(*self._quick.rank(terms, k), k)

    def _add(self, spans: Sequence[Span], first: int, size: int) -> NDArray[np.float64]:
        """Return the sums of `size` documents from `first` on; all of `spans` lie there."""
        sums = self._sums[:size]
        sums.fill(0)
        for span in spans:
            docs, scores = self._postings.read(span)
            docs -= first
            np.add.at(sums, docs, scores)
        return sums

    def _rank_ranges(
        self, terms: Sequence[WeightedTerm], k: int
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return documents that include the best `k`, and their scores."""
        may_prune = order_is_free(terms)
        if may_prune:
            terms = sorted(terms, key=lambda term: -term.bound)
        tails = [0.0]  # the most that the terms from each one on can add
        for term in reversed(terms):
            tails.append(tails[-1] + term.bound)
        tails.reverse()
        cuts = [self._postings.cuts(term, self._edges) for term in terms]
        best_docs, best = np.zeros(0, np.intp), np.zeros(0)
        threshold = 0.0  # k documents reach it, minus the slack
        for number, (first, last) in enumerate(pairwise(self._edges.tolist())):
            spans = [
                (cut[number], cut[number + 1], term.weight)
                for cut, term in zip(cuts, terms, strict=True)
            ]
            split = len(terms)
            if may_prune:
                split = sum(tail >= _TAIL * threshold for tail in tails[:-1])
            sums = self._add(spans[:split], first, last - first)
            found = np.flatnonzero(sums >= max(threshold - tails[split], SMALLEST))
            docs, totals = found + first, sums[found]
            for place in range(split, len(terms)):
                docs, totals = self._look_up(
                    spans[place], docs, totals, threshold - tails[place + 1]
                )
            best_docs, best = np.concatenate((best_docs, docs)), np.concatenate((best, totals))
            if len(best) > k:
                threshold = _kth(best, k) * SLACK
                kept = np.flatnonzero(best >= threshold)
                best_docs, best = best_docs[kept], best[kept]
        return best_docs, best

    def _look_up(
        self,
        span: Span,
        docs: NDArray[np.intp],
        totals: NDArray[np.float64],
        least: float,
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Add a term's scores to the totals of `docs`; return those of at least `least`."""
        if not len(docs):
            return docs, totals
        totals = totals + self._postings.look_up(span, docs.astype(np.uint32))
        kept = np.flatnonzero(totals >= least)
        return (docs, totals) if len(kept) == len(docs) else (docs[kept], totals[kept])

    def _best(self, docs: NDArray[np.intp], sums: NDArray[np.float64], k: int) -> Hits:
        """Return the best `k` of the given documents, ties by rank."""
        scores = sums.astype(np.float32)
        if len(scores) > k:
            kth = _kth(scores, k)
            better, equal = np.flatnonzero(scores > kth), np.flatnonzero(scores == kth)
            wanted = k - len(better)
            if len(equal) > wanted:  # of very many equal scores, sort only the first by rank
                ranks = self._ranks(docs[equal])
                equal = equal[np.argpartition(ranks, wanted - 1)[:wanted]]
            kept = np.concatenate((better, equal))
            docs, scores = docs[kept], scores[kept]
        order = np.lexsort((self._ranks(docs), -scores))[:k]
        return docs[order].astype(np.int64, copy=False), scores[order]

    def _ranks(self, docs: NDArray[np.intp]) -> NDArray[Any]:
        """Return the order of documents with equal scores."""
        return self._tie_rank[docs] if len(self._tie_rank) else docs


def _edges(num_docs: int) -> list[int]:
    """Return the starts of the ranges of documents, and the end of the last."""
    if num_docs <= _ONE_RANGE:
        return [0, num_docs]
    edges = [0]
    length = _FIRST_RANGE
    while edges[-1] + length < num_docs:
        edges.append(edges[-1] + length)
        length = min(_GROWTH * length, _LONGEST_RANGE)
    return [*edges, num_docs]


def _kth(scores: NDArray[np.floating], k: int) -> float:
    """Return the k-th largest of more than `k` scores."""
    rest, above = scores, 0
    for _ in range(_LOOKS if len(scores) > _MANY else 0):  # selecting is slow on equal values
        best = rest.max()
        above += int(np.count_nonzero(rest == best))
        if above >= k:
            return float(best)
        rest = rest[rest < best]
    place = len(scores) - k
    return float(np.partition(scores, place)[place])
