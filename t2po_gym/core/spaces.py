"""The text space: any Unicode string up to a length limit, correct in every vector mode.

Gymnasium's own ``Text`` space has a fixed character set: "é" is not in the default one, an unknown
character crashes an asynchronous worker, and with shared memory the parent decodes the buffer once,
at construction, and always returns that constant. ``TextSpace`` accepts every Python string (lone
surrogates and NUL included) and registers with Gymnasium's vector helpers, so that the ``sync`` and
``async`` modes return what the environment returned.

* ``TextSpace`` - one string.
* ``TextBatchSpace`` - a tuple of ``n`` strings; what ``batch_space`` makes of a ``TextSpace``.
* ``SharedTexts`` - live view of the strings in shared memory; its deep copy is a plain tuple.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from ctypes import c_uint8
from typing import Any, overload

import numpy as np
import numpy.typing as npt
from gymnasium import Space
from gymnasium.spaces.utils import is_space_dtype_shape_equiv
from gymnasium.vector.utils import (
    batch_differing_spaces,
    batch_space,
    concatenate,
    create_empty_array,
    create_shared_memory,
    iterate,
    read_from_shared_memory,
    write_to_shared_memory,
)

__all__ = ["SharedTexts", "TextBatchSpace", "TextSpace"]

SAMPLE_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789 []"
MAX_SAMPLE_CHARS = 24
HEADER_BYTES = 8  # little-endian byte count of the text that follows in the slot
MAX_BYTES_PER_CHAR = 4


class TextSpace(Space[str]):
    r"""All strings of at most ``max_length`` characters, lone surrogates and NUL included.

    Args:
        max_length: Maximum number of characters (code points).
        seed: Seed or generator for `sample`.

    Example:
        >>> "café \ud800\x00" in TextSpace(max_length=10)
        True
    """

    def __init__(self, max_length: int, seed: int | np.random.Generator | None = None) -> None:
        if isinstance(max_length, bool) or not isinstance(max_length, int) or max_length < 1:
            raise ValueError(
                f"TextSpace needs max_length as an integer of at least 1, got {max_length!r}."
            )
        super().__init__(shape=None, dtype=None, seed=seed)
        self.max_length = max_length

    @property
    def is_np_flattenable(self) -> bool:
        """Text has no numeric form."""
        return False

    def sample(self, mask: Any | None = None, probability: Any | None = None) -> str:
        """Draw a short printable text; masks and probabilities are not supported."""
        if mask is not None or probability is not None:
            raise ValueError("TextSpace.sample takes neither mask nor probability; pass none.")
        length = int(self.np_random.integers(1, min(self.max_length, MAX_SAMPLE_CHARS) + 1))
        picks = self.np_random.integers(0, len(SAMPLE_ALPHABET), size=length)
        return "".join(SAMPLE_ALPHABET[i] for i in picks)

    def contains(self, x: Any) -> bool:
        """Return whether ``x`` is a string within the length limit."""
        return isinstance(x, str) and len(x) <= self.max_length

    def __repr__(self) -> str:
        return f"TextSpace({self.max_length})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextSpace) and self.max_length == other.max_length

    def __hash__(self) -> int:
        return hash((TextSpace, self.max_length))


class TextBatchSpace(Space[tuple[str, ...]]):
    """Tuples of ``num_texts`` strings of one `TextSpace`.

    Args:
        single: The space of each string.
        num_texts: Number of strings in a tuple.
        seed: Seed or generator for `sample`.
    """

    def __init__(
        self, single: TextSpace, num_texts: int, seed: int | np.random.Generator | None = None
    ) -> None:
        super().__init__(shape=None, dtype=None, seed=seed)
        self.single = TextSpace(single.max_length)
        self.num_texts = num_texts

    @property
    def is_np_flattenable(self) -> bool:
        """Text has no numeric form."""
        return False

    def sample(self, mask: Any | None = None, probability: Any | None = None) -> tuple[str, ...]:
        """Draw one short printable text for every slot."""
        single = TextSpace(self.single.max_length, seed=self.np_random)
        return tuple(single.sample(mask, probability) for _ in range(self.num_texts))

    def contains(self, x: Any) -> bool:
        """Return whether ``x`` is a sequence of ``num_texts`` strings within the length limit."""
        if isinstance(x, str) or not isinstance(x, (Sequence, np.ndarray)):
            return False
        return len(x) == self.num_texts and all(self.single.contains(text) for text in x)

    def __len__(self) -> int:
        return self.num_texts

    def __repr__(self) -> str:
        return f"TextBatchSpace({self.single!r}, {self.num_texts})"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, TextBatchSpace)
            and self.single == other.single
            and self.num_texts == other.num_texts
        )

    def __hash__(self) -> int:
        return hash((TextBatchSpace, self.single, self.num_texts))


class SharedTexts(Sequence[str]):
    """The strings in a shared buffer, decoded when they are read.

    `AsyncVectorEnv` reads the buffer once, keeps the result, and returns a deep copy of it after
    every step (or the object itself with ``copy=False``). So the object must stay live, and its
    deep copy must be the plain tuple of the current texts.

    Args:
        buffer: Array of bytes shared with the workers.
        num_texts: Number of slots in it.
    """

    def __init__(self, buffer: Any, num_texts: int) -> None:
        self._slots = _slots(buffer, num_texts)

    def _text(self, index: int) -> str:
        slot = self._slots[index]
        size = int.from_bytes(slot[:HEADER_BYTES].tobytes(), "little")
        data: bytes = slot[HEADER_BYTES : HEADER_BYTES + size].tobytes()
        return data.decode("utf-8", "surrogatepass")

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...

    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        if isinstance(index, slice):
            return tuple(self)[index]
        if not -len(self) <= index < len(self):
            raise IndexError(f"text {index} asked for, but there are {len(self)}")
        return self._text(index)

    def __iter__(self) -> Iterator[str]:
        return (self._text(index) for index in range(len(self)))

    def __len__(self) -> int:
        return len(self._slots)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (tuple, SharedTexts)) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # it changes with every step

    def __repr__(self) -> str:
        return f"SharedTexts({tuple(self)!r})"

    def __deepcopy__(self, memo: dict[int, Any]) -> tuple[str, ...]:
        return tuple(self)


def _slots(buffer: Any, num_texts: int) -> npt.NDArray[np.uint8]:
    """View the shared bytes as one row per environment, without a copy."""
    return np.frombuffer(buffer, dtype=np.uint8).reshape(num_texts, -1)


@create_shared_memory.register(TextSpace)
def _create_shared_memory(space: TextSpace, n: int = 1, ctx: Any = multiprocessing) -> Any:
    return ctx.RawArray(c_uint8, n * (HEADER_BYTES + MAX_BYTES_PER_CHAR * space.max_length))


@read_from_shared_memory.register(TextSpace)
def _read_from_shared_memory(space: TextSpace, shared_memory: Any, n: int = 1) -> SharedTexts:
    return SharedTexts(shared_memory, n)


@write_to_shared_memory.register(TextSpace)
def _write_to_shared_memory(space: TextSpace, index: int, value: str, shared_memory: Any) -> None:
    if not space.contains(value):
        raise ValueError(
            f"Observation of {len(value)} characters does not fit {space}; "
            "give the environment a larger observation space."
        )
    data = value.encode("utf-8", "surrogatepass")
    stride = HEADER_BYTES + MAX_BYTES_PER_CHAR * space.max_length
    view = memoryview(shared_memory).cast("B")
    start = index * stride
    view[start : start + HEADER_BYTES] = len(data).to_bytes(HEADER_BYTES, "little")
    view[start + HEADER_BYTES : start + HEADER_BYTES + len(data)] = data


@batch_space.register(TextSpace)
def _batch_space(space: TextSpace, n: int = 1) -> TextBatchSpace:
    # A separate seed, drawn from a copy: making the batch must not advance the single space.
    seed = int(deepcopy(space.np_random).integers(2**31))
    return TextBatchSpace(space, n, seed=seed)


@batch_differing_spaces.register(TextSpace)
def _batch_differing_spaces(  # type: ignore[misc]  # dispatched on the first element's type
    spaces: Sequence[TextSpace],
) -> TextBatchSpace:
    bounds = sorted({space.max_length for space in spaces})
    if len(bounds) > 1:
        raise ValueError(f"Text spaces of one batch need one length bound; got {bounds}.")
    return _batch_space(spaces[0], len(spaces))


@is_space_dtype_shape_equiv.register(TextSpace)
def _is_equivalent(space_1: TextSpace, space_2: Space[Any]) -> bool:
    return space_1 == space_2


@concatenate.register(TextSpace)
def _concatenate(space: TextSpace, items: Iterable[str], out: Any) -> tuple[str, ...]:
    return tuple(items)


@create_empty_array.register(TextSpace)
def _create_empty_array(space: TextSpace, n: int = 1, fn: Any = np.zeros) -> tuple[str, ...]:
    return ("",) * n


@iterate.register(TextBatchSpace)
def _iterate(  # type: ignore[misc]  # Gymnasium declares the key as Space[T] for every T
    space: TextBatchSpace, items: Iterable[str]
) -> Iterator[str]:
    if isinstance(items, str):
        raise TypeError(
            f"Expected {space.num_texts} actions, one string for each environment, got one string."
        )
    return iter(items)
