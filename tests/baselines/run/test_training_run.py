"""The frame that the trainers share: what is played, when it stops, what is kept.

Settings are followed from the configuration to the plans that are really played: ``collect`` is
replaced by a recorder, so a test sees each rollout's tasks, seeds, rules and decoding.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console
from stand_in import gigpo

from baselines import evaluation, gigpo_train, ppo_train, t2po_train
from baselines.collate import turn_rows
from baselines.config import TrainConfig
from baselines.evaluation import Evaluation, Thresholds, evaluate, make_envs, training_plan
from baselines.presets import toy
from baselines.presets.variants import of_algorithm
from baselines.rollout import Plan, collect
from baselines.run import checkpoint, panels, training
from baselines.run.folder import RunFolder
from baselines.run.panels import make_player
from baselines.run.training import TrainingRun
from baselines.trajectory import Group

QUIET = Console(file=io.StringIO())


def tiny(algorithm: str = "gigpo", **run: Any) -> TrainConfig:
    """A run of seconds: random weights, episodes of two turns."""
    base = of_algorithm(toy(), algorithm)  # type: ignore[arg-type]
    return replace(
        base,
        policy=replace(base.policy, hidden_size=32),
        rollout=replace(base.rollout, tasks=2, group=3, max_reply_tokens=16, temperature=0.8),
        thinking=replace(base.thinking, min_tokens=2, window=1, max_tokens=5, min_action_tokens=6),
        calibration=replace(base.calibration, tasks=2, group=2),
        cold_start=replace(base.cold_start, episodes=8, epochs=1, min_score=0.0),
        env_kwargs={"max_turns": 2},
        eval=replace(base.eval, tasks=4, dev_tasks=2),
        run=replace(base.run, **{"steps": 4, "threads": 1, "tensorboard": False} | run),
    )


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of random weights that runs of this file start from."""
    run = TrainingRun(tiny(), RunFolder(tmp_path_factory.mktemp("begun")), QUIET, False)
    return run.folder.checkpoints / "step-000000"


def started(config: TrainConfig, begun: Path, path: Path, resume: bool = False) -> TrainingRun:
    return TrainingRun(replace(config, model=str(begun)), RunFolder(path), QUIET, resume)


class Recorder:
    """Stands for ``collect``: remembers every plan, plays the first one for all of them."""

    def __init__(self) -> None:
        self.plans: list[Plan] = []
        self.groups: list[Group] | None = None

    def __call__(self, envs: Any, generator: Any, prompting: Any, plan: Plan) -> list[Group]:
        self.plans.append(plan)
        if self.groups is None:
            self.groups = collect(envs, generator, prompting, plan)
        return self.groups


# ---- what is played -----------------------------------------------------------------------------


