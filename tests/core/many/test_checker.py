"""The checker must pass sound environments and find each broken promise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from count_env import CountEnv

from t2po_gym import Outcome, Progress
from t2po_gym.core.many.checker import HOSTILE_ACTIONS, ContractError, check_text_env, random_policy


def always_up(observation: str, info: Mapping[str, Any]) -> str:
    return "up"


def test_a_sound_environment_passes() -> None:
    check_text_env(CountEnv, policy=always_up)


def test_an_environment_without_a_turn_limit_passes() -> None:
    check_text_env(lambda **kwargs: CountEnv(max_turns=10**9, **kwargs), episodes=1)


def test_an_instance_made_by_gymnasium_passes() -> None:
    gym.register(id="t2po-test/Checked-v0", entry_point=CountEnv, order_enforce=False)
    try:
        check_text_env(gym.make("t2po-test/Checked-v0", disable_env_checker=True).unwrapped)  # type: ignore[arg-type]
    finally:
        del gym.registry["t2po-test/Checked-v0"]


def test_an_instance_without_a_spec_is_refused() -> None:
    with pytest.raises(ValueError, match=r"gymnasium\.make"):
        check_text_env(CountEnv())


class UnseededDice(CountEnv):
    def _begin(self, index: int, rng: np.random.Generator) -> str:
        return super()._begin(index, np.random.default_rng())


class RemembersOldEpisodes(CountEnv):
    episodes = 0

    def _begin(self, index: int, rng: np.random.Generator) -> str:
        self.episodes += 1
        return super()._begin(index, rng) + f" Episode {self.episodes}."


class LeaksProgress(CountEnv):
    def _act(self, action: str) -> Outcome:
        outcome = super()._act(action)
        if not self.with_progress:
            return outcome
        return Outcome(
            outcome.observation + "!", outcome.reward, outcome.terminated, outcome.action_valid
        )


class ProgressInReward(CountEnv):
    def _act(self, action: str) -> Outcome:
        out = super()._act(action)
        bonus = 0.1 if self.with_progress else 0.0
        return Outcome(out.observation, out.reward + bonus, out.terminated, out.action_valid)


class EndsBelowScore(CountEnv):
    def _progress(self) -> Progress:
        progress = super()._progress()
        return Progress(progress.value * 0.9, progress.milestones)


class StartsAboveZero(CountEnv):
    def _progress(self) -> Progress:
        return Progress(max(0.1, super()._progress().value), super()._progress().milestones)


class LeavesRange(CountEnv):
    def _progress(self) -> Progress:
        return Progress(super()._progress().value * 2, super()._progress().milestones)


class ChangesMilestones(CountEnv):
    def _progress(self) -> Progress:
        return Progress(super()._progress().value, {"halfway": 1.0} if self.count else {})


class HalfMilestone(CountEnv):
    def _progress(self) -> Progress:
        return Progress(super()._progress().value, {"halfway": 0.5, "done": 0.0})


class WrongSuccess(CountEnv):
    def _success(self) -> bool:
        return False


class ForgetsOnSave(CountEnv):
    def _save(self) -> dict[str, Any]:
        return {"count": 0}


class SavesTooLittle(CountEnv):
    def _begin(self, index: int, rng: np.random.Generator) -> str:
        self.steps: list[str] = []
        return super()._begin(index, rng)

    def _act(self, action: str) -> Outcome:
        self.steps.append(action[:1])
        out = super()._act(action)
        text = f"{out.observation} {len(self.steps)}"
        return Outcome(text, out.reward, out.terminated, out.action_valid)


class ChokesOnText(CountEnv):
    def _act(self, action: str) -> Outcome:
        return super()._act(action % () if "%" in action else action)


class ListsActions(CountEnv):
    def _admissible_actions(self) -> Any:
        return ["up"]


class ScoresBeyondOne(CountEnv):
    def _score(self) -> float:
        return 100.0 * self.count


class KeepsTaskName(CountEnv):
    def task_index(self, task_id: str) -> int:
        return 0


BROKEN: list[type[CountEnv]] = [
    UnseededDice,
    RemembersOldEpisodes,
    LeaksProgress,
    ProgressInReward,
    EndsBelowScore,
    StartsAboveZero,
    LeavesRange,
    ChangesMilestones,
    HalfMilestone,
    WrongSuccess,
    ForgetsOnSave,
    SavesTooLittle,
    ListsActions,
    ScoresBeyondOne,
    KeepsTaskName,
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda c: c.__name__)
def test_each_broken_promise_is_found(broken: Callable[..., CountEnv]) -> None:
    with pytest.raises(ContractError):
        check_text_env(broken, policy=always_up)


def test_an_exception_on_hostile_text_comes_through() -> None:
    with pytest.raises(TypeError, match="format string"):
        check_text_env(ChokesOnText, policy=always_up)


def test_hostile_actions_cover_the_kinds_promised() -> None:
    joined = set(HOSTILE_ACTIONS)
    assert "" in joined
    assert max(map(len, joined)) >= 100 * 1024
    for piece in ("\x00", "\ud800", "%s", "{0}", "\x07", "搜", "ب", "👩"):
        assert any(piece in action for action in joined), piece


def test_random_policy_is_a_function_of_seed_and_turn() -> None:
    info = {"turn": 3, "admissible_actions": ("a", "b", "search[<text>]")}
    drawn = {random_policy(seed)("", info) for seed in range(60)}
    assert random_policy(5)("", info) == random_policy(5)("other", info)
    assert {"a", "b", "nonsense"} <= drawn
    assert not any("<" in action for action in drawn)
    assert random_policy(0)("", {"turn": 0, "admissible_actions": ()}) in ("look", "nonsense")
