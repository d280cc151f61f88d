"""The cells of a study: which runs, with which command, where their logs are kept."""

from __future__ import annotations

import json
import lzma
import os
import platform
import resource
import shlex
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from baselines.presets import PRESETS
from t2po_gym.data.filelock import file_lock

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "study"
LOGS = ("metrics.jsonl", "evaluations.jsonl")
LIBRARIES = ("torch", "transformers", "gymnasium", "numpy")
COLD_START = "cold-start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One run of a study.

    Example: `Cell(study="cpu", env="webshop", arm="t2po", algorithm="t2po", seed=3, flags=(...))`
    """

    study: str
    env: str
    """Environment, short."""
    arm: str
    """What is compared: an algorithm, a variant of one, or the cold start."""
    algorithm: str
    """Whose script runs it."""
    seed: int
    flags: tuple[str, ...]
    """Command line behind the script's name, without seed and folder."""

    @property
    def name(self) -> str:
        """Name of its folder."""
        return f"{self.env}-{self.arm}-{self.seed}"

    @property
    def kept(self) -> Path:
        """Where its logs are kept."""
        return RESULTS / self.study / self.name

    @property
    def done(self) -> bool:
        """Whether it has been run to its end."""
        return (self.kept / "about.json").is_file()

    def command(self, runs: Path) -> list[str]:
        """Return the command that runs it, or goes on with it, in its folder below `runs`."""
        script = str(ROOT / "baselines" / f"{self.algorithm}_train.py")
        folder = runs / self.study / self.name
        if (folder / "config.json").is_file():
            return [sys.executable, script, "--resume", str(folder)]
        place = ["--run.root", str(folder.parent), "--run.name", self.name]
        return [sys.executable, script, *self.flags, "--run.seed", str(self.seed), *place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A grid of cells.

    Example: `Study(name="cpu", presets={"toy": "toy"}, budgets={"toy": 3_000}, ...)`
    """

    name: str
    presets: Mapping[str, str]
    """Environment -> preset."""
    budgets: Mapping[str, int]
    """Environment -> generated tokens per run."""
    arms: Mapping[str, tuple[str, tuple[str, ...]]]
    """Arm -> algorithm and further flags."""
    seeds: int = 5
    flags: tuple[str, ...] = ()
    """Flags of all cells."""
    title: str = ""
    """What it asks."""
    baseline: str = "gigpo"
    """Arm that the others are compared with."""
    own_starts: bool = False
    """Whether every run may make a cold start of its own."""

    def cells(self) -> list[Cell]:
        """List the cells, seed by seed, so that early results are of all arms."""
        grid = []
        for env, preset in self.presets.items():
            # Every run starts from the same policy: its panel is played once.
            zero = ("--preset", preset, *self.flags, "--run.steps", "0")
            grid.append(self._cell(env, COLD_START, "t2po", 0, zero))
        for seed in range(self.seeds):
            for env, preset in self.presets.items():
                budget = ("--run.token-budget", str(self.budgets[env]), "--eval.before", "False")
                for arm, (algorithm, own) in self.arms.items():
                    flags = ("--preset", preset, *self.flags, *budget, *own)
                    grid.append(self._cell(env, arm, algorithm, seed, flags))
        return grid

    def without_start(self, cells: Iterable[Cell]) -> set[str]:
        """Presets of cells that come without a cold start though runs must share theirs."""
        used = {self.presets[cell.env] for cell in cells}
        return set() if self.own_starts else {name for name in used if not PRESETS[name]().model}

    def _cell(self, env: str, arm: str, algorithm: str, seed: int, flags: tuple[str, ...]) -> Cell:
        return Cell(study=self.name, env=env, arm=arm, algorithm=algorithm, seed=seed, flags=flags)


def run_cell(cell: Cell, runs: Path) -> bool:
    """Run a cell to its end and keep its logs; False where another process is at it.

    Raises:
        RuntimeError: the trainer failed.
    """
    folder = runs / cell.study / cell.name
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with file_lock(folder / ".lock", wait=False):
            if not cell.done:
                _train_and_keep(cell, folder, runs)
    except BlockingIOError:
        return False
    return True


def train(cell: Cell, runs: Path) -> None:
    """Start a cell's trainer, or go on with it, on one core; its output goes to its folder.

    Raises:
        RuntimeError: the trainer failed.
    """
    output = runs / cell.study / cell.name / "output.txt"
    output.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    with output.open("a") as told:
        done = subprocess.run(
            cell.command(runs), env=environment, stdout=told, stderr=subprocess.STDOUT
        )
    if done.returncode:
        raise RuntimeError(f"{cell.name} ended with {done.returncode}; see {output}")


def _train_and_keep(cell: Cell, folder: Path, runs: Path) -> None:
    began, spent = time.time(), children_seconds()
    train(cell, runs)
    cell.kept.mkdir(parents=True, exist_ok=True)
    for log in LOGS:
        packed = lzma.compress((folder / log).read_bytes() if (folder / log).is_file() else b"")
        (cell.kept / f"{log}.xz").write_bytes(packed)
    seed = str(cell.seed)
    about = {
        "command": shlex.join(
            ["python", f"baselines/{cell.algorithm}_train.py", *cell.flags, "--run.seed", seed]
        ),
        "commit": commit(),
        "versions": {"python": platform.python_version(), **{n: version(n) for n in LIBRARIES}},
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs",
        "wall_minutes": round((time.time() - began) / 60, 2),
        "cpu_minutes": round((children_seconds() - spent) / 60, 2),
    }
    text = json.dumps(about, indent=2) + "\n"
    (cell.kept / "about.json").write_text(text, encoding="utf-8")


def children_seconds() -> float:
    """CPU seconds of the child processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def commit() -> str:
    """Return the commit of the sources, with `+` where they were changed since."""

    def git(*words: str) -> str:
        run = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
        return run.stdout.strip()

    changed = git("status", "--porcelain", "--", "baselines", "t2po_gym")
    return git("rev-parse", "--short=12", "HEAD") + ("+" if changed else "")


def read_log(cell: Cell, log: str) -> list[dict[str, Any]]:
    """Return the rows of a finished cell's log."""
    text = lzma.decompress((cell.kept / f"{log}.xz").read_bytes()).decode()
    return [json.loads(line) for line in text.splitlines()]
