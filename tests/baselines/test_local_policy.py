"""A trained policy in `t2po-gym eval` plays as it does in the trainer's own evaluation."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Literal

import pytest
from small_board import make_board, manifest_of, submit

from baselines import local_policy
from baselines.config import EvalConfig, to_json
from baselines.evaluation import evaluate
from baselines.local_policy import LocalPolicy, checkpoint_of
from baselines.policy.loading import load_policy
from baselines.presets import PRESETS
from baselines.run.panels import make_player
from baselines.t2po_train import main as train
from t2po_gym.cli.main import main
from t2po_gym.evaluation.journal import EPISODES, open_journal, read_episodes
from t2po_gym.evaluation.records import EpisodeRecord
from t2po_gym.evaluation.runner import make_plan, run_plan

WEBSHOP, COLD_START = "t2po/WebShop-v0", "builtin:webshop-cold-start"


@pytest.mark.parametrize("epsilon", [None, 0.05])
def test_it_plays_as_in_the_trainer(
    epsilon: float | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = PRESETS["webshop"]()
    player = make_player(load_policy(config.model, config.policy), config)
    rule = None if epsilon is None else config.thinking.rule(epsilon)
    found, episodes = evaluate(player, EvalConfig(), split="test", tasks=12, rule=rule)
    monkeypatch.setattr(local_policy, "_epsilon", lambda folder: epsilon)
    policy = LocalPolicy(COLD_START, WEBSHOP, thinking=epsilon is not None)
    assert (found.tti_rate > 0) == (epsilon is not None)
    plan = make_plan(WEBSHOP, {"split": "test", **policy.env_kwargs}, policy, tasks=12)
    with open_journal(tmp_path, plan) as journal:
        run_plan(journal, policy, concurrency=5)
    records = list(read_episodes(tmp_path))
    assert [r.task_id for r in records] == [e.task_id for e in episodes]
    for record, episode in zip(records, episodes, strict=True):
        assert [t.action for t in record.turns] == [t.action for t in episode.turns]
        assert [t.reply_tokens for t in record.turns] == [
            len(t.generation.token_ids) for t in episode.turns
        ]
        assert record.score == episode.score
    assert sum(r.success for r in records) == round(12 * found.success) > 0


def uncounted(episode: EpisodeRecord) -> EpisodeRecord:
    turns = [turn.model_copy(update={"uncertainty": None}) for turn in episode.turns]
    return episode.model_copy(update={"turns": tuple(turns)})


def levels(episodes: list[EpisodeRecord]) -> list[float]:
    found = [turn.uncertainty for episode in episodes for turn in episode.turns]
    assert all(level is not None and 0.0 <= level <= 1.0 for level in found)
    return [level for level in found if level is not None]


def test_a_stopped_run_goes_on(tmp_path: Path) -> None:
    words = ["eval", WEBSHOP, "--model", COLD_START, "--tasks", "8", "--temperature", "0.7"]
    assert main([*words, "--out", str(tmp_path / "whole")]) == 0
    whole = list(read_episodes(tmp_path / "whole"))
    assert main([*words, "--out", str(tmp_path / "cut"), "--concurrency", "3"]) == 0
    lines = (tmp_path / "cut" / EPISODES).read_bytes().splitlines(keepends=True)
    (tmp_path / "cut" / EPISODES).write_bytes(b"".join(lines[:3]))
    assert main([*words, "--out", str(tmp_path / "cut")]) == 0
    resumed = list(read_episodes(tmp_path / "cut"))
    assert [uncounted(e) for e in resumed] == [uncounted(e) for e in whole]
    for turn, again in zip(levels(whole), levels(resumed), strict=True):
        assert turn == pytest.approx(again, abs=0.011), "the last digit depends on who plays along"
    assert main(["verify", str(tmp_path / "cut")]) == 0


def test_a_run_folder_brings_its_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = ("--preset", "toy", "--run.steps", "1", "--rollout.tasks", "2", "--rollout.group", "2")
    flags += ("--cold-start.episodes", "24", "--cold-start.epochs", "1", "--eval.tasks", "4")
    flags += ("--cold-start.min-score", "0", "--policy.hidden-size", "32", "--run.threads", "1")
    place = ("--run.root", str(tmp_path), "--run.name", "mine", "--run.tensorboard", "False")
    assert train([*flags, *place]) == 0
    run = tmp_path / "mine"
    newest = checkpoint_of(str(run))
    assert newest is not None
    assert newest.name == "step-000001"
    toy = "t2po/ToyKeys-v0"
    policy = LocalPolicy(str(run), toy, thinking=True)
    assert policy.describe()["tti_epsilon"] > 0
    assert policy.describe()["weights"] == "step-000001", "a run that went on is another policy"
    assert policy.describe()["max_tokens"] == PRESETS["toy"]().rollout.max_reply_tokens
    words = ["eval", toy, "--model", str(run), "--tasks", "4", "--thinking"]
    assert main([*words, "--out", str(tmp_path / "eval")]) == 0
    assert "4 episodes in" in capsys.readouterr().out
    submitted(run, tmp_path, monkeypatch)


def submitted(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trained policy becomes a submission that knows how it was trained, asked and decoded."""
    monkeypatch.setenv("T2PO_GYM_LEADERBOARD", str(make_board(tmp_path / "board")))
    assert main(["leaderboard", "panels", "--root", str(tmp_path / "board")]) == 0
    board = (tmp_path / "board").rename(tmp_path / "ready")
    monkeypatch.setenv("T2PO_GYM_LEADERBOARD", str(board))
    words = ["eval", "--track", "toy", "--model", str(run), "--thinking"]
    assert main([*words, "--out", str(tmp_path / "played")]) == 0
    folder = submit(board / "submissions", [tmp_path / "played"], "mine")
    found = manifest_of(folder)
    assert (found["kind"], found["privileged"]) == ("trained", False)
    assert found["training"]["algorithm"] == "t2po"
    assert found["training"]["environments"] == ["t2po/ToyKeys-v0, split train"]
    assert found["training"]["overlap"] == "none"
    assert (found["decoding"]["tti"], found["decoding"]["temperature"]) == (True, 0.0)
    weights = run / "checkpoints" / "step-000001" / "model.safetensors"
    assert found["model"]["revision"] == sha256(weights.read_bytes()).hexdigest()
    assert found["model"]["parameters"] > 10_000
    assert found["scaffold"]["prompt"]["template"] == "compact", "its own prompts, built again"
    assert main(["verify", str(folder)]) == 0


