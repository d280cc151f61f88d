"""Tasks, seeds, state, bounds and refusals of the OpenEnv adapter."""

from __future__ import annotations

import asyncio
import subprocess
from typing import Any

import gymnasium as gym
import pytest
import requests
from adapter_episodes import ALL_IDS
from adapter_servers import COMMAND, examples, run_example, served
from gymnasium.error import ResetNeeded
from openenv import GenericEnvClient
from pydantic import ValidationError

import t2po_gym
from t2po_gym.adapters.openenv import (
    MAX_LISTED_TASKS,
    TextAction,
    TextEnvironment,
    TextObservation,
    TextState,
)

TOY = "t2po/ToyKeys-v0"
PROGRESS_KEYS = {"progress", "progress_delta", "progress_max", "milestones", "progress_version"}


@pytest.fixture
def env() -> TextEnvironment:
    return TextEnvironment(TOY, {"split": "test"})


@pytest.mark.parametrize("env_id", ALL_IDS)
def test_tasks_of_every_split(env_id: str) -> None:
    env = TextEnvironment(env_id)
    for split in env.list_splits():
        bare = gym.make(env_id, split=split["name"]).unwrapped
        assert isinstance(bare, t2po_gym.TextEnv)
        assert split["type"] in {"train", "validation", "test"}
        assert env.num_tasks(split["name"]) == bare.num_tasks()
        last = bare.num_tasks() - 1
        task = env.get_task(split["name"], last)
        assert task["id"] == bare.task_id(last)
        assert env.get_task_range(split["name"], last - 1, None)[-1] == task
        assert env.list_tasks(split["name"])[0] == env.get_task(split["name"], 0)
        assert len(env.list_tasks(split["name"])) == min(MAX_LISTED_TASKS, bare.num_tasks())
        with pytest.raises(IndexError, match="There is no task"):
            env.get_task(split["name"], last + 1)


def test_a_task_can_be_chosen_by_place_and_by_name(env: TextEnvironment) -> None:
    task = env.get_task("dev", 5)
    by_place = env.reset(seed=1, split="dev", index=5)
    assert by_place.metadata["task_id"] == task["id"]
    assert env.reset(seed=1, split="dev", task_id=task["id"]) == by_place
    assert env.state.split == "dev"


def test_a_seed_gives_the_same_episode(env: TextEnvironment) -> None:
    first = env.reset(seed=7)
    other = TextEnvironment(TOY, {"split": "test"}).reset(seed=7)
    assert other == first
    assert len({env.reset(seed=seed).metadata["task_id"] for seed in range(20)}) > 5


def test_state_follows_the_episode(env: TextEnvironment) -> None:
    assert env.state == TextState(env_id=TOY)
    env.reset(seed=7, episode_id="mine")
    env.step(TextAction(action="look"))
    state = env.state
    assert (state.episode_id, state.step_count, state.seed, state.done) == ("mine", 1, 7, False)
    env.reset()
    assert (env.state.step_count, env.state.seed) == (0, 7)
    assert env.state.episode_id == f"{env.state.task_id}#2"


def test_nothing_hidden_is_told(env: TextEnvironment) -> None:
    page = env.reset(seed=3)
    assert not PROGRESS_KEYS & set(page.metadata)
    assert not {"score", "success", "state_key"} & set(page.metadata)
    with_progress = TextEnvironment(TOY, {"split": "test"}, progress=True).reset(seed=3)
    assert set(with_progress.metadata) >= PROGRESS_KEYS
    assert with_progress.text == page.text


def test_bare_observations(env: TextEnvironment) -> None:
    page = TextEnvironment(TOY, {"split": "test"}, bare=True).reset(seed=3)
    assert page == TextObservation(text=env.reset(seed=3).text)
    with pytest.raises(ValueError, match="Choose one of bare and progress"):
        TextEnvironment(TOY, bare=True, progress=True)


def test_bare_and_progress_are_refused_before_serving() -> None:
    words = [*COMMAND, "openenv", TOY, "--bare", "--progress", "--port", "0"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "Choose one of bare and progress" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"seed": -1}, "A seed is an integer of at least 0"),
        ({"seed": True}, "A seed is an integer of at least 0"),
        ({"seed": "7"}, "A seed is an integer of at least 0"),
        ({"split": "holiday"}, "split must be one of"),
        ({"split": ["a"]}, "A split is a name such as 'test'; got a value of type list"),
        ({"split": "train", "index": 10**9}, "task_index must be from 0 to"),
        ({"index": 10**9}, "task_index must be from 0 to"),
        ({"index": 1, "task_id": "x"}, "not both"),
        ({"sed": 1}, "Unknown reset option 'sed'"),
        ({"episode_id": "e" * 256}, "at most 255 characters"),
    ],
)
def test_refused_resets(env: TextEnvironment, arguments: dict[str, Any], said: str) -> None:
    env.reset(seed=1, split="train")  # an older episode
    env.reset(seed=1, split="dev", episode_id="mine")
    env.step(TextAction(action="look"))
    state = env.state
    with pytest.raises(ValueError, match=said):
        env.reset(**arguments)
    assert env.state == state
    assert env.step(TextAction(action="look")).metadata["turn"] == 2


