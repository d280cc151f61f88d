"""Posting lists on arrays: the scores of a term's documents, and of chosen documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from t2po_gym.retrieval.scoring import (
    inverse_document_frequency,
    length_factors,
    saturations,
)
from t2po_gym.retrieval.term_table import TermTable

_CACHED_TERMS = 1 << 16


@dataclass(frozen=True, slots=True)
class Entry:
    """Where the postings of a term lie, and the idf and largest saturation of the term."""

    start: int
    stop: int
    idf: np.float32
    peak: np.float32


@dataclass(frozen=True, slots=True)
class WeightedTerm:
    """A term of a query: its postings, its weight and the largest score it can give."""

    start: int
    stop: int
    weight: np.float32
    bound: float

    @property
    def size(self) -> int:
        """Number of documents that have the term."""
        return self.stop - self.start


class Postings:
    """Reads the index arrays that `Bm25Builder` makes; nothing is copied but small tables."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]], prefix: str) -> None:
        num_docs, filled_docs, num_tokens = (int(x) for x in arrays[prefix + "stats"])
        average = num_tokens / max(1, filled_docs)
        self.num_docs = num_docs
        self._filled_docs = filled_docs
        self._terms = TermTable(arrays, prefix)
        self._starts = arrays[prefix + "term_start"]
        self._peaks = arrays[prefix + "term_peak"]
        self._docs = arrays[prefix + "docs"]
        self._frequencies = arrays[prefix + "frequencies"]
        self._capped = arrays[prefix + "capped"]
        self._capped_frequencies = arrays[prefix + "capped_frequencies"]
        self._rows = arrays[prefix + "doc_row"]
        self._saturations = saturations(average)
        self._factors = length_factors(average)
        self._entries: dict[str, Entry | None] = {}

    def entry(self, term: str) -> Entry | None:
        """Return where a term's postings lie, None if no document has the term."""
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
            found = Entry(start, stop, idf, self._peaks[number])
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

    def gather(self, terms: Sequence[WeightedTerm]) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Return the documents of `terms`, list after list, and what each adds to their scores."""
        docs = np.concatenate([self._docs[t.start : t.stop] for t in terms], dtype=np.intp)
        frequencies = np.concatenate([self._frequencies[t.start : t.stop] for t in terms])
        saturation = self._saturations.take(self._rows.take(docs) + frequencies)
        if len(self._capped):
            done = 0
            for term in terms:
                self._correct(saturation[done : done + term.size], term, docs[done:], None)
                done += term.size
        if len(terms) == 1:
            weight = terms[0].weight
            return docs, weight - weight / saturation
        weights = np.repeat([t.weight for t in terms], [t.size for t in terms])
        return docs, weights - weights / saturation

    def lookup(self, term: WeightedTerm, docs: NDArray[np.uint32]) -> NDArray[np.float32]:
        """Return what `term` adds to the scores of `docs` (ascending), 0 where it is absent."""
        part = self._docs[term.start : term.stop]
        places = part.searchsorted(docs)
        np.minimum(places, term.size - 1, out=places)
        present = np.flatnonzero(part.take(places) == docs)
        scores = np.zeros(len(docs), np.float32)
        if len(present):
            places = places[present]
            found = docs[present]
            frequencies = self._frequencies[term.start : term.stop].take(places)
            saturation = self._saturations.take(self._rows.take(found) + frequencies)
            if len(self._capped):
                self._correct(saturation, term, found, places)
            scores[present] = term.weight - term.weight / saturation
        return scores

    def _correct(
        self,
        saturation: NDArray[np.float32],
        term: WeightedTerm,
        docs: NDArray[Any],
        places: NDArray[np.intp] | None,
    ) -> None:
        """Overwrite the saturation of postings whose frequency is beyond the table.

        `places` says which postings of the term are meant, ascending; None: all of them.
        """
        low, high = self._capped.searchsorted((term.start, term.stop))
        for capped in range(low, high):
            place = int(self._capped[capped]) - term.start
            at = place if places is None else int(places.searchsorted(place))
            if places is None or (at < len(places) and places[at] == place):
                factor = self._factors[self._rows[docs[at]] >> 8]
                frequency = np.float32(self._capped_frequencies[capped])
                saturation[at] = np.float32(1) + frequency * factor
