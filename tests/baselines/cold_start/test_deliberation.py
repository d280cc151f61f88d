"""Drawn-out thoughts: what they are made of, where their information ends, who thinks them."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import gymnasium as gym
import pytest

import t2po_gym  # noqa: F401 - registers the ids
from baselines.cold_start.deliberate import (
    DeliberateExplorer,
    DeliberateSearcher,
    DeliberateShopper,
)
from baselines.cold_start.deliberation import (
    Deliberation,
    is_hesitation,
    last_information,
    sentences,
)
from baselines.cold_start.experts import find_expert
from baselines.presets import PRESETS

STEPS = ("The task: a red mug at most 5.50 dollars.", "I need a mug. I open the first one.")


def test_by_hand() -> None:
    calm = Deliberation(calm=1.0, early=0.0).draw_out(random.Random(0), STEPS)
    assert calm.text == " ".join(STEPS)
    assert calm.boundary == len(calm.text)
    long = Deliberation(calm=0.0, early=0.0, count=(3, 3), repeat=1.0, waver=0.0)
    thought = long.draw_out(random.Random(0), STEPS)
    first, second, third = sentences(thought.text[thought.boundary :])
    assert first == third == "Again: I open the first one."
    assert is_hesitation(second)
    assert not second.startswith("Again:"), "a repetition is never repeated"
    assert thought.text[: thought.boundary] == " ".join(STEPS)


@pytest.mark.parametrize("seed", range(50))
def test_the_boundary_is_found_again_in_the_words(seed: int) -> None:
    thought = Deliberation().draw_out(random.Random(seed), STEPS)
    assert last_information(thought.text) == thought.boundary
    parts = sentences(thought.text)
    assert " ".join(parts) == thought.text
    behind = sentences(thought.text[thought.boundary :])
    assert all(map(is_hesitation, behind))
    assert len(behind) in (0, *range(2, 8))
    told = [part for part in parts if not is_hesitation(part)]
    assert told == [*sentences(STEPS[0]), *sentences(STEPS[1])], "in order, and nothing is lost"


def test_a_cut_thought_ends_where_its_last_whole_information_does() -> None:
    assert last_information("") == 0
    assert last_information("Hm, wait. Never mind.") == 0
    assert last_information("I look. Hm, wait.") == len("I look.")
    assert last_information("I look. I op") == len("I look. I op"), "the rest is information too"


def test_hesitation_is_drawn_independently_of_the_task() -> None:
    """The same seed hesitates alike, whatever is thought."""
    first, second = (
        Deliberation().draw_out(random.Random(5), steps) for steps in (STEPS, ("Yes.", "No."))
    )
    kinds = [
        [s.partition(" ")[0] if s.startswith("Again:") else s for s in sentences(t.text)]
        for t in (first, second)
    ]
    assert [k for k in kinds[0] if is_hesitation(k) or k == "Again:"] == [
        k for k in kinds[1] if is_hesitation(k) or k == "Again:"
    ]


EXPERTS = {
    "webshop-deliberate": DeliberateShopper,
    "alfworld-deliberate": DeliberateExplorer,
    "searchqa-deliberate": DeliberateSearcher,
}


def played(name: str, episodes: int, **manner: float) -> list[tuple[str, str, dict[str, Any], Any]]:
    """Thought, action, info and expert of every turn of some episodes."""
    config = PRESETS[name]()
    env = gym.make(config.env, split="train", **config.env_kwargs)
    rows = []
    for number in range(episodes):
        env.reset(seed=number, options={"task_index": 7 * number})
        expert: Any = EXPERTS[name](random.Random(number), **manner)
        over = False
        while not over:
            think, action = expert.act(env.unwrapped)
            _, _, terminated, truncated, info = env.step(action)
            over = terminated or truncated
            rows.append((think, action, info, expert.thought.boundary))
    return rows


@pytest.mark.parametrize("name", EXPERTS)
def test_an_expert_that_never_stalls_wins(name: str) -> None:
    rows = played(name, 6)
    assert all(last_information(think) == boundary for think, _, _, boundary in rows)
    assert all(info["action_valid"] for _, _, info, _ in rows)
    won = [info["success"] for _, _, info, _ in rows if info["progress"] == 1.0]
    assert len(won) >= 5
    words = [len(think.split()) for think, _, _, _ in rows]
    assert 20 < sum(words) / len(words) < 60


@pytest.mark.parametrize("name", EXPERTS)
def test_stalls_show_again_what_was_seen(name: str) -> None:
    calm = played(name, 10)
    stalled = played(name, 10, stall=0.4)
    shares = [
        sum(info["state_repeated"] for _, _, info, _ in rows) / len(rows)
        for rows in (calm, stalled)
    ]
    assert shares[1] > shares[0] + 0.05
    assert any("I look at this once more." in think for think, _, _, _ in stalled)


@pytest.mark.parametrize("name", EXPERTS)
def test_the_presets_name_these_experts(name: str) -> None:
    config = PRESETS[name]()
    assert find_expert(config.env, config.cold_start.expert) is EXPERTS[name]
    rule = config.thinking.rule(0.1)
    rule.check_room(config.rollout.max_reply_tokens, 8)
    assert config.thinking.epsilon_quantile >= 0.15
    assert config.turns.eta_quantile >= 0.15


def test_two_experts_of_one_seed_think_alike() -> None:
    rows = [played("webshop-deliberate", 3, stall=0.2, noise=0.1) for _ in range(2)]
    assert [r[:2] for r in rows[0]] == [r[:2] for r in rows[1]]
    assert len({think for think, *_ in rows[0]}) > 5
    assert any(a != b for a, b in pairwise(think for think, *_ in rows[0]))
