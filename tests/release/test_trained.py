"""The wheel with the extra `train`: a step of training, with the policies that it ships."""

from __future__ import annotations

import json
import os
import sys

import pytest
from installed import Installed, python_of
from wheel_scripts import EVERY_MODULE, EXPERTS

pytestmark = pytest.mark.wheel
THIS = f"{sys.version_info.major}.{sys.version_info.minor}"
PYTHONS = os.environ.get("T2PO_GYM_WHEEL_TRAIN", "").split() or [THIS]
TORCH = os.environ.get("T2PO_GYM_WHEEL_TORCH", "").split()
"""Installed first: on a machine without a GPU, a build for CPUs."""
INDEX = os.environ.get("T2PO_GYM_WHEEL_TORCH_INDEX", "")
"""Index that has such builds, beside the usual one."""
SMALL = ["--rollout.tasks", "1", "--rollout.group", "2", "--run.steps", "1", "--eval.tasks", "2"]


@pytest.fixture(scope="module", params=PYTHONS)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel with what training needs, and one step of T2PO on WebShop."""
    python = python_of(request.param)
    assert python is not None, f"Python {request.param} was asked for and is not on this machine"
    made = Installed(tmp_path_factory.mktemp("train"), python)
    index = ["--extra-index-url", INDEX] if TORCH and INDEX else []
    made.create(*index, *TORCH, extra="[train]")
    made.command("train", "t2po", "--preset", "webshop", *SMALL, "--run.name", "one")
    return made


def test_one_step_leaves_a_run(trained: Installed) -> None:
    folder = trained.home / "runs" / "one"
    (line,) = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["step"] == 1
    assert any((folder / "checkpoints").iterdir())


def test_a_run_goes_on(trained: Installed) -> None:
    trained.command("train", "t2po", "--resume", "runs/one", "--run.steps", "2")
    lines = (trained.home / "runs" / "one" / "metrics.jsonl").read_text(encoding="utf-8")
    assert len(lines.splitlines()) == 2


def test_a_run_is_continued_by_its_own_trainer(trained: Installed) -> None:
    said = trained.command("train", "grpo", "--resume", "runs/one", status=2)
    assert "t2po-gym train t2po --resume runs/one" in " ".join(said.split())


@pytest.mark.parametrize("algorithm", ["gigpo", "grpo", "ppo"])
def test_every_trainer_takes_a_step(trained: Installed, algorithm: str) -> None:
    trained.command("train", algorithm, "--preset", "searchqa", *SMALL, "--run.name", algorithm)
    assert (trained.home / "runs" / algorithm / "metrics.jsonl").is_file()


def test_a_trained_policy_is_evaluated(trained: Installed) -> None:
    words = ["eval", "t2po/WebShop-v0", "--model", "runs/one", "--tasks", "2", "--out", "trained"]
    assert "2 episodes in trained" in trained.command(*words)
    assert "2 episodes replay as recorded." in trained.command("verify", "trained")


def test_its_episodes_become_a_page(trained: Installed) -> None:
    trained.command("watch", "runs/one", "--html", "page.html")
    assert "<html" in (trained.home / "page.html").read_text(encoding="utf-8")


def test_modules_miss_extras_only(trained: Installed) -> None:
    loaded = set(trained.run_python(EVERY_MODULE).split())
    assert {"t2po_gym.baselines.t2po_train", "t2po_gym.baselines.engine.host"} <= loaded


def test_presets_find_the_experts_that_they_name(trained: Installed) -> None:
    modules = trained.run_python(EXPERTS).split()[1::2]
    assert set(modules) == {"t2po_gym.baselines.cold_start.deliberate"}


def test_the_help_says_what_can_be_typed(trained: Installed) -> None:
    said = trained.command("train", "ppo", "--help")
    assert "t2po-gym train ppo --resume runs/NAME" in said
    assert "python baselines/" not in said
