"""What all adapters share: the same episodes, nothing hidden, several threads, one sentence."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import gymnasium as gym
import pytest
from adapter_episodes import ALL_IDS, KINDS, Expected, Seen, assert_same, expected_episodes
from gymnasium.error import ResetNeeded

from t2po_gym.adapters.episode import OPEN_INFO, RESULT_INFO, Page, RemoteEnv
from t2po_gym.cli.main import main

TOY = "t2po/ToyKeys-v0"


def play(env: RemoteEnv, expected: Expected) -> list[Page]:
    first = env.reset(seed=expected.seed, split=expected.split, task_index=expected.task_index)
    return [first, *(env.step(action) for action in expected.actions)]


def seen(page: Page) -> Seen:
    ends = page.terminated, page.truncated
    return Seen(page.observation, page.reward, *ends, page.info["observation_hash"])


@pytest.mark.parametrize("env_id", ALL_IDS)
def test_the_episodes_of_gym_make(env_id: str) -> None:
    env = RemoteEnv(env_id)
    for kind in KINDS:
        for expected in expected_episodes(env_id, kind, 2):
            pages = play(env, expected)
            assert_same(expected, [seen(page) for page in pages])
            told = [tuple(page.info["admissible_actions"]) for page in pages]
            assert told == list(expected.admissible)
            assert all(set(page.info) == set(OPEN_INFO) for page in pages[:-1])
            assert set(pages[-1].info) == {*OPEN_INFO, *RESULT_INFO}
            assert pages[-1].info["score"] == expected.score
    env.close()


@pytest.mark.parametrize("env_id", ALL_IDS)
def test_progress_changes_nothing_else(env_id: str) -> None:
    expected = expected_episodes(env_id, "random", 1)[0]
    pages = play(RemoteEnv(env_id, progress=True), expected)
    assert_same(expected, [seen(page) for page in pages])
    assert [page.info["progress"] for page in pages] == list(expected.progress)
    assert json.loads(json.dumps(pages[-1].info)) == pages[-1].info  # it travels as it is


def test_many_threads_play_apart() -> None:
    episodes = [one for kind in KINDS for one in expected_episodes(TOY, kind, 8)]
    with ThreadPoolExecutor(8) as pool:
        played = list(pool.map(lambda one: play(RemoteEnv(TOY), one), episodes))
    for expected, pages in zip(episodes, played, strict=True):
        assert_same(expected, [seen(page) for page in pages])


def test_splits_are_those_of_the_data() -> None:
    assert RemoteEnv("t2po/ALFWorld-v0").splits == ("train", "dev", "test")
    assert RemoteEnv(TOY, {"split": "dev"}).splits == ("dev", "train", "test")
    assert RemoteEnv(TOY).num_tasks() == RemoteEnv(TOY).num_tasks("train")


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot make 't2po/Nothing-v0'"):
        RemoteEnv("t2po/Nothing-v0").reset()
    env = RemoteEnv(TOY)
    with pytest.raises(ResetNeeded, match="call reset"):
        env.step("look")
    assert env.actions() == ()
    with pytest.raises(ValueError, match="A seed is an integer of at least 0"):
        env.reset(seed=-1)
    env.reset(seed=1)
    assert env.actions() == tuple(env.step("look").info["admissible_actions"])
    env.close()
    env.close()
    with pytest.raises(ValueError, match="closed after a long pause"):
        env.reset(seed=1)


def test_a_refused_reset_changes_nothing() -> None:
    env = RemoteEnv(TOY, {"split": "test"})
    env.reset(seed=1, split="dev")
    first = env.step("look")
    state = env.split, env.fingerprint, env.actions()
    refused: list[dict[str, Any]] = [{"task_index": 10**9}, {"split": "train", "task_index": 10**9}]
    refused += [{"split": "holiday"}, {"seed": 3, "task_id": "x"}, {"split": ["a"]}, {"seed": True}]
    env.reset(seed=2, split="train")  # an old episode that a refused reset must not bring back
    env.reset(seed=1, split="dev")
    assert env.step("look") == first
    for arguments in refused:
        with pytest.raises(ValueError, match=r"^[^\n]+\.$"):
            env.reset(**arguments)
        assert (env.split, env.fingerprint, env.actions()) == state
    assert env.step("look").info["turn"] == 2
    expected = gym.make(TOY, split="dev")
    expected.reset(seed=1)
    assert env.reset(split="dev").info["task_id"] == name_of(expected)


def test_a_split_is_a_name() -> None:
    with pytest.raises(
        ValueError, match="A split is a name such as 'test'; got a value of type li"
    ):
        RemoteEnv(TOY).reset(split=["a"])  # type: ignore[arg-type]


def test_resets_without_a_seed_go_on_as_in_gym_make() -> None:
    """On a split that is new since the seed, from the seed itself."""
    env = RemoteEnv(TOY, {"split": "test"})
    for seed in (7, 8, 7):
        alone = {split: gym.make(TOY, split=split) for split in ("test", "dev")}
        starts = {split: name_of(one, seed) for split, one in alone.items()}
        assert env.reset(seed=seed).info["task_id"] == starts["test"]
        assert env.reset().info["task_id"] == name_of(alone["test"])
        assert env.reset(split="dev").info["task_id"] == starts["dev"]
        assert env.reset(split="dev").info["task_id"] == name_of(alone["dev"])
        assert env.reset(split="test").info["task_id"] == name_of(alone["test"])


def name_of(env: gym.Env[str, str], seed: int | None = None) -> str:
    """Reset and return the task's name."""
    name: str = env.reset(seed=seed)[1]["task_id"]
    return name


@pytest.mark.parametrize("service", ["openenv", "mcp"])
def test_a_missing_extra_is_named(
    service: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, service, None)
    monkeypatch.delitem(sys.modules, f"t2po_gym.adapters.{service}", raising=False)
    assert main(["serve", service, TOY]) == 1
    assert f"pip install 't2po-gym[{service}]'" in capsys.readouterr().err
