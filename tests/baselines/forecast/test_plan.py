"""`--dry-run`: what it prints, and that it loads and writes nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from baselines import grpo_train, t2po_train
from baselines.forecast import plan
from baselines.forecast.shapes import KNOWN
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
    flags = ["--preset", "webshop", "--env-kwargs", '{"catalogue": "nobody-has-this"}', "--dry-run"]
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


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--env", "t2po/Nope-v0"], "no environment t2po/Nope-v0 (--env)"),
        (["--env-kwargs", '{"max_turns": 3, "bogus": 1}'], "bogus"),
        (["--train-split", "nowhere"], "--train-split 'nowhere'"),
        (["--eval.split", "nowhere"], "--eval.split 'nowhere'"),
        (["--prompt.max-tokens", "50000"], "longer than the 40960 tokens that Qwen/Qwen3-0.6B"),
        (["--policy.lora.rank", "8", "--policy.lora.targets", "nope"], "names 'nope', but no"),
        (["--policy.device", "banana"], "There is no device 'banana'"),
        (["--policy.device", "cuda"], "say how much each process may use with --memory GB"),
        (["--model", "/etc"], "there is no config.json in /etc"),
    ],
)
def test_what_a_run_would_refuse_a_plan_refuses(
    flags: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    assert t2po_train.main([*LARGE, *flags, "--dry-run"]) == 2
    assert said in " ".join(capsys.readouterr().out.split())


def test_a_plan_for_a_gpu_elsewhere_needs_its_memory_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    flags = [*LARGE, "--policy.device", "cuda", "--dry-run", "2", "--memory", "80"]
    assert t2po_train.main(flags) == 0
    assert "80.0 GB (given)" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--memory", "10"], "--memory belongs to a plan: add --dry-run"),
        (["--dry-run", "--memory", "-1"], "gigabytes above 0, not '-1'"),
        (["--dry-run", "--memory", "nan"], "gigabytes above 0, not 'nan'"),
        (["--dry-run", "--memory", "much"], "gigabytes above 0, not 'much'"),
        (["--dry-run", "x"], "a whole number of at least 1, not 'x'"),
        (["--dry-run", "0"], "a whole number of at least 1, not '0'"),
    ],
)
def test_wrong_numbers_of_a_plan_are_said_in_words(
    flags: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        t2po_train.main([*LARGE, *flags])
    assert caught.value.code == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_sentences_end_in_one_point(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("T2PO_GYM_DATA", raising=False)
    flags = ["--preset", "paper-webshop", "--memory", "80", "--dry-run", "8"]
    assert t2po_train.main(flags) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "A run needs what is missing here" in told
    assert ".." not in told


PARAMETERS = {
    "Qwen/Qwen3-0.6B": 596_049_920,
    "Qwen/Qwen3-1.7B": 1_720_574_976,
    "Qwen/Qwen3-4B": 4_022_468_096,
    "Qwen/Qwen3-8B": 8_190_735_360,
    "Qwen/Qwen3-14B": 14_768_307_200,
    "Qwen/Qwen2.5-0.5B-Instruct": 494_032_768,
    "Qwen/Qwen2.5-1.5B-Instruct": 1_543_714_304,
    "Qwen/Qwen2.5-3B-Instruct": 3_085_938_688,
    "Qwen/Qwen2.5-7B-Instruct": 7_615_616_512,
    "HuggingFaceTB/SmolLM2-135M-Instruct": 134_515_008,
    "HuggingFaceTB/SmolLM2-360M-Instruct": 361_821_120,
    "HuggingFaceTB/SmolLM2-1.7B-Instruct": 1_711_376_384,
    "meta-llama/Llama-3.2-1B-Instruct": 1_235_814_400,
    "meta-llama/Llama-3.2-3B-Instruct": 3_212_749_824,
}
"""Weights of the models as their makers published them."""


def test_known_shapes_have_as_many_weights_as_the_models() -> None:
    assert set(PARAMETERS) == set(KNOWN)
    for name, weights in PARAMETERS.items():
        with torch.device("meta"):
            model = AutoModelForCausalLM.from_config(KNOWN[name]())
        assert sum(p.numel() for p in model.parameters()) == weights, name


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
