"""Turns groups of trajectories into rectangular tensors.

A row is one turn. Its loss mask is 1 on tokens the policy sampled and nowhere else: prompts,
environment text, padding and forced tokens are 0. Masks come from lengths and the `sampled` flags,
never from ids, so a padding id that equals the end token is harmless.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .policy.model import ReplyBatch
from .policy.padding import pad_prompts
from .trajectory import BoolArray, FloatArray, Group, IntArray, Turn

__all__ = [
    "MicroBatch",
    "Row",
    "TurnRow",
    "by_length",
    "collate",
    "idle_row",
    "micro_batches",
    "micro_parts",
    "turn_rows",
]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TurnRow:
    """A turn, its trajectory and its group.

    Example: `TurnRow(group=2, trajectory=17, turn=turn)` is a turn of the 18th episode.
    """

    group: int
    """Task group."""
    trajectory: int
    """Episode, numbered through the whole batch."""
    turn: Turn
    """The turn."""
    progress_before: float
    """Progress before the turn."""


def turn_rows(groups: Iterable[Group]) -> list[TurnRow]:
    """List every turn of every trajectory in time order."""
    rows, number = [], 0
    for group in groups:
        for trajectory in group.trajectories:
            before = 0.0
            for turn in trajectory.turns:
                rows.append(
                    TurnRow(group=group.index, trajectory=number, turn=turn, progress_before=before)
                )
                before = turn.progress
            number += 1
    return rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row:
    """One prompt with one reply to learn from.

    Example: a reply of four tokens whose second one was forced::

        Row(prompt_ids=[..], reply_ids=[9, 6, 12, 8], loss_mask=[1, 0, 1, 1],
            old_log_probs=[-.5, 0., -.1, -.2], advantage=0.7)
    """

    prompt_ids: IntArray
    """`[P]`"""
    reply_ids: IntArray
    """`[T]`"""
    loss_mask: BoolArray
    """True on tokens to learn from. `[T]`"""
    old_log_probs: FloatArray
    """Of the sampler. `[T]`"""
    advantage: float
    """One number for the whole reply."""
    weights: FloatArray | None = None
    """What each token's loss is multiplied by (rollout correction); None for 1. `[T]`"""


def idle_row(row: Row) -> Row:
    """Return a row of the same shape that nothing is learned from."""
    return replace(row, loss_mask=np.zeros_like(row.loss_mask), advantage=0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MicroBatch:
    """Rows as tensors.

    Example: `MicroBatch(batch=ReplyBatch(...), loss_mask=..., old_log_probs=..., advantages=...)`
    """

    batch: ReplyBatch
    """Prompts and replies."""
    loss_mask: Tensor
    """`[B, T]` bool."""
    old_log_probs: Tensor
    """0 where masked. `[B, T]` float32."""
    advantages: Tensor
    """The row's advantage on each of its tokens. `[B, T]` float32."""
    weights: Tensor
    """What each token's loss is multiplied by. `[B, T]` float32."""


def micro_batches(rows: Sequence[Row], max_tokens: int, device: torch.device) -> list[MicroBatch]:
    """Return `micro_parts` as tensors on a device."""
    return [collate(part, device) for part in micro_parts(rows, max_tokens)]


def by_length(rows: Iterable[Row]) -> list[Row]:
    """Order rows by the length of prompt and reply; those with the same prompt stand together."""
    return sorted(rows, key=lambda r: (len(r.prompt_ids), r.prompt_ids.tobytes(), len(r.reply_ids)))


def micro_parts(
    rows: Sequence[Row], max_tokens: int, *, prompts_shared: bool = True
) -> list[list[Row]]:
    """Deal rows into micro-batches of similar lengths.

    Rows with the same prompt stay together. No row is duplicated or dropped, so with denominators
    of the whole batch the split changes neither loss nor gradient.

    Args:
        rows: any number of rows.
        max_tokens: padded tokens per micro-batch; a longer single row still gets its own.
        prompts_shared: whether a prompt is read once for all replies to it, or once for each.
    """
    parts: list[list[Row]] = []
    for row in by_length(rows):
        if parts and _padded_tokens([*parts[-1], row], prompts_shared) <= max_tokens:
            parts[-1].append(row)
        else:
            parts.append([row])
    return parts


def _padded_tokens(rows: Sequence[Row], prompts_shared: bool) -> int:
    read = len({row.prompt_ids.tobytes() for row in rows}) if prompts_shared else len(rows)
    widest_prompt = max(len(row.prompt_ids) for row in rows)
    return read * widest_prompt + len(rows) * max(len(row.reply_ids) for row in rows)


def collate(rows: Sequence[Row], device: torch.device) -> MicroBatch:
    """Pad rows into one micro-batch: distinct prompts to the left, replies to the right."""
    prompts = pad_prompts([row.prompt_ids for row in rows], device)
    shape = (len(rows), max(len(row.reply_ids) for row in rows))
    reply_ids, reply_mask = np.zeros((2, *shape), dtype=np.int64)
    loss_mask = np.zeros(shape, dtype=np.bool_)
    old_log_probs = np.zeros(shape, dtype=np.float32)
    weights = np.ones(shape, dtype=np.float32)
    for i, row in enumerate(rows):
        length = len(row.reply_ids)
        reply_ids[i, :length] = row.reply_ids
        reply_mask[i, :length] = 1
        loss_mask[i, :length] = row.loss_mask
        old_log_probs[i, :length] = np.where(row.loss_mask, row.old_log_probs, 0.0)
        if row.weights is not None:
            weights[i, :length] = row.weights
    advantages = np.array([[row.advantage] for row in rows], dtype=np.float32)

    def tensor(array: npt.NDArray[Any]) -> Tensor:
        return torch.from_numpy(array).to(device)

    return MicroBatch(
        batch=ReplyBatch(
            prompt_ids=prompts.ids,
            prompt_mask=prompts.mask,
            reply_ids=tensor(reply_ids),
            reply_mask=tensor(reply_mask),
            prompt_of=prompts.place,
        ),
        loss_mask=tensor(loss_mask),
        old_log_probs=tensor(old_log_probs),
        advantages=tensor(advantages).expand(shape),
        weights=tensor(weights),
    )
