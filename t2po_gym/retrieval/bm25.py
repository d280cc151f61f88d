"""BM25 equal to Lucene's, over memory-mapped arrays (signatures; the engine follows)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_QUERY_TERMS = 1024
"""Distinct terms of a query that count; Lucene refuses longer queries, here later ones are cut."""


class Bm25Builder:
    """Collects documents and turns them into index arrays, spilling sorted runs to disk.

    Use as a context manager (the spill folder goes with it)::

        with Bm25Builder() as builder:
            for text in texts:
                builder.add(text)
            write_arrays(path, builder.finish(tie_keys), meta)
    """

    def __init__(self, spill_dir: str | os.PathLike[str] | None = None) -> None:
        raise NotImplementedError

    def __enter__(self) -> Bm25Builder:
        raise NotImplementedError

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        raise NotImplementedError

    def add(self, text: str) -> int:
        """Add one document; return its number (0, 1, 2, ...)."""
        raise NotImplementedError

    def finish(
        self, tie_keys: Sequence[str] | None = None, prefix: str = "bm25/"
    ) -> dict[str, NDArray[Any]]:
        """Arrays of the index, by name; some are maps of spill files: write before closing."""
        raise NotImplementedError


class Bm25Index:
    """Searches index arrays; `arrays` is a dict of arrays or an open `ArrayFile`."""

    def __init__(
        self, arrays: Mapping[str, NDArray[Any]], prefix: str = "bm25/", cache_size: int = 1024
    ) -> None:
        raise NotImplementedError

    @property
    def num_docs(self) -> int:
        """Number of documents."""
        raise NotImplementedError

    def search(self, query: str, k: int = 50) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Best `k` documents (numbers, best first) and their scores; both arrays are read-only."""
        raise NotImplementedError
