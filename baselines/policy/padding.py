"""Prompts of different lengths as one rectangle, each distinct prompt once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..trajectory import IntArray

__all__ = ["Prompts", "pad_prompts"]


class Prompts(NamedTuple):
    """Distinct prompts, padded to the left.

    Example: for `[5, 6], [7], [5, 6]` the ids are `[[5, 6], [0, 7]]` and place is `[0, 1, 0]`.
    """

    ids: Tensor
    """`[D, P]` int64."""
    mask: Tensor
    """1 where there is a token. `[D, P]` int64."""
    place: Tensor
    """Which of the distinct ones each prompt is. `[B]` int64."""


def pad_prompts(prompts: Sequence[IntArray], device: torch.device) -> Prompts:
    """Pad prompts to the left; equal ones become one row, in order of first appearance."""
    distinct: dict[bytes, int] = {}
    place = [distinct.setdefault(prompt.tobytes(), len(distinct)) for prompt in prompts]
    width = max(len(prompt) for prompt in prompts)
    ids, mask = np.zeros((2, len(distinct), width), dtype=np.int64)
    for i, key in enumerate(distinct):
        prompt = np.frombuffer(key, dtype=np.int64)
        ids[i, width - len(prompt) :] = prompt
        mask[i, width - len(prompt) :] = 1
    arrays = (ids, mask, np.array(place, dtype=np.int64))
    return Prompts(*(torch.from_numpy(array).to(device) for array in arrays))
