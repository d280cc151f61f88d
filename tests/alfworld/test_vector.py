"""Sync, async and one-process batches see the same episodes as single environments."""

import os

import gymnasium as gym
import pytest
from alfworld_games import make
from other_process import printed_elsewhere
from vector_modes import MODES, single_hashes, vector_hashes

from t2po_gym.core.many.vector import BatchedTextEnv, GroupedEnvs

NUM_ENVS = 3
SEED = 11
TURNS = ("first", "look", "second", "é漢字\ud83d", "inventory", "third")


def action_of(turn, admissible):
    """A fixed text, or one of the ways to go."""
    places = [command for command in admissible if command.startswith("go to")]
    return {"first": places[0], "second": places[1], "third": places[-1]}.get(turn, turn)


PLAYED = {"num_envs": NUM_ENVS, "seed": SEED, "script": TURNS, "action_of": action_of}


@pytest.fixture(scope="module")
def expected():
    return single_hashes(lambda: make(split="test"), **PLAYED)


@pytest.mark.parametrize("mode", MODES)
def test_every_vector_mode_gives_the_same_hashes(mode, expected):
    assert vector_hashes("t2po/ALFWorld-v0", mode, split="test", **PLAYED) == expected


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
        assert printed_elsewhere(code, salt).split() == [expected[0][0], expected[1][0]]
