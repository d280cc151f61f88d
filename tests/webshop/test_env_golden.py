"""Recorded episodes of the original, played through `t2po/WebShop-v0` with the exact rules."""

import pytest
from webshop_envs import make, real_files
from webshop_golden import golden, mini_with_nouns

from t2po_gym.envs.webshop.env import SEARCH_ACTION

REAL_EPISODES = [
    pytest.param(episode, id=f"{episode['name']}-{episode['mode']}")
    for episode in golden("real1k_episodes.json.gz")
]
WITH_HISTORY = [episode for episode in golden("mini_episodes.json") if episode.get("env_kwargs")]


@pytest.mark.parametrize("episode", REAL_EPISODES)
def test_recorded_episodes_through_the_environment(episode):
    """Until the purchase; the base class ends the episode there, the original goes on."""
    env = make(
        rules="exact",
        split="all",
        observation_mode=episode["mode"],
        human_goals=episode["human_goals"],
        shop_seed=episode["seed_before_construct"],
        **real_files(),
    )
    first, *steps = episode["steps"]
    observation, info = env.reset(seed=0, options={"task_index": episode["session"]})
    assert observation == first["observation"]
    for step in steps:
        if "raises" in step or step["action"].startswith("search[<r>"):
            return
        observation, reward, terminated, _, info = env.step(step["action"])
        assert observation == step["observation"]
        assert (reward, terminated) == (step["reward"], step["done"])
        available = step["available"]
        search = (SEARCH_ACTION,) if available["has_search_bar"] else ()
        clicks = tuple(f"click[{name}]" for name in available["clickables"])
        assert info["admissible_actions"] == search + clicks
        if terminated:
            assert info["score"] == step["reward"]
            return


@pytest.mark.parametrize("episode", WITH_HISTORY, ids=lambda episode: episode["name"])
def test_recorded_episodes_with_history(episode):
    env = make(
        rules="exact",
        split="all",
        catalogue=mini_with_nouns(),
        observation_mode=episode["mode"],
        shop_seed=episode["seed_before_construct"],
        **episode["env_kwargs"],
    )
    first, *steps = episode["steps"]
    observation, _ = env.reset(options={"task_index": episode["session"]})
    assert observation == first["observation"]
    for step in steps:
        assert env.step(step["action"])[0] == step["observation"]
