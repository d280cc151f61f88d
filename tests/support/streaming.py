"""Generators that answer one by one, in an order that nobody can foresee."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from baselines.sampling.protocol import Decoding, Generator, Request
from baselines.trajectory import Generation


class Shuffled:
    """Asks another generator for each reply alone, and hands out some of them in any order."""

    def __init__(self, inner: Generator, seed: int) -> None:
        self.inner, self.rng = inner, np.random.default_rng(seed)
        self.open: dict[int, tuple[Request, Decoding]] = {}
        self.answered: list[int] = []

    def generate(self, requests: Sequence[Request], decoding: Decoding) -> list[Generation]:
        raise AssertionError("a generator that takes requests one by one is asked so")

    def submit(self, key: int, request: Request, decoding: Decoding) -> None:
        assert key not in self.open, "one reply at a time for each episode"
        self.open[key] = (request, decoding)

    def ready(self) -> list[tuple[int, Generation]]:
        keys = self.rng.permutation(sorted(self.open)).tolist()
        chosen = keys[: int(self.rng.integers(1, len(keys) + 1))] if keys else []
        self.answered += chosen
        asked = [(key, *self.open.pop(key)) for key in chosen]
        return [(key, self.inner.generate([request], how)[0]) for key, request, how in asked]


class FakeEngine(Shuffled):
    """Has weights of its own, as an engine has: a copy, renewed by `push` alone."""

    def __init__(self, inner: Any) -> None:
        super().__init__(inner, seed=0)
        self.told: list[str] = []
        self.pushed: list[dict[str, Any]] = []
        self.push(inner.policy)

    def push(self, policy: Any) -> None:
        self.told.append("push")
        self.pushed.append({n: w.clone() for n, w in policy.model.state_dict().items()})

    def sleep(self) -> None:
        self.told.append("sleep")

    def close(self) -> None:
        self.told.append("close")
