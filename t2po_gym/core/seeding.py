"""Episode seeds: cheap, and the same on every platform."""

from __future__ import annotations

from hashlib import shake_128
from typing import Any

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import NDArray

__all__ = ["EpisodeSeed", "episode_rng"]


_LITTLE_ENDIAN: dict[Any, np.dtype[Any]] = {
    np.uint32: np.dtype("<u4"),
    np.uint64: np.dtype("<u8"),
}


class EpisodeSeed(ISeedSequence):
    """A seed for numpy's bit generators, made from integers by SHAKE-128.

    numpy's own ``SeedSequence`` takes as long as a whole step of a fast environment; this takes a
    fifth of that.

    Args:
        entropy: Integers of any size; different ones give an unrelated seed.
    """

    def __init__(self, *entropy: int) -> None:
        self._key = "/".join(map(str, entropy)).encode()

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> NDArray[Any]:
        """Return ``n_words`` unsigned integers of the given type, ``[n_words]``."""
        # Little-endian bytes on every platform, then the type that was asked for.
        read_as = _LITTLE_ENDIAN.get(dtype) or np.dtype(dtype).newbyteorder("<")
        data = shake_128(self._key).digest(n_words * read_as.itemsize)
        return np.frombuffer(data, read_as).astype(dtype)


def episode_rng(*entropy: int) -> np.random.Generator:
    """Return the generator of an episode, made from integers only."""
    seed: Any = EpisodeSeed(*entropy)  # numpy's annotations know only its own SeedSequence
    return np.random.Generator(np.random.PCG64(seed))
