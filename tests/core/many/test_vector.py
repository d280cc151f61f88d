"""Sync, async and one-process batches must agree in every value they return."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from count_env import CountEnv
from gymnasium.error import ResetNeeded
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv, VectorEnv
from plain_values import plain

from t2po_gym import BatchedTextEnv, GroupedEnvs
from t2po_gym.core.many.vector import stack_infos

NUM_ENVS = 3
SPEC_ID = "t2po-test/Count-v0"
MODES = ("sync", "async", "async-pipes", "batch")
# The odd texts that a text space with a character set, or a buffer read once, gets wrong.
SCRIPT = [
    ("up", "echo[café]", "echo[]"),
    ("up", "echo[\ud800 \ud83d\ude00 😀]", "echo[\x00nul\x00]"),
    ("echo[한국어 搜索]", "up", "up"),
    ("up", "nonsense", "up"),
    ("up", "\ud800", "up"),
    ("up", "up", "up"),
    ("dice", "up", "dice"),
    ("up", "up", "dice"),
]


def make_vector(mode: str, autoreset: AutoresetMode, **kwargs: Any) -> VectorEnv:
    makers = [lambda: CountEnv(max_turns=6, **kwargs)] * NUM_ENVS
    if mode == "sync":
        return SyncVectorEnv(makers, autoreset_mode=autoreset)
    if mode == "batch":
        return BatchedTextEnv(makers, autoreset_mode=autoreset)
    shared = mode == "async"
    return AsyncVectorEnv(makers, shared_memory=shared, autoreset_mode=autoreset)


def play(mode: str, autoreset: AutoresetMode, **kwargs: Any) -> list[Any]:
    envs = make_vector(mode, autoreset, **kwargs)
    assert envs.metadata["autoreset_mode"] == autoreset
    try:
        rows: list[Any] = [envs.reset(seed=11)]
        rows += [envs.step(actions) for actions in SCRIPT]
        assert all(row[0] in envs.observation_space for row in rows)
    finally:
        envs.close()
    return [plain(row) for row in rows]


@pytest.fixture(scope="module", params=[AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def reference(request: pytest.FixtureRequest) -> tuple[AutoresetMode, list[Any]]:
    return request.param, play("sync", request.param)


@pytest.mark.parametrize("mode", MODES[1:])
def test_modes_agree(mode: str, reference: tuple[AutoresetMode, list[Any]]) -> None:
    autoreset, expected = reference
    for turn, (row, wanted) in enumerate(zip(play(mode, autoreset), expected, strict=True)):
        assert row == wanted, f"{mode} differs from sync at turn {turn}"


@pytest.mark.parametrize("mode", MODES)
def test_modes_agree_with_single_environments(mode: str) -> None:
    """Until the first episode ends, instance i is the environment reset with seed + i."""
    envs = make_vector(mode, AutoresetMode.NEXT_STEP)
    singles = [CountEnv(max_turns=6) for _ in range(NUM_ENVS)]
    try:
        observations, infos = envs.reset(seed=4)
        rows = [env.reset(seed=4 + i) for i, env in enumerate(singles)]
        assert observations == tuple(row[0] for row in rows)
        for actions in SCRIPT[:4]:
            observations, rewards, _, _, infos = envs.step(actions)
            steps = [env.step(a) for env, a in zip(singles, actions, strict=True)]
            assert observations == tuple(step[0] for step in steps)
            assert rewards.tolist() == [step[1] for step in steps]
            for i, step in enumerate(steps):
                info = step[4]
                assert infos["observation_hash"][i] == info["observation_hash"]
                assert infos["admissible_actions"][i] == info["admissible_actions"]
                for name, value in info["milestones"].items():
                    assert infos["milestones"][name][i] == value
        assert infos["progress"].dtype == np.float64
        assert infos["turn"].dtype == np.int64
        assert infos["success"].dtype == np.bool_
    finally:
        envs.close()


def test_regression_text_with_shared_memory_was_constant() -> None:
    """Gymnasium's own Text space returns the same string after every step here."""
    envs = AsyncVectorEnv([CountEnv] * 2, shared_memory=True)
    try:
        envs.reset(seed=0)
        seen = [envs.step((f"echo[{n}]", f"echo[{n * n}]"))[0] for n in range(4)]
    finally:
        envs.close()
    assert seen == [("0", "0"), ("1", "1"), ("2", "4"), ("3", "9")]


