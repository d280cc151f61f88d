"""Random draws as a pure function of a key: BLAKE2b digests, integers only.

Nothing here passes through floating point, so every draw is the same on every platform, in every
process and in a world of any size.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

_WORDS = 16
_UNPACK = struct.Struct(f"<{_WORDS}I").unpack
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


class Draws:
    """A stream of uniform integers.

    Args:
        key: equal keys give equal streams.

    Example:
        >>> Draws("a").below(1000) == Draws("a").below(1000)
        True
    """

    __slots__ = ("_block", "_key", "_words")

    def __init__(self, key: str) -> None:
        self._key = key
        self._block = 0
        self._words: list[int] = []

    def below(self, bound: int) -> int:
        """Return an integer in ``range(bound)``; `bound` is far below 2**32 in all uses."""
        if not self._words:
            text = f"{self._key}/{self._block}"
            self._block += 1
            digest = hashlib.blake2b(text.encode(), digest_size=4 * _WORDS).digest()
            self._words = list(_UNPACK(digest))
        return self._words.pop() * bound >> 32

    def percent(self, chance: int) -> bool:
        """Return True with a chance given in percent."""
        return self.below(100) < chance

    def pick(self, items: Sequence[T]) -> T:
        """Return one item."""
        return items[self.below(len(items))]

    def weighted(self, shares: Sequence[int]) -> int:
        """Return a position, drawn with these integer shares."""
        value = self.below(sum(shares))
        position = 0
        while value >= shares[position]:
            value -= shares[position]
            position += 1
        return position

    def shuffle(self, items: list[T]) -> None:
        """Put a list into random order."""
        for place in range(len(items) - 1, 0, -1):
            other = self.below(place + 1)
            items[place], items[other] = items[other], items[place]
