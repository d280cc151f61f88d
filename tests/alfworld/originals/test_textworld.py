from __future__ import annotations

import json
import random
import subprocess
import sys
from importlib.util import find_spec

import gymnasium as gym
import pytest
from gymnasium.utils.env_checker import check_env

import t2po_gym  # noqa: F401 - registers the ids
from t2po_gym.envs.alfworld.data.errors import GameDataError, GameFileError
from t2po_gym.envs.alfworld.data.game import TASK_TYPES
from t2po_gym.envs.alfworld.generate.collection import generated_games, write_games
from t2po_gym.envs.alfworld.originals import textworld_backend
from t2po_gym.envs.alfworld.originals.textworld_backend import TextWorldEngine, is_installed
from t2po_gym.envs.alfworld.originals.textworld_games import find_games
from t2po_gym.envs.alfworld.world.planner import Planner
from t2po_gym.envs.alfworld.world.progress import GameProgress

INSTALLED = find_spec("textworld") is not None and find_spec("alfworld") is not None
needs_packages = pytest.mark.skipif(
    not INSTALLED, reason="needs the original packages: pip install 't2po-gym[alfworld]'"
)


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data folder as alfworld has it, with generated games in it."""
    for split, count in (("train", 6), ("valid_seen", 3)):
        games = generated_games("train", "easy", seed=count)
        write_games(games, tmp_path / "json_2.1.1" / split, range(count))
    monkeypatch.setenv("ALFWORLD_DATA", str(tmp_path))
    return tmp_path


# ---- which games ---------------------------------------------------------------------------------


def test_the_data_folder_is_found(data):
    found = find_games("train")
    assert len(found.paths) == 6
    assert list(found.paths) == sorted(found.paths)
    assert not found.shuffled_names
    assert len(find_games("valid_seen").paths) == 3


def test_no_games_is_one_sentence(data, tmp_path):
    with pytest.raises(GameDataError, match="no ALFWorld games for split 'valid_unseen'") as caught:
        find_games("valid_unseen")
    assert "ALFWORLD_DATA" in str(caught.value)
    with pytest.raises(GameDataError, match="no ALFWorld games"):
        find_games("train", {"dataset": {"data_path": str(tmp_path / "nowhere")}})


def test_without_the_variable_the_default_folder_is_meant(monkeypatch, tmp_path):
    monkeypatch.delenv("ALFWORLD_DATA", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(GameDataError, match=str(tmp_path / ".cache" / "alfworld" / "json_2.1.1")):
        find_games("train")


def test_the_configuration_chooses(data):
    every = find_games("train").paths
    kinds = {
        path: json.loads(path.with_name("traj_data.json").read_text())["task_type"]
        for path in every
    }
    for number, kind in enumerate(TASK_TYPES, start=1):
        if kind in kinds.values():
            only = find_games("train", {"env": {"task_types": [number]}}).paths
            assert only == tuple(path for path in every if kinds[path] == kind)
    few = find_games("train", {"dataset": {"num_train_games": 2, "num_eval_games": 1}})
    assert few.paths == every[:2]
    assert len(find_games("valid_seen", {"dataset": {"num_eval_games": 1}}).paths) == 1
    moved = {"dataset": {"data_path": "$ALFWORLD_DATA/json_2.1.1/valid_seen"}}
    assert find_games("train", moved).paths == find_games("valid_seen").paths
    shuffled = {"env": {"domain_randomization": True}}
    assert find_games("train", shuffled).shuffled_names
    assert not find_games("valid_seen", shuffled).shuffled_names


def test_what_the_original_passes_over_is_passed_over(data):
    folder = data / "json_2.1.1" / "train"
    first, second, third, *_ = find_games("train").paths
    second.with_name("traj_data.json").unlink()
    content = json.loads(third.read_text())
    third.write_text(json.dumps({**content, "solvable": False}))
    sliced = folder / "pick_and_place_simple-AppleSliced-None-Fridge-1" / "trial_T1"
    sliced.mkdir(parents=True)
    for name in ("game.tw-pddl", "traj_data.json"):
        (sliced / name).write_bytes(first.with_name(name).read_bytes())
    left = find_games("train").paths
    assert len(left) == 4
    assert first in left


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"dataset": 3}, "section 'dataset'"),
        ({"dataset": {"data_path": 3}}, "data_path"),
        ({"env": {"task_types": 3}}, "task_types"),
    ],
)
def test_wrong_configurations_are_named(data, config, words):
    with pytest.raises(GameDataError, match=words):
        find_games("train", config)


def test_unknown_splits_and_broken_files_are_named(data):
    with pytest.raises(GameDataError, match="splits"):
        find_games("dev")
    path = find_games("train").paths[0]
    path.write_text('{"solvable": tr')
    with pytest.raises(GameDataError, match="JSON"):
        find_games("train")


@pytest.mark.skipif(find_spec("yaml") is None, reason="needs PyYAML, of the extra alfworld")
def test_a_configuration_file_is_read(data, tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("dataset:\n  num_train_games: 3\nenv:\n  task_types: [1, 2, 3, 4, 5]\n")
    assert len(find_games("train", path).paths) == 3
    path.write_text("- a\n- b\n")
    with pytest.raises(GameDataError, match="sections"):
        find_games("train", path)
    with pytest.raises(GameDataError, match="cannot read"):
        find_games("train", tmp_path / "none.yaml")


# ---- the engine ----------------------------------------------------------------------------------


def test_missing_packages_are_one_sentence(monkeypatch):
    for name in ("textworld", "textworld.envs.pddl", "fast_downward"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(textworld_backend, "_idle", [])
    assert not is_installed()
    with pytest.raises(GameDataError, match=r"t2po-gym\[alfworld\]"):
        TextWorldEngine()


@needs_packages
def test_it_plays_progress_plans_and_replays(data):
    games = generated_games("dev", "easy", seed=1)
    arguments, stream = list(sys.argv), random.getstate()
    engine = TextWorldEngine()
    engine.open(games.game_data(0))
    first = engine.reset()
    assert first.startswith("-= Welcome")
    planner, progress = Planner(engine.game), GameProgress(engine.game)
    plan = planner.commands(engine.state)
    assert plan == games.game(0).walkthrough
    values = [progress.now(engine.state).value]
    assert engine.step("nonsense") == "Nothing happens."
    assert not engine.accepted
    for command in plan:
        assert not engine.won
        engine.step(command)
        assert engine.accepted
        values.append(progress.now(engine.state).value)
    assert engine.won
    assert values == sorted(values)
    assert values[-1] == 1.0
    after = engine.state
    engine.replay(plan[:-1])
    assert not engine.won
    engine.step(plan[-1])
    assert engine.state == after
    assert engine.commands == list(plan)
    with pytest.raises(ValueError, match="another game"):
        engine.replay(("go to nowhere 1",))
    assert (sys.argv, random.getstate()) == (arguments, stream)
    engine.close()


@needs_packages
def test_shuffled_names_play_too(data):
    path = find_games("train").paths[0]
    engine = TextWorldEngine()
    engine.open(path, shuffle_seed=5)
    engine.reset()
    shuffled = engine.game.receptacle_names
    plan = Planner(engine.game).commands(engine.state)
    assert plan is not None
    for command in plan:
        engine.step(command)
        assert engine.accepted
    assert engine.won
    engine.open(path, shuffle_seed=5)
    assert engine.game.receptacle_names == shuffled
    engine.open(path)
    assert sorted(engine.game.receptacle_names) == sorted(shuffled)
    engine.close()


@needs_packages
def test_it_refuses_what_cannot_be(data):
    engine = TextWorldEngine()
    with pytest.raises(GameDataError, match="open"):
        engine.reset()
    with pytest.raises(GameFileError):
        engine.open({"pddl_domain": "", "grammar": "", "pddl_problem": ""})
    engine.open(find_games("train").paths[0])
    engine.reset()
    with pytest.raises(ValueError, match="replay"):
        engine.load(engine.state, 0)
    for action in ("", "\x00", "\ud800", "a" * 100_000, "look\n\n", " look "):
        engine.step(action)
    assert engine.commands == ["look", "look"]
    engine.close()
    engine.close()
    with pytest.raises(GameDataError, match="closed"):
        engine.open(find_games("train").paths[0])


@needs_packages
def test_engines_come_and_go_without_harm():
    """Unloading the original's library would crash the process at its end."""
    code = (
        "from t2po_gym.envs.alfworld.generate.collection import generated_games\n"
        "from t2po_gym.envs.alfworld.originals.textworld_backend import TextWorldEngine\n"
        "data = generated_games('train', 'easy').game_data(0)\n"
        "for _ in range(3):\n"
        "    engine = TextWorldEngine()\n"
        "    engine.open(data)\n"
        "    engine.reset()\n"
        "    engine.close()\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@needs_packages
@pytest.mark.filterwarnings("error::UserWarning:gymnasium")
@pytest.mark.parametrize("mode", [None, "ansi", "human"])
def test_it_renders_as_the_native_backend_does(mode, capsys):
    kwargs = {"games": "generated", "rules": "exact", "max_turns": 3}
    envs = [
        gym.make("t2po/ALFWorld-v0", backend=backend, render_mode=mode, **kwargs)
        for backend in ("native", "textworld")
    ]
    for call in (lambda env: env.reset(seed=0), lambda env: env.step("look")):
        shown = []
        for env in envs:
            call(env)
            shown.append(env.render() if mode == "ansi" else capsys.readouterr().out)
        assert shown[0] == shown[1]
        assert bool(shown[0]) == (mode is not None)
    check_env(envs[1].unwrapped)
    for env in envs:
        env.close()
