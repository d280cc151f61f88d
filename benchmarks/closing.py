"""What would it be worth to know exactly when a thought has nothing left to say?

    python benchmarks/closing.py [--tasks 200] [--only webshop]

The policies of the presets `*-deliberate` play the test panel greedily, their thoughts closed by
four rules: never; by TTI at its calibrated threshold; right behind the last informative step, which
is known in these worlds (an oracle: the thought is generated to its end, cut there, and the action
generated from the cut thought); and at a random token of as many thoughts as TTI closes. What the
oracle gains is the most that any rule which only closes thoughts could gain.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from measuring import by_environment

from baselines.cold_start.deliberation import last_information
from baselines.evaluation import calibrate, evaluate
from baselines.policy.loading import load_policy
from baselines.presets import PRESETS
from baselines.run.panels import make_player
from baselines.sampling.generation import HFGenerator
from baselines.sampling.protocol import Decoding, Generator, Request
from baselines.trajectory import Generation

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "closing.json"
ENVIRONMENTS = ("webshop", "alfworld", "searchqa")


class Cut(Protocol):
    """Decides where finished thoughts should have ended."""

    def __call__(self, reply: Generation, size: int) -> int:
        """Return how many of a thought's `size` tokens stay; `size` leaves the reply alone."""
        ...


class Closing:
    """A generator that cuts finished thoughts and generates the actions again.

    Args:
        inner: generates.
        cut: says where.
    """

    def __init__(self, inner: HFGenerator, cut: Cut) -> None:
        self._inner, self._cut = inner, cut

    def generate(self, requests: Sequence[Request], decoding: Decoding) -> list[Generation]:
        """Return one reply per request; those whose thought is cut say no more than the action."""
        replies = self._inner.generate(requests, decoding)
        tags = self._inner.tags
        places, again = [], []
        for place, (request, reply) in enumerate(zip(requests, replies, strict=True)):
            ends = np.flatnonzero(reply.token_ids == tags.think_close)
            size = int(ends[0]) if len(ends) else len(reply.token_ids)
            kept = self._cut(reply, size)
            if kept < size:
                begun = np.concatenate([reply.token_ids[:kept], np.array(tags.queue)])
                places.append((place, kept, begun))
                longer = np.concatenate([request.prompt_ids, begun])
                again.append(replace(request, prompt_ids=longer))
        rest = self._inner.generate(again, decoding)
        for (place, kept, begun), tail in zip(places, rest, strict=True):
            replies[place] = self._joined(replies[place], kept, begun, tail)
        return replies

    def _joined(
        self, whole: Generation, kept: int, begun: np.ndarray, tail: Generation
    ) -> Generation:
        ids = np.concatenate([begun, tail.token_ids])
        forced = np.zeros(len(begun) - kept)

        def column(name: str) -> np.ndarray:
            return np.concatenate([getattr(whole, name)[:kept], forced, getattr(tail, name)])

        return replace(
            tail,
            token_ids=ids,
            sampled=column("sampled").astype(np.bool_),
            log_probs=column("log_probs"),
            entropy=column("entropy"),
            confidence=column("confidence"),
            text=self._inner.text_of(ids),
            think_tokens=kept,
            think_closed="forced",
        )


def behind_the_last_information(characters: Callable[[int], int]) -> Cut:
    """Return the oracle: a thought ends with the token that ends its last informative step."""

    def cut(reply: Generation, size: int) -> int:
        text = reply.text.partition("</think>")[0].rpartition("<think>")[2]
        boundary = last_information(text)
        ends = np.cumsum([characters(int(token)) for token in reply.token_ids[:size]])
        return min(size, int(np.searchsorted(ends, boundary)) + 1) if boundary else size

    return cut


def at_random(share: float, least: int) -> Cut:
    """Return a rule that ends this share of the thoughts at a random token from `least` on."""
    rng = np.random.default_rng(0)

    def cut(reply: Generation, size: int) -> int:
        place = int(rng.integers(least, max(least + 1, size)))
        return min(place, size) if rng.random() < share else size

    return cut


def measure(env: str, tasks: int) -> dict[str, Any]:
    """Play the panel of an environment under the four rules."""
    config = PRESETS[f"{env}-deliberate"]()
    policy = load_policy(config.model, config.policy)
    player = make_player(policy, config)
    rule = config.thinking.rule(calibrate(player).epsilon)

    def characters(token: int) -> int:
        return len(policy.tokenizer.decode([token]))

    def play(generator: Generator, **how: Any) -> dict[str, Any]:
        began = time.process_time()
        found, episodes = evaluate(
            replace(player, generator=generator), config.eval, split="test", tasks=tasks, **how
        )
        turns = [turn for episode in episodes for turn in episode.turns]
        closed = np.mean([turn.generation.think_closed == "forced" for turn in turns])
        row = {k: v for k, v in found.to_json().items() if k not in ("solved", "by_type")}
        return {
            **row,
            "closed_by_the_rule": float(closed),
            "cpu_seconds": round(time.process_time() - began, 1),
        }

    inner = player.generator
    assert isinstance(inner, HFGenerator)
    found = {"never": play(inner, rule=None), "TTI": play(inner, rule=rule)}
    oracle = behind_the_last_information(characters)
    found["oracle"] = play(Closing(inner, oracle), rule=None)
    share = found["TTI"]["closed_by_the_rule"]
    found["random"] = play(Closing(inner, at_random(share, config.thinking.min_tokens)), rule=None)
    return found


def main() -> None:
    """Measure and write the JSON file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--tasks", dest="count", type=int, default=200, help="tasks of the test panel"
    )
    torch.set_num_threads(1)
    by_environment(parser, RESULTS, ENVIRONMENTS, measure)


if __name__ == "__main__":
    main()
