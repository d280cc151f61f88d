"""Whole runs on ToyKeys: learning, equal seeds, resuming bit for bit, crashes."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file

from baselines import t2po_train
from baselines.config import PolicyConfig, TrainConfig
from baselines.presets import PRESETS, toy
from baselines.run import checkpoint
from baselines.run.command import parse_command
from baselines.run.folder import RunFolder
from baselines.run.panels import make_player
from baselines.sampling.prompting import Prompting
from t2po_gym.core.many.trace import read_traces, replay

QUIET = Console(file=io.StringIO())
LOGS = ("metrics.jsonl", "evaluations.jsonl")


def tiny_run(**run: Any) -> TrainConfig:
    """Six steps of a policy that knows next to nothing; seconds."""
    base = toy()
    return replace(
        base,
        policy=replace(base.policy, hidden_size=32),
        rollout=replace(base.rollout, tasks=2, group=3, max_reply_tokens=16),
        thinking=replace(base.thinking, min_tokens=2, window=1, max_tokens=5, min_action_tokens=6),
        calibration=replace(base.calibration, tasks=2, group=2),
        cold_start=replace(base.cold_start, episodes=24, epochs=1, min_score=0.0),
        env_kwargs={"max_turns": 2},
        optim=replace(base.optim, schedule="cosine", warmup_steps=1),
        eval=replace(base.eval, tasks=4, dev_tasks=2, every=3, thinking="both"),
        run=replace(base.run, **{"steps": 6, "threads": 1, "tensorboard": False} | run),
    )


def run(config: TrainConfig, path: Path, resume: bool = False) -> RunFolder:
    folder = RunFolder(path)
    t2po_train.train(config, folder, QUIET, resume=resume)
    return folder


def weights(folder: RunFolder, step: int) -> dict[str, torch.Tensor]:
    return load_file(folder.checkpoints / f"step-{step:06d}" / "model.safetensors")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return run(tiny_run(), tmp_path_factory.mktemp("whole"))


def assert_same_runs(a: RunFolder, b: RunFolder) -> None:
    for name in LOGS:
        assert (a.path / name).read_bytes() == (b.path / name).read_bytes()
    names = {path.name for path in a.details.iterdir()}
    assert names == {path.name for path in b.details.iterdir()}
    assert all((a.details / n).read_bytes() == (b.details / n).read_bytes() for n in names)
    left, right = weights(a, 6), weights(b, 6)
    assert left.keys() == right.keys()
    assert all(torch.equal(left[name], right[name]) for name in left)


def test_six_steps_equal_three_and_three_more(whole: RunFolder, tmp_path: Path) -> None:
    run(tiny_run(stop_after=3), tmp_path)
    assert checkpoint.steps_in(tmp_path / "checkpoints")[-1] == 3
    assert_same_runs(whole, run(tiny_run(), tmp_path, resume=True))


def test_a_killed_run_continues_as_if_nothing_happened(whole: RunFolder, tmp_path: Path) -> None:
    """What kill -9 leaves: steps after the checkpoint, a cut line, half a checkpoint."""
    folder = run(tiny_run(stop_after=4, checkpoint_every=2, keep_checkpoints=9), tmp_path)
    newest = folder.checkpoints / "step-000004"
    newest.rename(folder.checkpoints / ".step-000004.1.tmp")
    with (folder.path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 5, "succ')
    assert_same_runs(whole, run(tiny_run(), tmp_path, resume=True))
    assert not list(folder.checkpoints.glob(".*.tmp"))


def test_a_run_killed_before_its_first_checkpoint_starts_over(
    whole: RunFolder, tmp_path: Path
) -> None:
    RunFolder(tmp_path).write_config(tiny_run())
    assert_same_runs(whole, run(tiny_run(), tmp_path, resume=True))


def test_run_folder_is_complete(whole: RunFolder) -> None:
    names = {path.name for path in whole.path.iterdir()}
    assert {"config.json", *LOGS, "timings.jsonl", "curves.png", "traces", "checkpoints"} <= names
    rows = whole.read("metrics.jsonl")
    assert [row["step"] for row in rows] == [1, 2, 3, 4, 5, 6]
    wanted = {"success", "reward", "progress", "tokens", "turns", "think_tokens", "tds_rate"}
    assert wanted | {"tti_rate", "approx_kl", "grad_norm", "closed_by_policy"} <= set(rows[0])
    assert all(row["sampler_gap"] < 1e-4 for row in rows)
    assert not any("_s" in key[-2:] for key in rows[0])  # times are elsewhere
    test = [row for row in whole.read("evaluations.jsonl") if row["split"] == "test"]
    assert [(row["step"], row["thinking"]) for row in test] == [
        (0, False),
        (0, True),
        (6, False),
        (6, True),
    ]


def test_traces_replay(whole: RunFolder) -> None:
    files = sorted(whole.traces.glob("*.jsonl.gz"))
    assert len(files) >= 7
    for trace in (t for file in files for t in read_traces(file)):
        replay(trace)
    text = (whole.traces / "train-000001.txt").read_text()
    assert "=== toykeys:train:" in text
    assert ">>> <think>" in text


def test_a_checkpoint_is_a_model(whole: RunFolder) -> None:
    folder = whole.checkpoints / "step-000006"
    policy, state = checkpoint.load(folder, PolicyConfig())
    assert state.step == 6
    assert "param_groups" in torch.load(folder / "optimizer.pt", weights_only=True)
    assert policy.num_parameters > 10_000


def test_an_existing_run_is_not_overwritten(
    whole: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    root, name = str(whole.path.parent), whole.path.name
    assert t2po_train.main(["--preset", "toy", "--run.root", root, "--run.name", name]) == 2
    assert "--resume" in capsys.readouterr().out
    assert len(whole.read("metrics.jsonl")) == 6


def test_command_lines(whole: RunFolder) -> None:
    parsed = parse_command(
        ["--preset", "toy", "--env-kwargs", '{"max_turns": 5}', "--run.seed", "3"],
        prog="x",
        summary="",
    )
    expected = replace(toy(), env_kwargs={"max_turns": 5}, run=replace(toy().run, seed=3))
    assert parsed.config == expected
    resumed = parse_command(
        ["--resume", str(whole.path), "--run.steps", "9"], prog="x", summary="", extra=("resume",)
    )
    assert resumed.config == tiny_run(steps=9)
    assert resumed.resume == whole.path


@pytest.mark.parametrize("arguments", [["--env-kwargs", "[1]"], ["--policy.heads", "5"]])
def test_wrong_settings_end_with_a_sentence(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises((SystemExit, ValueError)) as caught:
        parse_command(arguments, prog="x", summary="")
    text = str(caught.value) + "".join(capsys.readouterr())
    assert "JSON object" in text or "must divide" in text


def test_released_settings_use_the_released_prompts() -> None:
    prompting = Prompting.of(PRESETS["released"]().prompt, None)
    info = {"admissible_actions": ("search[<your query>]",)}
    page = "WebShop [SEP] Instruction: [SEP] Find me a red hat [SEP] Search"
    text = prompting.text(prompting.task(page), (), page, info)
    assert "Find me a red hat" in text
    assert "<think> </think>" in text


def test_a_thinking_limit_out_of_reach_is_refused(whole: RunFolder) -> None:
    config = replace(tiny_run(), thinking=replace(toy().thinking, max_tokens=40))
    policy, _ = checkpoint.load(whole.checkpoints / "step-000006", config.policy)
    with pytest.raises(ValueError, match="could never fire"):
        make_player(policy, config)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_presets_survive_json(name: str) -> None:
    from baselines.config import from_json, to_json

    config = PRESETS[name]()
    assert from_json(TrainConfig, to_json(config)) == config
    with pytest.raises(ValueError, match="no setting named nonsense"):
        from_json(TrainConfig, json.dumps({"nonsense": 1}))
