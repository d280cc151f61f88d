"""A dictionary that cannot grow without bound."""

from itertools import islice
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class BoundedCache(dict[K, V]):
    """A dictionary with a limit; :meth:`put` drops the oldest half when it is reached.

    Reading is a plain dictionary look-up, which is why entries age by insertion and not by use.
    Dropping half at once keeps the cost of :meth:`put` constant on average.
    """

    def __init__(self, limit: int) -> None:
        if limit < 2:
            raise ValueError(f"limit is {limit}; expected at least 2")
        self.limit = limit

    def put(self, key: K, value: V) -> V:
        """Store and return a value."""
        if len(self) >= self.limit:
            for old in list(islice(self, self.limit // 2)):
                del self[old]
        self[key] = value
        return value
