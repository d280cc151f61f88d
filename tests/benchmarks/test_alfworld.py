"""The benchmark measures what it says; its figures themselves are made by running it."""

import json
import subprocess
import sys

import pytest
from alfworld_games import content, tiny
from benchmark_scripts import BENCHMARKS, load_script

from t2po_gym.envs.alfworld.world.engine import Engine
from t2po_gym.envs.alfworld.world.game_tables import Tables

SCRIPT = BENCHMARKS / "alfworld.py"


@pytest.fixture(scope="module")
def benchmark_script():
    return load_script("alfworld")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path / "cache"))
    for number in range(3):
        place = tmp_path / "games" / "train" / f"task-{number}" / "trial"
        place.mkdir(parents=True)
        (place / "game.tw-pddl").write_text(json.dumps(content()))
    return tmp_path / "games"


def test_a_walk_is_of_fifty_commands_a_fifth_of_them_refused(benchmark_script):
    tables = Tables(tiny())
    walks = [benchmark_script.walk(tables, number) for number in range(40)]
    assert {len(walk) for walk in walks} == {benchmark_script.STEPS}
    assert walks[0] == benchmark_script.walk(tables, 0)
    accepted = 0
    for walk in walks:
        engine = Engine(tables)
        for command in walk:
            engine.step(command)
            accepted += engine.accepted
    assert 0.76 < accepted / (40 * benchmark_script.STEPS) < 0.84


def test_games_are_spread_without_repetition(benchmark_script):
    for total, count in ((3, 10), (140, 140), (3553, 512), (1_000_000, 512)):
        chosen = benchmark_script.spread(total, count)
        assert len(set(chosen)) == len(chosen) == min(total, count)
        assert all(0 <= index < total for index in chosen)


@pytest.mark.parametrize("name", ["start", "compile", "reset", "memory"])
def test_a_measurement_gives_its_figures_from_a_process_of_its_own(name, folder):
    call = json.dumps([name, str(folder)])
    run = subprocess.run(
        [sys.executable, str(SCRIPT), "--measure", call], capture_output=True, text=True, check=True
    )
    figures = json.loads(run.stdout)
    assert figures
    assert all(isinstance(value, (int, float)) and value >= 0 for value in figures.values())
