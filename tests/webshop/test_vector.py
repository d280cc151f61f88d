"""Sync, async and one-process batches see the same episodes as single environments."""

import os

import gymnasium as gym
import numpy as np
import pytest
from webshop_envs import make

from t2po_gym.core.many.vector import BatchedTextEnv, GroupedEnvs

NUM_ENVS = 4
SEED = 11
SCRIPT = (
    "search[gift set]",
    "click[next >]",
    "click[< prev]",
    "é漢字\ud83d",
    "FIRST",
    "click[features]",
)
MODES = {
    "sync": {"vectorization_mode": "sync"},
    "async": {"vectorization_mode": "async"},
    "async without shared memory": {
        "vectorization_mode": "async",
        "vector_kwargs": {"shared_memory": False},
    },
    "one process": {"vectorization_mode": "vector_entry_point"},
}


def first_product(actions):
    return next(action for action in actions if action.startswith("click[b0"))


def script_actions(infos):
    """The scripted actions of one turn; a product is named by what each page lists."""
    for action in SCRIPT:
        yield [
            first_product(listed) if action == "FIRST" else action
            for listed in infos["admissible_actions"]
        ]


@pytest.fixture(scope="module")
def expected():
    """Hash chains of four single environments, ``[turns + 1][envs]``."""
    chains = []
    for number in range(NUM_ENVS):
        env = make(split="test")
        _, info = env.reset(seed=SEED + number)
        chain = [info["observation_hash"]]
        for action in SCRIPT:
            named = first_product(info["admissible_actions"]) if action == "FIRST" else action
            *_, info = env.step(named)
            chain.append(info["observation_hash"])
        chains.append(chain)
    return [list(turn) for turn in zip(*chains, strict=True)]


@pytest.mark.parametrize("mode", MODES)
def test_every_vector_mode_gives_the_same_hashes(mode, expected):
    envs = gym.make_vec("t2po/WebShop-v0", num_envs=NUM_ENVS, split="test", **MODES[mode])
    try:
        observations, infos = envs.reset(seed=SEED)
        hashes = [list(infos["observation_hash"])]
        for turn in range(len(SCRIPT)):
            action = SCRIPT[turn]
            actions = [
                first_product(listed) if action == "FIRST" else action
                for listed in infos["admissible_actions"]
            ]
            observations, *_, infos = envs.step(actions)
            hashes.append(list(infos["observation_hash"]))
            assert isinstance(infos["progress"], np.ndarray)
        assert len(observations) == NUM_ENVS
    finally:
        envs.close()
    assert hashes == expected


def test_the_entry_point_is_the_one_process_batch():
    envs = gym.make_vec("t2po/WebShop-v0", num_envs=2, vectorization_mode="vector_entry_point")
    assert isinstance(envs, BatchedTextEnv)


def test_members_of_a_group_start_alike_and_go_their_own_ways():
    groups = GroupedEnvs(lambda: make(split="test"), num_tasks=2, group_size=3)
    started = groups.reset(seeds=[1, 2])
    keys = [info["state_key"] for _, info in started]
    assert len(set(keys)) == 2
    assert keys[0] == keys[1] == keys[2]
    results = groups.step({0: "search[tea]", 1: "search[lamp]", 4: "search[tea]"})
    assert [result is not None for result in results] == [True, True, False, False, True, False]
    assert results[0].info["state_key"] != results[1].info["state_key"]
    single = make(split="test")
    single.reset(seed=1)
    assert single.step("search[tea]")[0] == results[0].observation


def test_environments_made_alike_share_one_shop():
    first, second = make(split="train"), make(split="test")
    assert first._tasks.shop is second._tasks.shop
    assert first._tasks.shop is not make(split="test", rules="exact")._tasks.shop


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_hash_does_not_depend_on_the_process(expected):
    import subprocess
    import sys

    code = (
        "import gymnasium as gym, t2po_gym\n"
        f"env = gym.make('t2po/WebShop-v0', split='test')\n"
        f"print(env.reset(seed={SEED})[1]['observation_hash'])\n"
        "print(env.step('search[gift set]')[4]['observation_hash'])\n"
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