def test_resets_without_a_seed_go_on_as_in_gym_make(env: TextEnvironment) -> None:
    for split in ("test", "dev"):  # the second starts from the same seed
        alone = gym.make(TOY, split=split)
        for seed in (7, None, None):
            page = env.reset(seed=seed if split == "test" else None, split=split)
            assert page.metadata["task_id"] == alone.reset(seed=seed)[1]["task_id"]


def test_a_list_of_tasks_tells_how_many_there_are() -> None:
    env = TextEnvironment("t2po/SearchQA-v0")
    listed = env.list_tasks("train")
    assert len(listed) == MAX_LISTED_TASKS
    assert {task["num_tasks"] for task in listed} == {env.num_tasks("train")}


def test_refused_steps(env: TextEnvironment) -> None:
    with pytest.raises(ResetNeeded, match="call reset"):
        env.step(TextAction(action="look"))
    for wrong in (7, None, ["look"], "a" * 100_001, "\ud800"):
        with pytest.raises(ValidationError):
            TextAction(action=wrong)
    env.reset(seed=1)
    env.close()
    with pytest.raises(ValueError, match="connect again"):
        env.step(TextAction(action="look"))


def test_too_many_tasks_at_once_are_refused() -> None:
    env = TextEnvironment("t2po/SearchQA-v0")
    assert env.num_tasks("train") > MAX_LISTED_TASKS
    with pytest.raises(ValueError, match="At most 100 tasks"):
        env.get_task_range("train")


def test_sessions_are_apart_and_bounded() -> None:
    async def play(url: str) -> None:
        def client() -> GenericEnvClient:
            return GenericEnvClient(base_url=url, message_timeout_s=120.0)

        async with client() as one, client() as two:
            first, second = await one.reset(seed=1), await two.reset(seed=2)
            assert first.metadata["task_id"] != second.metadata["task_id"]
            assert (await one.step({"action": "look"})).metadata["turn"] == 1
            assert (await two.state())["step_count"] == 0
            with pytest.raises(RuntimeError, match="2"):
                async with client() as three:
                    await three.reset(seed=3)
            with pytest.raises(RuntimeError, match="split must be one of"):
                await two.reset(split="holiday")
            assert (await two.step({"action": "look"})).metadata["turn"] == 1
            for wrong in ({"action": "\ud800"}, {"action": 5, "zz": "\ud800"}):
                with pytest.raises(RuntimeError, match="half of a surrogate pair"):
                    await two.step(wrong)
            with pytest.raises(RuntimeError, match="half of a surrogate pair"):
                await two.reset(episode_id="\udfff")
            assert (await two.step({"action": "look"})).metadata["turn"] == 2
        async with client() as three:
            assert (await three.reset(seed=1)).observation == first.observation

    with served("openenv", TOY, "--max-sessions", "2", "--set", "split=test") as url:
        asyncio.run(play(url))
        check_http(url)


def check_http(url: str) -> None:
    """The routes without a session: tasks, single resets, and refusals."""
    splits = requests.get(f"{url}ToyKeys-v0/splits", timeout=60).json()
    assert splits[0] == {"name": "test", "type": "test"}
    schema = requests.get(f"{url}schema", timeout=60).json()
    assert "go[room]" in schema["action"]["properties"]["action"]["description"]
    reset = requests.post(f"{url}reset", json={"seed": 1, "split": "dev"}, timeout=60)
    assert reset.json()["observation"]["text"]
    for body, said in (
        ({"seed": 1, "sed": 2}, "Unknown reset"),
        ({"split": "x"}, "split must"),
        ({"split": ["a"]}, "A split is a name"),
        ({"seed": True}, "A seed is an integer of at least 0; got True."),
        ({"seed": "7"}, "A seed is an integer of at least 0; got '7'."),
        ({"episode_id": "\ud800"}, "half of a surrogate pair"),
    ):
        refused = requests.post(f"{url}reset", json=body, timeout=60)
        assert refused.status_code == 400
        assert said in refused.json()["detail"]
    stepped = requests.post(f"{url}step", json={"action": {"action": "look"}}, timeout=60)
    half = requests.post(f"{url}step", json={"action": {"action": "\ud800"}}, timeout=60)
    assert (half.status_code, "half of a" in half.json()["detail"]) == (400, True)
    assert (stepped.status_code, "call reset" in stepped.json()["detail"]) == (400, True)
    long = requests.post(f"{url}reset", json={"episode_id": "e" * 3_000_000}, timeout=60)
    assert long.status_code == 413


def test_the_examples_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    remote, local = examples("OpenEnv")
    with served("openenv", "t2po/WebShop-v0", "--set", "split=train") as url:
        run_example(remote, url)
    run_example(local, url)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].endswith(" 1")  # one step was counted
