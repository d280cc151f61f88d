"""Code shared by the verl-agent layers of WebShop and ALFWorld: batch sizes and scores.

Behaviour: docs/originals/webshop.md, section 8; docs/originals/alfworld.md, section 7.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

__all__ = ["VALIDATION_SEED_OFFSET", "WIN_REWARD", "BatchConfig", "check_replies", "last_active"]

VALIDATION_SEED_OFFSET = 1000
"""Offset of the validation seed from the training seed."""

WIN_REWARD = 10.0
"""Reward of a step that wins; every other step gives 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchConfig:
    """Size and seeds of one batch of workers.

    Example:
        >>> BatchConfig(seed=0, num_groups=16, group_size=8).num_workers
        128
    """

    POSITIVE: ClassVar[tuple[str, ...]] = ("num_groups", "group_size")

    seed: int = 0
    """Seed of the first group and of the draws."""

    num_groups: int = 16
    """Different tasks per batch."""

    group_size: int = 8
    """Workers that get the same task."""

    history_length: int = 2
    """Earlier turns that a prompt shows."""

    def __post_init__(self) -> None:
        for name in self.POSITIVE:
            value = getattr(self, name)
            if value < 1:
                raise ValueError(f"{name} must be at least 1; got {value}.")
        if self.history_length < 0:
            raise ValueError(f"history_length must not be negative; got {self.history_length}.")

    @property
    def num_workers(self) -> int:
        """Number of episodes in the batch."""
        return self.num_groups * self.group_size


def check_replies(replies: Sequence[str], num_workers: int, started: bool) -> None:
    """Check that there is one reply per worker and that the batch was reset.

    Raises:
        ValueError: If the number of replies is wrong, or there was no reset.
    """
    if len(replies) != num_workers or not started:
        raise ValueError(
            f"step needs one reply for each of the {num_workers} workers, after reset; "
            f"got {len(replies)}."
        )


def last_active(
    infos: Sequence[Sequence[Mapping[str, Any]]], active: Sequence[Sequence[bool]]
) -> Iterator[Mapping[str, Any]]:
    """Yield each worker's info at the last step in which it was active: what verl-agent scores.

    Args:
        infos: infos by worker and step, ``[workers][steps]``.
        active: whether the worker was unfinished before that step, ``[workers][steps]``.

    Raises:
        ValueError: If a worker has no active step.
    """
    for worker, (steps, flags) in enumerate(zip(infos, active, strict=True)):
        live = [info for info, flag in zip(steps, flags, strict=True) if flag]
        if not live:
            raise ValueError(f"worker {worker} has no active step; every episode has at least one.")
        yield live[-1]
