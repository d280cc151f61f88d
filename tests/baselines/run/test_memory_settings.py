"""Runs that save memory: adapters through checkpoints, bfloat16, and settings that cannot work."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from baseline_fakes import TINY, tiny_policy
from memory_runs import adapted, config_of, saved_base
from rich.console import Console
from rollouts import rollout
from safetensors.torch import load_file
from stand_in import gigpo

from baselines import gigpo_train, ppo_train
from baselines.config import LoRAConfig, TrainConfig
from baselines.local_policy import LocalPolicy
from baselines.policy.loading import load_policy
from baselines.policy.reference import AdapterOff
from baselines.presets import toy
from baselines.presets.variants import of_algorithm
from baselines.run.folder import RunFolder
from baselines.run.training import TrainingRun
from baselines.t2po_train import main
from baselines.update import Learner

QUIET = Console(file=io.StringIO())


def tiny(base: str, algorithm: str = "gigpo", **policy: Any) -> TrainConfig:
    """A run of seconds: random weights, episodes of two turns."""
    made = of_algorithm(toy(), algorithm)  # type: ignore[arg-type]
    return replace(
        made,
        model=base,
        policy=replace(made.policy, **policy),
        rollout=replace(made.rollout, tasks=2, group=3, max_reply_tokens=16),
        thinking=replace(made.thinking, min_tokens=2, window=1, max_tokens=5, min_action_tokens=6),
        calibration=replace(made.calibration, tasks=2, group=2),
        env_kwargs={"max_turns": 2},
        loss=replace(made.loss, entropy_coef=0.01),  # something to learn whatever is won
        eval=replace(made.eval, tasks=2, dev_tasks=2, before=False),
        run=replace(made.run, steps=2, threads=1, tensorboard=False),
    )


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return saved_base(tmp_path_factory.mktemp("base"))


LORA = {"lora": LoRAConfig(rank=4, dropout=0.1), "gradient_checkpointing": True}


@pytest.mark.parametrize("trainer", [gigpo_train, ppo_train], ids=["gigpo", "ppo"])
def test_an_adapter_in_two_parts_is_the_adapter_in_one(
    trainer: Any, base: str, tmp_path: Path
) -> None:
    pytest.importorskip("peft")
    config = tiny(base, trainer.__name__.rpartition(".")[2].removesuffix("_train"), **LORA)
    config = replace(config, loss=replace(config.loss, kl_coef=0.05))
    whole, parts = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "parts")
    trainer.train(config, whole, QUIET, False)
    trainer.train(replace(config, run=replace(config.run, stop_after=1)), parts, QUIET, False)
    trainer.train(config, parts, QUIET, True)
    for log in ("metrics.jsonl", "evaluations.jsonl"):
        assert (whole.path / log).read_bytes() == (parts.path / log).read_bytes()
    files = [f.checkpoints / "step-000002" / "adapter_model.safetensors" for f in (whole, parts)]
    assert files[0].read_bytes() == files[1].read_bytes()
    first = load_file(whole.checkpoints / "step-000000" / "adapter_model.safetensors")
    last = load_file(files[0])
    assert any(not torch.equal(first[name], last[name]) for name in first)
    assert any(row["ref_kl"] > 0 for row in whole.read("metrics.jsonl"))


def test_no_checkpoint_holds_the_base_model(base: str, tmp_path: Path) -> None:
    pytest.importorskip("peft")
    config = tiny(base, "ppo", **LORA)
    config = replace(config, run=replace(config.run, steps=1))
    folder = RunFolder(tmp_path)
    ppo_train.train(config, folder, QUIET, False)
    last = folder.checkpoints / "step-000001"
    assert not (last / "model.safetensors").exists()
    state = torch.load(last / "critic.pt", weights_only=True)
    names = [name for name in state["weights"] if "lora_" not in name and "rotary" not in name]
    assert sorted(names) == ["1.bias", "1.weight"], "of the critic its head and matrices"


def test_the_reference_of_a_run_is_its_own_model(base: str, tmp_path: Path) -> None:
    pytest.importorskip("peft")
    config = tiny(base, **LORA)
    config = replace(config, loss=replace(config.loss, kl_coef=0.05))
    run = TrainingRun(config, RunFolder(tmp_path), QUIET, False)
    assert isinstance(run.learner().reference, AdapterOff)


def test_a_checkpoint_of_an_adapter_is_a_model(base: str, tmp_path: Path) -> None:
    """Training goes on from it, and `t2po-gym eval --model` plays it."""
    pytest.importorskip("peft")
    config = tiny(base, **LORA)
    config = replace(config, run=replace(config.run, steps=1))
    gigpo_train.train(config, RunFolder(tmp_path / "one"), QUIET, False)
    last = tmp_path / "one" / "checkpoints" / "step-000001"
    player = LocalPolicy(str(tmp_path / "one"), "t2po/ToyKeys-v0")
    assert len(player.describe()["revision"]) == 64
    again = replace(tiny(str(last)), run=replace(config.run, steps=2))
    gigpo_train.train(again, RunFolder(tmp_path / "two"), QUIET, False)
    start, end = (
        load_file(tmp_path / "two" / "checkpoints" / name / "adapter_model.safetensors")
        for name in ("step-000000", "step-000002")
    )
    before = load_file(last / "adapter_model.safetensors")
    assert all(torch.equal(start[name], before[name]) for name in before)
    assert any(not torch.equal(start[name], end[name]) for name in start)
    loaded = load_policy(str(tmp_path / "two" / "checkpoints" / "step-000002"), again.policy)
    assert loaded.adapter is not None


def test_bfloat16_corrects_for_the_sampler_by_default() -> None:
    config = toy()
    assert config.loss.tis == "auto"
    assert config.tis == "off"
    half = replace(config, policy=replace(config.policy, dtype="bfloat16"))
    assert half.tis == "token"
    assert replace(half, loss=replace(half.loss, tis="off")).tis == "off"
    assert replace(config, loss=replace(config.loss, tis="sequence")).tis == "sequence"


def test_bfloat16_reports_the_gap_to_its_sampler() -> None:
    """The correction hides the gap from the loss, not from the metrics."""
    found = {}
    for name, dtype, tis in (
        ("corrected", "bfloat16", "auto"),
        ("plain", "bfloat16", "off"),
        ("float32", "float32", "auto"),
    ):
        policy = tiny_policy(config=replace(TINY, dtype=dtype))
        config = replace(config_of(tis=tis), policy=replace(TINY, dtype=dtype))
        found[name] = Learner(policy, config).update(*gigpo(rollout(policy), config), 0)
    gap = found["corrected"]["sampler_gap"]
    assert gap == pytest.approx(found["plain"]["sampler_gap"], rel=0.5)
    assert gap > 100 * found["float32"]["sampler_gap"]
    assert found["corrected"]["approx_kl"] < 0.1 * found["plain"]["approx_kl"]


WRONG = [
    (["--policy.lora.rank", "4", "--policy.lora.targets", "q_proj", "w"], "'w'"),
    (["--policy.lora.rank", "4", "--model", ""], "LoRA adapts a model that exists"),
    (["--policy.lora.rank", "4", "--loss.kl-coef", "0.1", "--cold-start.when", "always"], "merge"),
    (["--optim.lr", "1e-10"], "cannot move a float32 weight"),
]


@pytest.mark.parametrize(("wrong", "named"), WRONG)
def test_settings_that_cannot_work_are_one_sentence(
    wrong: list[str], named: str, base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("peft")
    assert refused(["--model", base, *wrong], tmp_path, capsys, named)


def refused(
    wrong: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], named: str
) -> bool:
    assert main(["--preset", "toy", "--run.root", str(tmp_path / "runs"), *wrong]) == 2
    printed = capsys.readouterr()
    said = " ".join((printed.out + printed.err).split())
    assert not (tmp_path / "runs").exists()
    return named in said and "Traceback" not in said


def test_a_trained_adapter_has_no_reference(
    base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("peft")
    adapted(base, LoRAConfig(rank=2)).save(tmp_path / "adapter")
    wrong = ["--model", str(tmp_path / "adapter"), "--loss.kl-coef", "0.1"]
    assert refused(wrong, tmp_path, capsys, "baselines.policy.merge")


def test_a_missing_base_model_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("peft")
    lost = saved_base(tmp_path / "lost")
    adapted(lost, LoRAConfig(rank=2)).save(tmp_path / "adapter")
    Path(lost).rename(tmp_path / "elsewhere")
    assert refused(["--model", str(tmp_path / "adapter")], tmp_path, capsys, "there is no folder")


def test_the_extra_is_named_before_anything_is_loaded(
    base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("baselines.policy.lora.find_spec", lambda name: None)
    wrong = ["--model", base, "--policy.lora.rank", "4"]
    assert refused(wrong, tmp_path, capsys, "pip install 't2po-gym[lora]'")


def test_the_smallest_rate_moves_a_weight() -> None:
    """2^-30 is half of the distance beside 0.02: less is lost, twice as much is not."""
    weight = torch.tensor(0.02)
    assert weight + 0.9 * 2.0**-30 == weight
    assert weight + 2.0**-29 != weight


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (
            ["--policy.logit-chunk", "-1"],
            "logit_chunk is -1; it must be at least 0, which chooses by itself",
        ),
        (["--policy.lora.rank", "-1"], "rank is -1; it must be at least 0"),
        (["--policy.lora.dropout", "1"], "dropout is 1.0; it must be at least 0 and below 1"),
    ],
)
def test_impossible_numbers_are_refused(
    flags: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["--preset", "toy", *flags])
    printed = capsys.readouterr()
    said = " ".join((printed.out + printed.err).replace("│", " ").split())
    assert named in said
    assert "Traceback" not in said
