from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import gymnasium as gym
import pytest
from count_env import CountEnv

from t2po_gym.core.many.trace import (
    EpisodeTrace,
    TraceMismatch,
    read_traces,
    record,
    replay,
    write_traces,
)
from t2po_gym.envs.toy import ToyKeysEnv, expert_action

ODD = ["look", "é\ud800", "\ud83d\ude00", "a\nb\u2028\x00", "go[hall]"]


def toy(**kwargs: object) -> ToyKeysEnv:
    env = gym.make("t2po/ToyKeys-v0", **kwargs)
    assert isinstance(env, ToyKeysEnv)
    return env


@pytest.fixture
def trace() -> EpisodeTrace:
    env = toy(split="dev")
    return record(env, lambda observation, info: expert_action(env), seed=3)


def test_record_and_replay(trace: EpisodeTrace) -> None:
    assert trace.env_id == "t2po/ToyKeys-v0"
    assert trace.env_kwargs == {"split": "dev"}
    assert trace.success
    assert trace.score == 1.0
    assert trace.turns[-1].terminated
    assert trace.turns[-1].progress == 1.0
    assert replay(trace) == trace
    assert replay(trace, toy(split="dev")) == trace


def test_a_trace_may_stop_early_and_needs_no_end() -> None:
    trace = record(toy(), ODD, seed=1, options={"task_index": 7})
    assert trace.task_id == "toykeys:train:0007"
    assert trace.actions == tuple(ODD)
    assert not trace.turns[-1].truncated
    assert replay(trace) == trace
    assert replay(record(toy(), [], seed=1)).turns == ()


def test_actions_after_the_end_are_not_recorded() -> None:
    assert len(record(toy(max_turns=3), ["x"] * 9, seed=0).turns) == 3


def test_progress_off() -> None:
    trace = record(toy(progress=False), ["x"], seed=0)
    assert trace.turns[0].progress is None
    assert replay(trace) == trace


@pytest.mark.parametrize("field", ["reward", "score", "progress", "observation_hash"])
def test_a_changed_turn_is_found(trace: EpisodeTrace, field: str) -> None:
    turns = list(trace.turns)
    value = "0" * 64 if field == "observation_hash" else 0.5
    turns[1] = replace(turns[1], **{field: value})
    if field == "progress":
        turns[1] = replace(turns[1], progress=0.987)
    with pytest.raises(TraceMismatch, match=f"turn 2: {field}") as caught:
        replay(replace(trace, turns=tuple(turns)))
    assert (caught.value.turn, caught.value.field) == (2, field)
    assert caught.value.task_id == trace.task_id


def test_a_changed_action_seed_or_task_is_found(trace: EpisodeTrace) -> None:
    turns = (replace(trace.turns[0], action="go[nowhere]"), *trace.turns[1:])
    with pytest.raises(TraceMismatch) as caught:
        replay(replace(trace, turns=turns))
    assert caught.value.turn == 1
    with pytest.raises(TraceMismatch) as caught:
        replay(replace(trace, task_id="toykeys:dev:0000"))
    assert caught.value.turn == 0


def test_changed_results_and_added_turns_are_found(trace: EpisodeTrace) -> None:
    with pytest.raises(TraceMismatch, match="success"):
        replay(replace(trace, success=False))
    with pytest.raises(TraceMismatch, match="number of turns"):
        replay(replace(trace, turns=(*trace.turns, trace.turns[-1])))


@pytest.mark.parametrize("name", ["traces.jsonl", "traces.jsonl.gz"])
def test_files(tmp_path: Path, name: str, trace: EpisodeTrace) -> None:
    traces = [trace, record(toy(), ODD, seed=1), record(toy(), [], seed=2)]
    path, again = tmp_path / name, tmp_path / ("b" + name)
    write_traces(path, traces)
    assert list(read_traces(path)) == traces
    write_traces(again, traces)
    assert path.read_bytes() == again.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([name, "b" + name])
    write_traces(path, [])
    assert list(read_traces(path)) == []


def test_bad_files_are_named_with_their_line(tmp_path: Path, trace: EpisodeTrace) -> None:
    path = tmp_path / "t.jsonl"
    good = json.dumps(trace.to_json())
    older = json.dumps({**trace.to_json(), "trace_version": 0})
    missing = json.dumps({k: v for k, v in trace.to_json().items() if k != "seed"})
    unknown = json.dumps({**trace.to_json(), "more": 1})
    cases = [("{", "line 2"), (older, "version 0"), (missing, "'seed'"), (unknown, "'more'")]
    cases += [("[]", "JSON object"), (good[:-9], "line 2")]
    cases.append((json.dumps({**trace.to_json(), "seed": True}), "'seed'"))
    cases.append((json.dumps({**trace.to_json(), "turns": [{}]}), "TraceTurn"))
    turn = {**trace.to_json()["turns"][0], "action": 3}
    cases.append((json.dumps({**trace.to_json(), "turns": [turn]}), "'action'"))
    for bad, match in cases:
        path.write_text(good + "\n" + bad)
        with pytest.raises(ValueError, match=match):
            list(read_traces(path))
    packed = tmp_path / "t.jsonl.gz"
    packed.write_bytes(gzip.compress(good.encode())[:-10])
    with pytest.raises(ValueError, match="gzip"):
        list(read_traces(packed))


def test_an_environment_that_cannot_be_made_again_is_refused() -> None:
    with pytest.raises(ValueError, match=r"gymnasium\.make"):
        record(CountEnv(), ["up"], seed=0)
    gym.register(id="t2po-test/Traced-v0", entry_point=CountEnv)
    try:
        env = gym.make("t2po-test/Traced-v0", prefix=Path("x")).unwrapped
        with pytest.raises(ValueError, match="JSON"):
            record(env, ["up"], seed=0)  # type: ignore[arg-type]
    finally:
        del gym.registry["t2po-test/Traced-v0"]
