"""The file of episodes: whole lines, appended, checked before it is used."""

from __future__ import annotations

from pathlib import Path

import gymnasium as gym
import pytest

from t2po_gym.core.many.trace import read_traces, record, record_turns, replay
from t2po_gym.server.recorder import TraceFile


def test_traces_are_added_line_by_line(tmp_path: Path) -> None:
    env = gym.make("t2po/ToyKeys-v0").unwrapped
    traces = [record(env, ["look", "\ud800"], seed=seed) for seed in (1, 2, 3)]
    path = tmp_path / "new" / "episodes.jsonl"
    TraceFile(path.parent).write(traces[0])
    again = TraceFile(path)
    again.write(traces[1])
    again.write(traces[2])
    assert list(read_traces(path)) == traces
    assert path.read_bytes().count(b"\n") == 3


def test_a_broken_file_is_not_continued(tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_bytes(b'{"env_id": "t2')
    with pytest.raises(ValueError, match="ends in the middle of a line"):
        TraceFile(path)
    path.write_bytes(b"")
    TraceFile(path)


def test_a_recording_is_the_trace_that_record_makes() -> None:
    env = gym.make("t2po/ToyKeys-v0", split="test").unwrapped
    actions = ["look", "go[porch]", "nonsense"]
    whole = record(env, actions, seed=5)
    _, info = env.reset(seed=5)
    recording = record_turns(env, 5, info)
    assert recording.trace().turns == ()
    for action in actions:
        _, reward, terminated, truncated, info = env.step(action)
        recording.add(action, reward, terminated, truncated, info)
    assert recording.trace() == whole
    assert replay(recording.trace()) == whole
