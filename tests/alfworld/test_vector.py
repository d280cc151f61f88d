"""Sync, async and one-process batches see the same episodes as single environments."""

import os
import subprocess
import sys

import gymnasium as gym
import numpy as np
import pytest
from alfworld_games import make

from t2po_gym.core.many.vector import BatchedTextEnv, GroupedEnvs

NUM_ENVS = 3
SEED = 11
TURNS = ("first", "look", "second", "é漢字\ud83d", "inventory", "third")
MODES = {
    "sync": {"vectorization_mode": "sync"},
    "async": {"vectorization_mode": "async"},
    "async without shared memory": {
        "vectorization_mode": "async",
        "vector_kwargs": {"shared_memory": False},
    },
    "one process": {"vectorization_mode": "vector_entry_point"},
}


def action_of(turn, admissible):
    """A fixed text, or one of the ways to go."""
    places = [command for command in admissible if command.startswith("go to")]
    return {"first": places[0], "second": places[1], "third": places[-1]}.get(turn, turn)


@pytest.fixture(scope="module")
def expected():
    """Hash chains of single environments, ``[turns + 1][envs]``."""
    chains = []
    for number in range(NUM_ENVS):
        env = make(split="test")
        _, info = env.reset(seed=SEED + number)
        chain = [info["observation_hash"]]
        for turn in TURNS:
            *_, info = env.step(action_of(turn, info["admissible_actions"]))
            chain.append(info["observation_hash"])
        chains.append(chain)
    return [list(turn) for turn in zip(*chains, strict=True)]


@pytest.mark.parametrize("mode", MODES)
def test_every_vector_mode_gives_the_same_hashes(mode, expected):
    envs = gym.make_vec("t2po/ALFWorld-v0", num_envs=NUM_ENVS, split="test", **MODES[mode])
    try:
        _, infos = envs.reset(seed=SEED)
        hashes = [list(infos["observation_hash"])]
        for turn in TURNS:
            actions = [action_of(turn, listed) for listed in infos["admissible_actions"]]
            *_, infos = envs.step(actions)
            hashes.append(list(infos["observation_hash"]))
            assert isinstance(infos["progress"], np.ndarray)
    finally:
        envs.close()
    assert hashes == expected


def test_the_entry_point_is_the_one_process_batch():
    envs = gym.make_vec("t2po/ALFWorld-v0", num_envs=2, vectorization_mode="vector_entry_point")
    assert isinstance(envs, BatchedTextEnv)


def test_members_of_a_group_start_alike_and_go_their_own_ways():
    groups = GroupedEnvs(lambda: make(split="test"), num_tasks=2, group_size=3)
    started = groups.reset(seeds=[1, 2])
    hashes = [info["observation_hash"] for _, info in started]
    assert len(set(hashes)) == 2
    assert hashes[0] == hashes[1] == hashes[2]
    ways = [c for c in started[0][1]["admissible_actions"] if c.startswith("go to")]
    results = groups.step({0: ways[0], 1: ways[1]})
    assert [result is not None for result in results] == [True, True, *[False] * 4]
    single = make(split="test")
    single.reset(seed=1)
    assert single.step(ways[0])[0] == results[0].observation
    assert groups.envs[2].state.location == groups.envs[2].game.start_location


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_hash_does_not_depend_on_the_process(expected):
    code = (
        "import gymnasium as gym, t2po_gym\n"
        "env = gym.make('t2po/ALFWorld-v0', split='test')\n"
        f"info = env.reset(seed={SEED})[1]\n"
        "print(info['observation_hash'])\n"
        "way = [c for c in info['admissible_actions'] if c.startswith('go to')][0]\n"
        "print(env.step(way)[4]['observation_hash'])\n"
    )
    for salt in ("0", "123"):
        run = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": salt},
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.split() == [expected[0][0], expected[1][0]]
