"""Hostile and random actions: never an exception, bounded observations, no growth of memory."""

import random
import tracemalloc

import pytest
from hostile import GROWTH_MB, hostile_action, peak_mb, random_steps, random_text
from webshop_envs import make

FORMS = [
    {},
    {"rules": "exact", "split": "all"},
    {"observation_mode": "text_rich", "rules": "exact", "split": "all", "max_turns": 30},
    {"observation_mode": "url", "catalogue": "compact:300"},
]


def mutated(rng, action):
    """An admissible action made slightly or entirely wrong."""
    kind = rng.randrange(8)
    if kind == 0:
        return action.upper()
    if kind == 1:
        return action[: rng.randrange(len(action) + 1)]
    if kind == 2:
        return action + rng.choice(("]", "]]", "[", "\n", "\x00", " please", "\ud800"))
    if kind == 3:
        return rng.choice((" ", "\n", "click", "[")) + action
    if kind == 4:
        return action.replace("click", "search")
    if kind == 5:
        place = rng.randrange(len(action) + 1)
        return (
            action[:place]
            + chr(rng.choice((0, 10, 0x7F, 0x200B, 0xD800, 0x1F600)))
            + action[place:]
        )
    if kind == 6:
        return action * rng.randrange(1, 40)
    return action.replace("[", "[[").replace("]", "]]")


PREFIXES = (
    "<r>",
    "<q>",
    "<c>",
    "<a>",
    "<r> x",
    "<q> tea",
    "<c> grocery",
    "<a> y",
    "search_results",
)
WORDS = ("red", "tea", "item_page", "done", "b0", "12", "%s", "'", '"', "🫖", "ﬃ", "<", "&amp;")


def next_action(rng, info, long_ones):
    """Mostly sensible, often wrong, at times hostile."""
    dice = rng.random()
    admissible = info["admissible_actions"]
    if dice < 0.55 and admissible:
        action = rng.choice(admissible)
        if action.startswith("search"):
            words = " ".join(rng.choices(WORDS, k=rng.randrange(1, 5)))
            return f"search[{rng.choice((words, rng.choice(PREFIXES)))}]"
        return action
    if dice < 0.75 and admissible:
        return mutated(rng, rng.choice(admissible))
    if dice < 0.98:
        text = random_text(rng)
        return f"search[{text}]" if rng.random() < 0.5 else text
    return hostile_action(rng, long_ones)


def fuzz(env, rng, steps):
    """Play random episodes; returns the longest observation."""
    longest = 0
    played = random_steps(env, rng, steps, next_action, give_up=0.01)  # exact rules: no limit
    for _, _, (observation, reward, _, _, info) in played:
        longest = max(longest, len(observation))
        assert 0.0 <= reward <= 1.0
        assert 0.0 <= info["progress"] <= 1.0
    return longest


@pytest.mark.parametrize("form", FORMS, ids=["fixed", "exact", "exact rich", "url"])
def test_five_thousand_actions(form):
    env = make(**form)
    longest = fuzz(env, random.Random(1), 1250)
    assert 100 < longest <= env.MAX_OBSERVATION_CHARS


def test_one_endless_episode_is_bounded_per_action():
    """What the base class remembers of an action does not grow with the action's length."""
    env = make(rules="exact", split="all")
    env.reset(seed=0)
    env.step("search[tea]")
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(80):
            env.step(f"search[{'x' * 8000}{number}]")
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 2_000_000


@pytest.mark.fuzz
def test_a_million_actions():
    envs = [make(**form) for form in FORMS]
    rng = random.Random(2026)
    peaks = []
    for _ in range(20):
        for env in envs:
            longest = fuzz(env, rng, 12_500)
            assert longest <= env.MAX_OBSERVATION_CHARS
        peaks.append(peak_mb())
    # Rewards of pairs of goals and products are remembered up to a bound that fuzzing reaches only
    # after some hundred thousand actions.
    grown = peaks[-1] - peaks[9]
    assert grown < GROWTH_MB, f"peak memory grew by {grown:.0f} MB in the second half"