def test_a_rollout_is_played_as_the_settings_say(
    begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tiny("t2po")
    run, recorder = started(config, begun, tmp_path), Recorder()
    monkeypatch.setattr(evaluation, "collect", recorder)
    rules = {"thinking": config.thinking.rule(0.3), "turns": config.turns.rule(0.2)}
    for step in (0, 1):
        run.rollout(step, **rules)
    first, second = recorder.plans
    assert first.decoding.temperature == 0.8
    assert first.decoding.max_tokens == 16
    assert first.decoding.signal == config.signal
    assert not first.decoding.greedy
    assert first.decoding.top_p == 1.0, "the trainer's log-probabilities know no nucleus (trap 3)"
    assert first.decoding.thinking == rules["thinking"]
    assert first.turn_rule == rules["turns"]
    assert first.tasks != second.tasks, "other tasks at every step"
    assert first.env_seeds != second.env_seeds
    assert first.stream != second.stream
    run.rollout(0)
    assert recorder.plans[2].turn_rule is None
    assert recorder.plans[2].decoding.thinking is None
    assert recorder.plans[2].tasks == first.tasks, "the step alone decides"


def test_trap_14_group_members_share_task_and_first_state_and_nothing_else(
    begun: Path, tmp_path: Path
) -> None:
    """Trap 14: one environment seed per group, a reply seed of its own for every member."""
    run = started(tiny(), begun, tmp_path)
    for group in run.rollout(0):
        members = group.trajectories
        assert len({m.first_hash for m in members}) == 1
        assert len({m.env_seed for m in members}) == 1
        assert len({m.turns[0].generation.token_ids.tobytes() for m in members}) > 1


def test_members_of_a_group_are_reset_with_one_seed(
    begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trap 14, where an environment draws its first state from the seed."""
    run = started(tiny(), begun, tmp_path)
    seeds: list[int] = []
    for env in run.envs.envs:
        reset = env.reset

        def noted(reset: Any = reset, **how: Any) -> Any:
            seeds.append(how["seed"])
            return reset(**how)

        monkeypatch.setattr(env, "reset", noted)
    run.rollout(0)
    assert len(seeds) == 6
    assert len(set(seeds[:3])) == len(set(seeds[3:])) == 1
    assert seeds[0] != seeds[3]


def test_the_seed_of_the_run_changes_tasks_and_samples(begun: Path, tmp_path: Path) -> None:
    plans = []
    for seed in (0, 1):
        run = started(tiny(seed=seed), begun, tmp_path / str(seed))
        plans.append(training_plan(run.player, run.envs, 0, thinking=None, turns=None))
    assert plans[0].tasks != plans[1].tasks
    assert plans[0].stream != plans[1].stream
    assert plans[0].env_seeds != plans[1].env_seeds


def test_progress_before_a_turn_is_the_progress_after_the_one_before(
    begun: Path, tmp_path: Path
) -> None:
    run = started(tiny(), begun, tmp_path)
    run.envs = make_envs(run.config, "train", 2, 3)
    rows = turn_rows(run.rollout(0))
    raised = [replace(row, turn=replace(row.turn, progress=0.4)) for row in rows]
    assert {row.progress_before for row in rows if row.turn.index == 0} == {0.0}
    group = Group(
        index=0,
        task_id="",
        trajectories=tuple(
            replace(t, turns=tuple(replace(turn, progress=0.4) for turn in t.turns))
            for t in run.rollout(0)[0].trajectories
        ),
    )
    assert {r.progress_before for r in turn_rows([group]) if r.turn.index == 1} == {0.4}
    assert raised


def test_evaluation_never_resamples_and_decodes_as_the_settings_say(
    begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, recorder = started(tiny("t2po"), begun, tmp_path), Recorder()
    monkeypatch.setattr(evaluation, "collect", recorder)
    how = replace(run.config.eval, greedy=False, temperature=0.3, top_p=0.4)
    rule = run.config.thinking.rule(0.1)
    evaluate(run.player, how, split="test", tasks=4, rule=rule)
    evaluate(run.player, how, split="dev", tasks=4, rule=None)
    with_rule, without = recorder.plans
    assert with_rule.turn_rule is None
    assert without.turn_rule is None
    assert (with_rule.decoding.temperature, with_rule.decoding.top_p) == (0.3, 0.4)
    assert not with_rule.decoding.greedy
    assert with_rule.decoding.thinking == rule
    assert without.decoding.thinking is None
    assert with_rule.tasks == (0, 16, 32, 48), "evenly spaced in the 64 of the split"


# ---- dynamic sampling ---------------------------------------------------------------------------


def with_rewards(groups: Sequence[Group], rewards: Sequence[Sequence[float]]) -> list[Group]:
    """The groups with other rewards at the end of each episode."""
    changed = []
    for group, wanted in zip(groups, rewards, strict=True):
        members = []
        for member, reward in zip(group.trajectories, wanted, strict=True):
            last = replace(member.turns[-1], reward=reward)
            members.append(replace(member, turns=(*member.turns[:-1], last)))
        changed.append(replace(group, trajectories=tuple(members)))
    return changed


@pytest.mark.parametrize(
    ("draws", "rewards", "kept", "made"),
    [
        (0, [[[0, 0, 0], [0, 1, 0]]], [0, 1], 1),
        (3, [[[0, 1, 0], [1, 0, 0]]], [0, 1], 1),
        (3, [[[0, 0, 0], [0, 1, 0]], [[1, 0, 1], [0, 0, 0]]], [1, 2], 2),
        (2, [[[0, 0, 0], [0, 0, 0]], [[0, 0, 0], [1, 0, 0]]], [3, 0], 2),
    ],
)
def test_dynamic_sampling_draws_until_enough_groups_have_contrast(
    draws: int,
    rewards: list[list[list[float]]],
    kept: list[int],
    made: int,
    begun: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DAPO: groups with contrast first; on the last draw uniform ones fill up."""
    config = tiny()
    config = replace(config, rollout=replace(config.rollout, dynamic_sampling=draws))
    run = started(config, begun, tmp_path)
    source = collect(
        run.envs,
        run.player.generator,
        run.player.prompting,
        training_plan(run.player, run.envs, 0, thinking=None, turns=None),
    )
    plans: list[Plan] = []

    def scripted(envs: Any, generator: Any, prompting: Any, plan: Plan) -> list[Group]:
        plans.append(plan)
        return with_rewards(source, rewards[len(plans) - 1])

    monkeypatch.setattr(evaluation, "collect", scripted)
    groups = run.rollout(0)
    assert len(plans) == made
    assert [group.index for group in groups] == kept
    assert [plan.first_group for plan in plans] == [2 * draw for draw in range(made)]
    assert len({plan.tasks for plan in plans}) == made, "every draw has tasks of its own"
    assert len({seed for plan in plans for seed in plan.env_seeds}) == 2 * made
    learned = {"taught_tokens": 5.0}
    run._began = run._collected
    run._bar, run._job = training._progress_bar(QUIET), 0
    run._bar.add_task("", total=1, note="")
    turns = turn_rows(groups)
    run.record(learned, turns, np.zeros(len(turns)))
    row = run.folder.read("metrics.jsonl")[-1]
    every = made * sum(t.tokens for g in source for t in g.trajectories)
    assert row["generated_tokens"] == every, "what was drawn in vain was paid for too"
    assert row["useful_tokens"] == pytest.approx(5.0 / every)


# ---- how long, and what is kept -----------------------------------------------------------------


def test_a_token_budget_ends_the_run_and_sets_the_learning_rate(
    begun: Path, tmp_path: Path
) -> None:
    config = tiny(steps=10, token_budget=1_200)
    config = replace(config, optim=replace(config.optim, schedule="linear", warmup_steps=0))
    folder = RunFolder(tmp_path)
    gigpo_train.train(replace(config, model=str(begun)), folder, QUIET, False)
    rows = folder.read("metrics.jsonl")
    spent = [row["generated_tokens"] for row in rows]
    assert spent[-1] >= 1_200
    assert all(tokens < 1_200 for tokens in spent[:-1])
    rates = [row["lr"] / config.optim.lr for row in rows]
    done = [0.0, *(tokens / 1_200 for tokens in spent[:-1])]
    assert rates == pytest.approx([0.1 + 0.9 * (1 - d) for d in done])


def test_the_best_checkpoint_is_the_best_and_not_the_last(
    begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`select best` plays the weights of the step whose dev panel was best."""
    config = tiny(steps=4, keep_checkpoints=1)
    config = replace(
        config,
        eval=replace(config.eval, every=1, select="best"),
        loss=replace(config.loss, entropy_coef=0.1),  # so that every step moves the weights
        model=str(begun),
    )
    success = {"dev": iter([0.2, 0.6, 0.4]), "test": iter([0.0, 1.0])}
    played: list[tuple[str, torch.Tensor]] = []

    def judged(player: Any, how: Any, *, split: str, tasks: int, rule: Any) -> Any:
        weights = next(iter(player.generator.policy.model.parameters()))
        played.append((split, weights.detach().clone()))
        value = next(success[split])
        numbers = {
            name: 0.0
            for name in Evaluation.__dataclass_fields__
            if name not in ("split", "tasks", "thinking")
        }
        row = Evaluation(split=split, tasks=tasks, thinking=False, **numbers | {"success": value})
        return row, []

    monkeypatch.setattr(panels, "evaluate", judged)
    folder = RunFolder(tmp_path)
    gigpo_train.train(config, folder, QUIET, False)
    assert [split for split, _ in played] == ["test", "dev", "dev", "dev", "test"]
    final, second, third = played[-1][1], played[2][1], played[3][1]
    assert torch.equal(final, second)
    assert not torch.equal(final, third)
    rows = [r for r in folder.read("evaluations.jsonl") if r["split"] == "test"]
    assert [(r["step"], r["weights_of"]) for r in rows] == [(0, 0), (4, 2)]
    assert checkpoint.steps_in(folder.checkpoints) == [0, 2, 4]


def test_the_reference_is_the_start_of_rl_also_after_a_resume(begun: Path, tmp_path: Path) -> None:
    config = tiny(stop_after=2)
    config = replace(config, loss=replace(config.loss, kl_coef=0.1), model=str(begun))
    folder = RunFolder(tmp_path)
    gigpo_train.train(config, folder, QUIET, False)
    run = TrainingRun(config, RunFolder(tmp_path), QUIET, True)
    learner = run.learner()
    assert learner.reference is not None
    start, _ = checkpoint.load(begun, config.policy)
    for own, wanted in zip(
        learner.reference.model.parameters(), start.model.parameters(), strict=True
    ):
        assert torch.equal(own, wanted)
    moved = zip(run.policy.model.parameters(), start.model.parameters(), strict=True)
    assert any(not torch.equal(a, b) for a, b in moved)


@pytest.mark.parametrize(
    "trainer", [gigpo_train, ppo_train, t2po_train], ids=["gigpo", "ppo", "t2po"]
)
def test_a_run_in_two_parts_is_the_run_in_one(trainer: Any, begun: Path, tmp_path: Path) -> None:
    """Optimiser, critic, thresholds and token count are all in the checkpoint."""
    name = trainer.__name__.rpartition(".")[2].removesuffix("_train")
    config = replace(tiny(name), model=str(begun), loss=replace(tiny().loss, kl_coef=0.05))
    config = replace(config, optim=replace(config.optim, schedule="linear", minibatches=2))
    trainer.train(config, RunFolder(tmp_path / "whole"), QUIET, False)
    stopped = replace(config, run=replace(config.run, stop_after=2))
    trainer.train(stopped, RunFolder(tmp_path / "parts"), QUIET, False)
    trainer.train(config, RunFolder(tmp_path / "parts"), QUIET, True)
    for log in ("metrics.jsonl", "evaluations.jsonl"):
        whole, parts = (tmp_path / place / log for place in ("whole", "parts"))
        assert whole.read_bytes() == parts.read_bytes()


def test_thresholds_are_those_of_the_calibration(begun: Path, tmp_path: Path) -> None:
    config = tiny("t2po")
    run = started(config, begun, tmp_path)
    assert run.state.thresholds == evaluation.calibrate(run.player)
    assert run.state.thresholds != Thresholds()
    fixed = replace(
        config,
        thinking=replace(config.thinking, epsilon=0.4),
        turns=replace(config.turns, eta=0.6),
    )
    player = make_player(run.policy, fixed)
    assert evaluation.calibrate(player) == Thresholds(epsilon=0.4, eta=0.6)


def test_quantiles_move_the_thresholds(begun: Path, tmp_path: Path) -> None:
    found = []
    for quantile in (0.1, 0.9):
        config = tiny("t2po")
        config = replace(
            config,
            thinking=replace(config.thinking, epsilon_quantile=quantile),
            turns=replace(config.turns, eta_quantile=quantile),
        )
        policy, _ = checkpoint.load(begun, config.policy)
        found.append(evaluation.calibrate(make_player(policy, config)))
    assert found[0].epsilon < found[1].epsilon
    assert found[0].eta < found[1].eta


def test_useful_tokens_are_those_of_turns_with_an_advantage(begun: Path, tmp_path: Path) -> None:
    run = started(tiny(), begun, tmp_path)
    groups = with_rewards(run.rollout(0), [[0.0, 1.0, 0.0], [0.5, 0.5, 0.5]])
    quiet = replace(run.config.advantage, invalid_penalty=0.0, step_weight=0.0)
    config = replace(run.config, advantage=quiet)
    turns, advantages = gigpo(groups, config)
    learned = run.learner().update(turns, advantages, 0)
    contrast = [t for t in turns if t.group == 0]
    assert learned["taught_tokens"] == sum(int(t.turn.generation.sampled.sum()) for t in contrast)
    assert learned["rows_without_advantage"] == len(turns) - len(contrast)
    assert not math.isnan(float(np.sum(advantages)))
