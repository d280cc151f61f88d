"""Random draws as a pure function of a key: BLAKE2b digests, integers only.

Nothing here passes through floating point, so every draw is the same on every platform, in every
process and in a world of any size.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from t2po_gym.data.draws import Draws

_WORDS = 16
_CHUNK = 1 << 14  # rows hashed at once


def draw_table(key: str, size: int) -> NDArray[np.uint32]:
    """Return 16 uniform 32-bit words for each of `size` rows, ``[size, 16]``.

    Row i depends on `key` and i alone.
    """
    base = hashlib.blake2b(key.encode(), digest_size=4 * _WORDS)
    table = np.empty((size, _WORDS), np.uint32)
    for first in range(0, size, _CHUNK):
        last = min(first + _CHUNK, size)
        digests = []
        for row in range(first, last):
            digest = base.copy()
            digest.update(b"/%d" % row)
            digests.append(digest.digest())
        table[first:last] = np.frombuffer(b"".join(digests), "<u4").reshape(-1, _WORDS)
    return table


def below(words: NDArray[np.uint32], bound: NDArray[np.int64] | int) -> NDArray[np.int64]:
    """Turn uniform words into integers in ``range(bound)``; 0 where a bound is 0 or less.

    `words` and `bound` have the same shape, or `bound` is one number; bounds are below 2**31.
    """
    scaled = words.astype(np.int64) * np.maximum(bound, 0)
    return scaled >> 32


def stream(key: str) -> Draws:
    """Return a stream of uniform integers; equal keys give equal streams."""
    return Draws(key, _block)


def _block(text: bytes) -> bytes:
    return hashlib.blake2b(text, digest_size=4 * _WORDS).digest()
