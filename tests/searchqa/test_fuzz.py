"""Hostile and random actions: never an exception, bounded observations, no growth of memory."""

import random
import resource

import pytest
from searchqa_envs import make

from t2po_gym.core.many.checker import HOSTILE_ACTIONS

FORMS = [
    {"max_turns": 12},
    {"rules": "search-r1"},
    {"rules": "t2po", "topk": 5},
    {"max_passage_chars": 60, "hops": (2, 4), "reward": "f1", "split": "test"},
]
GROWTH_MB = 40
"""Allowed growth of a process after its caches are warm."""
SHORT_HOSTILE = [action for action in HOSTILE_ACTIONS if len(action) < 2000]
WORDS = (
    "river",
    "town",
    "Ada",
    "the",
    "1871",
    "%s",
    "'",
    '"',
    "é",
    "🫖",
    "ﬃ",
    "<",
    "&amp;",
    "\x00",
)
TAGS = (
    *("<search>", "</search>", "<answer>", "</answer>", "<think>", "</think>", "<information>"),
    *("search[", "answer[", "]", "[", "<SEARCH>", "</Answer>", "<|im_end|>", "\ud800", "\n"),
)


def next_action(rng, long_ones):
    """Mostly readable, often broken, at times hostile."""
    dice = rng.random()
    words = " ".join(rng.choices(WORDS, k=rng.randrange(1, 6)))
    if dice < 0.4:
        kind = rng.choice(("search", "answer")) if rng.random() < 0.3 else "search"
        return rng.choice((f"{kind}[{words}]", f"<{kind}>{words}</{kind}>"))
    if dice < 0.75:
        return "".join(rng.choice((words, rng.choice(TAGS))) for _ in range(rng.randrange(1, 9)))
    if dice < 0.98:
        highest = rng.choice((0x7F, 0xFF, 0xFFFF, 0x10FFFF))
        return "".join(chr(rng.randrange(highest + 1)) for _ in range(rng.randrange(60)))
    return rng.choice(HOSTILE_ACTIONS if long_ones else SHORT_HOSTILE)


def fuzz(env, rng, steps, long_ones=True):
    """Play random episodes; returns the longest observation."""
    longest, ended = 0, True
    for step in range(steps):
        if ended:
            env.reset(seed=rng.randrange(1 << 32))
        action = next_action(rng, long_ones and step % 50 == 0)
        observation, reward, terminated, truncated, info = env.step(action)
        ended = terminated or truncated
        longest = max(longest, len(observation))
        assert 0.0 <= reward <= 1.0
        assert 0.0 <= info["progress"] <= 1.0
        assert info["action_valid"] or info["action_error"]
    return longest


@pytest.mark.parametrize("form", FORMS, ids=["fixed", "search-r1", "t2po", "short"])
def test_five_thousand_actions(form):
    env = make(corpus="default", **form)
    longest = fuzz(env, random.Random(1), 1250)
    assert 100 < longest <= env.MAX_OBSERVATION_CHARS


@pytest.mark.fuzz
def test_a_million_actions():
    envs = [make(corpus="default", **form) for form in FORMS]
    rng = random.Random(2026)
    for env in envs:
        fuzz(env, rng, 25_000)  # fills every cache to its bound
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(16):
        for env in envs:
            longest = fuzz(env, rng, 14_063)
            assert longest <= env.MAX_OBSERVATION_CHARS
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < GROWTH_MB, f"peak memory grew by {grown:.0f} MB"
