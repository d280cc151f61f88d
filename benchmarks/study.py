"""T2PO, GiGPO, GRPO and PPO on equal budgets of generated tokens, five seeds each.

    python benchmarks/study.py --preset cpu --workers 2     runs what is missing; stop it at will
    python benchmarks/study.py --preset cpu --report        writes docs/results.md and its figure
    python benchmarks/study.py --preset cpu --list          which cells are done

A cell is one run of one trainer: environment, algorithm, seed. It runs on one core in a process of
its own and goes on from its last checkpoint after any interruption. Several of these commands may
work on one study at once. The logs of finished cells are kept in benchmarks/results/study,
compressed, with command, commit, versions and minutes.
"""

from __future__ import annotations

import argparse
import lzma
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, Queue

from study_cells import LOGS, ROOT, Cell, Study, run_cell, train

from baselines.config import ALGORITHMS

DELIBERATE = {env: f"{env}-deliberate" for env in ("webshop", "alfworld", "searchqa")}
QUIET = ("--run.tensorboard", "False", "--run.trace-episodes", "0")
FLAGS = (*QUIET, "--eval.tasks", "200", "--eval.thinking", "both", "--run.checkpoint-every", "4")
PLAIN: dict[str, tuple[str, tuple[str, ...]]] = {name: (name, ()) for name in ALGORITHMS}
PAIR = {name: PLAIN[name] for name in ("t2po", "gigpo")}

STUDIES = {
    study.name: study
    for study in (
        Study(
            name="cpu",
            title="T2PO, GiGPO, GRPO and PPO where hesitation exists",
            presets=DELIBERATE,
            budgets={"webshop": 400_000, "alfworld": 300_000, "searchqa": 300_000},
            arms=PLAIN,
            flags=FLAGS,
        ),
        Study(
            name="ablations",
            title="What each part of T2PO does on Search QA",
            presets={"searchqa": "searchqa-deliberate"},
            budgets={"searchqa": 120_000},
            flags=(*QUIET, "--eval.tasks", "200", "--eval.select", "last"),
            arms={
                "t2po": ("t2po", ()),
                "tti-only": ("t2po", ("--turns.enabled", "False")),
                "tds-only": ("t2po", ("--thinking.enabled", "False")),
                "gigpo": ("gigpo", ()),
                "alpha-0": ("t2po", ("--signal.alpha", "0")),
                "alpha-1": ("t2po", ("--signal.alpha", "1")),
                "epsilon-q10": ("t2po", ("--thinking.epsilon-quantile", "0.1")),
                "epsilon-q50": ("t2po", ("--thinking.epsilon-quantile", "0.5")),
                "eta-q10": ("t2po", ("--turns.eta-quantile", "0.1")),
                "eta-q40": ("t2po", ("--turns.eta-quantile", "0.4")),
                "bmax-1": ("t2po", ("--turns.max-resamples", "1")),
                "bmax-4": ("t2po", ("--turns.max-resamples", "4")),
            },
        ),
        Study(
            name="default",
            title="The default run, five seeds",
            presets={"webshop": "webshop"},
            budgets={"webshop": 0},
            arms=PAIR,
            flags=QUIET,
        ),
        Study(
            name="smoke",
            title="A study of seconds, for the tests",
            presets={"toy": "toy"},
            budgets={"toy": 3_000},
            seeds=2,
            own_starts=True,
            arms=PAIR,
            flags=(
                *QUIET,
                *("--eval.tasks", "8", "--eval.dev-tasks", "4"),
                *("--rollout.tasks", "2", "--rollout.group", "2"),
                *("--cold-start.episodes", "24", "--cold-start.epochs", "1"),
                *("--cold-start.min-score", "0", "--policy.hidden-size", "32"),
                *("--env-kwargs", '{"max_turns": 3}', "--run.threads", "1"),
            ),
        ),
    )
}


def work(cells: list[Cell], runs: Path, workers: int) -> int:
    """Run the cells that are not done, so many at once; returns how many failed."""
    waiting: Queue[Cell] = Queue()
    for cell in cells:
        if not cell.done:
            waiting.put(cell)
    failures: list[str] = []

    def worker() -> None:
        while True:
            try:
                cell = waiting.get_nowait()
            except Empty:
                return
            began = time.perf_counter()
            try:
                mine = run_cell(cell, runs)
            except RuntimeError as error:
                failures.append(cell.name)
                print(f"FAILED  {error}", flush=True)
                continue
            minutes = (time.perf_counter() - began) / 60
            told = f"done in {minutes:.1f} min" if mine else "is being run elsewhere"
            print(f"{cell.name}: {told}; {waiting.qsize()} left", flush=True)

    with ThreadPoolExecutor(workers) as pool:
        for job in [pool.submit(worker) for _ in range(workers)]:
            job.result()
    return len(failures)


def main() -> int:
    """Run or report a study; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--preset", choices=sorted(STUDIES), default="cpu")
    parser.add_argument("--workers", type=int, default=1, help="cells that run at once")
    parser.add_argument("--only", default="", help="cells whose name holds this text")
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / "study", help="run folders")
    parser.add_argument("--list", action="store_true", help="say which cells are done")
    parser.add_argument("--again", action="store_true", help="run one cell again and compare")
    parser.add_argument("--report", action="store_true", help="write docs/results.md")
    options = parser.parse_args()
    study = STUDIES[options.preset]
    cells = [cell for cell in study.cells() if options.only in cell.name]
    if options.list:
        for cell in cells:
            print(f"{'done' if cell.done else 'open'}  {cell.name}")
        return 0
    if options.report:
        from study_report import write_report  # needs the extra `study`

        write_report(STUDIES)
        return 0
    if options.again:
        return repeat(cells)
    if alone := study.without_start(cells):
        sys.exit(
            f"Runs of a study share one cold start, and {', '.join(sorted(alone))} has none: make "
            "it with baselines/cold_start/make.py and name it as the preset's model, or leave the "
            "environment out with --only."
        )
    return 1 if work(cells, options.runs, options.workers) else 0


def repeat(cells: list[Cell]) -> int:
    """Run one finished cell again from nothing; 0 where its logs come out equal byte for byte."""
    if len(cells) != 1 or not cells[0].done:
        sys.exit("--again needs --only NAME of one finished cell.")
    cell, equal = cells[0], True
    with tempfile.TemporaryDirectory() as temporary:
        train(cell, Path(temporary))
        for log in LOGS:
            now = (Path(temporary) / cell.study / cell.name / log).read_bytes()
            same = now == lzma.decompress((cell.kept / f"{log}.xz").read_bytes())
            print(f"{cell.name} {log}: {'equal byte for byte' if same else 'DIFFERENT'}")
            equal &= same
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
