"""Sync, async and one-process batches see the same episodes as single environments."""

import os

import gymnasium as gym
import pytest
from other_process import printed_elsewhere
from vector_modes import MODES, single_hashes, vector_hashes
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


def first_product(actions):
    return next(action for action in actions if action.startswith("click[b0"))


def action_of(turn, admissible):
    """The action itself, or a product by the name that the page lists."""
    return first_product(admissible) if turn == "FIRST" else turn


PLAYED = {"num_envs": NUM_ENVS, "seed": SEED, "script": SCRIPT, "action_of": action_of}


def test_the_entry_point_is_the_one_process_batch():
    envs = gym.make_vec("t2po/WebShop-v0", num_envs=2, vectorization_mode="vector_entry_point")
    assert isinstance(envs, BatchedTextEnv)


@pytest.fixture(scope="module")
def expected():
    return single_hashes(lambda: make(split="test"), **PLAYED)


@pytest.mark.parametrize("mode", MODES)
def test_every_vector_mode_gives_the_same_hashes(mode, expected):
    assert vector_hashes("t2po/WebShop-v0", mode, split="test", **PLAYED) == expected


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
    code = (
        "import gymnasium as gym, t2po_gym\n"
        f"env = gym.make('t2po/WebShop-v0', split='test')\n"
        f"print(env.reset(seed={SEED})[1]['observation_hash'])\n"
        "print(env.step('search[gift set]')[4]['observation_hash'])\n"
    )
    for salt in ("0", "123"):
        assert printed_elsewhere(code, salt).split() == [expected[0][0], expected[1][0]]