def test_regression_a_letter_outside_the_charset_killed_the_worker() -> None:
    """Gymnasium's own Text space raises KeyError in the worker for an "é"."""
    assert "é" not in gym.spaces.Text(10)
    envs = AsyncVectorEnv([CountEnv] * 2, shared_memory=True)
    try:
        envs.reset(seed=0)
        assert envs.step(("echo[é]", "echo[\U0010ffff]"))[0] == ("é", "\U0010ffff")
        assert envs.step(("echo[ok]", "echo[ok]"))[0] == ("ok", "ok")
    finally:
        envs.close()


def test_async_without_copy_gives_the_live_texts() -> None:
    envs = AsyncVectorEnv([CountEnv] * 2, copy=False)
    try:
        live, _ = envs.reset(seed=0)
        envs.step(("echo[a]", "echo[b]"))
        assert live == ("a", "b")
    finally:
        envs.close()


def test_async_under_spawn() -> None:
    """Workers that share nothing with the parent still find the registered functions."""
    kwargs = {"num_envs": 2, "split": "dev"}
    spawned = gym.make_vec(
        "t2po/ToyKeys-v0", vectorization_mode="async", vector_kwargs={"context": "spawn"}, **kwargs
    )
    batch = gym.make_vec("t2po/ToyKeys-v0", vectorization_mode="vector_entry_point", **kwargs)
    try:
        assert plain(spawned.reset(seed=1)) == plain(batch.reset(seed=1))
        actions = ("go[hall]", "é")
        assert plain(spawned.step(actions)) == plain(batch.step(actions))
    finally:
        spawned.close()
        batch.close()


def test_disabled_autoreset_and_reset_mask() -> None:
    rows = []
    for mode in ("sync", "batch"):
        envs = make_vector(mode, AutoresetMode.DISABLED)
        first = envs.reset(seed=2)
        for _ in range(4):
            step = envs.step(("up", "no", "up"))
        mask = step[2]
        assert mask.tolist() == [True, False, True]
        again = envs.reset(options={"reset_mask": mask})
        rows.append([plain(first), plain(step), plain(again), plain(envs.step(("up",) * 3))])
    assert rows[0] == rows[1]
    batch = make_vector("batch", AutoresetMode.DISABLED)
    batch.reset(seed=2)
    for _ in range(4):
        batch.step(("up", "no", "up"))
    with pytest.raises(ResetNeeded):
        batch.step(("up", "no", "up"))


def test_batch_arguments_are_checked() -> None:
    envs = make_vector("batch", AutoresetMode.NEXT_STEP)
    envs.reset(seed=[1, None, 3])
    with pytest.raises(ValueError, match="3 actions"):
        envs.step(("up", "up"))
    with pytest.raises(ValueError, match="3 actions"):
        envs.step("abc")
    with pytest.raises(ValueError, match="3 seeds"):
        envs.reset(seed=[1])
    with pytest.raises(ValueError, match="reset_mask"):
        envs.reset(options={"reset_mask": np.zeros(3, dtype=np.bool_)})
    with pytest.raises(ValueError, match="at least one"):
        BatchedTextEnv([])
    with pytest.raises(ValueError, match="num_envs"):
        BatchedTextEnv.from_id("t2po/ToyKeys-v0", 0)


def test_batch_calls_and_attributes() -> None:
    envs = make_vector("batch", AutoresetMode.NEXT_STEP)
    assert envs.call("task_id", 1) == ("count:train:1",) * NUM_ENVS
    assert envs.get_attr("max_turns") == (6,) * NUM_ENVS


