"""Records that were changed, one field at a time, are refused with the place named."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from t2po_gym.cli.main import main
from t2po_gym.evaluation.journal import EPISODES, PLAN
from t2po_gym.evaluation.replay import replay_run

ENVS = ("t2po/ToyKeys-v0", "t2po/WebShop-v0", "t2po/ALFWorld-v0", "t2po/SearchQA-Easy-v0")
Lines = list[dict[str, Any]]


@pytest.fixture(scope="module", params=ENVS)
def honest(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    words = ["eval", request.param, "--policy", "expert", "--tasks", "4", "--trials", "2"]
    assert main([*words, "--out", str(folder)]) == 0
    return folder


def test_an_untouched_run_replays(honest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(honest)]) == 0
    said = capsys.readouterr().out
    assert "8 episodes replay as recorded." in said
    assert "100.0 % (100-100)" in said


def raised(lines: Lines, name: str) -> None:
    lines[1][name] = 0.5 if name == "score" else not lines[1][name]


def turn(name: str, value: Any) -> Callable[[Lines], None]:
    def change(lines: Lines) -> None:
        lines[2]["turns"][1][name] = value

    return change


def hop(lines: Lines) -> None:
    lines[0]["turns"].insert(0, lines[0]["turns"][0])


def swap(lines: Lines) -> None:
    turns = lines[0]["turns"]
    turns[0]["observation_hash"], turns[1]["observation_hash"] = (
        turns[1]["observation_hash"],
        turns[0]["observation_hash"],
    )


def other_task(lines: Lines) -> None:
    lines[0]["task_id"], lines[2]["task_id"] = lines[2]["task_id"], lines[0]["task_id"]


def other_trial(lines: Lines) -> None:
    lines[0]["trial"], lines[1]["trial"] = lines[1]["trial"], lines[0]["trial"]


TAMPERINGS: dict[str, tuple[Callable[[Lines], Any], str]] = {
    "score": (lambda lines: raised(lines, "score"), "line 2: .*turn .*score was"),
    "success": (lambda lines: raised(lines, "success"), "line 2: .*success was recorded"),
    "terminated": (lambda lines: raised(lines, "terminated"), "line 2: .*terminated"),
    "truncated": (lambda lines: raised(lines, "truncated"), "line 2: .*truncated"),
    "seed": (lambda lines: lines[3].update(seed=1), "line 4: .*turn 0: seed"),
    "type": (lambda lines: lines[3].update(task_type="easy"), "line 4: .*task_type"),
    "first hash": (lambda lines: lines[3].update(first_hash="0" * 64), "line 4: .*first_hash"),
    "reward": (turn("reward", 0.25), "line 3: .*turn 2: reward"),
    "turn score": (turn("score", 0.75), "line 3: .*turn 2: score"),
    "progress": (turn("progress", 0.123), "line 3: .*turn 2: progress"),
    "action": (turn("action", "look"), "line 3: .*turn 2: action"),
    "reply": (turn("reply", "<think></think><action>look</action>"), "turn 2: action"),
    "format": (turn("format_ok", False), "turn 2: format_ok"),
    "valid": (turn("action_valid", False), "turn 2: action_valid"),
    "hash": (turn("observation_hash", "f" * 64), "turn 2: observation_hash"),
    "nan": (turn("reward", float("nan")), r"line 3: turns\.1\.reward"),
    "infinite": (turn("score", float("inf")), r"line 3: turns\.1\.score"),
    "huge": (turn("reply_tokens", 10**400), "line 3: "),
    "negative": (turn("rejected_tokens", -1), r"line 3: turns\.1\.rejected_tokens"),
    "text": (turn("reward", "1.0"), r"line 3: turns\.1\.reward"),
    "unknown": (turn("bonus", 1), r"line 3: turns\.1\.bonus"),
    "dropped turn": (lambda lines: lines[0]["turns"].pop(), "line 1: .*the number of turns"),
    "no turns": (lambda lines: lines[0]["turns"].clear(), "line 1: .*the number of turns"),
    "first turn twice": (hop, "line 1: "),
    "extra turn": (
        lambda lines: lines[0]["turns"].append(lines[0]["turns"][-1]),
        "line 1: .*the number of turns",
    ),
    "swapped hashes": (swap, "line 1: .*turn 1: observation_hash"),
    "another task's name": (other_task, "line 1: "),
    "trials swapped": (other_trial, "line 1: .*seed"),
    "twice": (lambda lines: lines.append(lines[0]), "line 9: .*stands here twice"),
    "no such task": (lambda lines: lines[0].update(task_id="x"), "line 1: .*not of the plan"),
    "no such trial": (lambda lines: lines[0].update(trial=7), "line 1: .*not of the plan"),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_a_changed_record_is_refused(name: str, honest: Path, tmp_path: Path) -> None:
    change, place = TAMPERINGS[name]
    folder = tmp_path / "run"
    shutil.copytree(honest, folder)
    lines = [json.loads(line) for line in (folder / EPISODES).read_text().splitlines()]
    change(lines)
    (folder / EPISODES).write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(ValueError, match=place):
        list(replay_run(folder))


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"env_kwargs": {"split": "train"}},
        {"prompt": {"template": "default", "history": 2, "list_actions": True, "parser": "x"}},
    ],
)
def test_a_changed_plan_is_refused(change: dict[str, Any], honest: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(honest, folder)
    plan = json.loads((folder / PLAN).read_text())
    (folder / PLAN).write_text(json.dumps({**plan, **change}))
    with pytest.raises((ValueError, LookupError)):
        list(replay_run(folder))


def test_missing_episodes_count_as_failed(
    honest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(honest, folder)
    lines = (folder / EPISODES).read_text().splitlines(keepends=True)
    (folder / EPISODES).write_text("".join(lines[:6]))
    assert main(["verify", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "75.0 %" in said
    assert "2 of 8 are missing and count as failed" in said


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"env_id": "evil_module:x-v0"}, "names a module"),
        ({"trials": 10**12}, "trials"),
        ({"fingerprint": "0" * 64}, "other data or rules"),
    ],
)
def test_a_hostile_plan_is_refused(
    change: dict[str, Any], sentence: str, honest: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(honest, folder)
    plan = json.loads((folder / PLAN).read_text())
    (folder / PLAN).write_text(json.dumps({**plan, **change}))
    with pytest.raises(ValueError, match=sentence):
        list(replay_run(folder))


GAME = """
import gymnasium as gym
from t2po_gym.envs.toy import ToyKeysEnv

