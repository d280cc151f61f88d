"""BM25 exactly as Lucene computes it, in single precision.

| symbol | meaning |
| --- | --- |
| w | weight of a query term: its count in the query times idf |
| f | how often the term occurs in the document |
| l | document length in a one-byte code: exact below 40, then three fraction bits |
| a | average document length: tokens / non-empty documents |

score = sum over query terms of ``w - w / (1 + f * c(l))`` with
``c(l) = 1 / (k1 * ((1 - b) + b * l / a))`` and
``idf = ln(1 + (n - df + 0.5) / (df + 0.5))``. Every operation rounds to float32, the terms are
summed in double precision and the sum is rounded to float32.

Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009, in the form of
Lucene 8 and 9 (no factor k1 + 1); the rounding was read off Lucene 8.11.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

K1 = np.float32(0.9)
B = np.float32(0.4)
MAX_FREQUENCY = 255
"""Largest frequency in the saturation table; larger ones are rare and computed individually."""

_EXACT_LENGTHS = 40  # shorter lengths are their own code
_OFFSET = 24


def encode_length(length: int) -> int:
    """Return the one-byte code of a document length (tokens)."""
    if length < _EXACT_LENGTHS:
        return length
    rest = length - _OFFSET
    shift = rest.bit_length() - 4
    return _OFFSET + ((rest >> shift) & 7 | (shift + 1) << 3)


def decode_length(code: int) -> int:
    """Return the smallest document length that has this code."""
    if code < _EXACT_LENGTHS:
        return code
    shift = ((code - _OFFSET) >> 3) - 1
    return _OFFSET + (((code - _OFFSET) & 7 | 8) << shift)


@cache
def _length_starts() -> NDArray[np.int64]:
    """Return the smallest length of each of the 256 codes."""
    return np.array([decode_length(code) for code in range(256)], dtype=np.int64)


def encode_lengths(lengths: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Return `encode_length` of every element."""
    codes = np.searchsorted(_length_starts(), lengths, side="right") - 1
    return codes.astype(np.uint8)


def mean_length(num_tokens: int, filled_docs: int) -> float:
    """Return tokens per non-empty document; 1 for an empty collection."""
    return num_tokens / filled_docs if filled_docs else 1.0


def length_factors(average_length: float) -> NDArray[np.float32]:
    """Return c(l) for each of the 256 length codes."""
    lengths = _length_starts().astype(np.float32)
    one = np.float32(1)
    scaled = (one - B) + B * lengths / np.float32(average_length)
    factors: NDArray[np.float32] = one / (K1 * scaled)
    return factors


def saturations(average_length: float) -> NDArray[np.float32]:
    """Return the table ``1 + f * c(l)``, flat: entry 256 * code(l) + f, for f up to 255."""
    frequencies = np.arange(MAX_FREQUENCY + 1, dtype=np.float32)
    table = np.float32(1) + frequencies[None, :] * length_factors(average_length)[:, None]
    return table.reshape(-1)


def inverse_document_frequency(num_docs: int, frequency: int) -> np.float32:
    """Return the idf of a term that occurs in `frequency` of `num_docs` documents."""
    return np.float32(math.log(1.0 + (num_docs - frequency + 0.5) / (frequency + 0.5)))
