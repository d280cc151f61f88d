"""Episodes in a terminal: what the keys do, what is printed, and a real terminal at the end."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from watch_runs import library, solved, training_run

from t2po_gym.cli import main as cli
from t2po_gym.core.many.trace import write_traces
from t2po_gym.watch.terminal.reader import Reader

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return training_run(tmp_path / "run")


@pytest.fixture
def reader(run: Path) -> Reader:
    return Reader(library(run))


def shown(reader: Reader, width: int = 100, height: int = 40) -> str:
    lines = reader.lines(width, height)
    assert len(lines) <= height
    return ESCAPE.sub("", "\n".join(lines))


def test_the_list_opens_an_episode(reader: Reader) -> None:
    assert shown(reader).count("train-00000") == 3
    reader.down()
    reader.next()
    reader.up()
    reader.enter()
    assert "Episode 2 of 4" in shown(reader)
    reader.leave()
    assert "Episode 2 of 4" not in shown(reader)
    for _ in range(9):
        reader.down()
    reader.enter()
    assert "Episode 4 of 4" in shown(reader)


def test_turns_are_stepped_through(reader: Reader) -> None:
    reader.open(1)
    assert "Turn 1 of" in shown(reader)
    reader.previous()
    assert "Turn 1 of" in shown(reader)
    reader.next()
    page = shown(reader)
    assert "Turn 2 of" in page
    assert "⟦</think>\n<action>⟧" in page
    assert "TTI closed the thought here: its uncertainty had settled" in page
    assert "Gamma 0.003, below eta = 0.008" in page
    assert "onerror" not in page
    reader.fold()
    assert "onerror" in shown(reader)
    reader.list_actions()
    assert "Admissible actions" in shown(reader)
    for _ in range(99):
        reader.next()
    assert "What came of it" in shown(reader)


def test_a_number_is_typed(reader: Reader) -> None:
    reader.open(1)
    reader.ask()
    for character in ("x", "3", "4"):
        reader.type(character)
    reader.erase()
    assert "Go to turn: 3_" in reader.foot()
    reader.go()
    assert "Turn 3 of" in shown(reader)
    reader.ask()
    reader.stop_asking()
    reader.leave()
    reader.ask()
    reader.type("9")
    assert "Go to episode: 9_" in reader.foot()
    reader.go()
    assert reader.place == 4


def test_long_turns_scroll(reader: Reader) -> None:
    reader.open(1)
    whole = shown(reader, 40, 200).split("\n")
    assert shown(reader, 40, 6).split("\n") == whole[:6]
    reader.down()
    assert shown(reader, 40, 6).split("\n") == whole[1:7]
    reader.page_down()
    assert shown(reader, 40, 6).split("\n") == whole[6:12]
    for _ in range(50):
        reader.page_down()
    assert shown(reader, 40, 6).split("\n") == whole[-6:]
    assert "scroll" in reader.foot()
    for _ in range(50):
        reader.page_up()
    assert shown(reader, 40, 6).split("\n") == whole[:6]


def test_an_episode_that_does_not_replay_is_told_below(run: Path) -> None:
    path = run / "details" / "train-000001.jsonl.gz"
    path.write_bytes(b"no gzip")
    reader = Reader(library(run))
    reader.enter()
    assert "not a whole gzip file" in reader.foot()
    reader.down()
    assert "not a whole gzip file" not in reader.foot()


def test_what_gymnasium_refuses_is_told_below(tmp_path: Path) -> None:
    write_traces(tmp_path / "a.jsonl", [replace(solved(), seed=-1)])
    reader = Reader(library(tmp_path / "a.jsonl"))
    reader.enter()
    assert reader.episode is None
    assert f"{tmp_path / 'a.jsonl'}, line 1: Seed must be greater" in reader.foot()


def test_colours_follow_the_uncertainty(reader: Reader) -> None:
    """M falls from token to token: 0.9, 0.7, 0.5; the tokens after those look like any text."""
    reader.open(1)
    text = "\n".join(reader.lines(100, 40))
    found = re.findall(r"\x1b\[38;5;16;48;5;(\d+)m(I| go|</think>|</action>)", text)
    assert [word for _, word in found] == ["I", " go", "</think>"]
    assert len({colour for colour, _ in found}) == 3


# ---- printed -------------------------------------------------------------------------------------


def test_a_pipe_gets_the_whole_episode(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["watch", str(run), "--episode", "2"]) == 0
    text = capsys.readouterr().out
    assert "Turn 1 of 2" in text
    assert "Turn 2 of 2" in text
    assert "onerror" in text
    assert "\\x1b[2J" in text
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", text), "strangers' codes are spelt out"


def test_a_pipe_gets_the_list_first(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["watch", str(run), "--step", "1"]) == 0
    text = capsys.readouterr().out
    assert text.index("toykeys") < text.index("Episode 1 of 2")
    assert text.count("train-000001") == 3


def test_faults_are_one_sentence(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["watch", str(run), "--episode", "77"]) == 1
    assert capsys.readouterr().err == "t2po-gym: There are episodes 1 to 4; got 77.\n"
    assert cli.main(["watch", str(run), "--episode", "0"]) == 1
    assert capsys.readouterr() == ("", "t2po-gym: There are episodes 1 to 4; got 0.\n")


# ---- in a pseudo-terminal ------------------------------------------------------------------------


class Screen:
    """A terminal of 80 x 24 that a program runs in."""

    def __init__(self, *arguments: str) -> None:
        pexpect, pyte = pytest.importorskip("pexpect"), pytest.importorskip("pyte")
        pytest.importorskip("prompt_toolkit", reason="prompt_toolkit: extra `play`")
        environment = {**os.environ, "TERM": "xterm-256color", "OMP_NUM_THREADS": "1"}
        words = ["-m", "t2po_gym.cli.main", "watch", *arguments]
        self.child = pexpect.spawn(sys.executable, words, dimensions=(24, 80), env=environment)
        self.screen = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self.screen)
        self._waits = (pexpect.TIMEOUT, pexpect.EOF)

    def until(self, words: str, seconds: float = 60) -> str:
        """Wait until some words are on the screen; return the screen."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            text = "\n".join(self.screen.display)
            if words in text:
                return text
            try:
                self._stream.feed(self.child.read_nonblocking(65_536, 0.2))
            except self._waits:
                time.sleep(0.05)
        raise AssertionError(f"{words!r} did not appear:\n" + "\n".join(self.screen.display))

    def close(self) -> Any:
        self.child.close(force=True)


@pytest.fixture
def screen(run: Path) -> Iterator[Screen]:
    screen = Screen(str(run))
    yield screen
    screen.close()


def test_a_terminal_is_driven_by_keys(screen: Screen) -> None:
    screen.until("4 episodes")
    screen.child.send("\x1b[B\r")
    assert "Episode 2 of 4" in screen.until("Turn 1 of 2")
    screen.child.send("n")
    page = screen.until("Turn 2 of 2")
    assert "n next" in page
    screen.child.send("r")
    screen.until("onerror")
    screen.child.send("\x1b[D")
    screen.until("Turn 1 of 2")
    screen.child.send("g2\r")
    screen.until("Turn 2 of 2")
    screen.child.send("l")
    screen.until("4 episodes")
    screen.child.send("q")
    screen.child.wait()
    assert screen.child.exitstatus == 0
