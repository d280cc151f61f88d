"""Studies: the grid, resuming, the page that is made from the logs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest
from benchmark_scripts import BENCHMARKS, load_script

ROOT = BENCHMARKS.parent


@pytest.fixture(scope="module")
def study() -> ModuleType:
    pytest.importorskip("torch", reason="needs the extra train")
    return load_script("study")


@pytest.fixture
def cells(study: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module of the cells, with a results folder of the test's own."""
    module = sys.modules["study_cells"]
    monkeypatch.setattr(module, "RESULTS", tmp_path / "kept")
    return module


def test_the_grid_is_four_algorithms_by_three_environments_by_five_seeds(
    study: ModuleType,
) -> None:
    cells = study.STUDIES["cpu"].cells()
    runs = [cell for cell in cells if cell.arm != "cold-start"]
    assert len(runs) == 4 * 3 * 5
    assert len({cell.name for cell in cells}) == 60 + 3
    assert {cell.algorithm for cell in runs} == {"t2po", "gigpo", "grpo", "ppo"}
    assert {cell.seed for cell in runs} == set(range(5))
    for env in ("webshop", "alfworld", "searchqa"):
        commands = {cell.flags for cell in runs if cell.env == env}
        assert len(commands) == 1, "one budget, one panel and one preset for every algorithm"
        assert f"{env}-deliberate" in next(iter(commands))
    zero = [cell for cell in cells if cell.arm == "cold-start"]
    assert all(cell.flags[-2:] == ("--run.steps", "0") for cell in zero)


def test_a_study_shares_cold_starts_or_says_which_are_missing(study: ModuleType) -> None:
    plain = study.STUDIES["smoke"]
    alone = replace(plain, own_starts=False)
    assert alone.without_start(alone.cells()) == {"toy"}, "ToyKeys comes with no cold start"
    assert plain.without_start(plain.cells()) == set()


def test_an_ablation_differs_in_what_its_name_says(study: ModuleType) -> None:
    ablations = study.STUDIES["ablations"]
    plain = next(cell for cell in ablations.cells() if cell.arm == "t2po").flags
    for cell in ablations.cells():
        if cell.arm != "cold-start":
            assert cell.flags[: len(plain)] == plain
    assert ablations.arms["tti-only"][1] == ("--turns.enabled", "False")
    assert ablations.arms["tds-only"][1] == ("--thinking.enabled", "False")


def test_a_started_cell_is_continued(cells: ModuleType, study: ModuleType, tmp_path: Path) -> None:
    cell = study.STUDIES["smoke"].cells()[1]
    folder = tmp_path / cell.study / cell.name
    fresh = cell.command(tmp_path)
    assert fresh[-6:] == [
        *("--run.seed", "0", "--run.root", str(folder.parent), "--run.name", cell.name)
    ]
    folder.mkdir(parents=True)
    (folder / "config.json").touch()
    assert cell.command(tmp_path)[2:] == ["--resume", str(folder)]


def test_a_cell_that_another_process_runs_is_left_alone(
    cells: ModuleType, study: ModuleType, tmp_path: Path
) -> None:
    from t2po_gym.data.filelock import file_lock

    cell = study.STUDIES["smoke"].cells()[1]
    (tmp_path / cell.study / cell.name).mkdir(parents=True)
    with file_lock(tmp_path / cell.study / cell.name / ".lock"):
        assert not cells.run_cell(cell, tmp_path)
    assert not cell.done


@pytest.mark.slow
def test_a_killed_cell_comes_out_as_one_that_was_not(
    cells: ModuleType, study: ModuleType, tmp_path: Path
) -> None:
    cell = study.STUDIES["smoke"].cells()[1]
    assert cells.run_cell(cell, tmp_path / "whole")
    whole = {log: cells.read_log(cell, log) for log in cells.LOGS}
    about = json.loads((cell.kept / "about.json").read_text())
    assert about["command"].startswith("python baselines/t2po_train.py --preset toy")
    (cell.kept / "about.json").unlink()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    for _ in range(3):
        run = subprocess.Popen(
            cell.command(tmp_path / "killed"), env=environment, stdout=subprocess.DEVNULL
        )
        metrics = tmp_path / "killed" / cell.study / cell.name / "metrics.jsonl"
        before = metrics.read_text().count("\n") if metrics.is_file() else 0
        while run.poll() is None:
            now = metrics.read_text().count("\n") if metrics.is_file() else 0
            if now > before:
                run.send_signal(signal.SIGKILL)
                break
            time.sleep(0.05)
        run.wait()
    assert cells.run_cell(cell, tmp_path / "killed")
    assert {log: cells.read_log(cell, log) for log in cells.LOGS} == whole
    assert len(whole["metrics.jsonl"]) >= 4, "else nothing was killed in between"


