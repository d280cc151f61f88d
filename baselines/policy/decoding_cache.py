"""A key-value cache with room reserved up front.

The library's default cache grows by concatenation, which copies every key and value at every token:
for small models that copy is most of the decoding time. `RoomyLayer` writes into a buffer instead.
"""

from __future__ import annotations

import inspect
from typing import Any

from torch import Tensor
from transformers.cache_utils import Cache, DynamicCache, DynamicLayer

__all__ = ["RoomyLayer", "cache_argument", "has_plain_cache", "make_cache"]


def make_cache(config: Any, room: int) -> Any:
    """Return an empty cache for a model.

    Args:
        config: the model's configuration.
        room: positions the cache will have to hold.

    Returns:
        A cache of `RoomyLayer` for models that attend to everything in every layer; the library's
        own for others (sliding windows, recurrent states).
    """
    cache = DynamicCache(config=config)
    if has_plain_cache(config):
        return Cache(layers=[RoomyLayer(room) for _ in cache.layers])
    return cache


def has_plain_cache(config: Any) -> bool:
    """Whether every layer of a model keeps all keys and values and nothing else."""
    layers = DynamicCache(config=config).layers
    return bool(layers) and all(type(layer) is DynamicLayer for layer in layers)


def cache_argument(model: Any) -> str:
    """Return the name under which a model's ``forward`` takes its cache.

    transformers renamed ``past_key_values`` to ``cache`` in 5.24 and drops the old name in 5.40.
    The signature is asked, not the version: models defined elsewhere keep names of their own.
    """
    return "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"


class RoomyLayer(DynamicLayer):  # type: ignore[misc]
    """One layer's keys and values in a buffer of `room` positions, of which `used` are filled.

    Args:
        room: positions reserved.
    """

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room
        self.used = 0
        self._store: tuple[Tensor, Tensor] | None = None

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Reserve the buffer once the shapes are known."""
        self.dtype, self.device = key_states.dtype, key_states.device
        self._store = (self._reserve(key_states), self._reserve(value_states))
        self.is_initialized = True

    def _reserve(self, states: Tensor) -> Tensor:
        rows, heads, _, width = states.shape
        return states.new_empty(rows, heads, self.room, width)

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Append keys and values and return views of all of them so far."""
        if self._store is None:
            self.lazy_initialization(key_states, value_states)
        assert self._store is not None
        end = self.used + key_states.shape[-2]
        for store, states in zip(self._store, (key_states, value_states), strict=True):
            store[:, :, self.used : end] = states
        self.used = end
        self._point()
        return self.keys, self.values

    def batch_select_indices(self, indices: Tensor) -> None:
        """Keep (or repeat) rows of the batch."""
        if self._store is None:
            return
        kept = []
        for store in self._store:  # copy what is filled, not what is reserved
            fresh = store.new_empty(len(indices), *store.shape[1:])
            fresh[:, :, : self.used] = store[:, :, : self.used].index_select(0, indices)
            kept.append(fresh)
        self._store = (kept[0], kept[1])
        self._point()

    def get_seq_length(self) -> int:
        """Return the positions filled."""
        return self.used

    def _point(self) -> None:
        assert self._store is not None
        self.keys, self.values = (store[:, :, : self.used] for store in self._store)
