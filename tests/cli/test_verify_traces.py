"""`t2po-gym verify FILE`: people's recorded episodes are played again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import gymnasium as gym
import pytest

from t2po_gym.cli.main import main
from t2po_gym.core.many.trace import EpisodeTrace, record, write_traces
from t2po_gym.envs.toy.expert import expert_action

TOY = "t2po/ToyKeys-v0"


def episode(split: str, seed: int) -> EpisodeTrace:
    env = gym.make(TOY, split=split).unwrapped
    return record(env, lambda *_: expert_action(env), seed=seed)


@pytest.mark.parametrize("name", ["mine.jsonl", "mine.jsonl.gz"])
def test_traces_replay(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    write_traces(tmp_path / name, [episode("test", 0), episode("train", 1), episode("test", 2)])
    assert main(["verify", str(tmp_path / name)]) == 0
    assert "3 episodes replay as recorded, 3 of them solved." in capsys.readouterr().out


def test_a_changed_trace_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    honest = episode("test", 0)
    worse = replace(honest.turns[-1], score=0.5)
    changed = replace(honest, turns=(*honest.turns[:-1], worse))
    write_traces(tmp_path / "t.jsonl", [honest, changed])
    assert main(["verify", str(tmp_path / "t.jsonl")]) == 1
    assert "score was recorded as 0.5 but replays as 1.0" in capsys.readouterr().err


def test_a_file_of_something_else_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "t.jsonl").write_text("{}\n")
    assert main(["verify", str(tmp_path / "t.jsonl")]) == 1
    assert "t.jsonl, line 1: " in capsys.readouterr().err


def test_a_trace_brings_no_module(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    strange = replace(episode("test", 0), env_id="evil_module:x-v0")
    write_traces(tmp_path / "t.jsonl", [strange])
    assert main(["verify", str(tmp_path / "t.jsonl")]) == 1
    assert "names a module, which a record may not bring" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("empty.jsonl", "empty.jsonl holds no episodes."),
        ("code.py", "code.py is no file of traces: their names end in .jsonl or .jsonl.gz."),
        ("missing.jsonl", "There is no "),
        ("missing", "There is no "),
    ],
)
def test_what_holds_no_episodes_does_not_pass(
    name: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not name.startswith("missing"):
        (tmp_path / name).touch()
    assert main(["verify", str(tmp_path / name)]) == 1
    assert sentence in capsys.readouterr().err
