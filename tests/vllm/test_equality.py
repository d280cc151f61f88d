"""A vLLM engine and the Hugging Face decoder write the same replies, number for number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from baselines.evaluation import make_envs, training_plan
from baselines.intervention import TurnRule
from baselines.rollout import collect
from baselines.sampling.protocol import Decoding, Request, uniforms
from baselines.trajectory import Generation, Group

TURNS = 200
CLOSE = 1e-3
EDGE = 2e-5  # in float32 the two sum probabilities of a large part of the vocabulary


class Listening:
    """A generator that remembers what it was asked, with a limit on that."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.requests = inner, []

    def generate(self, requests: Sequence[Request], decoding: Decoding) -> list[Generation]:
        self.requests += requests
        return self.inner.generate(requests, decoding)


def a_plan(pair: Any, envs: Any, *, turns: TurnRule | None = None) -> Any:
    rule = pair.config.thinking.rule(0.08)
    player = type("Player", (), {"config": pair.config, "vocab_size": pair.policy.vocab_size})
    return training_plan(player, envs, 3, thinking=rule, turns=turns)


@pytest.fixture(scope="module")
def asked(pair: Any) -> list[Request]:
    """What a rollout on WebShop asks for."""
    envs = make_envs(pair.config, "train", 8, 4)
    listening = Listening(pair.hf)
    collect(envs, listening, pair.prompting, a_plan(pair, envs))
    assert len(listening.requests) >= TURNS
    return listening.requests[:TURNS]


def decodings(pair: Any) -> dict[str, Decoding]:
    rule = pair.config.thinking.rule(0.08)
    usual = Decoding(max_tokens=184, signal=pair.config.signal, thinking=rule)
    return {
        "greedy": replace(usual, greedy=True),
        "sampled": usual,
        "nucleus": Decoding(max_tokens=184, temperature=0.6, top_p=0.95),
    }


def distance(pair: Any, request: Request, how: Decoding, ids: list[int], other: int) -> float:
    """How far a reply's last token was from being another one, in probability."""
    place = len(ids) - 1
    sequence = torch.tensor([[*request.prompt_ids.tolist(), *ids[:-1]]])
    with torch.no_grad():
        p = pair.policy.model(input_ids=sequence).logits[0, -1].double().softmax(-1)
    if how.greedy:
        return abs(float(p[ids[-1]] - p[other]))
    edge = p.cumsum(0)[min(ids[-1], other)]  # sampling inverts the cumulative distribution
    return abs(float(edge - uniforms(request.seed, how.max_tokens)[place]))


def without_ties(
    pair: Any,
    requests: Sequence[Request],
    how: Decoding,
    ours: Sequence[Generation],
    theirs: Sequence[Generation],
) -> tuple[list[Generation], list[Generation]]:
    """Leave out replies that part where a random number meets the edge between two tokens."""
    kept = []
    for request, a, b in zip(requests, ours, theirs, strict=True):
        both = zip(a.token_ids.tolist(), b.token_ids.tolist(), strict=False)
        parted = next((t for t, (x, y) in enumerate(both) if x != y), None)
        if parted is None:
            kept.append((a, b))
            continue
        ids = a.token_ids[: parted + 1].tolist()
        assert distance(pair, request, how, ids, int(b.token_ids[parted])) < EDGE
    assert len(kept) >= len(ours) - len(ours) // 50
    return [a for a, _ in kept], [b for _, b in kept]


def assert_same(ours: Sequence[Generation], theirs: Sequence[Generation]) -> None:
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert a.token_ids.tolist() == b.token_ids.tolist()
        assert a.sampled.tolist() == b.sampled.tolist()
        for name in ("log_probs", "entropy", "confidence"):
            np.testing.assert_allclose(getattr(a, name), getattr(b, name), atol=CLOSE, rtol=0)
        for name in ("text", "finish", "think_tokens", "think_closed", "stop_reason"):
            assert getattr(a, name) == getattr(b, name), name
        assert a.lowest_window_mean == pytest.approx(b.lowest_window_mean, abs=CLOSE)


