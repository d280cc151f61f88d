"""The processes that train together, as torchrun started them, and what they tell each other.

Every process plays its share of the groups and learns from its share of the rows; everything that
is decided (tasks, advantages, metrics, which checkpoint is best) is decided by all of them from the
same numbers. One process alone is a world of size 1, in which nothing is sent.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist

__all__ = [
    "World",
    "WorldError",
    "asked_size",
    "here",
    "joined",
    "leads",
    "on_this_machine",
    "own_devices",
]

T = TypeVar("T")
PATIENCE = timedelta(hours=4)
"""How long a process waits for the others: a cold start or a panel may take its time."""
OLDEST = (2, 13)
"""Torch 2.8 adds gradients up too large, 2.6 cannot cut models on CPUs; up to 2.12 untested."""


class WorldError(RuntimeError):
    """The processes cannot find each other."""


@dataclass(frozen=True, slots=True)
class World:
    """One process among `size`.

    Example: the second of four is `World(rank=1, size=4)`.
    """

    rank: int = 0
    """Number of this process."""
    size: int = 1
    """How many there are."""

    @property
    def first(self) -> bool:
        """Whether this process writes files and speaks."""
        return self.rank == 0

    def share(self, count: int) -> slice:
        """Return which of `count` things are this process's: a run of them, sizes at most 1 apart.

        Example: of 10 things four processes take 0-2, 3-5, 6-7 and 8-9.
        """
        each, over = divmod(count, self.size)
        start = self.rank * each + min(self.rank, over)
        return slice(start, start + each + (self.rank < over))

    def gathered(self, items: Sequence[T]) -> list[T]:
        """Return the items of all processes, those of the first one first."""
        if self.size == 1:
            return list(items)
        parts: list[Any] = [None] * self.size
        dist.all_gather_object(parts, list(items))
        return [item for part in parts for item in part]

    def agreed(self, value: T) -> T:
        """Return what the first process says."""
        if self.size == 1:
            return value
        said = [value]
        dist.broadcast_object_list(said, src=0)
        return said[0]

    def total(self, numbers: Sequence[float]) -> list[float]:
        """Return sums over all processes, number by number, added up in one order everywhere."""
        if self.size == 1:
            return list(numbers)
        return [sum(column) for column in zip(*self.gathered([list(numbers)]), strict=True)]

    def wait(self) -> None:
        """Go on when all processes have come to this point."""
        if self.size > 1:
            dist.barrier()


def here() -> World:
    """Return this process's place; alone where no processes were joined."""
    if not (dist.is_available() and dist.is_initialized()):
        return World()
    return World(dist.get_rank(), dist.get_world_size())


def asked_size() -> int:
    """Return how many processes torchrun started, 1 without it.

    Raises:
        WorldError: the environment says no number.
    """
    return _told("WORLD_SIZE", 1, least=1)


def _told(name: str, usual: int, least: int = 0) -> int:
    """Return a number that torchrun puts into the environment."""
    text = os.environ.get(name, "").strip() or str(usual)
    if not text.isdecimal() or int(text) < least:
        raise WorldError(
            f"The environment variable {name} is {text!r}, where torchrun puts a number of at "
            f"least {least}: start with torchrun --nproc_per_node=N, or unset it."
        )
    return int(text)


def on_this_machine() -> int:
    """Return how many of them share this machine's cores."""
    return _told("LOCAL_WORLD_SIZE", 1, least=1)


def own_devices(device: torch.device, count: int) -> dict[str, str]:
    """Return the environment of a helping process that may use this process's GPUs alone.

    Args:
        device: where this process computes.
        count: how many GPUs belong to it.
    """
    if device.type != "cuda" or on_this_machine() == 1:
        return {}
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    seen = named.split(",") if named else [str(n) for n in range(torch.cuda.device_count())]
    first = _told("LOCAL_RANK", 0) * count
    return {"CUDA_VISIBLE_DEVICES": ",".join(seen[first : first + count])}


def leads() -> bool:
    """Whether this process speaks for all, also before they are joined."""
    return os.environ.get("RANK", "0").strip() in ("", "0")


def _require_torch() -> None:
    if tuple(map(int, torch.__version__.split(".")[:2])) < OLDEST:
        raise WorldError(
            f"Several processes need torch {'.'.join(map(str, OLDEST))} or newer, for older "
            f"releases add their gradients up differently; this is {torch.__version__}: update it."
        )


def _take_gpu(number: int) -> None:
    if number >= torch.cuda.device_count():
        raise WorldError(
            f"{on_this_machine()} processes train on this machine, which has "
            f"{torch.cuda.device_count()} GPUs: start one for each GPU (--nproc_per_node)."
        )
    torch.cuda.set_device(number)


@contextmanager
def joined(device: str) -> Iterator[World]:
    """Join the processes that torchrun started, for as long as the block lasts.

    Args:
        device: `policy.device` of the settings; each process gets a GPU of its own where it names
            one, and `auto` does where there is one.

    Raises:
        WorldError: they cannot find each other, there is no GPU for this one, or torch is too old.
    """
    if asked_size() == 1:
        yield World()
        return
    _told("RANK", 0)
    _require_torch()
    on_gpu = device.startswith("cuda") or (device == "auto" and torch.cuda.is_available())
    if on_gpu:
        _take_gpu(_told("LOCAL_RANK", 0))
    try:
        # Objects travel over gloo, weights and gradients over what their device has.
        dist.init_process_group("cpu:gloo,cuda:nccl" if on_gpu else "gloo", timeout=PATIENCE)
    except (RuntimeError, ValueError) as problem:
        place = f"{os.environ.get('MASTER_ADDR', '?')}:{os.environ.get('MASTER_PORT', '?')}"
        raise WorldError(
            f"The {asked_size()} processes cannot find each other at {place} ({problem}); start "
            "them with torchrun --standalone --nproc_per_node=N, or on several machines name a "
            "free --master-port that all of them reach."
        ) from problem
    try:
        yield here()
    finally:
        dist.destroy_process_group()
