"""Scripted experts: each plays its environment through the same two lines."""

from __future__ import annotations

import random
from typing import Any

import gymnasium as gym
import pytest

import t2po_gym  # noqa: F401 - registers the ids
from baselines.cold_start.experts import EXPERTS, TOUR_STOPS, find_expert
from baselines.presets import OF_ENV, PRESETS
from baselines.run.command import parse_command


def play(env: Any, task: int, **manner: Any) -> tuple[list[str], bool]:
    """Play one episode; return the actions and whether it was won."""
    env.reset(seed=task, options={"task_index": task})
    expert = find_expert(env.spec.id)(random.Random(task), **manner)
    actions, over, info = [], False, {}
    while not over:
        think, action = expert.act(env.unwrapped)
        assert think
        actions.append(action)
        _, _, terminated, truncated, info = env.step(action)
        over = terminated or truncated
    return actions, bool(info["success"])


@pytest.mark.parametrize(
    ("env_id", "kwargs"),
    [
        ("t2po/ToyKeys-v0", {}),
        ("t2po/WebShop-v0", {"catalogue": "compact:500"}),
        ("t2po/ALFWorld-v0", {"difficulty": "easy"}),
        ("t2po/SearchQA-Easy-v0", {"corpus": "generated:1000:0"}),
    ],
)
def test_experts_win(env_id: str, kwargs: dict[str, Any]) -> None:
    env = gym.make(env_id, split="test", **kwargs)
    count = env.unwrapped.num_tasks()
    won = [play(env, task)[1] for task in range(0, count, max(1, count // 20))]
    assert sum(won) >= 0.95 * len(won)


def test_an_explorer_on_tour_walks_past_the_first_receptacles() -> None:
    env = gym.make("t2po/ALFWorld-v0", split="test", difficulty="medium")
    actions, won = play(env, 0, tour=1.0)
    places = env.unwrapped.game.receptacle_names[:TOUR_STOPS]
    assert {f"go to {place}" for place in places} == set(actions[:TOUR_STOPS])
    assert won
    assert len(actions) > len(play(env, 0)[0])


def test_unknown_environment() -> None:
    with pytest.raises(ValueError, match="no scripted expert"):
        find_expert("t2po/Nothing-v0")


def parse(*arguments: str) -> Any:
    return parse_command(arguments, prog="x", summary="x", extra=("resume",)).config


@pytest.mark.parametrize("env_id", sorted(OF_ENV))
def test_an_environment_brings_its_preset_and_a_named_one_goes_first(env_id: str) -> None:
    assert env_id in EXPERTS
    assert parse("--env", env_id) == PRESETS[OF_ENV[env_id]]()
    assert parse(f"--env={env_id}") == PRESETS[OF_ENV[env_id]]()
    assert parse("--preset", "toy", "--env", env_id).prompt == PRESETS["toy"]().prompt


def test_without_an_environment_the_default_preset() -> None:
    assert parse() == PRESETS["webshop"]()
    assert parse("--run.seed", "3").run.seed == 3
