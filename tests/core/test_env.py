from __future__ import annotations

import hashlib
import time

import gymnasium as gym
import numpy as np
import pytest
from count_env import CountEnv
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env

from t2po_gym import Outcome

INFO_KEYS = {
    *("progress", "progress_delta", "progress_max", "milestones", "score", "success", "turn"),
    *("action_valid", "state_key", "state_repeated", "action_repeated", "task_id"),
    *("observation_hash", "admissible_actions", "progress_version"),
    *("task", "task_type", "action_format"),
}
PROGRESS_KEYS = {
    "progress",
    "progress_delta",
    "progress_max",
    "milestones",
    "progress_version",
}


def test_info_keys_at_reset_and_every_step() -> None:
    env = CountEnv()
    _, info = env.reset(seed=0)
    assert set(info) == INFO_KEYS
    for action in ("up", "nonsense", "dice", "up"):
        assert set(env.step(action)[4]) == INFO_KEYS


def test_a_whole_episode_by_hand() -> None:
    env = CountEnv()
    observation, info = env.reset(seed=0, options={"task_index": 2})
    assert observation.startswith("Task 2")
    assert info["task_id"] == "count:train:2"
    assert (info["progress"], info["progress_delta"], info["turn"]) == (0.0, 0.0, 0)
    assert info["action_valid"] is True
    seen = [env.step("up") for _ in range(4)]
    assert [step[1] for step in seen] == [0.0, 0.0, 0.0, 1.0]
    assert [step[2] for step in seen] == [False, False, False, True]
    assert not any(step[3] for step in seen)
    assert [step[4]["progress"] for step in seen] == [0.25, 0.5, 0.75, 1.0]
    assert [step[4]["progress_delta"] for step in seen] == [0.25] * 4
    assert [step[4]["milestones"]["halfway"] for step in seen] == [0.0, 1.0, 1.0, 1.0]
    assert [step[4]["success"] for step in seen] == [False, False, False, True]
    assert [step[4]["turn"] for step in seen] == [1, 2, 3, 4]
    assert [step[4]["action_repeated"] for step in seen] == [False, True, True, True]


def test_hash_chain_is_sha256_over_previous_digest_and_text() -> None:
    env = CountEnv()
    observation, info = env.reset(seed=0)
    digest = hashlib.sha256(observation.encode()).digest()
    assert info["observation_hash"] == digest.hex()
    for text in ("café", "\ud800\x00", ""):
        observation, _, _, _, info = env.step(f"echo[{text}]")
        digest = hashlib.sha256(digest + text.encode("utf-8", "surrogatepass")).digest()
        assert observation == text
        assert info["observation_hash"] == digest.hex()


def test_repeats() -> None:
    env = CountEnv()
    env.reset(seed=0)
    rows = [env.step(a)[4] for a in ("echo[a]", "echo[b]", "echo[a]", "nonsense", "nonsense")]
    assert [info["state_repeated"] for info in rows] == [False, False, True, False, True]
    assert [info["action_repeated"] for info in rows] == [False, False, True, False, True]
    assert rows[0]["state_key"] == rows[2]["state_key"] != rows[1]["state_key"]
    long_action = "echo[" + "z" * 500 + "]"
    assert env.step(long_action)[4]["action_repeated"] is False
    assert env.step(long_action)[4]["action_repeated"] is True
    _, info = env.reset(seed=0)
    assert info["state_repeated"] is False
    assert env.step("echo[a]")[4]["action_repeated"] is False


def test_progress_off_removes_keys_and_nothing_else() -> None:
    on, off = CountEnv(progress=True), CountEnv(progress=False)
    steps_on = [on.reset(seed=5), *(on.step("dice") for _ in range(4))]
    steps_off = [off.reset(seed=5), *(off.step("dice") for _ in range(4))]
    for step_on, step_off in zip(steps_on, steps_off, strict=True):
        assert step_on[0] == step_off[0]
        assert set(step_on[-1]) - set(step_off[-1]) == PROGRESS_KEYS
        assert all(step_on[-1][key] == value for key, value in step_off[-1].items())


def test_running_out_of_turns_truncates() -> None:
    env = CountEnv(max_turns=3)
    env.reset(seed=0)
    ends = [env.step("nonsense")[2:4] for _ in range(3)]
    assert ends == [(False, False), (False, False), (False, True)]
    with pytest.raises(ResetNeeded, match="over"):
        env.step("up")


def test_reaching_the_end_on_the_last_turn_terminates() -> None:
    env = CountEnv(max_turns=4)
    env.reset(seed=0)
    for _ in range(3):
        env.step("up")
    assert env.step("up")[2:4] == (True, False)


def test_nothing_is_scored_again_after_the_end() -> None:
    env = CountEnv()
    env.reset(seed=0)
    for _ in range(4):
        last = env.step("up")[4]
    for _ in range(3):
        with pytest.raises(ResetNeeded):
            env.step("up")
    assert env.count == 4
    assert env.restore(env.snapshot())[1] == last


