"""Hostile and random actions: never an exception, bounded observations, no growth of memory."""

import random

import pytest
from hostile import check_growth, hostile_action, random_steps, random_text
from searchqa_envs import make

FORMS = [
    {"max_turns": 12},
    {"rules": "search-r1"},
    {"rules": "t2po", "topk": 5},
    {"max_passage_chars": 60, "hops": (2, 4), "reward": "f1", "split": "test"},
]
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


def next_action(rng, info, long_ones):
    """Mostly readable, often broken, at times hostile."""
    dice = rng.random()
    words = " ".join(rng.choices(WORDS, k=rng.randrange(1, 6)))
    if dice < 0.4:
        kind = rng.choice(("search", "answer")) if rng.random() < 0.3 else "search"
        return rng.choice((f"{kind}[{words}]", f"<{kind}>{words}</{kind}>"))
    if dice < 0.75:
        return "".join(rng.choice((words, rng.choice(TAGS))) for _ in range(rng.randrange(1, 9)))
    if dice < 0.98:
        return random_text(rng)
    return hostile_action(rng, long_ones)


def fuzz(env, rng, steps):
    """Play random episodes; returns the longest observation."""
    longest = 0
    for _, _, (observation, reward, _, _, info) in random_steps(env, rng, steps, next_action):
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
    check_growth(envs, random.Random(2026), fuzz, warm_steps=25_000, steps=14_063)
