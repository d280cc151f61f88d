"""What every registered id must keep: both checkers, the vector modes, fresh processes."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import gymnasium as gym
import pytest
from gymnasium.utils.env_checker import check_env

from t2po_gym import ENV_IDS
from t2po_gym.core.env import TextEnv
from t2po_gym.core.many.checker import check_text_env, random_policy

PLAY = """
import sys
import gymnasium as gym
import t2po_gym
from t2po_gym.core.many.checker import random_policy
env = gym.make(sys.argv[1])
for seed in range(3):
    observation, info = env.reset(seed=seed)
    ended = False
    while not ended:
        action = random_policy(seed)(observation, info)
        observation, _, terminated, truncated, info = env.step(action)
        ended = terminated or truncated
    keys = ("task_id", "turn", "observation_hash", "state_key", "progress", "admissible_actions")
    print(*(info[key] for key in keys))
"""


@pytest.fixture(params=ENV_IDS)
def env_id(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_make_gives_the_bare_environment(env_id: str) -> None:
    env = gym.make(env_id)
    assert isinstance(env, TextEnv), "snapshot and restore must be at hand without unwrapping"
    assert env.spec is not None
    assert env.spec.id == env_id


@pytest.mark.filterwarnings("error")
def test_gymnasium_checker(env_id: str) -> None:
    check_env(gym.make(env_id).unwrapped)


def test_contract_checker(env_id: str) -> None:
    check_text_env(gym.make(env_id))


def vector_hashes(env_id: str, mode: str) -> list[Any]:
    envs = gym.make_vec(env_id, num_envs=4, vectorization_mode=mode)
    rows: list[Any] = []
    try:
        observations, infos = envs.reset(seed=21)
        for _ in range(25):  # beyond the end of the first episodes
            rows.append((observations, infos["observation_hash"].tolist()))
            actions = tuple(
                random_policy(i)(
                    observations[i],
                    {
                        "turn": infos["turn"][i],
                        "admissible_actions": infos["admissible_actions"][i],
                    },
                )
                for i in range(4)
            )
            observations, rewards, terminated, truncated, infos = envs.step(actions)
            rows.append((rewards.tolist(), terminated.tolist(), truncated.tolist()))
            rows.append({name: m.tolist() for name, m in infos["milestones"].items()})
            rows.append([infos[name].tolist() for name in ("progress", "score", "state_key")])
    finally:
        envs.close()
    return rows


def test_vector_modes_agree(env_id: str) -> None:
    batch = vector_hashes(env_id, "vector_entry_point")
    assert vector_hashes(env_id, "sync") == batch
    assert vector_hashes(env_id, "async") == batch


def test_vector_arguments_reach_the_environments(env_id: str) -> None:
    envs = gym.make_vec(env_id, num_envs=2, split="test", max_turns=3, autoreset_mode="SameStep")
    assert envs.get_attr("split") == ("test", "test")
    assert envs.get_attr("max_turns") == (3, 3)
    assert envs.metadata["autoreset_mode"] == gym.vector.AutoresetMode.SAME_STEP
    assert [spec.id for spec in envs.get_attr("spec")] == [env_id] * 2


def test_fresh_processes_play_alike_whatever_the_hash_seed(env_id: str) -> None:
    outputs = set()
    for hash_seed in ("0", "1", "4242"):
        done = subprocess.run(
            [sys.executable, "-c", PLAY, env_id],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert len(outputs.pop().splitlines()) == 3
