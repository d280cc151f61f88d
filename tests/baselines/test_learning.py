"""T2PO learns: a few steps on a few houses of ToyKeys, both interventions on."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
from rich.console import Console
from stand_in import gigpo

from baselines.cold_start.make import make_policy
from baselines.evaluation import calibrate, make_envs, training_plan
from baselines.metrics import rollout_metrics
from baselines.presets import toy
from baselines.rollout import collect
from baselines.run.panels import make_player
from baselines.update import Learner

STEPS = 6


def test_success_rises_on_the_toy_world() -> None:
    base = toy()
    config = replace(
        base,
        env_kwargs={"max_turns": 8},
        cold_start=replace(base.cold_start, episodes=160, epochs=2),
        optim=replace(base.optim, lr=5e-4, epochs=4, minibatches=1, warmup_steps=1),
        run=replace(base.run, threads=1),
    )
    policy = make_policy(config, Console(file=io.StringIO()))
    player = make_player(policy, config)
    limits = calibrate(player)
    assert limits.epsilon > 0.0
    assert limits.eta > 0.0
    learner = Learner(policy, config)
    envs = make_envs(config, "train", 4, 12)
    history = []
    for step in range(STEPS):
        plan = training_plan(
            player,
            envs,
            step,
            thinking=config.thinking.rule(limits.epsilon),
            turns=config.turns.rule(limits.eta),
        )
        plan = replace(plan, tasks=(300, 301, 302, 303))
        groups = collect(envs, player.generator, player.prompting, plan)
        learned = learner.update(*gigpo(groups, config), step)
        history.append(rollout_metrics(groups) | learned)
    success = [row["success"] for row in history]
    assert np.mean(success[-2:]) >= np.mean(success[:2]) + 0.2
    assert all(row["sampler_gap"] < 1e-4 for row in history)
    assert any(row["tti_rate"] > 0 for row in history)
    assert any(row["tds_rate"] > 0 for row in history)
