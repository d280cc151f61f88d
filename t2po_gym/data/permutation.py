"""A keyed permutation of ``0 .. size - 1`` that needs no table.

A balanced Feistel network shuffles the smallest even-bit domain that holds ``size`` values; a
result outside is shuffled again until it falls inside ("cycle walking"), which keeps the map a
bijection. It spreads product numbers over all possible ASINs, task numbers over all goals and
things over all possible names, without holding a list. It shuffles, it does not encrypt.
"""

import hashlib
import struct

_ROUNDS = 6
_WORD = (1 << 64) - 1


def _mix(value: int) -> int:
    """Scramble 64 bits (the finaliser of SplitMix64, Steele et al. 2014)."""
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _WORD
    return value ^ (value >> 31)


class Permutation:
    """A bijection of ``range(size)`` chosen by a text key.

    Args:
        size: Number of values, at least 1.
        key: Any text; another key gives another permutation.

    Example:
        >>> shuffled = Permutation(5, "demo")
        >>> sorted(shuffled(i) for i in range(5))
        [0, 1, 2, 3, 4]
        >>> shuffled.inverse(shuffled(3))
        3
    """

    __slots__ = ("_half", "_keys", "_mask", "size")

    def __init__(self, size: int, key: str) -> None:
        if size < 1:
            raise ValueError(f"a permutation needs at least one value, got size={size}")
        self.size = size
        self._half = max(1, ((size - 1).bit_length() + 1) // 2)
        self._mask = (1 << self._half) - 1
        digest = hashlib.shake_128(key.encode("utf-8", "surrogatepass")).digest(8 * _ROUNDS)
        self._keys: tuple[int, ...] = struct.unpack(f"<{_ROUNDS}Q", digest)

    def __call__(self, value: int) -> int:
        """Return where ``value`` goes.

        Raises:
            IndexError: ``value`` is outside ``range(size)``.
        """
        self._check(value)
        half, mask, size = self._half, self._mask, self.size
        while True:
            left, right = value >> half, value & mask
            for key in self._keys:  # `_mix`, written out: this is done for every task
                mixed = right ^ key
                mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
                mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _WORD
                left, right = right, left ^ ((mixed ^ (mixed >> 31)) & mask)
            value = left << half | right
            if value < size:
                return value

    def inverse(self, value: int) -> int:
        """Return what goes to ``value``; IndexError where it is outside ``range(size)``."""
        self._check(value)
        half, mask, size = self._half, self._mask, self.size
        while True:
            left, right = value >> half, value & mask
            for key in reversed(self._keys):
                left, right = right ^ (_mix(left ^ key) & mask), left
            value = left << half | right
            if value < size:
                return value

    def _check(self, value: int) -> None:
        if not 0 <= value < self.size:
            raise IndexError(f"{value} is outside 0 .. {self.size - 1}")
