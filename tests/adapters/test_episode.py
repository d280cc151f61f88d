"""What all adapters share: the same episodes, nothing hidden, several threads, one sentence."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor

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


@pytest.mark.parametrize("service", ["openenv", "mcp"])
def test_a_missing_extra_is_named(
    service: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, service, None)
    monkeypatch.delitem(sys.modules, f"t2po_gym.adapters.{service}", raising=False)
    assert main(["serve", service, TOY]) == 1
    assert f"pip install 't2po-gym[{service}]'" in capsys.readouterr().err
