"""Every recorded walk of the original, step for step, in the native engine."""

import gzip
import hashlib
import json

import pytest
from alfworld_games import make, recordings

from t2po_gym.envs.alfworld.originals.verl_agent import VerlAgentWorker
from t2po_gym.envs.alfworld.tasks import SharedGames
from t2po_gym.envs.alfworld.world.engine import Engine
from t2po_gym.envs.alfworld.world.game_tables import Tables

RECORDINGS = list(recordings())
ALL = pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: recording.name)


def shown(engine, text):
    return {
        "o": text,
        "adm": list(engine.admissible),
        "score": int(engine.won),
        "done": engine.won,
        "won": engine.won,
    }


@ALL
def test_every_step_of_every_walk(recording):
    transcript = recording.transcript
    content = gzip.decompress(recording.game_path.read_bytes())
    assert hashlib.sha256(content).hexdigest() == transcript["sha256"]
    tables = Tables(recording.game)
    assert transcript["walks"]
    for walk in transcript["walks"]:
        engine = Engine(tables)
        for number, step in enumerate(walk["steps"]):
            text = engine.reset() if step["a"] is None else engine.step(step["a"])
            wanted = {key: step[key] for key in ("o", "adm", "score", "done", "won")}
            assert shown(engine, text) == wanted, f"{walk['kind']} step {number}: {step['a']!r}"


@ALL
def test_the_stored_plan_and_the_recorded_one(recording):
    transcript = recording.transcript
    game = recording.game
    assert game.walkthrough == tuple(transcript.get("walkthrough", game.walkthrough) or ())
    assert game.goal.task_type == transcript["task_type"]
    for plan in (game.walkthrough, transcript.get("planner_plan") or ()):
        engine = Engine(Tables(game))
        for command in plan:
            assert not engine.won
            assert command in engine.admissible
            engine.step(command)
        assert engine.won is bool(plan)


class OneGame:
    """The collection of one game."""

    fingerprint = "one"

    def __init__(self, game):
        self._game = game

    def __len__(self):
        return 1

    def task_id(self, index):
        return self._game.name

    def index_of(self, task_id):
        return 0 if task_id == self._game.name else None

    def game(self, index):
        return self._game


FROZEN = [
    pytest.param(recording, kind, id=f"{kind}-{recording.name}")
    for recording in RECORDINGS
    for kind in recording.transcript
    if kind.startswith("gym_")
]


@pytest.mark.parametrize(("recording", "kind"), FROZEN)
def test_the_frozen_batch_environment(recording, kind):
    worker = VerlAgentWorker(SharedGames(OneGame(recording.game)), seed=0)
    observation, info = worker.reset()
    steps = recording.transcript[kind]
    assert steps
    for step in steps:
        if step["a"] is None:
            assert observation == step["o"]
            assert info["admissible_commands"] == step["infos"]["admissible_commands"]
            assert info["won"] is step["infos"]["won"]
            continue
        text, reward, done, info = worker.step(step["a"])
        got = {"o": text, "score": int(info["won"]), "done": done, "won": info["won"]}
        got["nadm"] = len(info["admissible_commands"])
        assert {key: got[key] for key in step if key != "a"} == {
            key: value for key, value in step.items() if key != "a"
        }, step["a"]
        assert reward == 10.0 * step["won"]


@pytest.mark.parametrize(
    "recording", RECORDINGS[:: max(1, len(RECORDINGS) // 6)], ids=lambda recording: recording.name
)
def test_walks_through_the_environment(recording, tmp_path, monkeypatch):
    """The same through `t2po/ALFWorld-v0`, until the base class ends the episode."""
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "valid_seen" / "task" / "trial"
    folder.mkdir(parents=True)
    data = json.loads(gzip.decompress(recording.game_path.read_bytes()))
    (folder / "game.tw-pddl").write_text(json.dumps({**data, "solvable": True}))
    env = make(rules="exact", games=tmp_path / "valid_seen", split="valid_seen")
    for walk in recording.transcript["walks"]:
        first, *steps = walk["steps"]
        observation, info = env.reset(seed=0)
        assert observation == first["o"]
        assert info["admissible_actions"] == tuple(first["adm"])
        for turn, step in enumerate(steps, start=1):
            observation, reward, terminated, truncated, info = env.step(step["a"])
            assert observation == step["o"]
            assert info["admissible_actions"] == tuple(step["adm"])
            assert (reward, terminated) == (float(step["won"]), step["won"])
            assert (info["score"], info["success"]) == (float(step["score"]), step["won"])
            assert truncated is (turn == 50 and not terminated)
            if terminated or truncated:
                break
