"""`t2po-gym play` with its input from a pipe: plain lines, flags, recorded episodes."""

import json
import sys
from io import StringIO
from pathlib import Path

import gymnasium as gym
import pytest
from pictured_env import ID, WORDS
from rich.console import Console

from t2po_gym import read_traces, replay
from t2po_gym.cli import main as cli
from t2po_gym.cli.play.game import Game
from t2po_gym.cli.play.screen import TerminalScreen


@pytest.fixture(autouse=True)
def _own_cache(own_cache: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO("".join(f"{line}\n" for line in lines)))


def test_play_from_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch, "jump", "quit", "never read")
    assert cli.main(["play", "t2po/ToyKeys-v0", "--seed", "3"]) == 0
    text = capsys.readouterr().out
    assert "task toykeys:" in text
    assert "> jump" in text
    assert "that did nothing" in text
    assert "left after 1 turn:" in text
    assert "never read" not in text


def test_a_picture_is_told_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    typed(monkeypatch, "jump")
    assert cli.main(["play", ID, "--record", str(tmp_path / "a.jsonl")]) == 0
    text = capsys.readouterr().out
    assert "You are in" in text
    assert text.count(WORDS) == 2
    screen = StringIO()
    game = Game(gym.make(ID).unwrapped, seed=0)  # type: ignore[arg-type]
    game.start()
    TerminalScreen(Console(file=screen, width=100)).page(game)
    assert f"{game.env.observation}\n{WORDS}\n" in screen.getvalue()
    assert game.trace().turns == ()
    for how in ([], ["--html", str(tmp_path / "a.html")]):
        assert cli.main(["watch", str(tmp_path / "a.jsonl"), *how]) == 0
    shown, page = capsys.readouterr().out, (tmp_path / "a.html").read_text(encoding="utf-8")
    assert f"{game.env.observation}\n{WORDS}\n" in shown
    assert page.count(WORDS) == 2


def test_play_ends_with_the_input_and_with_the_episode(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch)
    assert cli.main(["play", "t2po/ToyKeys-v0"]) == 0
    assert "left after 0 turns" in capsys.readouterr().out
    typed(monkeypatch, "a", "b", "c")
    assert cli.main(["play", "t2po/ToyKeys-v0", "--set", "max_turns=2"]) == 0
    assert "ended after 2 turns" in capsys.readouterr().out


def test_play_a_chosen_task(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch)
    assert cli.main(["play", "t2po/ToyKeys-v0", "--task-index", "2", "--set", "split=dev"]) == 0
    task = capsys.readouterr().out.splitlines()[0].removeprefix("task ")
    typed(monkeypatch)
    assert cli.main(["play", "t2po/ToyKeys-v0", "--task-id", task, "--set", "split=dev"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == f"task {task}"


def test_play_the_shop(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    typed(monkeypatch, "search[lamp]", "click[next >]", "\ud800", "exit")
    shop = ["play", "t2po/WebShop-v0", "--set", "catalogue=generated:60", "--set", "split=test"]
    assert cli.main(shop) == 0
    text = capsys.readouterr().out
    assert "Page 1 (Total results:" in text
    assert "left after 3 turns" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no/Such-v0"], "cannot make 'no/Such-v0'"),
        (["t2po/ToyKeys-v0", "--set", "colour=red"], "knows no 'colour'; it has max_turns, "),
        (["t2po/ToyKeys-v0", "--set", "red"], "NAME=VALUE"),
        (["t2po/ToyKeys-v0", "--set", "split=nope"], "split must be one of"),
        (["t2po/ToyKeys-v0", "--task-id", "nope"], "nope"),
        (["t2po/ToyKeys-v0", "--seed", "-1"], "-1"),
        (["CartPole-v1"], "no text environment"),
    ],
)
def test_play_errors_are_one_sentence(
    arguments: list[str],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    typed(monkeypatch)
    assert cli.main(["play", *arguments]) == 1
    error = capsys.readouterr().err
    assert error.startswith("t2po-gym: ")
    assert words in error
    assert error.count("\n") == 1


def test_flags_are_arguments_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch, "a", "b", "c")
    flags = ["--split", "dev", "--max-turns", "2", "--task-index", "1"]
    assert cli.main(["play", "t2po/ToyKeys-v0", *flags]) == 0
    text = capsys.readouterr().out
    assert "task toykeys:dev:0001" in text
    assert "ended after 2 turns" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["t2po/ToyKeys-v0", "--difficulty", "easy"], "knows no --difficulty; it has --split"),
        (["t2po/SearchQA-v0", "--difficulty", "easy"], "it has --split, --max-turns"),
        (["t2po/ToyKeys-v0", "--split", "dev", "--set", "split=dev"], "say the same"),
        (["t2po/WebShop-v0", "--difficulty", "odd"], "difficulty must be"),
        (["t2po/ToyKeys-v0", "--max-turns", "0"], "max_turns must be"),
        (["t2po/ToyKeys-v0", "--task-index", "-1"], "task_index must be from 0"),
        (["t2po/ToyKeys-v0", "--record", "no/such/folder/x.jsonl"], "no folder to write into"),
        (["t2po/ToyKeys-v0", "--record", "x.txt"], "NAME.jsonl or NAME.jsonl.gz"),
        (["t2po/ToyKeys-v0", "--record", "no.jsonl.gz/x.jsonl"], "no folder to write into"),
        (["CartPole-v1", "--split", "dev"], "knows no --split; it has none of these flags"),
    ],
)
def test_flags_are_refused_in_one_sentence(
    arguments: list[str],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    typed(monkeypatch)
    assert cli.main(["play", *arguments]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_a_task_is_named_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["play", "t2po/ToyKeys-v0", "--task-id", "a", "--task-index", "1"])
    assert caught.value.code == 2
    assert "not allowed with" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["play.jsonl", "play.jsonl.gz"])
