"""Tasks as lists: of what kind they are, and nothing that is hidden."""

from __future__ import annotations

import dataclasses
from typing import Any

import gymnasium as gym
import pytest

import t2po_gym
from t2po_gym.core.tasks import TaskInfo
from t2po_gym.envs.alfworld.data.game import TASK_TYPES

SOME: dict[str, tuple[str, dict[str, Any]]] = {
    **{env_id: (env_id, {}) for env_id in t2po_gym.ENV_IDS},
    "webshop-exact": ("t2po/WebShop-v0", {"rules": "exact"}),
    "webshop-hard": ("t2po/WebShop-v0", {"difficulty": "hard", "split": "all"}),
    "alfworld-easy": ("t2po/ALFWorld-v0", {"difficulty": "easy", "rules": "exact"}),
    "searchqa-t2po": ("t2po/SearchQA-v0", {"rules": "t2po", "split": "test"}),
}


def make(name: str) -> Any:
    env_id, kwargs = SOME[name]
    return gym.make(env_id, **kwargs).unwrapped


@pytest.mark.parametrize("name", SOME)
def test_info_names_the_kind_that_the_list_names(name: str) -> None:
    env = make(name)
    listed = env.tasks()
    assert len(listed) == env.num_tasks()
    for index in (0, len(listed) // 2, len(listed) - 1):
        record = listed[index]
        _, info = env.reset(seed=0, options={"task_id": record.id})
        assert (info["task_id"], info["task_type"]) == (record.id, record.type)
        assert listed[index - len(listed)] == record == env.task(index)
        assert env.step("look")[4]["task_type"] == record.type
    assert listed[:3] == [listed[0], listed[1], listed[2]]


@pytest.mark.parametrize("name", SOME)
def test_a_record_holds_nothing_hidden(name: str) -> None:
    env = make(name)
    assert {f.name for f in dataclasses.fields(TaskInfo)} == {"id", "type", "difficulty"}
    for index in range(0, env.num_tasks(), max(1, env.num_tasks() // 20)):
        record = env.task(index)
        env.reset(seed=0, options={"task_index": index})
        told = f"{record.type} {record.difficulty}".lower()
        for secret in secrets_of(env):
            assert secret.lower() not in told


def secrets_of(env: Any) -> list[str]:
    """What an agent has to find out."""
    if hasattr(env, "goal"):
        options = env.goal.goal_options or {}
        values = options.values() if isinstance(options, dict) else options
        return [env.goal.asin, env.goal.name, *map(str, values)]
    if hasattr(env, "question"):
        return [*env.question.answers, *env.question.support]
    return []


def test_kinds_are_those_of_the_benchmarks() -> None:
    alfworld = make("alfworld-easy")
    assert {alfworld.task(i).type for i in range(60)} <= set(TASK_TYPES)
    assert alfworld.task(0).difficulty == "easy"
    shop = make("webshop-hard")
    assert {shop.task(i).difficulty for i in range(60)} == {"hard"}
    assert all(shop.task(i).type.endswith("/hard") for i in range(60))
    easy = gym.make("t2po/WebShop-v0", difficulty="easy").unwrapped
    everything = gym.make("t2po/WebShop-v0").unwrapped
    ids = {easy.task(i).id for i in range(easy.num_tasks())}
    for index in range(300):
        record = everything.task(index)
        assert (record.id in ids) == (record.difficulty == "easy")
    hops = make("t2po/SearchQA-Hard-v0")
    assert {hops.task(i).type for i in range(20)} == {"generated/3-hop"}


def test_a_task_that_is_not_there() -> None:
    env = make("t2po/ToyKeys-v0")
    with pytest.raises(IndexError, match="There is no task 9999999; the split has"):
        env.task(9999999)


@pytest.mark.parametrize("mode", ["sync", "async", "vector_entry_point"])
def test_vector_modes_carry_task_and_kind(mode: str) -> None:
    envs = gym.make_vec("t2po/ToyKeys-v0", num_envs=2, vectorization_mode=mode)
    _, infos = envs.reset(seed=0)
    assert len(infos["task"]) == len(infos["task_type"]) == 2
    assert all("Open the" in task for task in infos["task"])
    envs.close()
