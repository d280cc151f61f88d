"""Runs that are killed, resumed, damaged or mixed up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from t2po_gym.data.filelock import file_lock
from t2po_gym.evaluation.journal import (
    EPISODES,
    PLAN,
    Journal,
    open_journal,
    read_episodes,
    read_plan,
)
from t2po_gym.evaluation.policies import CallablePolicy, Policy, Reply, find_policy
from t2po_gym.evaluation.records import Plan
from t2po_gym.evaluation.runner import make_plan, run_plan

TOY = "t2po/ToyKeys-v0"


def plan_of(policy: Policy, tasks: int = 8, trials: int = 2, seed: int = 0) -> Plan:
    return make_plan(TOY, {"split": "test"}, policy, tasks=tasks, trials=trials, seed=seed)


def played(folder: Path, concurrency: int = 1) -> bytes:
    policy = find_policy("random")
    with open_journal(folder, plan_of(policy)) as journal:
        run_plan(journal, policy, concurrency=concurrency)
    return (folder / EPISODES).read_bytes()


def test_runs_are_equal_whatever_plays_at_once(tmp_path: Path) -> None:
    alone = played(tmp_path / "a")
    assert alone == played(tmp_path / "b", concurrency=4)
    episodes = list(read_episodes(tmp_path / "a"))
    plan = read_plan(tmp_path / "a")
    assert [e.key for e in episodes] == [(t, k) for t in plan.task_ids for k in range(2)]
    assert len({e.line() for e in episodes}) == 16, "trials differ"


def test_a_failure_keeps_what_was_played(tmp_path: Path) -> None:
    whole = played(tmp_path / "whole")
    policy = find_policy("random")
    calls = 0

    class Failing:
        privileged = False
        describe = staticmethod(policy.describe)

        def start(self, env: object, seed: int) -> object:
            nonlocal calls
            calls += 1
            if calls == 6:
                raise ConnectionError("the line is dead")
            return policy.start(env, seed)  # type: ignore[arg-type]

    with (
        pytest.raises(ConnectionError, match="the line is dead"),
        open_journal(tmp_path / "cut", plan_of(policy)) as journal,
    ):
        run_plan(journal, Failing())  # type: ignore[arg-type]
    assert len(list(read_episodes(tmp_path / "cut"))) == 5
    assert played(tmp_path / "cut") == whole


def test_a_killed_run_loses_and_repeats_nothing(tmp_path: Path) -> None:
    """SIGKILL at three moments; the files come out as those of an undisturbed run."""
    words = ["eval", TOY, "--policy", "random", "--tasks", "120", "--trials", "2", "--out"]
    command = [sys.executable, "-m", "t2po_gym.cli.main", *words]
    subprocess.run([*command, str(tmp_path / "whole")], check=True, stdout=subprocess.DEVNULL)
    kept = tmp_path / "killed" / EPISODES
    kills = 0
    for _ in range(3):
        before = kept.stat().st_size if kept.is_file() else 0
        run = subprocess.Popen([*command, str(tmp_path / "killed")], stdout=subprocess.DEVNULL)
        while run.poll() is None:
            if kept.is_file() and kept.stat().st_size > before:
                run.send_signal(signal.SIGKILL)
                kills += 1
                break
            time.sleep(0.001)
        run.wait()
    assert kills, "else nothing was killed"
    subprocess.run([*command, str(tmp_path / "killed")], check=True, stdout=subprocess.DEVNULL)
    for name in (PLAN, EPISODES):
        whole, killed = (tmp_path / run / name for run in ("whole", "killed"))
        assert whole.read_bytes() == killed.read_bytes(), name


def test_half_a_line_is_dropped(tmp_path: Path) -> None:
    whole = played(tmp_path)
    lines = whole.splitlines(keepends=True)
    (tmp_path / EPISODES).write_bytes(b"".join(lines[:3]) + lines[3][:-20])
    journal = Journal(tmp_path, plan_of(find_policy("random")))
    assert len(journal.done) == 3
    assert (tmp_path / EPISODES).read_bytes() == b"".join(lines[:3])
    (tmp_path / EPISODES).write_bytes(lines[0][:50])
    assert not Journal(tmp_path, plan_of(find_policy("random"))).done
    assert played(tmp_path) == whole


def test_another_plan_is_refused(tmp_path: Path) -> None:
    played(tmp_path)
    with pytest.raises(ValueError, match="holds a run with another seed"):
        Journal(tmp_path, plan_of(find_policy("random"), seed=1))
    with pytest.raises(ValueError, match="holds a run with another policy"):
        Journal(tmp_path, plan_of(find_policy("first-admissible")))


def test_damage_is_named(tmp_path: Path) -> None:
    whole = played(tmp_path)
    lines = whole.splitlines(keepends=True)
    (tmp_path / EPISODES).write_bytes(lines[0] + lines[1].replace(b'"trial":1', b'"trial":"1"'))
    with pytest.raises(ValueError, match=r"episodes\.jsonl, line 2: trial: .*integer"):
        list(read_episodes(tmp_path))
    (tmp_path / EPISODES).write_bytes(lines[0] * 2)
    with pytest.raises(ValueError, match="twice or outside its plan"):
        Journal(tmp_path, plan_of(find_policy("random")))
    (tmp_path / PLAN).write_text("{}")
    with pytest.raises(ValueError, match=r"plan\.json: env_id: Field required"):
        read_plan(tmp_path)
    with pytest.raises(ValueError, match="There is no "):
        read_plan(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="is no folder of t2po-gym eval"):
        read_plan(tmp_path / "empty")


@pytest.mark.skipif(os.name == "nt", reason="locks belong to a process there")
def test_two_processes_do_not_play_one_run(tmp_path: Path) -> None:
    with (
        file_lock(tmp_path / ".lock"),
        pytest.raises(ValueError, match="Another process plays the run"),
        open_journal(tmp_path, plan_of(find_policy("random"))),
    ):
        pass
    assert not (tmp_path / PLAN).exists(), "nothing is touched that another process holds"


def test_token_counts_are_kept(tmp_path: Path) -> None:
    class Counting:
        privileged = False

        def describe(self) -> dict[str, str]:
            return {"kind": "own", "name": "counting"}

        def start(self, env: object, seed: int) -> object:
            return self

        def reply(self, seen: object) -> Reply:
            return Reply(text="", prompt_tokens=7, reply_tokens=5, rejected_tokens=2)

    policy: Policy = Counting()  # type: ignore[assignment]
    run_plan(Journal(tmp_path, plan_of(policy, tasks=1, trials=1)), policy)
    turns = next(read_episodes(tmp_path)).turns
    assert {(t.prompt_tokens, t.reply_tokens, t.rejected_tokens) for t in turns} == {(7, 5, 2)}


def test_a_policy_is_called_from_all_lanes(tmp_path: Path) -> None:
    policy = CallablePolicy(lambda prompt: "<think></think><action>wait</action>", "wait")
    told: list[object] = []
    run_plan(Journal(tmp_path, plan_of(policy)), policy, concurrency=3, on_episode=told.append)
    assert len(told) == 16
