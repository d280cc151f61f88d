"""A dictionary of terms in arrays: opening it reads and builds nothing.

Terms are numbered in order of first appearance. Their CRC-32 values are kept sorted, so a term is
found by binary search and confirmed by its bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def build_term_arrays(terms: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Return the arrays of a `TermTable`: bytes, offsets, sorted hashes and their terms."""
    encoded = [term.encode() for term in terms]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(data) for data in encoded], out=offsets[1:])
    hashes = np.fromiter(map(zlib.crc32, encoded), np.uint32, len(encoded))
    order = np.argsort(hashes, kind="stable").astype(np.int32)
    return {
        "term_bytes": np.frombuffer(b"".join(encoded), np.uint8),
        "term_offset": offsets,
        "term_hash": hashes[order],
        "term_at": order,
    }


class TermTable:
    """Find the number of a term; `arrays` come from `build_term_arrays`."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]], prefix: str) -> None:
        self._bytes = arrays[prefix + "term_bytes"]
        self._offset = arrays[prefix + "term_offset"]
        self._hash = arrays[prefix + "term_hash"]
        self._at = arrays[prefix + "term_at"]

    def __len__(self) -> int:
        return len(self._at)

    def find(self, term: str) -> int | None:
        """Return the number of `term`; None if no document has it."""
        data = term.encode()
        hashed = np.uint32(zlib.crc32(data))
        place = int(self._hash.searchsorted(hashed))
        while place < len(self._hash) and self._hash[place] == hashed:
            number = int(self._at[place])
            start, end = self._offset[number], self._offset[number + 1]
            if self._bytes[start:end].tobytes() == data:
                return number
            place += 1
        return None
