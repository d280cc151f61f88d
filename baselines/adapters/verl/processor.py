"""The logits processor for verl's vLLM server: decides as this project's engine does, and records.

In verl's settings, under `actor_rollout_ref.rollout.engine_kwargs.vllm`::

    logits_processors: [baselines.adapters.verl.processor:Recording]
    async_scheduling: false
    additional_config: {t2po: {...}}     # `recipe/prepare.py` writes it
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ...engine.messages import ARGUMENT, Ask
from ...engine.processor import Deciding
from ...engine.writing import Writing
from .records import Records, unsealed

__all__ = ["Recording"]


class Recording(Deciding):
    """Takes requests from text and leaves finished replies in a folder.

    Requests without ours are left to the engine.

    Args:
        vllm_config: settings of the engine; ours are in `additional_config`.
        device: where the logits are.
        is_pin_memory: unused.
    """

    def __init__(self, vllm_config: Any, device: torch.device, is_pin_memory: bool) -> None:
        ours = dict(vllm_config.additional_config[ARGUMENT])
        self._records = Records(ours.pop("records"))
        self._open: set[int] = set()
        super().__init__(vllm_config, device, is_pin_memory, settings=ours)

    def asked(self, params: Any) -> Ask | None:
        """Read what a request asks for; None where it is not ours."""
        text = (params.extra_args or {}).get(ARGUMENT)
        if text is None:
            return None
        ask = unsealed(text)
        self._open.add(ask.key)
        return ask

    def apply(self, logits: Tensor) -> Tensor:
        """Leave one token possible in every row of ours; record the replies that ended."""
        logits = super().apply(logits)
        ended = [key for key in sorted(self._open) if _ended(self._known[key])]
        for key in ended:
            self._records.put(self._known[key].written())
        if ended:
            self._open.difference_update(ended)
            placed = {writing.ask.key for writing, _ in self._rows.values()}
            kept = self._open | placed  # an ended reply's row stays until the engine has noticed
            self._known = {key: self._known[key] for key in self._known if key in kept}
        return logits


def _ended(writing: Writing) -> bool:
    return writing.done or writing.place == writing.how.max_tokens
