"""The policy at the start of RL, which the KL term is measured against."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from .model import Policy, ReplyBatch

__all__ = ["AdapterOff", "Reference"]


class Reference(Protocol):
    """Anything that knows log-probabilities of replies."""

    def log_probs(self, batch: ReplyBatch, temperature: float = 1.0) -> Tensor:
        """Return log ref(reply token | everything before it), `[B, T]`."""
        ...


class AdapterOff:
    """A policy without its adapter: the base model, with no second one in memory.

    Args:
        policy: a policy with an adapter.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def log_probs(self, batch: ReplyBatch, temperature: float = 1.0) -> Tensor:
        """Return log-probabilities of the base model, `[B, T]`."""
        with self._policy.adapter.disable_adapter():
            return self._policy.log_probs(batch, temperature)