@pytest.mark.parametrize("kind", ["greedy", "sampled"])
def test_replies_are_those_of_the_hugging_face_decoder(
    pair: Any, asked: list[Request], kind: str
) -> None:
    how = decodings(pair)[kind]
    ours, theirs = pair.vllm.generate(asked, how), pair.hf.generate(asked, how)
    assert_same(*without_ties(pair, asked, how, ours, theirs))
    forced = sum(not reply.sampled.all() for reply in ours)
    assert forced > 20, "thoughts are closed in these turns"


def test_a_nucleus_is_the_same_unless_it_ends_next_to_its_limit(
    pair: Any, asked: list[Request]
) -> None:
    """A last bit may put one token more into a nucleus, which changes all probabilities in it."""
    how, some = decodings(pair)["nucleus"], asked[:100]
    both = list(zip(pair.vllm.generate(some, how), pair.hf.generate(some, how), strict=True))
    same = [(a, b) for a, b in both if a.token_ids.tolist() == b.token_ids.tolist()]
    assert len(same) >= 97
    gaps = np.concatenate([abs(a.log_probs - b.log_probs) for a, b in same])
    assert (gaps < CLOSE).mean() > 0.999


def test_the_order_of_arrival_changes_nothing(pair: Any, asked: list[Request]) -> None:
    how = decodings(pair)["sampled"]
    some = asked[:40]
    assert_same(pair.vllm.generate(some[::-1], how)[::-1], pair.vllm.generate(some, how))


def test_settings_of_neighbours_may_differ(pair: Any, asked: list[Request]) -> None:
    usual = decodings(pair)
    cold = replace(usual["sampled"], temperature=0.7, signal=None, thinking=None)
    kinds = [usual["greedy"], usual["sampled"], cold]
    for key, request in enumerate(asked[:18]):
        pair.vllm.submit(key, request, kinds[key % 3])
    found: dict[int, Generation] = {}
    while len(found) < 18:
        found |= dict(pair.vllm.ready())
    assert pair.vllm.ready() == []
    for kind, how in enumerate(kinds):
        mine = [found[key] for key in range(kind, 18, 3)]
        assert_same(mine, pair.hf.generate(asked[kind:18:3], how))


def story(groups: Sequence[Group]) -> list[Any]:
    """What happened, without floats."""
    turns = [turn for group in groups for e in group.trajectories for turn in e.turns]
    return [
        (t.generation.token_ids.tolist(), t.action, t.observation_hash, t.cost.rejected, t.reward)
        for t in turns
    ]


def test_rollouts_without_a_barrier_are_those_played_turn_by_turn(pair: Any) -> None:
    envs = make_envs(pair.config, "train", 3, 2)
    plan = a_plan(pair, envs, turns=TurnRule(eta=0.02, max_resamples=2))
    flowing = collect(envs, pair.vllm, pair.prompting, plan)
    stepped = collect(envs, pair.hf, pair.prompting, plan)
    assert story(flowing) == story(stepped)
    assert any(t[3] for t in story(stepped)), "some turns are sampled again"


def test_after_an_update_the_engine_answers_with_the_new_weights(
    pair: Any, asked: list[Request]
) -> None:
    how, some = decodings(pair)["greedy"], asked[:24]
    before = pair.vllm.generate(some, how)
    kept = [p.detach().clone() for p in pair.policy.model.parameters()]
    noise = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for p in pair.policy.model.parameters():
            p.add_(0.02 * torch.randn(p.shape, generator=noise))
    try:
        after = pair.hf.generate(some, how)
        stale = pair.vllm.generate(some, how)
        assert [r.text for r in stale] == [r.text for r in before], "nobody has told it yet"
        assert [r.text for r in stale] != [r.text for r in after]
        pair.vllm.push(pair.policy)
        assert_same(pair.vllm.generate(some, how), after)
    finally:
        with torch.no_grad():
            for p, value in zip(pair.policy.model.parameters(), kept, strict=True):
                p.copy_(value)
        pair.vllm.push(pair.policy)
    assert_same(pair.vllm.generate(some, how), before)


def test_sleep_is_harmless_where_the_backend_has_none(pair: Any, asked: list[Request]) -> None:
    how = decodings(pair)["greedy"]
    pair.vllm.sleep()
    assert_same(pair.vllm.generate(asked[:4], how), pair.hf.generate(asked[:4], how))
