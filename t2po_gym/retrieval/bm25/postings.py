"""Posting lists in arrays: the scores of a term's documents, and of selected documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from t2po_gym.retrieval.bm25.scoring import (
    inverse_document_frequency,
    length_factors,
    mean_length,
    saturations,
)
from t2po_gym.retrieval.bm25.term_table import TermTable

_CACHED_TERMS = 1 << 16
_SPARE_BITS = 2.0**28  # double precision has 29 bits more than float32; one is spare

SLACK = 1 - 1e-6
"""Rounding to float32 cannot bring a score below this fraction of it."""

SMALLEST = 5e-324
"""Smallest sum of a hit: a sum of 0 is not a hit."""

Span = tuple[int, int, np.float32]
"""A range of postings of one term, and the weight of the term."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The location of a term's postings, with the term's idf and largest saturation."""

    start: int
    stop: int
    idf: np.float32
    peak: np.float32


@dataclass(frozen=True, slots=True)
class WeightedTerm:
    """A query term: its postings, its weight and the largest score it can contribute."""

    start: int
    stop: int
    weight: np.float32
    bound: float


class Postings:
    """Read the index arrays of `Bm25Builder`; only small tables are copied."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]], prefix: str) -> None:
        num_docs, filled_docs, num_tokens = (int(x) for x in arrays[prefix + "stats"])
        average = mean_length(num_tokens, filled_docs)
        self.num_docs = num_docs
        self._filled_docs = filled_docs
        self._terms = TermTable(arrays, prefix)
        self._starts = arrays[prefix + "term_start"]
        self._peaks = arrays[prefix + "term_peak"]
        self._docs = arrays[prefix + "docs"]
        self._codes = arrays[prefix + "codes"]
        self._capped = arrays[prefix + "capped"]
        self._capped_frequencies = arrays[prefix + "capped_frequencies"]
        self._saturations = saturations(average)
        self._fractions = np.float32(1) - np.float32(1) / self._saturations
        self._factors = length_factors(average)
        self._entries: dict[str, Entry | None] = {}

    def entry(self, term: str) -> Entry | None:
        """Return the location of a term's postings; None if no document has the term."""
        try:
            return self._entries[term]
        except KeyError:
            pass
        if len(self._entries) >= _CACHED_TERMS:
            self._entries.clear()
        number = self._terms.find(term)
        found = None
        if number is not None:
            start, stop = int(self._starts[number]), int(self._starts[number + 1])
            idf = inverse_document_frequency(self._filled_docs, stop - start)
            peak = self._peaks[number]
            low, high = self._capped_between(start, stop)
            if low < high:  # the peak in the index is from the capped frequencies
                peak = max(peak, self._capped_saturation(low, high).max())
            found = Entry(start, stop, idf, peak)
        self._entries[term] = found
        return found

    def weigh(self, counts: Mapping[str, int]) -> list[WeightedTerm]:
        """Return the terms of a query that occur in the index, in the query's order."""
        terms = []
        for term, count in counts.items():
            entry = self.entry(term)
            if entry is not None:
                weight = np.float32(count) * entry.idf
                terms.append(
                    WeightedTerm(
                        entry.start, entry.stop, weight, float(weight - weight / entry.peak)
                    )
                )
        return terms

    def cuts(self, term: WeightedTerm, edges: NDArray[np.uint32]) -> list[int]:
        """Return the positions in the postings of `term` where documents from each edge begin."""
        places = self._docs[term.start : term.stop].searchsorted(edges)
        return [term.start + place for place in places.tolist()]

    def read(self, span: Span) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return the documents of a range of postings and the term's contributions to scores."""
        start, stop, weight = span
        saturation = self._saturations.take(self._codes[start:stop].astype(np.intp))
        self._correct(saturation, start, stop)
        docs = self._docs[start:stop].astype(np.intp)
        return docs, (weight - weight / saturation).astype(np.float64)

    def spread(self, span: Span) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Same as `read`, but faster and with scores exact only to a few units in last place."""
        start, stop, weight = span
        fractions = self._fractions.take(self._codes[start:stop])
        low, high = self._capped_between(start, stop)
        if low < high:
            at = self._capped[low:high] - start
            fractions[at] = 1 - 1 / self._capped_saturation(low, high)
        fractions *= weight
        return self._docs[start:stop].astype(np.intp), fractions

    def look_up(self, span: Span, docs: NDArray[np.uint32]) -> NDArray[np.float32]:
        """Return a term's contribution to the scores of `docs` (ascending); 0 if absent."""
        start, stop, weight = span
        if start == stop:
            return np.zeros(len(docs), np.float32)
        part = self._docs[start:stop]
        places = part.searchsorted(docs)
        present = part.take(places, mode="clip") == docs
        saturation = self._saturations.take(self._codes[start:stop].take(places, mode="clip"))
        low, high = self._capped_between(start, stop)
        if low < high:
            found = places[present]
            values = saturation[present]
            self._correct(values, start, stop, found)
            saturation[present] = values
        scores: NDArray[np.float32] = weight - weight / saturation
        scores *= present
        return scores

    def _correct(
        self,
        saturation: NDArray[np.float32],
        start: int,
        stop: int,
        places: NDArray[np.intp] | None = None,
    ) -> None:
        """Overwrite the saturation of postings whose frequency is not in the table.

        `places` selects postings from `start` on, ascending; None selects all of them.
        """
        low, high = self._capped_between(start, stop)
        if low == high:
            return
        values = self._capped_saturation(low, high)
        for capped in range(low, high):
            posting = int(self._capped[capped])
            at = posting - start if places is None else int(places.searchsorted(posting - start))
            if places is None or (at < len(places) and places[at] == posting - start):
                saturation[at] = values[capped - low]

    def _capped_between(self, start: int, stop: int) -> tuple[int, int]:
        """Return the range of capped postings that lie in a range of postings."""
        if not len(self._capped):
            return 0, 0
        low, high = self._capped.searchsorted((start, stop)).tolist()
        return low, high

    def _capped_saturation(self, low: int, high: int) -> NDArray[np.float32]:
        """Return the saturation of capped postings."""
        factors = self._factors[self._codes[self._capped[low:high]] >> 8]
        frequencies = self._capped_frequencies[low:high].astype(np.float32)
        values: NDArray[np.float32] = np.float32(1) + frequencies * factors
        return values


def order_is_free(terms: Sequence[WeightedTerm]) -> bool:
    """Return whether the scores of these terms sum exactly in double precision, in any order.

    A score w - w / s is a multiple of the last bit of the float32 w / s, whose smallest value is
    w - bound; all sums stay below the sum of the bounds.
    """
    finest = min(float(term.weight) - term.bound for term in terms)
    return sum(term.bound for term in terms) < finest * _SPARE_BITS
