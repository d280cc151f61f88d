"""Weights on their way into the engine: one file in memory that both processes map.

Nothing touches a disk and nothing is bound by the size of /dev/shm: the file has no name, and the
engine's workers open it through /proc.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from .messages import Load

__all__ = ["SharedWeights", "read_weights"]

_ALIGNED = 64  # bytes; every number format may begin there


class SharedWeights:
    """The trainer's side: a file in memory, as large as the model.

    Args:
        model: a Hugging Face causal LM; tied weights count once.
    """

    def __init__(self, model: Any) -> None:
        table, size = [], 0
        for name, weight in model.named_parameters():
            kind = str(weight.dtype).removeprefix("torch.")
            table.append((name, kind, tuple(weight.shape), size))
            size += -(-weight.numel() * weight.element_size() // _ALIGNED) * _ALIGNED
        self._file = os.memfd_create("t2po-gym-weights")
        os.ftruncate(self._file, size)
        self._memory = mmap.mmap(self._file, size)
        self._load = Load(path=f"/proc/{os.getpid()}/fd/{self._file}", table=tuple(table))

    def write(self, model: Any) -> Load:
        """Copy the model's weights; returns where and how they lie."""
        weights = dict(model.named_parameters())
        with torch.no_grad():
            for name, place in _tensors(self._load, self._memory):
                place.copy_(weights[name])
        return self._load

    def close(self) -> None:
        """Give the memory back."""
        self._memory.close()
        os.close(self._file)


def read_weights(load: Load) -> Iterator[tuple[str, Tensor]]:
    """Yield name and values of every tensor; the values are the file's own memory."""
    file = os.open(load.path, os.O_RDWR)
    try:
        memory = mmap.mmap(file, Path(load.path).stat().st_size)
    finally:
        os.close(file)
    yield from _tensors(load, memory)


def _tensors(load: Load, memory: mmap.mmap) -> Iterator[tuple[str, Tensor]]:
    for name, kind, shape, start in load.table:
        dtype: torch.dtype = getattr(torch, kind)
        count = torch.Size(shape).numel()
        yield name, torch.frombuffer(memory, dtype=dtype, count=count, offset=start).view(shape)
