"""Random draws of the generators: integers only, a pure function of a key.

A thing drawn from a hash of (kind, seed, index) is the same in a collection of any size, in any
process and on any platform, and no number ever passes through floating point.
"""

import hashlib
import struct
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

_BLOCK_BYTES = 512


def shake_block(text: bytes) -> bytes:
    """Return the 512 bytes that SHAKE-128 makes of a text: 128 numbers per call of the hash."""
    return hashlib.shake_128(text).digest(_BLOCK_BYTES)


class Draws:
    """A stream of uniform integers.

    Args:
        key: Any text; equal keys give equal streams.
        block: From a text to bytes, four for each number; each collection keeps to one.

    Example:
        >>> Draws("a").below(1000) == Draws("a").below(1000)
        True
    """

    __slots__ = ("_blocks", "_hash", "_key", "_words")

    def __init__(self, key: str, block: Callable[[bytes], bytes] = shake_block) -> None:
        self._key = key
        self._hash = block
        self._blocks = 0
        self._words: list[int] = []

    def below(self, bound: int) -> int:
        """Return an integer in ``range(bound)``; ``bound`` is far below 2**32 in all uses."""
        if not self._words:
            self._fill()
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
        for position, share in enumerate(shares):
            value -= share
            if value < 0:
                return position
        raise AssertionError("the draw is below the sum of the shares")

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        """Return up to ``count`` distinct items in random order."""
        rest = list(items)
        chosen = []
        for _ in range(min(count, len(rest))):
            position = self.below(len(rest))
            chosen.append(rest[position])
            rest[position] = rest[-1]
            rest.pop()
        return chosen

    def shuffle(self, items: list[T]) -> None:
        """Put a list into random order."""
        for place in range(len(items) - 1, 0, -1):
            other = self.below(place + 1)
            items[place], items[other] = items[other], items[place]

    def _fill(self) -> None:
        data = self._hash(f"{self._key}/{self._blocks}".encode())
        self._words = list(struct.unpack(f"<{len(data) // 4}I", data))
        self._blocks += 1
