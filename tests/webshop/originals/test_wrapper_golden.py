"""The verl-agent / T2PO layer against recordings (docs/originals/webshop.md, section 13)."""

import gzip
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shared import shared_path
from webshop_golden import (
    goal_as_json,
    mini_catalogue,
    mini_nouns,
    real_catalogue,
    sha256_canonical,
)

from t2po_gym.core.agent.actions import project_webshop
from t2po_gym.envs.webshop.data.goals import exact_goal_table
from t2po_gym.envs.webshop.data.memory_catalogue import MemoryCatalogue
from t2po_gym.envs.webshop.originals.verl_agent import (
    VerlAgentConfig,
    VerlAgentWebShop,
    success_metrics,
    training_preset,
    validation_preset,
)

GOLDEN = shared_path("golden", "webshop")
EPISODE_FILES = sorted(GOLDEN.glob("wrapper_episodes_*.json.gz"))


def data_set(path: Path) -> str:
    """Name of the data set a recording was made on: its last word (mini, real1k)."""
    return path.name.removesuffix(".json.gz").removesuffix(".json").rsplit("_", 1)[1]


def catalogue(name: str) -> MemoryCatalogue:
    return mini_with_all_nouns() if name == "mini" else real_catalogue()


def mini_with_all_nouns() -> MemoryCatalogue:
    """Titles that no file tells the nouns of are made of words that other titles tell."""
    mini, told = mini_catalogue(), mini_nouns()
    vocabulary = {noun for nouns in told.values() for noun in nouns}
    products = [mini.product(index) for index in range(len(mini))]
    guessed = {
        product.asin: [w for w in re.findall(r"[a-z]+", product.title.lower()) if w in vocabulary]
        for product in products
    }
    return MemoryCatalogue(products, {**guessed, **told})


@lru_cache
def recordings(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return json.load(file)


EPISODES = [
    pytest.param(path, number, id=f"{data_set(path)}-{number}")
    for path in EPISODE_FILES
    for number in range(len(recordings(path)))
]


@lru_cache(maxsize=2)
def manager(name: str, seed: int, groups: int, size: int, test_goals: int) -> VerlAgentWebShop:
    config = VerlAgentConfig(
        seed=seed, num_groups=groups, group_size=size, num_test_goals=test_goals
    )
    return VerlAgentWebShop(catalogue(name), config)


def group_size(indices: list[int]) -> int:
    """Neighbours with one goal form a group; the recordings have groups of equal size."""
    return next((i for i, index in enumerate(indices) if index != indices[0]), len(indices))


@pytest.mark.parametrize(("path", "number"), EPISODES)
def test_recorded_episode(path: Path, number: int) -> None:
    case = recordings(path)[number]
    size = group_size(case["goal_indices"])
    env = manager(data_set(path), case["seed"], len(case["goal_indices"]) // size, size, 1)
    env.history_length = case["history_length"]
    observations, infos = env.reset(case["goal_indices"])
    first = case["steps"][0]
    assert env.tasks == case["tasks"]
    assert observations["text"] == first["prompts"]
    assert observations["anchor"] == first["anchor"]
    assert [info["available_actions"] for info in infos] == first["available"]
    finished = [False] * len(env.tasks)
    for turn, step in enumerate(case["steps"][1:], start=1):
        observations, rewards, dones, infos = env.step(step["responses"])
        for worker, over in enumerate(finished):
            if over:
                continue  # the original goes on with a random session here
            where = f"turn {turn}, worker {worker}"
            assert observations["text"][worker] == step["prompts"][worker], where
            assert observations["anchor"][worker] == step["anchor"][worker], where
            assert rewards[worker] == step["rewards"][worker], where
            assert dones[worker] == step["dones"][worker], where
            assert infos[worker] == step["infos"][worker], where
            assert list(infos[worker]) == list(step["infos"][worker]), where
            finished[worker] = step["dones"][worker]


RUNS = [
    pytest.param(path, training, seed, id=f"{data_set(path)}-{training}-{seed}")
    for path in EPISODE_FILES
    for training, seed in sorted({(c["is_train"], c["seed"]) for c in recordings(path)})
]


@pytest.mark.parametrize(("path", "training", "seed"), RUNS)
def test_recorded_goal_positions(path: Path, training: bool, seed: int) -> None:
    """Positions drawn in consecutive resets; the mini catalogue was cut after 10 goals, not 500."""
    episodes: dict[int, list[dict[str, Any]]] = {}
    for case in recordings(path):
        if (case["is_train"], case["seed"]) == (training, seed):
            episodes.setdefault(case["episode"], []).append(case)
    indices = next(iter(episodes.values()))[0]["goal_indices"]
    size = group_size(indices)
    config = VerlAgentConfig(
        seed=seed,
        num_groups=len(indices) // size,
        group_size=size,
        training=training,
        num_test_goals=500 if len(catalogue(data_set(path))) > 500 else 10,
    )
    env = VerlAgentWebShop(catalogue(data_set(path)), config)
    for episode in range(max(episodes) + 1):
        env.reset()
        for case in episodes.get(episode, []):
            assert env.goal_indices == case["goal_indices"]
            assert env.tasks == case["tasks"]


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("wrapper_goals_*.json")), ids=data_set)
def test_recorded_goal_lists(path: Path) -> None:
    products = [catalogue(data_set(path)).product(i) for i in range(len(catalogue(data_set(path))))]
    for case in json.loads(path.read_text(encoding="utf-8")):
        table = exact_goal_table(products, None, case["seed"], shuffle_seed=case["seed"])
        goals = [goal_as_json(goal) for goal in table.goals]
        assert len(goals) == case["n"]
        assert goals[: len(case["first"])] == case["first"]
        assert sha256_canonical(goals) == case["sha256_canonical"]


