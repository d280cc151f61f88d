"""Sync, async and one-process batches see the same episodes as single environments."""

import gymnasium as gym
import numpy as np
import pytest
from searchqa_envs import make

from t2po_gym.core.many.vector import BatchedTextEnv, GroupedEnvs

NUM_ENVS = 4
SEED = 11
SCRIPT = (
    "search[the founder of the university]",
    "nothing",
    "<search>é漢字 town</search>",
    "answer[no]",
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


@pytest.fixture(scope="module", params=["fixed", "search-r1", "t2po"])
def rules(request):
    return request.param


@pytest.fixture(scope="module")
def expected(rules):
    """Hash chains of four single environments, ``[turns + 1][envs]``."""
    chains = []
    for number in range(NUM_ENVS):
        env = make(corpus="default", split="test", rules=rules)
        _, info = env.reset(seed=SEED + number)
        chain = [info["observation_hash"]]
        for action in SCRIPT:
            *_, info = env.step(action)
            chain.append(info["observation_hash"])
        chains.append(chain)
    return [list(turn) for turn in zip(*chains, strict=True)]


@pytest.mark.parametrize("mode", MODES)
def test_every_vector_mode_gives_the_same_hashes(mode, rules, expected):
    envs = gym.make_vec(
        "t2po/SearchQA-v0", num_envs=NUM_ENVS, split="test", rules=rules, **MODES[mode]
    )
    try:
        observations, infos = envs.reset(seed=SEED)
        hashes = [list(infos["observation_hash"])]
        for action in SCRIPT:
            observations, *_, infos = envs.step([action] * NUM_ENVS)
            hashes.append(list(infos["observation_hash"]))
            assert isinstance(infos["progress"], np.ndarray)
        assert len(observations) == NUM_ENVS
    finally:
        envs.close()
    assert hashes == expected


def test_the_entry_point_is_the_one_process_batch():
    envs = gym.make_vec(
        "t2po/SearchQA-Hard-v0", num_envs=2, vectorization_mode="vector_entry_point"
    )
    assert isinstance(envs, BatchedTextEnv)
    assert {env.unwrapped._pool.question(0).hops for env in envs.envs} == {3}


def test_members_of_a_group_start_alike_and_share_one_engine():
    groups = GroupedEnvs(lambda: make(corpus="default", split="test"), num_tasks=2, group_size=3)
    started = groups.reset(seeds=[1, 2])
    keys = [info["state_key"] for _, info in started]
    assert keys[0] == keys[1] == keys[2] != keys[3]
    results = groups.step({0: "search[river]", 1: "search[town]", 4: "search[river]"})
    assert [result is not None for result in results] == [True, True, False, False, True, False]
    assert results[0].info["state_key"] != results[1].info["state_key"]
    worlds = [env.world for env in groups.envs]
    assert len({id(world.retriever) for world in worlds}) == 1
    assert len({id(world.corpus) for world in worlds}) == 1