@pytest.mark.skipif(find_spec("rliable") is None, reason="needs the extra study")
def test_the_page_is_made_from_the_logs(
    study: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """docs/results.md is what `study.py --report` would write now."""
    report = load_script("study_report")
    page = tmp_path / "results.md"
    page.write_text((ROOT / "docs" / "results.md").read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(report, "PAGE", page)
    monkeypatch.setattr(report, "FIGURES", tmp_path)
    report.write_report(study.STUDIES)
    committed = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    assert page.read_text(encoding="utf-8") == committed


@pytest.mark.skipif(find_spec("rliable") is None, reason="needs the extra study")
def test_a_table_by_hand(
    cells: ModuleType, study: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = load_script("study_report")
    smoke = study.STUDIES["smoke"]
    solved = {("t2po", 0): "1100", ("t2po", 1): "1110", ("gigpo", 0): "1000", ("gigpo", 1): "1000"}

    def rows(cell: object, log: str) -> list[dict[str, object]]:
        bits = solved.get((cell.arm, cell.seed), "0000")  # type: ignore[attr-defined]
        if log == "metrics.jsonl":
            return [
                {
                    "success": 0.5,
                    "generated_tokens": 100.0 * i,
                    "useful_tokens": 0.25,
                    "tti_rate": 0.2 * (cell.arm == "t2po"),
                    "tds_rate": 0.0,
                }  # type: ignore[attr-defined]
                for i in (1, 2)
            ]
        dev = [{"split": "dev", "thinking": False, "success": s} for s in (0.4, 0.1)]
        test = {
            "split": "test",
            "thinking": False,
            "solved": bits,
            "score": 0.5,
            "tokens": 10.0,
            "turns": 2.0,
            "success": bits.count("1") / 4,
        }
        return [*dev, test]

    monkeypatch.setattr(report, "read_log", rows)
    monkeypatch.setattr(cells.Cell, "done", property(lambda cell: True))
    found = report.finished(smoke)
    lines = report.table(smoke, found)
    t2po = next(line for line in lines if "| T2PO |" in line)
    assert "| toy | T2PO | 2 | 62.5 % (50.0-75.0)" in t2po
    assert "| 25.0 % | 20.0 %, 0.0 % | 2 |" in t2po, "useful tokens, firing, both runs collapsed"
    assert "| GiGPO | 2 | 25.0 % (25.0-25.0)" in "\n".join(lines)
    wide = "\n".join(report.over_environments(smoke, found))
    assert "| T2PO | 62.5 % (50.0-75.0) | 1.00 (1.00-1.00) |" in wide


@pytest.mark.skipif(find_spec("rliable") is None, reason="needs the extra study")
def test_intervals_are_the_same_every_time(study: ModuleType) -> None:
    report = load_script("study_report")
    np = pytest.importorskip("numpy")
    scores = np.random.default_rng(0).integers(0, 2, (4, 50)).astype(float)
    np.random.seed(1)
    first, then = report.interval(scores), np.random.random()
    np.random.seed(1)
    assert then == np.random.random(), "and is left as it was"
    assert report.interval(scores) == first


@pytest.mark.skipif(find_spec("rliable") is None, reason="needs the extra study")
def test_an_unfinished_study_shows_no_table(
    cells: ModuleType, study: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = load_script("study_report")
    smoke = study.STUDIES["smoke"]
    monkeypatch.setattr(cells.Cell, "done", property(lambda cell: cell.seed == 0))
    lines = report.section(smoke)
    assert "2 of 4 runs are finished" in lines[2]
    assert not [line for line in lines if line.startswith("|")]
    monkeypatch.setattr(cells.Cell, "done", property(lambda cell: False))
    assert report.section(smoke) == []