def test_episodes_are_added_to_a_file_and_replay(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    play = ["play", "t2po/ToyKeys-v0", "--seed", "3", "--record", str(path)]
    typed(monkeypatch, "look", "go[porch]", "/undo", "dance", "quit")
    assert cli.main(play) == 0
    assert f"Recorded in {path}." in capsys.readouterr().out
    typed(monkeypatch, "look", "/restart", "sing", "/next", "quit")
    assert cli.main([*play, "--split", "test"]) == 0
    traces = list(read_traces(path))
    assert [trace.actions for trace in traces] == [("look", "dance"), ("look",), ("sing",)]
    assert traces[1].task_id == traces[2].task_id
    assert [trace.env_kwargs for trace in traces] == [{}, {"split": "test"}, {"split": "test"}]
    for trace in traces:
        assert replay(trace) == trace


def test_control_characters_do_not_reach_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch, "search[\x1b[31mred]", "/page", "/no\x1b[2Jsuch", "quit")
    questions = ["--set", "corpus=generated:300:0", "--max-turns", "3"]
    assert cli.main(["play", "t2po/SearchQA-v0", *questions]) == 0
    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert "\\x1b[31mred" in text
    assert "\\x1b[2Jsuch" in text


def test_an_interrupted_episode_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Interrupted(StringIO):
        def readline(self, *arguments: int) -> str:  # type: ignore[override]
            line = super().readline(*arguments)
            if not line:
                raise KeyboardInterrupt
            return line

    monkeypatch.setattr(sys, "stdin", Interrupted("look\n"))
    path = tmp_path / "play.jsonl"
    assert cli.main(["play", "t2po/ToyKeys-v0", "--record", str(path)]) == 130
    assert "left after 1 turn:" in capsys.readouterr().out
    assert json.loads(path.read_text())["turns"][0]["action"] == "look"


def test_half_a_line_is_not_added_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "play.jsonl"
    typed(monkeypatch, "look")
    assert cli.main(["play", "t2po/ToyKeys-v0", "--record", str(path)]) == 0
    path.write_bytes(path.read_bytes()[:-1])
    before = path.read_bytes()
    typed(monkeypatch, "look")
    assert cli.main(["play", "t2po/ToyKeys-v0", "--record", str(path)]) == 1
    assert "middle of a line" in capsys.readouterr().err
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["play.jsonl", "play.jsonl.gz"])
def test_a_file_of_something_else_is_left_alone(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_text("a diary\n")
    typed(monkeypatch, "look")
    assert cli.main(["play", "t2po/ToyKeys-v0", "--record", str(path)]) == 1
    error = capsys.readouterr().err
    assert str(path) in error
    assert error.count("\n") == 1
    assert path.read_text() == "a diary\n"
