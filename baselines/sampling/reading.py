"""Reading prompts: the first pass of a reply, and what of it further tries of a turn can use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import Cache

from ..parallel.sharding import is_cut
from ..policy.decoding_cache import RoomyLayer, has_plain_cache, make_cache
from ..policy.model import Policy
from ..policy.padding import pad_prompts
from ..trajectory import IntArray

__all__ = ["PromptReader"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """Prompts as they were read; the keys and values are views of the first cache."""

    places: dict[bytes, int]
    """Prompt -> its row."""
    logits: Tensor
    """After each prompt. `[D, V]`"""
    mask: Tensor
    """1 where there is a token. `[D, P]`"""
    layers: list[tuple[Tensor, Tensor]]
    """Keys and values of every layer. `[D, H, P, W]` each"""
    stamp: int
    """The weights they were read with."""


class PromptReader:
    """Reads prompts with a policy, each distinct one once.

    Args:
        policy: model and tokenizer.
        reuse: whether the keys and values of the last prompts are kept for further tries of the
            same turns. They cost memory until the next prompts are read.
    """

    def __init__(self, policy: Policy, reuse: bool = False) -> None:
        self.policy = policy
        # Weights that are cut among processes lie elsewhere each time they are put together.
        plain = has_plain_cache(policy.model.config) and not is_cut(policy.model)
        self._reuses = reuse and plain
        self._last: _Read | None = None

    def read(self, prompts: Sequence[IntArray], room: int) -> tuple[Tensor, Any, Tensor]:
        """Read prompts and reserve room for the replies to them.

        Returns:
            logits after each prompt `[B, V]`, cache, mask with room for the replies `[B, P + T]`.
        """
        known = self._known(prompts)
        return self._again(known, prompts, room) if known else self._first(prompts, room)

    def _first(self, given: Sequence[IntArray], room: int) -> tuple[Tensor, Any, Tensor]:
        prompts = pad_prompts(given, self.policy.device)
        cache = make_cache(self.policy.model.config, prompts.ids.shape[1] + room)
        output = self.policy.model(
            input_ids=prompts.ids,
            attention_mask=prompts.mask,
            position_ids=(prompts.mask.cumsum(dim=1) - 1).clamp_min(0),
            **{self.policy.cache_argument: cache},
            logits_to_keep=1,
            use_cache=True,
        )
        logits, mask = output.logits[:, -1], torch.nn.functional.pad(prompts.mask, (0, room))
        if self._reuses:
            self._last = _Read(
                places={
                    prompt.tobytes(): row
                    for prompt, row in zip(given, prompts.place.tolist(), strict=True)
                },
                logits=logits,
                mask=prompts.mask,
                layers=[(layer.keys, layer.values) for layer in cache.layers],
                stamp=self._stamp(),
            )
        if len(mask) < len(given):
            cache.batch_select_indices(prompts.place)
            logits, mask = logits[prompts.place], mask[prompts.place]
        return logits, cache, mask

    def _known(self, prompts: Sequence[IntArray]) -> _Read | None:
        last = self._last
        if last is None or last.stamp != self._stamp():
            return None
        return last if all(prompt.tobytes() in last.places for prompt in prompts) else None

    def _again(
        self, read: _Read, prompts: Sequence[IntArray], room: int
    ) -> tuple[Tensor, Any, Tensor]:
        rows = [read.places[prompt.tobytes()] for prompt in prompts]
        place = torch.tensor(rows, device=self.policy.device)
        layers = []
        for keys, values in read.layers:
            layer = RoomyLayer(keys.shape[-2] + room)
            layer.update(keys[place], values[place])
            layers.append(layer)
        mask = torch.nn.functional.pad(read.mask[place], (0, room))
        return read.logits[place], Cache(layers=layers), mask

    def _stamp(self) -> int:
        """A number that changes with every change of the weights in place."""
        return sum(weight._version for weight in self.policy.model.parameters())
