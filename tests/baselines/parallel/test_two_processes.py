"""Two processes and one: the same losses, gradients, weights and metrics, and each other's runs.

Processes are started by torchrun, as users start them; they talk over gloo. The tests of updates
share one start (`tests/support/shared_weights.py`), those of whole runs another.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import shared_weights
import torch
from memory_runs import saved_base

from baselines import ppo_train

ROOT = Path(__file__).resolve().parents[3]
SUPPORT = ROOT / "tests" / "support"
EXACT = ("plain", "corrected", "lean", "adapter", "critic")

pytestmark = pytest.mark.xdist_group("two processes")


def torchrun(*command: str, processes: int = 2) -> subprocess.CompletedProcess[str]:
    """Run a script in several processes that find each other by a free port."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    return subprocess.run(
        [*launcher, f"--nproc_per_node={processes}", *command],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": f"{ROOT}:{SUPPORT}"},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every scenario in one process and in two, fresh and gone on from the other's checkpoint."""
    folder = tmp_path_factory.mktemp("processes")
    base = saved_base(folder / "base")
    script = str(SUPPORT / "shared_weights.py")
    shared_weights.main(base, f"{folder}/one")
    told = torchrun(script, base, f"{folder}/two", f"{folder}/two-from-one:{folder}/one")
    assert told.returncode == 0, told.stderr
    shared_weights.main(base, f"{folder}/one-from-two:{folder}/two")
    return folder


def left(place: Path) -> tuple[dict[str, float], list[torch.Tensor], list[torch.Tensor]]:
    numbers = json.loads((place / "numbers.json").read_text())
    return numbers, *torch.load(place / "tensors.pt")


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("update", ["first", "third"])
def test_an_update_is_the_same_in_two_processes(made: Path, name: str, update: str) -> None:
    numbers, gradients, weights = left(made / "one" / update / name)
    others, their_gradients, their_weights = left(made / "two" / update / name)
    assert others == pytest.approx(numbers, rel=1e-5, abs=1e-5)
    assert len(gradients) == len(their_gradients) > 4
    for mine, theirs in zip(gradients, their_gradients, strict=True):
        torch.testing.assert_close(theirs, mine, atol=1e-5, rtol=1e-5)
    # AdamW makes whole steps of gradients that are rounding errors: weights differ a little more.
    for mine, theirs in zip(weights, their_weights, strict=True):
        torch.testing.assert_close(theirs, mine, atol=2e-4, rtol=1e-5)
    assert numbers.get("grad_norm", numbers.get("value_grad_norm", 0.0)) > 1e-3


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("other", ["one-from-two", "two-from-one"])
def test_a_run_goes_on_in_another_number_of_processes(made: Path, name: str, other: str) -> None:
    numbers, gradients, _ = left(made / "one" / "third" / name)
    others, their_gradients, _ = left(made / other / "third" / name)
    assert others == pytest.approx(numbers, rel=1e-5, abs=1e-5)
    for mine, theirs in zip(gradients, their_gradients, strict=True):
        torch.testing.assert_close(theirs, mine, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("bfloat16", "two/first"),
        ("bfloat16", "two-from-one/third"),
        ("adapter-bfloat16", "two/first"),  # three updates at this rate carry rounding too far
    ],
)
def test_bfloat16_differs_by_its_rounding_alone(made: Path, name: str, other: str) -> None:
    numbers, gradients, _ = left(made / "one" / other.partition("/")[2] / name)
    others, their_gradients, _ = left(made / other / name)
    assert others == pytest.approx(numbers, rel=0.02, abs=1e-3)
    for mine, theirs in zip(gradients, their_gradients, strict=True):
        torch.testing.assert_close(theirs, mine, atol=0.02, rtol=0.02)


@pytest.mark.parametrize("name", ["plain", "bfloat16", "adapter"])
def test_two_processes_save_the_files_that_one_saves(made: Path, name: str) -> None:
    mine, theirs = (made / count / name / "policy" for count in ("one", "two"))
    assert {p.name for p in mine.iterdir()} == {p.name for p in theirs.iterdir()}
    for file in ("config.json", "adapter_config.json", "generation_config.json"):
        if (mine / file).is_file():
            assert (mine / file).read_text() == (theirs / file).read_text()
    weights = "adapter_model.safetensors" if name == "adapter" else "model.safetensors"
    assert (mine / weights).stat().st_size == (theirs / weights).stat().st_size


# ---- whole runs ----------------------------------------------------------------------------------


def flags(model: str, root: Path, name: str, *more: str) -> list[str]:
    settings = {
        **{"--preset": "toy", "--model": model, "--run.root": str(root), "--run.name": name},
        **{"--run.steps": "3", "--run.threads": "1", "--run.tensorboard": "False"},
        **{"--rollout.tasks": "3", "--rollout.group": "4", "--optim.epochs": "1"},
        **{"--eval.tasks": "5", "--eval.dev-tasks": "3", "--eval.every": "1"},
        **{"--loss.kl-coef": "0.02", "--env-kwargs": '{"max_turns": 3}'},
    }
    return [*(word for pair in settings.items() for word in pair), *more]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """PPO in one process, and in two with the last step in one."""
    root = tmp_path_factory.mktemp("runs")
    cold = ["--cold-start.episodes", "96", "--cold-start.epochs", "2", "--run.steps", "0"]
    assert ppo_train.main(flags("", root, "cold", *cold)) == 0
    model = str(root / "cold" / "checkpoints" / "step-000000")
    assert ppo_train.main(flags(model, root, "one")) == 0
    script = str(ROOT / "baselines" / "ppo_train.py")
    told = torchrun(script, *flags(model, root, "two", "--run.stop-after", "2"))
    assert told.returncode == 0, told.stderr
    assert ppo_train.main(["--resume", str(root / "two"), "--run.stop-after", "0"]) == 0
    return root


def rows(root: Path, name: str, log: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (root / name / log).read_text().splitlines()]


@pytest.mark.parametrize("log", ["metrics.jsonl", "evaluations.jsonl"])
def test_a_run_has_the_same_metrics_in_two_processes(runs: Path, log: str) -> None:
    alone, together = rows(runs, "one", log), rows(runs, "two", log)
    assert len(alone) == len(together) >= 3
    for mine, theirs in zip(alone, together, strict=True):
        assert list(mine) == list(theirs)
        for key, value in mine.items():
            near = value if isinstance(value, str) else pytest.approx(value, rel=1e-4, abs=1e-5)
            assert theirs[key] == near, (mine["step"], key)


def test_the_first_process_alone_writes(runs: Path) -> None:
    assert [row["step"] for row in rows(runs, "two", "timings.jsonl")] == [1, 2, 3]
    assert (runs / "two" / "checkpoints" / "step-000002" / "optimizer").is_dir()
    assert (runs / "two" / "checkpoints" / "step-000003" / "optimizer.pt").is_file()
    assert not list((runs / "two" / "checkpoints").glob(".*"))
    traces = {p.name for p in (runs / "two" / "traces").iterdir()}
    assert traces == {p.name for p in (runs / "one" / "traces").iterdir()}


def test_more_processes_than_groups_are_one_sentence(tmp_path: Path) -> None:
    script = str(ROOT / "baselines" / "t2po_train.py")
    told = torchrun(script, *flags("", tmp_path, "none", "--rollout.tasks", "1"))
    assert told.returncode != 0
    assert told.stdout.count("2 processes") == 1
    assert "--rollout.tasks" in told.stdout
    assert not (tmp_path / "none").exists()
