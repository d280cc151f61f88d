"""The part of the engine that chooses tokens: a logits processor of vLLM, imported by vLLM alone.

It keeps one `Writing` per row of the engine's batch and leaves one token possible in each row, so
the engine's own (greedy) sampler takes what was decided.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from vllm.v1.sample.logits_processor import LogitsProcessor, MoveDirectionality

from ..policy.tokenizer import load_tokenizer
from ..sampling.replies import ReplyReader
from .messages import ARGUMENT, Ask, Written
from .writing import Writing, decide

__all__ = ["Deciding"]


class Deciding(LogitsProcessor):  # type: ignore[misc]
    """Decides every token of every request, and remembers how.

    Args:
        vllm_config: settings of the engine; ours are in `additional_config`.
        device: where the logits are.
        is_pin_memory: unused.
        settings: arguments of the `ReplyReader`; None takes them from the engine's settings.
    """

    def __init__(
        self,
        vllm_config: Any,
        device: torch.device,
        is_pin_memory: bool,
        settings: dict[str, Any] | None = None,
    ) -> None:
        tokenizer = load_tokenizer(vllm_config.model_config.model)
        if settings is None:
            settings = vllm_config.additional_config[ARGUMENT]
        self._reader = ReplyReader(tokenizer, **settings)
        self._end = self._reader.tags.end_ids[0] if self._reader.tags.end_ids else 0
        self._rows: dict[int, tuple[Writing, list[int]]] = {}
        self._known: dict[int, Writing] = {}

    def is_argmax_invariant(self) -> bool:
        """No: it decides what the greedy sampler finds."""
        return False

    def asked(self, params: Any) -> Ask | None:
        """Return what a request asks for; None leaves its row to the engine."""
        ask: Ask = params.extra_args[ARGUMENT]
        return ask

    def update_state(self, batch_update: Any) -> None:
        """Follow the engine's batch: who left, who came, who moved."""
        if batch_update is None:
            return
        for row in batch_update.removed:
            self._rows.pop(row, None)
        for row, params, _, output in batch_update.added:
            ask = self.asked(params)
            if ask is None:
                self._rows.pop(row, None)
                continue
            if ask.key not in self._known:  # else it was thrown out of the cache and comes back
                self._known[ask.key] = Writing(ask, self._reader)
            self._rows[row] = (self._known[ask.key], output)
        for source, target, direction in batch_update.moved:
            moving, resting = self._rows.pop(source, None), self._rows.pop(target, None)
            if moving is not None:
                self._rows[target] = moving
            if resting is not None and direction == MoveDirectionality.SWAP:
                self._rows[source] = resting

    def apply(self, logits: Tensor) -> Tensor:
        """Leave one token possible in every row of logits `[B, V]`."""
        placed = [(row, w) for row, (w, output) in sorted(self._rows.items()) if w.at(len(output))]
        chosen = dict.fromkeys(self._rows, self._end)  # rows that are done wait for the engine
        if placed:
            rows = [row for row, _ in placed]
            shown = logits if rows == list(range(len(logits))) else logits[rows]
            tokens = decide([writing for _, writing in placed], shown)
            chosen |= dict(zip(rows, tokens, strict=True))
        where = torch.tensor([list(chosen), list(chosen.values())], device=logits.device)
        if chosen:
            logits[where[0]] = -torch.inf
            logits[where[0], where[1]] = 0.0
        return logits

    def take(self, keys: list[int]) -> list[Written]:
        """Hand out finished replies; they are forgotten here."""
        return [self._known.pop(key).written() for key in keys]
