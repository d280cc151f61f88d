"""Sync, async and one-process batches see the same episodes as single environments."""

import gymnasium as gym
import pytest
from searchqa_envs import make
from vector_modes import MODES, single_hashes, vector_hashes

from t2po_gym.core.many.vector import BatchedTextEnv, GroupedEnvs

NUM_ENVS = 4
SEED = 11
SCRIPT = (
    "search[the founder of the university]",
    "nothing",
    "<search>é漢字 town</search>",
    "answer[no]",
)
PLAYED = {"num_envs": NUM_ENVS, "seed": SEED, "script": SCRIPT}


@pytest.fixture(scope="module", params=["fixed", "search-r1", "t2po"])
def rules(request):
    return request.param


@pytest.fixture(scope="module")
def expected(rules):
    return single_hashes(lambda: make(corpus="default", split="test", rules=rules), **PLAYED)


@pytest.mark.parametrize("mode", MODES)
def test_every_vector_mode_gives_the_same_hashes(mode, rules, expected):
    found = vector_hashes("t2po/SearchQA-v0", mode, split="test", rules=rules, **PLAYED)
    assert found == expected


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
