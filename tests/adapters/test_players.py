"""Which client plays which episode: one each, kept from reset to reset, never another's."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import pytest
from gymnasium.error import ResetNeeded
from threads import in_threads

from t2po_gym.adapters.episode import RemoteEnv
from t2po_gym.adapters.serving.players import Players
from t2po_gym.server.sessions import Sessions, SessionsFull

TOY = "t2po/ToyKeys-v0"
TURNS = {"max_turns": 3}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def made(places: int = 2) -> tuple[Players, Sessions[RemoteEnv], Clock]:
    clock = Clock()
    sessions = Sessions[RemoteEnv](places, 100.0, clock=clock)
    return Players(lambda: RemoteEnv(TOY, TURNS), sessions), sessions, clock


def task_of(
    players: Players, connection: str | None, session: str | None = None, **start: Any
) -> str:
    task: str = players.reset(connection, session, start)[1].info["task_id"]
    return task


def finish(players: Players, connection: str | None, session: str | None = None) -> None:
    while not players.step(connection, session, "look")[1].over:
        pass


def gym_tasks(count: int, seed: int) -> list[str]:
    env = gym.make(TOY, **TURNS)
    return [env.reset(seed=None if n else seed)[1]["task_id"] for n in range(count)]


@pytest.mark.parametrize("connection", ["one", None])
@pytest.mark.parametrize("to_the_end", [False, True])
def test_resets_without_a_seed_go_on(connection: str | None, to_the_end: bool) -> None:
    players, sessions, _ = made()
    session, page = players.reset(connection, None, {"seed": 7})
    told = [page.info["task_id"]]
    for _ in range(3):
        if to_the_end:
            finish(players, connection, session)
        told.append(task_of(players, connection, session))
    assert told == gym_tasks(4, 7)
    assert len(sessions) == 1


def test_the_place_of_a_finished_episode_is_free_for_others_at_once() -> None:
    players, _, _ = made(1)
    players.reset("one", None, {"seed": 7})
    with pytest.raises(SessionsFull):
        players.reset("two", None, {"seed": 1})
    finish(players, "one")
    for call in (lambda: players.step("one", None, "look"), lambda: players.actions("one", None)):
        with pytest.raises(ValueError, match="The episode is over; call reset first"):
            call()
    players.reset("two", None, {"seed": 1})
    with pytest.raises(ValueError, match="idle too long and is gone; call reset first"):
        players.step("one", None, "look")
    finish(players, "two")
    with pytest.raises(ValueError, match="name a seed"):  # what seed 7 drew next is gone
        players.reset("one", None, {})
    assert task_of(players, "one", seed=7) == gym_tasks(1, 7)[0]


def test_a_session_that_is_gone_needs_no_seed_if_it_had_none() -> None:
    players, _, clock = made()
    players.reset("one", None, {})
    clock.now = 200.0
    players.sweep()
    assert task_of(players, "one")


def test_a_refused_reset_leaves_the_episode_running() -> None:
    players, _, _ = made(1)
    players.reset("one", None, {"seed": 7})
    for start in ({"split": "holiday"}, {"task_index": 10**9}, {"seed": -1}):
        with pytest.raises(ValueError, match=r"at least 0|must be"):
            players.reset("one", None, start)
    assert players.step("one", None, "look")[1].info["turn"] == 1
    finish(players, "one")
    with pytest.raises(ValueError, match="holiday"):
        players.reset("one", None, {"split": "holiday"})
    players.reset("two", None, {})  # the place is free for others still
    with pytest.raises(SessionsFull):
        players.reset("three", None, {})
    assert players.step("two", None, "look")[1].info["turn"] == 1


def test_a_connection_has_one_session_and_no_other() -> None:
    players, sessions, clock = made()
    own, _ = players.reset("one", None, {"seed": 1})
    other, _ = players.reset("two", None, {"seed": 2})
    assert players.reset("one", own, {})[0] == own
    for session in (other, "bogus"):
        for call in (
            lambda session=session: players.reset("one", session, {"seed": 1}),
            lambda session=session: players.step("one", session, "look"),
            lambda session=session: players.actions("one", session),
        ):
            with pytest.raises(ValueError, match="leave `session` out"):
                call()
    assert players.step("two", None, "look")[1].info["turn"] == 1
    assert len(sessions) == 2
    clock.now = 200.0
    fresh, _ = players.reset("one", own, {"seed": 1})  # its own, which is gone
    with pytest.raises(ValueError, match="leave `session` out"):
        players.step("one", own, "look")
    assert fresh != own
    assert len(sessions) == 1


def test_clients_without_a_connection_name_a_session_that_there_is() -> None:
    players, sessions, _ = made()
    with pytest.raises(ValueError, match="No session was named"):
        players.step(None, None, "look")
    session, _ = players.reset(None, None, {"seed": 1})
    for wrong in (lambda: players.reset(None, "x", {}), lambda: players.step(None, "x", "look")):
        with pytest.raises(ValueError, match="There is no such session"):
            wrong()
    assert players.reset(None, session, {})[0] == session
    assert len(sessions) == 1


def test_a_connection_that_ends_gives_its_place_back() -> None:
    players, sessions, _ = made()
    players.reset("one", None, {"seed": 1})
    players.disconnect("one")
    players.disconnect("one")
    assert len(sessions) == 0
    with pytest.raises(ValueError, match="No episode has been started"):
        players.actions("one", None)


def test_requests_of_one_connection_at_once_get_one_session() -> None:
    players, sessions, _ = made(8)
    in_threads(lambda: players.reset("one", None, {"seed": 1}), 8)
    assert len(sessions) == 1
    players.close()
    assert len(sessions) == 0


def test_a_step_that_raises_keeps_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    players, sessions, _ = made()
    players.reset("one", None, {"seed": 1})
    monkeypatch.setattr(RemoteEnv, "step", lambda *_: (_ for _ in ()).throw(ResetNeeded("no")))
    with pytest.raises(ResetNeeded):
        players.step("one", None, "look")
    assert len(sessions) == 1
