"""What is asked of a generator, and the protocols of generators.

`Generator` answers a batch of requests at once. `StreamingGenerator` takes requests one by one and
hands out each reply as soon as it is written. `Engine` holds a copy of the policy's weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from ..intervention import ThinkingRule
from ..policy.model import Policy
from ..trajectory import FloatArray, Generation, IntArray
from ..uncertainty import SignalConfig, SignalRange

__all__ = ["Decoding", "Engine", "Generator", "Request", "StreamingGenerator", "uniforms"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One reply to be generated.

    Example: `Request(prompt_ids=np.array([3, 80, 4]), seed=(0, 12, 5, 2, 0, 0), bounds=None)`
    """

    prompt_ids: IntArray
    """Tokens to continue. `[P]`"""
    seed: tuple[int, ...]
    """(run seed, step, task, member, turn, try): fixes every random choice of the reply."""
    bounds: SignalRange | None = None
    """Range of H and C accepted earlier in the episode; None starts a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """How replies are decoded."""

    max_tokens: int
    """Longest reply."""
    temperature: float = 1.0
    """Divides the logits before sampling."""
    top_p: float = 1.0
    """Nucleus: the smallest set of tokens with this much probability is sampled from."""
    greedy: bool = False
    """Take the most likely token instead of sampling."""
    signal: SignalConfig | None = None
    """How H and C are measured; None measures nothing and never intervenes."""
    thinking: ThinkingRule | None = None
    """When thoughts are closed by force; None never."""


class Generator(Protocol):
    """Anything that can reply to prompts."""

    def generate(self, requests: Sequence[Request], decoding: Decoding) -> list[Generation]:
        """Return one reply per request, in order."""
        ...


@runtime_checkable
class StreamingGenerator(Protocol):
    """A generator that need not wait for the slowest reply of a batch."""

    def submit(self, key: int, request: Request, decoding: Decoding) -> None:
        """Begin a reply; `key` names it until `ready` has returned it."""
        ...

    def ready(self) -> list[tuple[int, Generation]]:
        """Return the replies that are finished, each once, in any order.

        Waits until there is one; empty only where nothing was submitted.
        """
        ...


@runtime_checkable
class Engine(Protocol):
    """A generator with weights of its own, which have to follow the policy's."""

    def push(self, policy: Policy) -> None:
        """Take over the policy's weights as they are now."""
        ...

    def sleep(self) -> None:
        """Give memory back until the next push or request, where possible."""
        ...

    def close(self) -> None:
        """End the engine."""
        ...


def uniforms(seed: Sequence[int], count: int) -> FloatArray:
    """Return the `count` uniform numbers in [0, 1) that decide one reply's tokens."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(list(seed)))).random(count)
