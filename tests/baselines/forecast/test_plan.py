"""`--dry-run`: what it prints, and that it loads and writes nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from baselines import grpo_train, t2po_train
from baselines.forecast import plan
from baselines.policy import loading
from baselines.presets import PRESETS
from baselines.run import preflight

FLAGS = ("--preset", "toy", "--policy.hidden-size", "32")
LARGE = ("--preset", "webshop-llm", "--model", "Qwen/Qwen3-0.6B")


def test_the_plan_of_a_small_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert t2po_train.main([*FLAGS, "--dry-run"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    # Eight groups of eight, twelve turns of at most forty tokens (the default of ToyKeys).
    assert "8 groups x 8 episodes x at most 12 turns = at most 768 rows" in told
    assert "at most 30,720 generated tokens and 147,456 prompt tokens" in told
    assert "it fits" in told
    assert list(tmp_path.iterdir()) == []


def test_what_does_not_fit_is_said_with_the_switches_that_help(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "load_policy", None)
    flags = ["--preset", "webshop-llm", "--model", "Qwen/Qwen3-0.6B", "--memory", "20"]
    assert grpo_train.main([*flags, "--dry-run", "2"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert (
        "GRPO on t2po/WebShop-v0: Qwen/Qwen3-0.6B, 596.0 M weights, bfloat16; 2 processes." in told
    )
    assert "but there are 20.0 GB (given): it does not fit." in told
    assert "--policy.lora.rank 16:" in told
    assert told.rstrip().endswith("which fits.")


def test_an_unknown_shape_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--preset", "webshop-llm", "--model", "nobody/has-this", "--dry-run"]
    assert t2po_train.main(flags) == 2
    told = " ".join(capsys.readouterr().out.split())
    assert "The shape of nobody/has-this is neither known here nor to be had" in told
    assert "Qwen/Qwen3-4B" in told


def test_a_plan_for_more_processes_than_groups_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert t2po_train.main([*FLAGS, "--dry-run", "9"]) == 2
    assert "9 processes cannot share 8 groups" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("env", ["webshop", "alfworld", "searchqa"])
def test_presets_of_the_paper_are_planned_before_their_data_are_here(
    env: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("T2PO_GYM_DATA", raising=False)
    monkeypatch.setattr(plan, "is_here", lambda path: False)
    monkeypatch.setattr(preflight, "is_here", lambda path: False)
    turns = PRESETS[f"paper-{env}"]().env_kwargs["max_turns"]
    assert t2po_train.main(["--preset", f"paper-{env}", "--memory", "80", "--dry-run", "8"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "A run needs what is missing here" in told
    assert "T2PO_GYM_DATA" in told
    assert "Prompts are checked once Qwen/Qwen3-4B is on this machine" in told
    assert f"at most {turns} turns" in told
    assert "8 processes" in told


def test_a_plan_without_environment_and_turns_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    flags = [*FLAGS, "--env-kwargs", '{"catalogue": "nobody-has-this"}', "--dry-run"]
    assert t2po_train.main(flags) == 2
    assert "do not say how many turns it has (max_turns)" in " ".join(
        capsys.readouterr().out.split()
    )


@pytest.mark.parametrize("flags", [["--generator", "vllm"], ["--policy.lora.rank", "8"]])
def test_a_plan_needs_no_package_of_an_extra(
    flags: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for missing in ("vllm", "peft"):
        monkeypatch.setitem(sys.modules, missing, None)
    assert t2po_train.main([*LARGE, *flags, "--dry-run", "8"]) == 0
    assert "A step: 16 groups x 8 episodes" in " ".join(capsys.readouterr().out.split())


def test_an_engine_is_part_of_the_plan(capsys: pytest.CaptureFixture[str]) -> None:
    flags = [*LARGE, "--generator", "vllm", "--dry-run", "--memory"]
    assert t2po_train.main([*flags, "24", "--vllm.gpu-memory", "0.9"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "engine: keys and values" in told
    assert "The vLLM engine sleeps while the trainer learns." in told
    assert "it does not fit. --vllm.gpu-memory 0.4: 17.9 GB and fits" in told
    assert t2po_train.main([*flags, "24", "--vllm.gpu-memory", "0.05"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "Its share of 5% of 24.0 GB is too small" in told
    assert "give --vllm.gpu-memory 0.4." in told
    assert "it fits" not in told