def test_options_reach_every_instance() -> None:
    envs = make_vector("batch", AutoresetMode.NEXT_STEP)
    _, infos = envs.reset(seed=0, options={"task_index": 3})
    assert set(infos["task_id"]) == {"count:train:3"}


def test_stack_infos_equals_gymnasium_merging() -> None:
    infos = {
        0: {"a": 1, "t": (1, 2), "d": {"x": 1.0}, "v": np.arange(2), "n": np.float32(2)},
        2: {"a": 3, "s": "text", "d": {"x": 2.0, "y": True}, "v": np.arange(2), "n": np.float32(3)},
    }
    vector: VectorEnv = VectorEnv()
    vector.num_envs = 4
    merged: dict[str, Any] = {}
    for i, info in infos.items():
        merged = vector._add_info(merged, info, i)
    assert plain(stack_infos(infos, 4)) == plain(merged)


# ---- groups --------------------------------------------------------------------------------


def test_groups_start_alike_and_equal_separate_environments() -> None:
    groups = GroupedEnvs(lambda: CountEnv(max_turns=5), num_tasks=2, group_size=3)
    assert len(groups) == 6
    starts = groups.reset(seeds=[8, 9], tasks=[4, "count:train:1"])
    assert starts[0] == starts[1] == starts[2] != starts[3] == starts[4] == starts[5]
    singles = [CountEnv(max_turns=5) for _ in range(6)]
    for member, env in enumerate(singles):
        group = groups.group_of(member)
        assert starts[member] == env.reset(seed=8 + group, options={"task_index": [4, 1][group]})
    scripts = ["up up up up", "dice up", "no no no no no", "up", "echo[é] up up", "dice dice"]
    lines = [script.split() for script in scripts]
    for turn in range(5):
        actions = [line[turn] if turn < len(line) else None for line in lines]
        results = groups.step(actions)
        for env, action, result in zip(singles, actions, results, strict=True):
            assert result == (None if action is None else env.step(action))
    assert groups.live == (1, 3, 4, 5), "member 0 was done, member 2 ran out of turns"


def test_groups_take_mappings_and_step_only_those() -> None:
    groups = GroupedEnvs(CountEnv, num_tasks=1, group_size=3)
    groups.reset(seeds=[0])
    results = groups.step({2: "up", 0: "dice"})
    assert [result is None for result in results] == [False, True, False]
    assert results[2] is not None
    assert results[2].info["turn"] == 1
    assert results[2].observation == "Count 1."


def test_groups_refuse_finished_members_before_stepping_any() -> None:
    groups = GroupedEnvs(lambda: CountEnv(max_turns=1), num_tasks=1, group_size=2)
    with pytest.raises(ResetNeeded):
        groups.step(["up", "up"])
    groups.reset(seeds=[0])
    groups.step(["up", None])
    assert groups.live == (1,)
    with pytest.raises(ResetNeeded, match="member 0"):
        groups.step(["up", "up"])
    assert groups.envs[1].unwrapped.count == 0, "member 1 must not have been stepped"
    groups.reset(seeds=[0])
    assert groups.live == (0, 1)


def test_group_arguments_are_checked() -> None:
    with pytest.raises(ValueError, match="group_size"):
        GroupedEnvs(CountEnv, num_tasks=1, group_size=0)
    groups = GroupedEnvs(CountEnv, num_tasks=2, group_size=1)
    with pytest.raises(ValueError, match="seeds"):
        groups.reset(seeds=[1])
    with pytest.raises(ValueError, match="tasks"):
        groups.reset(seeds=[1, 2], tasks=[0])
    groups.reset(seeds=[1, 2])
    with pytest.raises(ValueError, match="Expected 2 actions"):
        groups.step(["up"])
    with pytest.raises(ValueError, match="Expected 2 actions"):
        groups.step("up")
    with pytest.raises(ValueError, match="no member 2"):
        groups.step({2: "up"})
