"""A game: undo brings everything back, and the trace holds what stands."""

import json
import os
import signal
from pathlib import Path

import gymnasium as gym
import pytest

from t2po_gym import replay
from t2po_gym.cli.play.archive import add_episode
from t2po_gym.cli.play.game import Game
from t2po_gym.cli.play.loop import COMMANDS, Table
from t2po_gym.core.many.trace import append_trace, read_traces


class Lines:
    """A screen that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def begin(self, game: Game) -> None:
        self.lines.append(f"begin {game.now.info['task_id']}")

    def page(self, game: Game) -> None:
        self.lines.append(f"page {len(game.actions)}")

    def told(self, text: str, style: str = "") -> None:
        self.lines.append(text)

    raw = told

    def result(self, game: Game) -> None:
        self.lines.append(f"result {len(game.actions)} {game.ended}")


@pytest.fixture
def game() -> Game:
    env = gym.make("t2po/ToyKeys-v0", split="dev", max_turns=3).unwrapped
    game = Game(env, seed=5)  # type: ignore[arg-type]
    game.start({"task_index": 4})
    return game


def test_undo_brings_back_observation_info_and_hashes(game: Game) -> None:
    before = game.now
    one = game.play(before.info["admissible_actions"][0])
    game.play("dance")
    assert game.undo()
    assert game.now == one
    assert game.env.snapshot() == one.snapshot
    assert game.undo()
    assert not game.undo()
    assert game.now == before
    again = game.play(before.info["admissible_actions"][0])
    assert again == one


def test_an_ended_episode_can_be_taken_back_and_the_trace_replays(game: Game) -> None:
    for action in ("look", "look", "dance"):
        game.play(action)
    assert game.ended
    game.undo()
    assert not game.ended
    game.play("sing")
    trace = game.trace()
    assert trace.actions == ("look", "look", "sing")
    assert trace.turns[-1].truncated
    assert replay(trace) == trace
    assert game.reward == sum(turn.reward for turn in trace.turns)
    assert len(game.deltas) == 3


def test_restart_and_the_following_task(game: Game) -> None:
    first = game.now
    game.play("dance")
    assert game.restart() == first
    count = game.env.num_tasks()
    game.start({"task_index": count - 1})
    assert game.following().info["task_id"] == game.env.task_id(0)
    assert replay(game.trace()).turns == ()


def test_a_table_plays_on_after_the_end(game: Game, tmp_path: Path) -> None:
    path = tmp_path / "play.jsonl"
    screen = Lines()
    table = Table(game, screen, record=path, stays=True)
    script = iter(["", "look", "look", "look", "look", "/undo", "/UNDO", "/page", " exit "])
    table.run(lambda: next(script))
    assert screen.lines[:6] == [
        *(f"begin {game.now.info['task_id']}", "page 0", "page 1", "page 2", "page 3"),
        "result 3 True",
    ]
    assert any(line.startswith("The episode has ended") for line in screen.lines)
    assert screen.lines[-3:] == [game.now.observation, "result 1 False", f"Recorded in {path}."]
    (trace,) = read_traces(path)
    assert trace.actions == ("look",)


def test_commands(game: Game, tmp_path: Path) -> None:
    path = tmp_path / "saved file.jsonl"
    saves = ("/save", "dance", "/actions", f"/save {path}", "/save /no/f.jsonl", "/save ~no/f")
    script = iter(["/undo", "/help", "/what", *saves])
    screen = Lines()
    Table(game, screen, record=None, stays=True).run(lambda: next(script, None))
    text = "\n".join(screen.lines)
    assert "There is nothing to take back." in text
    assert all(name in text and purpose in text for name, purpose in COMMANDS.items())
    assert "There is no command /what; /help lists them." in text
    assert "Name a file" in text
    assert set(game.now.info["admissible_actions"]) <= set(screen.lines)
    assert f"Saved in {path}." in text
    assert "/no is no folder to write into" in text
    assert "home directory" in text
    assert "Not recorded" not in text
    (trace,) = read_traces(path)
    assert trace.actions == ("dance",)
    assert replay(trace) == trace


def test_without_a_record_the_player_is_told_how_to_keep_one(game: Game) -> None:
    screen = Lines()
    script = iter(["look", "quit"])
    Table(game, screen, record=None, stays=True).run(lambda: next(script))
    assert screen.lines[-2:] == [
        "result 1 False",
        "Not recorded: --record FILE keeps what is played.",
    ]


def test_a_line_that_does_not_fit_is_taken_back(
    game: Game, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "play.jsonl"
    append_trace(path, game.trace())
    before = path.read_bytes()

    def full(handle: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("t2po_gym.core.many.trace.os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        append_trace(path, game.trace())
    assert path.read_bytes() == before
    assert json.loads(before)["task_id"] == game.now.info["task_id"]


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="signals cannot be held here")
def test_a_second_interrupt_waits_for_the_record(
    game: Game, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, sync = tmp_path / "play.jsonl", os.fsync
    # A shell starts what runs in the background with interrupts ignored; Python keeps it so.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def interrupted(handle: int) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        sync(handle)

    monkeypatch.setattr("t2po_gym.core.many.trace.os.fsync", interrupted)
    try:
        with pytest.raises(KeyboardInterrupt):
            add_episode(path, game.trace())
    finally:
        signal.signal(signal.SIGINT, before)
    assert list(read_traces(path)) == [game.trace()]