@pytest.mark.parametrize(
    ("select", "best", "taken"),
    [("best", 2, "step-000002"), ("last", 2, "step-000004"), ("best", 3, "step-000004")],
)
def test_of_a_run_the_checkpoint_that_it_evaluated(
    select: Literal["best", "last"], best: int, taken: str, tmp_path: Path
) -> None:
    """The third case: the best one was pruned."""
    config = PRESETS["toy"]()
    config = replace(config, eval=replace(config.eval, select=select))
    (tmp_path / "config.json").write_text(to_json(config))
    for step in (2, 4):
        folder = tmp_path / "checkpoints" / f"step-{step:06d}"
        folder.mkdir(parents=True)
        (folder / "state.json").write_text(f'{{"step": {step}, "best_step": {best}}}')
    assert checkpoint_of(str(tmp_path)) == tmp_path / "checkpoints" / taken


@pytest.mark.parametrize(
    ("model", "env_id", "thinking", "sentence"),
    [
        (COLD_START, "t2po/ALFWorld-v0", False, "was trained on t2po/WebShop-v0"),
        (COLD_START, WEBSHOP, True, "TTI needs the threshold of a training run"),
        ("builtin:nothing", WEBSHOP, False, "there is no built-in model"),
        ("./nowhere", WEBSHOP, False, "there is no folder"),
        ("some/model", "t2po/ToyKeys-v0", False, "no settings for pretrained models"),
    ],
)
def test_what_cannot_play_is_told(model: str, env_id: str, thinking: bool, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        LocalPolicy(model, env_id, thinking=thinking)
