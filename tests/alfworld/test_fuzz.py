"""Hostile and random commands: never an exception, bounded texts, no growth of memory."""

import random
import tracemalloc

import pytest
from alfworld_games import make
from hostile import check_growth, hostile_action, random_steps, random_text

FORMS = [
    {},
    {"rules": "exact", "difficulty": "hard"},
    {"split": "test", "difficulty": "easy", "max_turns": 200},
    {"games": "generated:40", "expert": True},
]

VERBS = ("go to", "take", "put", "move", "open", "close", "heat", "use", "examine", "slice", "")
JOINTS = ("from", "in/on", "to", "with", "in", "", "from from", "to to")


def mutated(rng, action):
    """An admissible command made slightly or entirely wrong."""
    kind = rng.randrange(7)
    if kind == 0:
        return action.upper()
    if kind == 1:
        return action[: rng.randrange(len(action) + 1)]
    if kind == 2:
        return action + rng.choice((" ", "1", "\n", "\x00", " please", "\ud800"))
    if kind == 3:
        return "  ".join(action.split(" "))
    if kind == 4:
        place = rng.randrange(len(action) + 1)
        odd = chr(rng.choice((0, 10, 0x7F, 0x200B, 0xD800, 0x1F600)))
        return action[:place] + odd + action[place:]
    if kind == 5:
        return " ".join(rng.sample(action.split(), len(action.split())))
    return action * rng.randrange(1, 40)


def composed(rng, actions):
    """A command of the right form about names from anywhere."""
    words = " ".join(actions).split()
    names = [f"{rng.choice(words)} {rng.randrange(9)}" for _ in range(2)]
    return f"{rng.choice(VERBS)} {names[0]} {rng.choice(JOINTS)} {names[1]}"


def next_action(rng, info, long_ones):
    """Mostly sensible, often wrong, at times hostile."""
    dice = rng.random()
    actions = info["admissible_actions"]
    if dice < 0.55:
        return rng.choice(actions)
    if dice < 0.75:
        return mutated(rng, rng.choice(actions))
    if dice < 0.88:
        return composed(rng, actions)
    if dice < 0.98:
        return random_text(rng)
    return hostile_action(rng, long_ones)


def fuzz(env, rng, steps):
    """Play random episodes; returns the longest observation."""
    longest = 0
    for action, before, result in random_steps(env, rng, steps, next_action, seeds=200):
        observation, reward, terminated, _, info = result
        longest = max(longest, len(observation))
        assert reward in (0.0, 1.0)
        assert 0.0 <= info["progress"] <= 1.0
        assert (info["progress"] == 1.0) is terminated
        assert info["action_valid"] or action.strip() not in before["admissible_actions"]
        assert info["action_valid"] or observation.startswith("Nothing happens.")
    return longest


@pytest.mark.parametrize("form", FORMS, ids=["fixed", "exact", "easy", "expert"])
def test_five_thousand_actions(form):
    longest = fuzz(make(**form), random.Random(1), 1250)
    assert 100 < longest < 5000


def test_one_endless_episode_is_bounded():
    """What an episode and its game remember does not grow with its length."""
    env = make(max_turns=10**9)
    rng = random.Random(3)
    _, info = env.reset(seed=0)

    def wander(steps):
        nonlocal info
        for _ in range(steps):
            command = rng.choice(info["admissible_actions"])
            _, _, terminated, _, info = env.step(command)
            if terminated:
                _, info = env.reset(seed=0)

    wander(4000)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        wander(4000)
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 4_000_000  # the base class remembers each state it has seen, 100 bytes or so


@pytest.mark.fuzz
def test_a_million_actions():
    envs = [make(**form) for form in FORMS[:3]]
    check_growth(envs, random.Random(2026), fuzz, warm_steps=50_000, steps=18_000)