gym.register("mine/Replayed-v0", entry_point=ToyKeysEnv)
"""


def test_a_run_in_an_environment_of_ones_own_replays_if_its_module_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "replayed_game.py").write_text(GAME, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    words = ["replayed_game:mine/Replayed-v0", "--policy", "random", "--tasks", "2"]
    assert main(["eval", *words, "--out", "run"]) == 0
    del sys.modules["replayed_game"]  # as in another process
    assert main(["verify", "run"]) == 1
    assert "--import MODULE" in capsys.readouterr().err
    assert main(["verify", "run", "--import", "no_such_game"]) == 1
    assert "--import no_such_game: No module named" in capsys.readouterr().err
    assert main(["verify", "run", "--import", "replayed_game"]) == 0
    assert "2 episodes replay as recorded." in capsys.readouterr().out
    del sys.modules["replayed_game"]
    assert main(["watch", "run", "--episode", "1"]) == 1
    assert "--import MODULE" in capsys.readouterr().err
    assert main(["watch", "run", "--episode", "1", "--import", "replayed_game"]) == 0
    del sys.modules["replayed_game"]
    monkeypatch.setattr(sys, "stdin", io.StringIO("go[cellar]\n"))
    assert main(["play", words[0]]) == 0  # named on the command line: nobody else brought it


def test_terminals_get_no_control_characters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(tmp_path / "\x1b[2J\u202e")]) == 1
    said = capsys.readouterr().err
    assert "\\x1b[2J\\u202e" in said
    assert "\x1b" not in said
