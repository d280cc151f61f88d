"""Build BM25 index arrays from a stream of documents in bounded memory.

Tokens are collected in chunks. Each chunk becomes a run of postings sorted by term and document,
spilled to disk if there is more than one. Runs are merged one block of terms at a time, since the
documents of each run follow those of the previous run. Memory holds one chunk, the vocabulary and a
few bytes per document. The arrays depend only on the documents, not on the chunk size.
"""

from __future__ import annotations

import os
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from t2po_gym.retrieval.bm25.scoring import MAX_FREQUENCY, encode_lengths, mean_length, saturations
from t2po_gym.retrieval.bm25.term_table import build_term_arrays
from t2po_gym.retrieval.text.analyzer import term_of
from t2po_gym.retrieval.text.segment import segment

CHUNK_TOKENS = 2_000_000
"""Tokens per run; about 100 MB at peak."""

_MERGE_POSTINGS = 2_000_000
_WORD_LIMIT = 1 << 18
_STOP = -1


class _WordNumbers(dict[str, int]):
    """Word as spelled -> number of its term; filled on demand, cleared when too large."""

    def __init__(self) -> None:
        super().__init__()
        self.terms: dict[str, int] = {}

    def __missing__(self, word: str) -> int:
        if len(self) >= _WORD_LIMIT:
            self.clear()
        term = term_of(word)
        number = self.terms.setdefault(term, len(self.terms)) if term else _STOP
        self[word] = number
        return number


class _Column:
    """Values of a run, in memory or in a file."""

    def __init__(self, values: NDArray[Any], path: Path | None = None) -> None:
        self._dtype = values.dtype
        self._path = path
        self._values = np.empty(0, values.dtype) if path else values  # a view would keep all
        if path:
            values.tofile(path)

    def read(self, part: slice) -> NDArray[Any]:
        """Return the values in a range."""
        if self._path is None:
            return self._values[part]
        size = part.stop - part.start
        offset = part.start * self._dtype.itemsize
        return np.fromfile(self._path, self._dtype, count=size, offset=offset)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """Postings of one chunk, sorted by term and then document."""

    terms: NDArray[np.int32]  # ascending, [T]
    starts: NDArray[np.int64]  # of each term's postings, [T + 1]
    docs: _Column  # uint32, [P]
    frequencies: _Column  # uint8, capped, [P]
    capped: NDArray[np.int64]  # where a frequency reached the cap, [C]
    capped_frequencies: NDArray[np.int32]  # what it is there, [C]


def _make_run(
    numbers: NDArray[np.int32], docs: NDArray[np.uint32], paths: tuple[Path, Path] | None
) -> _Run:
    """Sort and count the tokens of a chunk; `numbers` and `docs` have an entry per token."""
    keys = numbers.astype(np.int64) << 32 | docs
    keys.sort()
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    frequencies = np.diff(first, append=len(keys))
    keys = keys[first]
    numbers = (keys >> 32).astype(np.int32)
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    capped = np.flatnonzero(frequencies >= MAX_FREQUENCY)
    docs_path, frequencies_path = paths or (None, None)
    return _Run(
        terms=numbers[starts],
        starts=np.append(starts, len(keys)).astype(np.int64),
        docs=_Column((keys & 0xFFFFFFFF).astype(np.uint32), docs_path),
        frequencies=_Column(
            np.minimum(frequencies, MAX_FREQUENCY).astype(np.uint8), frequencies_path
        ),
        capped=capped,
        capped_frequencies=frequencies[capped].astype(np.int32),
    )