def test_recorded_projections() -> None:
    cases = json.loads((GOLDEN / "wrapper_projection.json").read_text(encoding="utf-8"))
    assert cases
    for case in cases:
        parsed = project_webshop(case["response"])
        assert (parsed.action, int(parsed.format_ok)) == (case["action"], case["valid"]), case
        assert int(parsed.format_ok) == case["format_valid"]


def test_presets_have_the_published_sizes() -> None:
    train, validation = training_preset(7), validation_preset(7)
    assert (train.seed, train.num_groups, train.group_size, train.training) == (7, 16, 8, True)
    assert (validation.seed, validation.num_workers, validation.training) == (1007, 128, False)


def test_a_pool_that_is_too_small_is_named() -> None:
    config = VerlAgentConfig(num_groups=3, group_size=1)
    with pytest.raises(ValueError, match="leaves 0 of its 151 goals"):
        VerlAgentWebShop(catalogue("mini"), config)


def test_sessions_after_a_purchase_are_reproducible() -> None:
    config = VerlAgentConfig(seed=3, num_groups=2, group_size=1, num_test_goals=10)
    replies = [
        f"<think>t</think><action>{action}</action>"
        for action in ("search[tea]", "click[t000000001]", "click[buy now]", "search[tea]")
    ]
    texts = []
    for _ in range(2):
        env = VerlAgentWebShop(catalogue("mini"), config)
        env.reset()
        texts.append([env.step([reply, reply])[0]["text"] for reply in replies])
    assert texts[0] == texts[1]


def test_metrics_take_the_last_active_step() -> None:
    infos = [
        [{"won": False, "task_score": 0.0}, {"won": True, "task_score": 1.0}],
        [{"won": False, "task_score": 0.5}, {"won": True, "task_score": 1.0}],
    ]
    metrics = success_metrics(infos, [[True, True], [True, False]])
    np.testing.assert_array_equal(metrics["success_rate"], [1.0, 0.0])
    np.testing.assert_array_equal(metrics["webshop_task_score"], [1.0, 0.5])
    with pytest.raises(ValueError, match="worker 0 has no active step"):
        success_metrics(infos[:1], [[False, False]])
