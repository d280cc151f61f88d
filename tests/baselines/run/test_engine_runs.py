"""Training with an engine: which settings reach it, when it is told what, how its death is told."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from baseline_fakes import tiny_policy
from rich.console import Console
from streaming import FakeEngine

from baselines import t2po_train
from baselines.config import TrainConfig, VLLMConfig
from baselines.engine import generator as engine_generator
from baselines.engine import requirements
from baselines.engine.messages import Ready, Settings
from baselines.engine.process import EngineError
from baselines.presets import toy
from baselines.run import panels
from baselines.run.folder import RunFolder
from baselines.run.panels import make_player
from baselines.sampling.generation import HFGenerator


def tiny(**changes: Any) -> TrainConfig:
    """A run of seconds: random weights, episodes of two turns."""
    base = toy()
    return replace(
        base,
        env_kwargs={"max_turns": 2},
        policy=replace(base.policy, hidden_size=32),
        rollout=replace(base.rollout, tasks=2, group=2, max_reply_tokens=16),
        thinking=replace(
            base.thinking, epsilon=0.1, min_tokens=2, max_tokens=5, window=1, min_action_tokens=6
        ),
        turns=replace(base.turns, eta=0.01),
        cold_start=replace(base.cold_start, when="skip", episodes=4),
        loss=replace(base.loss, entropy_coef=0.01),  # something to learn where nobody wins
        eval=replace(base.eval, tasks=2, dev_tasks=2),
        run=replace(base.run, steps=2, threads=1, tensorboard=False),
        **changes,
    )


class Inside(FakeEngine):
    """Stands for `VLLMGenerator`; the last one made is `made`."""

    made: Any = None
    dies_after = 10**9

    def __init__(
        self, policy: Any, how: Any, *, queue: str, reply_prefix: str, **rest: Any
    ) -> None:
        super().__init__(HFGenerator(policy, queue=queue, reply_prefix=reply_prefix))
        self.tags, self.rest, self.replies = self.inner.tags, rest, 0
        Inside.made = self

    def ready(self) -> Any:
        self.replies += 1
        if self.replies > Inside.dies_after:
            raise EngineError("The engine has died.")
        return super().ready()


@pytest.fixture
def _inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panels, "VLLMGenerator", Inside)
    monkeypatch.setattr(requirements, "find_spec", lambda name: object())
    monkeypatch.setattr(Inside, "dies_after", 10**9)


def rows(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.usefixtures("_inside")
def test_weights_follow_every_update_and_the_engine_sleeps_meanwhile(tmp_path: Path) -> None:
    config = tiny(generator="vllm")
    t2po_train.train(config, RunFolder(tmp_path), Console(file=io.StringIO()), False)
    engine = Inside.made
    assert engine.told == ["push", "sleep", "push", "sleep", "push", "close"]
    assert engine.rest["max_model_len"] == config.prompt.max_tokens + 16
    assert engine.rest["log"] == tmp_path / "engine.log"
    last = engine.inner.policy.model.state_dict()
    assert all(torch.equal(engine.pushed[-1][name], last[name]) for name in last)
    assert any(not torch.equal(engine.pushed[0][name], last[name]) for name in last)


@pytest.mark.usefixtures("_inside")
def test_the_best_weights_are_played_by_the_same_engine(tmp_path: Path) -> None:
    config = tiny(generator="vllm")
    config = replace(config, eval=replace(config.eval, every=1, select="best"))
    t2po_train.train(config, RunFolder(tmp_path), Console(file=io.StringIO()), False)
    assert Inside.made.told[-3:] in (["push", "push", "close"], ["sleep", "push", "close"])


@pytest.mark.usefixtures("_inside")
def test_a_dead_engine_ends_the_run_which_can_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    config = tiny(generator="vllm")
    quiet = Console(file=io.StringIO())
    t2po_train.train(config, RunFolder(whole), quiet, False)
    RunFolder(broken).write_config(config)
    monkeypatch.setattr(Inside, "dies_after", Inside.made.replies // 2)
    assert t2po_train.main(["--resume", str(broken)]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "The engine has died. Continue with: python baselines/t2po_train.py --resume" in said
    assert "Traceback" not in said
    monkeypatch.setattr(Inside, "dies_after", 10**9)
    assert t2po_train.main(["--resume", str(broken)]) == 0
    for a, b in zip(rows(whole), rows(broken), strict=True):
        assert a == pytest.approx(b, rel=1e-4, abs=1e-5)


class NoProcess:
    """Stands for the engine's process; remembers how it was started."""

    def __init__(self, settings: Settings, log: Path, environment: dict[str, str]) -> None:
        self.settings, self.environment, self.sent = settings, environment, []
        self.close = lambda: None

    def send(self, message: object) -> None:
        self.sent.append(type(message).__name__)

    def receive(self) -> Ready:
        return Ready(sleeps=self.settings.sleeps)


def started(how: VLLMConfig, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(engine_generator, "EngineProcess", NoProcess)
    return make_player(tiny_policy(), tiny(generator="vllm", vllm=how)).generator


def test_the_settings_reach_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    how = VLLMConfig(
        gpu_memory=0.3, kv_cache_gib=0.5, tensor_parallel=2, max_num_seqs=7, enforce_eager=True
    )
    generator = started(how, monkeypatch)
    settings = generator.engine.settings
    assert settings.arguments == {
        "dtype": "float32",
        "max_model_len": 192 + 16,
        "gpu_memory_utilization": 0.3,
        "kv_cache_memory_bytes": 2**29,
        "tensor_parallel_size": 2,
        "max_num_seqs": 7,
        "enforce_eager": True,
    }
    assert "kv_cache_memory_bytes" not in VLLMConfig().arguments()
    tags = generator.tags
    assert set(settings.stop_ids) == {*tags.end_ids, *tags.action_close}
    assert generator.engine.environment == {"OMP_NUM_THREADS": "1"}
    assert not Path(settings.folder, "model.safetensors").exists(), "weights touch no disk"
    generator.close()


def test_an_engine_sleeps_once_and_is_woken_before_it_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    policy = tiny_policy()
    for sleeps, told in ((True, ["Load", "Sleep", "Wake", "Load"]), (False, ["Load", "Load"])):
        generator = started(VLLMConfig(sleep=sleeps), monkeypatch)
        generator.sleep()
        generator.sleep()
        generator.push(policy)
        assert generator.engine.sent == told
        generator.close()


def test_wrong_settings_of_an_engine_are_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = ["--preset", "toy", "--generator", "vllm", "--run.root", str(tmp_path / "runs")]
    cases: list[tuple[bool, list[str], str]] = [
        (False, [], "t2po-gym[vllm]"),
        (True, ["--prompt.max-tokens", "2040"], "longer than the 2048 tokens"),
        (True, ["--policy.lora.rank", "4"], "cannot follow an adapter"),
    ]
    for there, wrong, named in cases:
        found = object() if there else None
        monkeypatch.setattr(requirements, "find_spec", lambda name, found=found: found)
        assert t2po_train.main([*place, *wrong]) == 2
        said = " ".join(capsys.readouterr().out.split())
        assert named in said
        assert "Traceback" not in said
    assert not (tmp_path / "runs").exists()
    with pytest.raises(ValueError, match="gpu_memory"):
        VLLMConfig(gpu_memory=0.0)
    with pytest.raises(ValueError, match="max_num_seqs"):
        VLLMConfig(max_num_seqs=0)