class Bm25Builder:
    """Collect documents and turn them into index arrays, spilling sorted runs to disk.

    Use it as a context manager, since the spilled files are deleted when the block ends::

        with Bm25Builder() as builder:
            for text in texts:
                builder.add(text)
            write_arrays(path, builder.finish(tie_keys), meta)

    Args:
        spill_dir: where to make a temporary folder if the documents exceed one chunk; by default
            the system's temporary folder. It needs about 12 bytes per posting.
        chunk_tokens: tokens per run.
    """

    def __init__(
        self, spill_dir: str | os.PathLike[str] | None = None, chunk_tokens: int = CHUNK_TOKENS
    ) -> None:
        self._spill_dir = spill_dir
        self._chunk_tokens = chunk_tokens
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._words = _WordNumbers()
        self._tokens = array("i")
        self._counts = array("i")  # words of each document in the chunk
        self._lengths: list[NDArray[np.int32]] = []
        self._runs: list[_Run] = []
        self._num_docs = 0
        self._finished = False

    def __enter__(self) -> Bm25Builder:
        return self

    def __exit__(self, *error: object) -> None:
        self._runs.clear()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def add(self, text: str) -> int:
        """Add one document; return its number (0, 1, 2, ...).

        Raises:
            RuntimeError: If `finish` was called.
        """
        if self._finished:
            raise RuntimeError("this builder is finished; make a new one to add documents.")
        words = segment(text.lower() if text.isascii() else text)
        self._tokens.extend(map(self._words.__getitem__, words))
        self._counts.append(len(words))
        self._num_docs += 1
        if len(self._tokens) >= self._chunk_tokens:
            self._flush(spill=True)
        return self._num_docs - 1

    def finish(
        self,
        tie_keys: Sequence[str] | NDArray[np.bytes_] | None = None,
        prefix: str = "bm25/",
    ) -> dict[str, NDArray[Any]]:
        """Return the index arrays by name; each name begins with `prefix`.

        Large arrays are maps of spilled files: write or copy them before the block ends.

        Args:
            tie_keys: one string per document; equal scores are ordered by key, ascending. None:
                by document number. An array of ASCII bytes takes the least memory.
            prefix: start of the names.

        Raises:
            ValueError: If the numbers of keys and documents differ.
        """
        if tie_keys is not None and len(tie_keys) != self._num_docs:
            raise ValueError(
                f"got {len(tie_keys)} tie keys for {self._num_docs} documents; give one each."
            )
        self._flush(spill=bool(self._runs))
        self._finished = True
        lengths = np.concatenate([np.zeros(0, np.int32), *self._lengths])
        total, filled = int(lengths.sum(dtype=np.int64)), int(np.count_nonzero(lengths))
        length_rows = encode_lengths(lengths).astype(np.uint16) << np.uint16(8)
        arrays: dict[str, NDArray[Any]] = {
            "stats": np.array([self._num_docs, filled, total], np.int64),
            "tie_rank": _tie_ranks(tie_keys),
            **build_term_arrays(list(self._words.terms)),
            **self._merge(length_rows, saturations(mean_length(total, filled))),
        }
        return {prefix + name: array for name, array in arrays.items()}

    def _flush(self, spill: bool) -> None:
        """Turn the collected tokens into a run."""
        numbers = np.frombuffer(self._tokens, np.int32) if self._tokens else np.zeros(0, np.int32)
        counts = np.array(self._counts, np.int64)
        docs = np.repeat(np.arange(len(counts), dtype=np.uint32), counts)
        kept = numbers != _STOP
        numbers, docs = numbers[kept], docs[kept]
        self._lengths.append(np.bincount(docs, minlength=len(counts)).astype(np.int32))
        docs += np.uint32(self._num_docs - len(counts))
        name = f"run{len(self._runs)}"
        paths = (self._file(f"{name}-docs"), self._file(f"{name}-frequencies")) if spill else None
        self._runs.append(_make_run(numbers, docs, paths))
        self._tokens, self._counts = array("i"), array("i")

    def _file(self, name: str) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="bm25-", dir=self._spill_dir)
        return Path(self._folder.name) / name

    def _merge(
        self, length_rows: NDArray[np.uint16], saturation: NDArray[np.float32]
    ) -> dict[str, NDArray[Any]]:
        """Merge the runs and find the largest saturation of each term."""
        starts = np.zeros(len(self._words.terms) + 1, np.int64)
        for run in self._runs:
            starts[run.terms + 1] += np.diff(run.starts)
        np.cumsum(starts, out=starts)
        spill = self._folder is not None
        docs = _Output(np.uint32, self._file("docs") if spill else None)
        codes = _Output(np.uint16, self._file("codes") if spill else None)
        peaks = np.zeros(len(starts) - 1, np.float32)
        capped: list[tuple[NDArray[np.int64], NDArray[np.int32]]] = []
        for first, last in _blocks(starts):
            block = _merge_block(self._runs, starts[first : last + 1], first)
            block_codes = length_rows[block.docs] + block.frequencies
            docs.append(block.docs)
            codes.append(block_codes)
            capped.append((block.capped, block.capped_frequencies))
            edges = starts[first:last] - starts[first]
            peaks[first:last] = np.maximum.reduceat(saturation[block_codes], edges)
        return {
            "term_start": starts,
            "term_peak": peaks,
            "docs": docs.close(),
            "codes": codes.close(),
            "capped": np.concatenate([np.zeros(0, np.int64), *(at for at, _ in capped)]),
            "capped_frequencies": np.concatenate([np.zeros(0, np.int32), *(f for _, f in capped)]),
        }


