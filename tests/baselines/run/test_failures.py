"""What goes wrong in real runs ends in a sentence, or does not go wrong at all."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest
from baseline_fakes import StepsEnv
from rich.console import Console

from baselines import gigpo_train, grpo_train, ppo_train, t2po_train
from baselines.config import ALGORITHMS, to_json
from baselines.evaluation import FALLBACK, calibrate
from baselines.presets import toy
from baselines.presets.variants import of_algorithm
from baselines.rollout import RewardError
from baselines.run.curves import draw_curves
from baselines.run.folder import RunFolder
from baselines.run.panels import make_player
from t2po_gym.core.env import Outcome

TRAINERS = {"t2po": t2po_train, "gigpo": gigpo_train, "grpo": grpo_train, "ppo": ppo_train}


class PayingEnv(StepsEnv):
    """`StepsEnv` that pays what it was made with, from its second turn on."""

    def __init__(self, pay: str = "nan", **settings: Any) -> None:
        super().__init__(**settings)
        self._pay = float(pay)

    def _act(self, action: str) -> Outcome:
        outcome = super()._act(action)
        return outcome._replace(reward=self._pay) if self.done == 2 else outcome


gym.register(id="t2po-test/Paying-v0", entry_point=PayingEnv)


def paying(algorithm: str, pay: str) -> Any:
    base = of_algorithm(toy(), algorithm)  # type: ignore[arg-type]
    return replace(
        base,
        env="t2po-test/Paying-v0",
        env_kwargs={"pay": pay, "max_turns": 3},
        policy=replace(base.policy, hidden_size=32),
        rollout=replace(base.rollout, tasks=2, group=2, max_reply_tokens=16),
        thinking=replace(
            base.thinking, epsilon=0.1, min_tokens=2, max_tokens=5, window=1, min_action_tokens=6
        ),
        turns=replace(base.turns, eta=0.01),
        cold_start=replace(base.cold_start, when="skip", expert="baseline_fakes:Idle", episodes=4),
        eval=replace(base.eval, tasks=1, dev_tasks=1, thinking="off"),
        run=replace(base.run, steps=2, threads=1, tensorboard=False),
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("pay", ["nan", "inf"])
def test_a_reward_that_is_no_number_stops_the_run(algorithm: str, pay: str, tmp_path: Path) -> None:
    console = Console(file=io.StringIO())
    with pytest.raises(RewardError) as caught:
        TRAINERS[algorithm].train(paying(algorithm, pay), RunFolder(tmp_path), console, False)
    text = str(caught.value)
    assert f"paid a reward of {pay} at turn 2" in text
    assert text.startswith("steps:"), "the task is named"


def test_the_command_line_says_it_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    RunFolder(tmp_path).write_config(paying("gigpo", "nan"))
    assert gigpo_train.main(["--resume", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "Rewards must be finite numbers" in " ".join(out.split())
    assert "Traceback" not in out


def test_curves_are_drawn_of_metrics_that_were_never_measured(tmp_path: Path) -> None:
    """A metric that is null throughout, as entropy is where nothing was sampled."""
    metrics = [
        {"step": step, "success": None, "turns": 2.0, "entropy": None, "ref_kl": None, "tokens": 1}
        for step in (1, 2, 3)
    ]
    evaluations = [
        {
            "step": s,
            "split": "test",
            "thinking": False,
            "success": 0.5,
            "success_low": 0.4,
            "success_high": None,
            "score": None,
            "progress": None,
            "turns": 2.0,
            "tokens": None,
        }
        for s in (0, 3)
    ]
    draw_curves(tmp_path / "curves.png", metrics, evaluations)
    assert (tmp_path / "curves.png").stat().st_size > 10_000
    draw_curves(tmp_path / "none.png", [], [])
    assert (tmp_path / "none.png").is_file()


def test_calibration_without_long_thoughts_takes_the_stated_defaults(tmp_path: Path) -> None:
    config = paying("t2po", "0.5")
    config = replace(
        config,
        env_kwargs={"pay": "0.5", "max_turns": 1},
        thinking=replace(config.thinking, epsilon=None, min_tokens=500, max_tokens=5),
        turns=replace(config.turns, eta=None),
    )
    console = Console(file=io.StringIO(), width=400)
    t2po_train.train(config, RunFolder(tmp_path), console, False)
    state = json.loads((tmp_path / "checkpoints" / "step-000002" / "state.json").read_text())
    assert state["thresholds"] == {"epsilon": FALLBACK.epsilon, "eta": FALLBACK.eta}
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "No thought of the calibration rollout was long enough for TTI to judge" in said
    assert "it takes 500" in said
    assert "No episode of the calibration rollout had a second turn for TDS to compare" in said
    assert f"epsilon is set to {FALLBACK.epsilon:g}" in said
    assert f"eta is set to {FALLBACK.eta:g}" in said
    assert calibrate(make_player(_policy(tmp_path), config)) == FALLBACK


def _policy(run: Path) -> Any:
    from baselines.policy.loading import load_policy

    return load_policy(str(run / "checkpoints" / "step-000000"), toy().policy)


@pytest.mark.parametrize("algorithm", ["gigpo", "grpo", "ppo"])
def test_interventions_are_refused_where_there_are_none(
    algorithm: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    arguments = ["--preset", "toy", "--run.root", str(tmp_path), "--turns.enabled", "True"]
    assert TRAINERS[algorithm].main(arguments) == 2
    out = " ".join(capsys.readouterr().out.split())
    assert f"{algorithm}_train.py never closes thoughts or samples turns again" in out


def test_a_run_is_continued_by_the_trainer_that_began_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.json").write_text(to_json(of_algorithm(toy(), "ppo")))
    with pytest.raises(SystemExit):
        t2po_train.main(["--resume", str(tmp_path)])
    assert f"python baselines/ppo_train.py --resume {tmp_path}" in capsys.readouterr().err


def test_an_expert_that_never_scores_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--preset", "toy", "--run.root", str(tmp_path), "--cold-start.when", "always"]
    flags += ["--cold-start.min-score", "50", "--cold-start.episodes", "2"]
    assert t2po_train.main([*flags, "--cold-start.tokenizer-episodes", "2"]) == 2
    told = " ".join(capsys.readouterr().out.split())
    assert "No episode of the expert reached a score of 50: lower --cold-start.min-score" in told
    assert list(tmp_path.iterdir()) == []
