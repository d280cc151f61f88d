"""A dictionary of bounded size."""

from itertools import islice
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class BoundedCache(dict[K, V]):
    """A dictionary with a size limit; :meth:`put` drops the oldest half when it is reached.

    Reading is a plain dictionary look-up, so entries age by insertion, not by use. Dropping half
    at once keeps the cost of :meth:`put` constant on average.
    """

    def __init__(self, limit: int) -> None:
        if limit < 2:
            raise ValueError(f"limit is {limit}; expected at least 2")
        self.limit = limit

    def put(self, key: K, value: V) -> V:
        """Store a value and return it."""
        if len(self) >= self.limit:
            for old in list(islice(self, self.limit // 2)):
                del self[old]
        self[key] = value
        return value
