"""The one-process batch against Gymnasium's ``SyncVectorEnv`` in all three autoreset modes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from count_env import CountEnv
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from plain_values import plain

from t2po_gym import ENV_IDS, BatchedTextEnv
from t2po_gym.core.many.checker import random_policy

FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    **{env_id: (env_id, {}) for env_id in ENV_IDS},
    "webshop exact": ("t2po/WebShop-v0", {"rules": "exact"}),
    "alfworld expert": ("t2po/ALFWorld-v0", {"expert": True, "difficulty": "easy"}),
    "searchqa t2po": ("t2po/SearchQA-v0", {"rules": "t2po"}),
    "no progress": ("t2po/ToyKeys-v0", {"progress": False}),
}
LIMITS = (1, 3, 4, 9)  # one turn limit for each instance: episodes end at different times
NUM_ENVS = len(LIMITS)
STEPS = 14


@pytest.fixture(params=FORMS)
def makers(request: pytest.FixtureRequest) -> list[Callable[[], gym.Env[str, str]]]:
    env_id, kwargs = FORMS[request.param]
    return [lambda n=n: gym.make(env_id, max_turns=n, **kwargs) for n in LIMITS]  # type: ignore[misc]


def pair(makers: Any, mode: AutoresetMode | str) -> tuple[VectorEnv, VectorEnv]:
    return SyncVectorEnv(makers, autoreset_mode=mode), BatchedTextEnv(makers, autoreset_mode=mode)


def actions_of(observations: Any, infos: dict[str, Any]) -> tuple[str, ...]:
    rows = [{key: infos[key][i] for key in infos} for i in range(NUM_ENVS)]
    return tuple(random_policy(i)(observations[i], rows[i]) for i in range(NUM_ENVS))


def last_infos(infos: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """What the policy needs of each instance; a partial reset tells of the others nothing."""
    keys = ("turn", "admissible_actions")
    return {
        key: [(infos if infos[f"_{key}"][i] else before)[key][i] for i in range(NUM_ENVS)]
        for key in keys
    }


def assert_same(sync_row: Any, batch_row: Any, at: str) -> None:
    assert plain(batch_row) == plain(sync_row), at


@pytest.mark.parametrize("mode", AutoresetMode)
def test_every_value_equals_sync(makers: Any, mode: AutoresetMode) -> None:
    """Steps, automatic and partial resets, seeds in lists, over episodes of mixed lengths."""
    sync, batch = pair(makers, mode)
    assert batch.metadata == sync.metadata
    start = {"seed": [5, None, 7, 7]}
    for env in (sync, batch):
        env.reset(seed=1)  # so that the unseeded instance has a known generator
    row = sync.reset(**start)
    assert_same(row, batch.reset(**start), "reset")
    observations, infos = row
    known = last_infos(infos, infos)
    endings = finals = 0
    for turn in range(STEPS):
        actions = actions_of(observations, known)
        step = sync.step(actions)
        assert_same(step, batch.step(actions), f"step {turn}")
        observations, ended, infos = step[0], step[2] | step[3], step[4]
        known = last_infos(infos, known)
        endings += int(ended.sum())
        finals += int(infos["_final_obs"].sum()) if "final_obs" in infos else 0
        mask = ended if mode is AutoresetMode.DISABLED else np.arange(NUM_ENVS) % 3 == turn % 3
        if mask.any() and (mode is AutoresetMode.DISABLED or turn % 4 == 3):
            seeds = [turn, None, turn + 2, None] if turn % 2 else None
            rows = [
                env.reset(seed=seeds, options={"reset_mask": mask.copy()}) for env in (sync, batch)
            ]
            assert_same(*rows, f"partial reset {turn}")
            observations, infos = rows[0]
            known = last_infos(infos, known)
    assert endings > NUM_ENVS
    assert finals == (endings if mode is AutoresetMode.SAME_STEP else 0)


@pytest.mark.parametrize("mode", AutoresetMode)
@pytest.mark.parametrize("env_id", ENV_IDS)
def test_make_vec_takes_the_mode_as_member_and_as_string(env_id: str, mode: AutoresetMode) -> None:
    for given in (mode, mode.value):
        envs = gym.make_vec(env_id, num_envs=2, max_turns=1, autoreset_mode=given)
        assert isinstance(envs, BatchedTextEnv)
        assert envs.metadata["autoreset_mode"] is mode
        assert envs.spec is not None
        again = gym.make_vec(envs.spec)
        assert again.metadata["autoreset_mode"] is mode
        assert plain(envs.reset(seed=3)) == plain(again.reset(seed=3))


@pytest.mark.parametrize("env_id", ENV_IDS)
def test_same_step_keeps_the_end_and_shows_the_start(env_id: str) -> None:
    kwargs = {"num_envs": 2, "max_turns": 2}
    envs = gym.make_vec(env_id, autoreset_mode="SameStep", **kwargs)
    singles = [gym.make(env_id, max_turns=2) for _ in range(2)]
    envs.reset(seed=9)
    for i, env in enumerate(singles):
        env.reset(seed=9 + i)
    for actions in (("nonsense", "a"), ("b", "nonsense")):
        observations, _, _, truncated, infos = envs.step(actions)
        ends = [env.step(action) for env, action in zip(singles, actions, strict=True)]
    starts = [env.reset() for env in singles]
    assert truncated.tolist() == [True, True]
    assert observations == tuple(start[0] for start in starts)
    assert infos["turn"].tolist() == [0, 0]
    assert infos["final_obs"].tolist() == [end[0] for end in ends]
    assert infos["final_info"]["turn"].tolist() == [2, 2]
    hashes = [end[4]["observation_hash"] for end in ends]
    assert infos["final_info"]["observation_hash"].tolist() == hashes


@pytest.mark.parametrize("mode", ["next_step", "NEXT_STEP", "", "sameStep", 1, None, True])
def test_unknown_modes_are_refused_in_one_sentence(mode: Any) -> None:
    made: list[CountEnv] = []
    with pytest.raises(ValueError, match="autoreset_mode must be one of 'NextStep', 'SameStep', "):
        BatchedTextEnv([lambda: made.append(CountEnv()) or made[-1]], autoreset_mode=mode)
    assert made == [], "a wrong setting is found before anything is loaded"


BAD_MASKS: list[tuple[Any, type[Exception], str]] = [
    (None, TypeError, "got None of type NoneType"),
    ([True, False, True, False], TypeError, "of type list"),
    ((True,) * 4, TypeError, "of type tuple"),
    (True, TypeError, "got True of type bool"),
    ("1010", TypeError, "of type str"),
    (np.ones(4, dtype=np.int64), TypeError, "dtype int64"),
    (np.ones(4, dtype=object), TypeError, "dtype object"),
    (np.ones(4), TypeError, "dtype float64"),
    (np.ones(3, dtype=np.bool_), ValueError, r"got shape \(3,\)"),
    (np.ones((4, 1), dtype=np.bool_), ValueError, r"got shape \(4, 1\)"),
    (np.array(True), ValueError, r"got shape \(\)"),
    (np.zeros(4, dtype=np.bool_), ValueError, "got none"),
]


@pytest.mark.parametrize(("mask", "kind", "sentence"), BAD_MASKS)
@pytest.mark.parametrize("mode", AutoresetMode)
def test_bad_masks_are_refused_and_reset_nothing(
    mode: AutoresetMode, mask: Any, kind: type[Exception], sentence: str
) -> None:
    sync, batch = pair([CountEnv] * NUM_ENVS, mode)
    for env in (sync, batch):
        env.reset(seed=0)
        env.step(("up",) * NUM_ENVS)
    states = batch.call("snapshot")
    with pytest.raises(kind):
        sync.reset(options={"reset_mask": mask})
    with pytest.raises(kind, match=rf"reset_mask.*shape \(4,\) and dtype bool.*{sentence}"):
        batch.reset(options={"reset_mask": mask})
    assert batch.call("snapshot") == states


def test_the_options_stay_the_callers() -> None:
    batch = pair([CountEnv] * NUM_ENVS, "Disabled")[1]
    batch.reset(seed=0)
    options = {"reset_mask": np.array([True, False, False, True]), "task_index": 3}
    _, infos = batch.reset(options=options)
    assert set(options) == {"reset_mask", "task_index"}
    assert infos["task_id"].tolist() == ["count:train:3", None, None, "count:train:3"]
    assert infos["_task_id"].tolist() == [True, False, False, True]


def test_disabled_refuses_an_ended_instance_before_stepping_any() -> None:
    limits = (9, 1, 9, 9)
    batch = BatchedTextEnv([lambda n=n: CountEnv(max_turns=n) for n in limits], "Disabled")  # type: ignore[misc]
    batch.reset(seed=0)
    ended = batch.step(("up",) * NUM_ENVS)[3]
    states = batch.call("snapshot")
    with pytest.raises(ResetNeeded, match="environment 1 is over and autoreset is disabled"):
        batch.step(("up",) * NUM_ENVS)
    assert batch.call("snapshot") == states
    batch.reset(options={"reset_mask": ~ended})
    with pytest.raises(ResetNeeded, match="environment 1"):
        batch.step(("up",) * NUM_ENVS)
    batch.reset(options={"reset_mask": ended})
    batch.step(("up",) * NUM_ENVS)


@pytest.mark.parametrize("seed", ["abcd", 1.5, {1, 2, 3, 4}, [1, 2, 3], np.arange(5), b"1234"])
def test_bad_seeds_are_refused_in_one_sentence(seed: Any) -> None:
    batch = pair([CountEnv] * NUM_ENVS, "NextStep")[1]
    with pytest.raises(ValueError, match="seed"):
        batch.reset(seed=seed)


def test_seeds_may_be_a_numpy_array() -> None:
    first, second = (pair([CountEnv] * NUM_ENVS, "NextStep")[1] for _ in range(2))
    assert plain(first.reset(seed=np.arange(3, 7))) == plain(second.reset(seed=[3, 4, 5, 6]))


@pytest.mark.parametrize("mode", AutoresetMode)
def test_a_failing_instance_leaves_the_others_usable(mode: AutoresetMode) -> None:
    """What was stepped before the failure is known to have been: its ending is not forgotten."""

    class Fails(CountEnv):
        def _act(self, action: str) -> Any:
            if action == "fail":
                raise OSError("the service is down")
            return super()._act(action)

    batch = BatchedTextEnv([lambda: CountEnv(max_turns=1), lambda: Fails()], mode)
    batch.reset(seed=0)
    with pytest.raises(OSError, match="down"):
        batch.step(("up", "fail"))
    if mode is AutoresetMode.DISABLED:
        batch.reset(options={"reset_mask": np.array([True, False])})
    _, _, _, _, infos = batch.step(("up", "up"))
    assert infos["turn"][1] == 1
