"""Digests of rows of values: equal for equal rows on every platform."""

from __future__ import annotations

import hashlib
import json


class RowDigest:
    """A sha256 over rows, each written as one line of JSON.

    Args:
        kind: what the rows are; rows of another kind never share a digest.
    """

    def __init__(self, kind: str) -> None:
        self._digest = hashlib.sha256(f"{kind}\n".encode())

    def add(self, *values: object) -> None:
        """Add one row of strings, numbers and tuples of them."""
        line = json.dumps(values, separators=(",", ":"))
        self._digest.update(f"{line}\n".encode("ascii"))

    def hexdigest(self) -> str:
        """Return the digest of the rows so far, as hex."""
        return self._digest.hexdigest()