class _Output:
    """An array written piece by piece, to memory or to a file."""

    def __init__(self, dtype: type[np.generic], path: Path | None) -> None:
        self._dtype = dtype
        self._path = path
        self._parts: list[NDArray[Any]] = []

    def append(self, values: NDArray[Any]) -> None:
        if self._path is None:
            self._parts.append(values)
        else:
            with self._path.open("ab") as file:
                values.tofile(file)

    def close(self) -> NDArray[Any]:
        """Return the whole array; a map if it was written to a file."""
        if self._path is None or not self._path.exists():
            return np.concatenate([np.zeros(0, self._dtype), *self._parts])
        return np.memmap(self._path, self._dtype, "r")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """Merged postings of a range of terms."""

    docs: NDArray[np.uint32]
    frequencies: NDArray[np.uint8]
    capped: NDArray[np.int64]  # positions among all postings
    capped_frequencies: NDArray[np.int32]


def _merge_block(runs: Sequence[_Run], starts: NDArray[np.int64], first: int) -> _Block:
    """Merge the postings of the terms from `first` on; `starts` has where each begins and ends."""
    begin, num_terms = int(starts[0]), len(starts) - 1
    docs = np.empty(int(starts[-1]) - begin, np.uint32)
    frequencies = np.empty(len(docs), np.uint8)
    cursor = starts[:-1] - begin  # next free position of each term
    capped: list[NDArray[np.int64]] = []
    capped_frequencies: list[NDArray[np.int32]] = []
    for run in runs:
        low, high = np.searchsorted(run.terms, (first, first + num_terms))
        part = slice(int(run.starts[low]), int(run.starts[high]))
        counts = np.diff(run.starts[low : high + 1])
        terms = run.terms[low:high] - first
        shift = cursor[terms] - (run.starts[low:high] - part.start)
        target = np.repeat(shift, counts) + np.arange(part.stop - part.start)
        cursor[terms] += counts
        docs[target] = run.docs.read(part)
        frequencies[target] = run.frequencies.read(part)
        low, high = np.searchsorted(run.capped, (part.start, part.stop))
        capped.append(target[run.capped[low:high] - part.start] + begin)
        capped_frequencies.append(run.capped_frequencies[low:high])
    places = np.concatenate(capped)
    order = np.argsort(places)
    return _Block(
        docs=docs,
        frequencies=frequencies,
        capped=places[order],
        capped_frequencies=np.concatenate(capped_frequencies)[order],
    )


def _blocks(starts: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Yield ranges of terms with about `_MERGE_POSTINGS` postings each at most."""
    first = 0
    num_terms = len(starts) - 1
    while first < num_terms:
        limit = starts[first] + _MERGE_POSTINGS
        last = max(first + 1, int(np.searchsorted(starts, limit, side="right")) - 1)
        yield first, min(last, num_terms)
        first = min(last, num_terms)


def _tie_ranks(tie_keys: Sequence[str] | NDArray[np.bytes_] | None) -> NDArray[np.uint32]:
    """Return the rank of each document among equal scores; empty if it is its number."""
    if tie_keys is None:
        return np.zeros(0, np.uint32)
    if isinstance(tie_keys, np.ndarray):
        order = np.argsort(tie_keys, kind="stable")
    else:
        order = np.array(sorted(range(len(tie_keys)), key=tie_keys.__getitem__), np.int64)
    if np.array_equal(order, np.arange(len(order))):
        return np.zeros(0, np.uint32)
    ranks = np.empty(len(order), np.uint32)
    ranks[order] = np.arange(len(order), dtype=np.uint32)
    return ranks
