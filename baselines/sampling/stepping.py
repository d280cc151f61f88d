"""One decoding step after another: with a cache that grows, or with fixed shapes that compile.

A growing cache gives finished rows up. With fixed shapes (`--rollout.compile`) they stay until the
last row is done, but a step is one compiled call, on a GPU one CUDA graph, which is what counts
where launching kernels takes longer than running them.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor
from transformers.cache_utils import StaticCache, StaticLayer

from ..policy.decoding_cache import has_plain_cache
from ..policy.model import Policy
from ..trajectory import IntArray

__all__ = ["FixedStages", "Growing", "Steps", "require_fixed_shapes"]


class Steps(Protocol):
    """What decodes a batch of replies token by token."""

    repack_below: float
    """Rows are dropped once at most this share of them is still unfinished."""

    def step(self, tokens: IntArray, t: int, keep: IntArray | None) -> Tensor:
        """Append token `t` of every row and return the next logits `[B, V]`.

        Args:
            tokens: of all rows, also those that are dropped `[B]`.
            t: position in the reply.
            keep: rows that stay; None keeps all.
        """
        ...


class Growing:
    """A cache that grows.

    Args:
        policy: the model.
        cache: keys and values of the prompts.
        mask: 1 at tokens of the prompt, with room for the replies `[B, P + T]`.
        width: P.
    """

    # Copying the cache costs about as much as one decoding step.
    repack_below = 0.75

    def __init__(self, policy: Policy, cache: Any, mask: Tensor, width: int) -> None:
        self.policy, self.cache, self.mask, self.width = policy, cache, mask, width
        self.lengths = mask[:, :width].sum(dim=1, keepdim=True)

    def step(self, tokens: IntArray, t: int, keep: IntArray | None) -> Tensor:
        """Append token `t` of every row and return the next logits `[B, V]`."""
        self.mask[:, self.width + t] = 1
        if keep is not None:
            index = torch.from_numpy(keep).to(self.policy.device)
            self.cache.batch_select_indices(index)
            self.mask, self.lengths = self.mask[index], self.lengths[index]
            tokens = tokens[keep]
        output = self.policy.model(
            input_ids=torch.from_numpy(tokens).to(self.policy.device).unsqueeze(1),
            attention_mask=self.mask[:, : self.width + t + 1],
            position_ids=self.lengths + t,
            **{self.policy.cache_argument: self.cache},
            use_cache=True,
        )
        logits: Tensor = output.logits[:, -1]
        return logits


class _Stage:
    """Buffers of one shape, and a decoding step that reads and writes nothing else.

    Args:
        policy: the model.
        rows: how many replies, padding included.
        room: positions of a prompt and a reply.
        run: the model's forward pass, compiled or not.
    """

    repack_below = 0.0

    def __init__(self, policy: Policy, rows: int, room: int, run: Any) -> None:
        self.policy, self.rows, self.run = policy, rows, run
        device = policy.device
        self.cache = StaticCache(policy.model.config, max_cache_len=room)
        self.mask = torch.zeros(rows, room, dtype=torch.long, device=device)
        self.tokens, self.positions = torch.zeros(2, rows, 1, dtype=torch.long, device=device)

    def begin(self, cache: Any, mask: Tensor, width: int) -> _Stage:
        """Take over prompts that were read; they fill the first rows."""
        self.width, self.live = width, len(mask)
        for mine, theirs in zip(self.cache.layers, cache.layers, strict=True):
            if not mine.is_initialized:
                shape = (self.rows, *theirs.keys.shape[1:])
                mine.lazy_initialization(
                    theirs.keys.new_empty(shape),
                    theirs.values.new_empty((self.rows, *theirs.values.shape[1:])),
                )
            mine.keys[: self.live, :, :width] = theirs.keys
            mine.values[: self.live, :, :width] = theirs.values
            mine.cumulative_length.fill_(width)
        self.mask.zero_()
        self.mask[:, 0] = 1  # a row that sees nothing would be all NaN
        self.mask[: self.live, :width] = mask[:, :width]
        self.positions.zero_()
        self.positions[: self.live] = mask[:, :width].sum(dim=1, keepdim=True)
        self.positions.sub_(1)
        return self

    def step(self, tokens: IntArray, t: int, keep: IntArray | None) -> Tensor:
        """Append token `t` of every row and return the next logits `[B, V]`."""
        if keep is not None:
            raise ValueError("rows of fixed shapes are never dropped.")
        self.tokens[: self.live, 0] = torch.from_numpy(tokens).to(self.tokens.device)
        self.mask[:, self.width + t] = 1
        self.positions.add_(1)
        output = self.run(
            input_ids=self.tokens,
            attention_mask=self.mask,
            position_ids=self.positions,
            **{self.policy.cache_argument: self.cache},
            use_cache=True,
        )
        # A CUDA graph writes its next output over this one.
        logits: Tensor = output.logits[: self.live, -1].clone()
        return logits


class FixedStages:
    """Stages of fixed shapes, one for every power of two of rows; each is compiled once.

    Args:
        policy: the model.
        room: positions of the longest prompt and reply.
        compiles: whether the step is compiled; False runs the same step as it is.
    """

    def __init__(self, policy: Policy, room: int, *, compiles: bool = True) -> None:
        require_fixed_shapes(policy.model.config)
        self.policy, self.room = policy, room
        mode = "reduce-overhead" if policy.device.type == "cuda" else "default"
        self._run = torch.compile(policy.model, mode=mode) if compiles else policy.model
        self._stages: dict[int, _Stage] = {}

    def begin(self, cache: Any, mask: Tensor, width: int) -> Steps:
        """Return the steps of replies to prompts that were read."""
        rows = 1 << (len(mask) - 1).bit_length()
        if rows not in self._stages:
            self._stages[rows] = _Stage(self.policy, rows, self.room, self._run)
        return self._stages[rows].begin(cache, mask, width)


def require_fixed_shapes(config: Any) -> None:
    """Check that a model's decoding steps can have fixed shapes.

    Raises:
        ValueError: they cannot.
    """
    if not has_plain_cache(config):
        raise ValueError(
            "--rollout.compile needs a model whose layers all attend to everything; leave it out "
            "for models with sliding windows or recurrent states."
        )
    if not isinstance(getattr(StaticLayer(1), "cumulative_length", None), Tensor):
        raise ValueError("--rollout.compile needs transformers 5.24 or newer; update it.")
