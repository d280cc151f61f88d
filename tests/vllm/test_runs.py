"""Training with an engine: weights follow, a killed engine is one sentence, the run goes on."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from baselines import t2po_train
from baselines.engine.generator import VLLMGenerator

SMALL = (
    "--preset webshop-deliberate --generator vllm --vllm.kv-cache-gib 0.25 --vllm.enforce-eager "
    "True --vllm.max-num-seqs 16 --policy.device cpu --rollout.tasks 2 --rollout.group 3 "
    "--calibration.tasks 2 --calibration.group 2 --eval.tasks 2 --eval.every 0 --eval.before False "
    "--eval.thinking off --run.steps 3 --run.checkpoint-every 1 --run.tensorboard False "
    "--run.threads 1 --run.name mine"
)


def said(capsys: pytest.CaptureFixture[str]) -> str:
    printed = capsys.readouterr()
    return " ".join((printed.out + printed.err).split())


def test_a_killed_engine_is_one_sentence_and_the_run_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed: list[float] = []
    push = VLLMGenerator.push

    def and_die(self: VLLMGenerator, policy: Any) -> None:
        push(self, policy)
        pushed.append(float(policy.model.get_output_embeddings().weight.detach().abs().sum()))
        if len(pushed) == 2:  # at its start, then after the first update
            os.kill(self.engine.pid, signal.SIGKILL)

    monkeypatch.setattr(VLLMGenerator, "push", and_die)
    arguments = [*SMALL.split(), "--run.root", str(tmp_path)]
    assert t2po_train.main(arguments) == 1
    words = said(capsys)
    assert "Traceback" not in words
    assert "The vLLM engine's process ended by signal SIGKILL" in words
    folder = tmp_path / "mine"
    assert f"--resume {folder}" in words
    assert (folder / "engine.log").stat().st_size > 0
    assert t2po_train.main(["--resume", str(folder)]) == 0
    assert "Traceback" not in said(capsys)
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row["step"] for row in rows] == [1, 2, 3]
    assert len(pushed) == 2 + 3, "at each start and after each update"
    assert len(set(pushed)) == 4, "what was pushed last before the end is what the run resumes from"
    # The engine sampled with the trainer's own weights, or the two would disagree.
    assert all(row["sampler_gap"] < 1e-3 for row in rows)


def test_an_engine_that_cannot_start_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*SMALL.split(), "--run.root", str(tmp_path), "--vllm.gpu-memory", "0.0001"]
    assert t2po_train.main([*arguments, "--vllm.kv-cache-gib", "100000"]) == 1
    words = said(capsys)
    assert "The vLLM engine failed: " in words
    assert "Traceback" not in words