def test_step_before_reset() -> None:
    with pytest.raises(ResetNeeded, match="No episode"):
        CountEnv().step("up")


@pytest.mark.parametrize("action", [None, 3, b"up", ["up"], np.array("up")])
def test_an_action_must_be_a_string(action: object) -> None:
    env = CountEnv()
    env.reset(seed=0)
    with pytest.raises(TypeError, match="An action is one string"):
        env.step(action)  # type: ignore[arg-type]
    assert env.step("up")[4]["turn"] == 1, "the refused one must not count"


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"task_index": 5}, "from 0 to 4"),
        ({"task_index": -1}, "from 0 to 4"),
        ({"task_index": 1.0}, "integer"),
        ({"task_index": True}, "integer"),
        ({"task_id": "count:dev:0"}, "no task"),
        ({"task_id": 0}, "string"),
        ({"task": 0}, "'task'"),
        ({"task_id": "count:train:0", "task_index": 0}, "not both"),
    ],
)
def test_wrong_reset_options_are_named(options: dict[str, object], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        CountEnv().reset(seed=0, options=options)


@pytest.mark.parametrize(
    ("kwargs", "match"),
    [
        ({"split": "validation"}, "train, dev, test"),
        ({"max_turns": 0}, "max_turns"),
        ({"max_turns": 2.5}, "max_turns"),
        ({"max_turns": True}, "max_turns"),
        ({"progress": "yes"}, "progress"),
    ],
)
def test_wrong_arguments_are_named(kwargs: dict[str, object], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        CountEnv(**kwargs)  # type: ignore[arg-type]


def test_numpy_integers_choose_tasks() -> None:
    assert CountEnv().reset(seed=0, options={"task_index": np.int64(3)})[1]["task_id"][-1] == "3"


def test_seeds() -> None:
    """The seed draws the task and the episode's randomness; naming the task keeps the latter."""
    env, other = CountEnv(), CountEnv()
    firsts = [env.reset(seed=seed)[0] for seed in range(40)]
    assert firsts == [other.reset(seed=seed)[0] for seed in range(40)]
    assert {text.split(",")[0] for text in firsts} == {f"Task {i}" for i in range(5)}
    observation, info = env.reset(seed=7)
    rolls = [env.step("dice")[0] for _ in range(3)]
    again, _ = other.reset(seed=7, options={"task_id": info["task_id"]})
    assert again == observation
    assert rolls == [other.step("dice")[0] for _ in range(3)]


def test_episodes_without_a_seed_go_on_from_the_last_one() -> None:
    env, other = CountEnv(), CountEnv()
    runs = []
    for instance in (env, other):
        instance.reset(seed=3)
        runs.append([instance.reset()[0] for _ in range(20)])
    assert runs[0] == runs[1]
    assert len(set(runs[0])) > 10


def test_info_belongs_to_the_caller() -> None:
    env, clean = CountEnv(), CountEnv()
    for instance in (env, clean):
        _, info = instance.reset(seed=0)
        if instance is env:
            info["milestones"].clear()
            info.clear()
    assert env.step("up") == clean.step("up")
    assert env.snapshot() == clean.snapshot()


def test_hostile_lengths_are_bounded() -> None:
    env, short = CountEnv(), CountEnv()
    env.reset(seed=0)
    short.reset(seed=0)
    observation = env.step("echo[" + "y" * 5_000 + "]")[0]
    assert observation == "y" * env.MAX_OBSERVATION_CHARS
    env.reset(seed=0)
    too_long = "echo[" + "y" * env.MAX_ACTION_CHARS + "]"
    assert env.step(too_long) == short.step(""), "too long an action counts as the empty one"


def test_extra_info() -> None:
    class Extra(CountEnv):
        EXTRA_INFO = ("square",)

        def _extra_info(self) -> dict[str, float]:
            return {"square": float(self.count**2), "not_declared": 1.0}

    env = Extra()
    assert env.reset(seed=0)[1]["square"] == 0.0
    env.step("up")
    assert env.step("up")[4]["square"] == 4.0
    assert set(env.step("up")[4]) == INFO_KEYS | {"square"}


@pytest.mark.filterwarnings("error")
def test_gymnasium_accepts_it() -> None:
    gym.register(id="t2po-test/CheckCount-v0", entry_point=CountEnv)
    try:
        made = gym.make("t2po-test/CheckCount-v0", disable_env_checker=True)
        check_env(made.unwrapped)
    finally:
        del gym.registry["t2po-test/CheckCount-v0"]


def test_a_step_costs_microseconds() -> None:
    """About 8 us for a page of 1.8 kB; the bound here forgives a busy machine."""
    outcome = Outcome("x" * 1_800, 0.0, False, True)

    class Still(CountEnv):
        def _act(self, action: str) -> Outcome:
            return outcome

    env = Still(max_turns=10**9)
    env.MAX_OBSERVATION_CHARS = 2_000
    env.reset(seed=0)
    costs = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(2_000):
            env.step("up")
        costs.append((time.process_time() - start) / 2_000)
    assert min(costs) < 40e-6
