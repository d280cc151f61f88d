"""The optimiser step: denominators, micro-batches, forced tokens, ratio 1 at the start."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from baseline_fakes import tiny_policy
from rollouts import ALWAYS, replies, rollout, turn
from stand_in import gigpo, gigpo_rows

from baselines.collate import Row, TurnRow, collate, turn_rows
from baselines.config import (
    AdvantageConfig,
    LossConfig,
    OptimConfig,
    RolloutConfig,
    T2POConfig,
    TurnRuleConfig,
)
from baselines.optimisation import learning_rate
from baselines.policy.tokenizer import encode
from baselines.rewards import acceptance_weights, turn_rewards
from baselines.trajectory import Finish, Turn, TurnCost
from baselines.update import Learner, Totals, _denominators, training_rows

CONFIG = T2POConfig(
    optim=OptimConfig(lr=1e-2, grad_clip=1e9), rollout=RolloutConfig(max_reply_tokens=24)
)


def gradient(config: T2POConfig, rows: list[Row], seed: int = 0) -> torch.Tensor:
    learner = Learner(tiny_policy(seed), config)
    learner._optimizer_step(rows, Totals(), first=True)
    return torch.cat([p.grad.flatten() for p in learner.policy.model.parameters()])


def test_micro_batches_change_nothing() -> None:
    policy = tiny_policy()
    rows = gigpo_rows(rollout(policy, ALWAYS), CONFIG)
    gradients = [
        gradient(replace(CONFIG, optim=replace(CONFIG.optim, micro_batch_tokens=size)), rows)
        for size in (1, 60, 10_000)
    ]
    assert gradients[0].abs().max() > 1e-4
    for other in gradients[1:]:
        torch.testing.assert_close(gradients[0], other, rtol=1e-4, atol=1e-7)


def test_rows_without_advantage_are_skipped_but_counted() -> None:
    policy = tiny_policy()
    rows = gigpo_rows(rollout(policy), CONFIG)
    silent = [row for row in rows if abs(row.advantage) < 1e-8]
    assert len(silent) == 4  # the third task: nobody won
    with_entropy = replace(CONFIG, loss=LossConfig(entropy_coef=1e-12))  # skips nothing
    torch.testing.assert_close(
        gradient(CONFIG, rows), gradient(with_entropy, rows), rtol=1e-3, atol=1e-7
    )
    counts = _denominators(rows, 24)
    assert counts.tokens == sum(len(row.reply_ids) for row in rows)


def test_the_ratio_is_one_before_the_first_step() -> None:
    policy = tiny_policy()
    metrics = Learner(policy, CONFIG).update(*gigpo(rollout(policy, ALWAYS), CONFIG), 0)
    assert 0.0 <= metrics["sampler_gap"] < 1e-4
    assert metrics["clip_fraction"] == 0.0
    assert metrics["approx_kl"] < 1e-6
    assert metrics["rows"] == 12
    assert metrics["rows_without_advantage"] == 4


def test_trap_04_forced_tokens_are_outside_loss_and_denominators() -> None:
    policy = tiny_policy()
    turns, advantages = gigpo(rollout(policy, ALWAYS), CONFIG)
    rows = training_rows(turns, advantages, CONFIG)
    forced = sum(int((~t.turn.generation.sampled).sum()) for t in turns)
    assert forced > 0
    tokens = sum(len(row.reply_ids) for row in rows)
    assert _denominators(rows, 24).tokens == tokens - forced
    parity = replace(CONFIG, loss=LossConfig(train_on_forced=True))
    as_released = gigpo_rows(rollout(policy, ALWAYS), parity)
    assert _denominators(as_released, 24).tokens == tokens
    assert not torch.allclose(gradient(CONFIG, rows), gradient(parity, as_released))


def test_old_log_probs_of_forced_tokens_are_never_read() -> None:
    policy = tiny_policy()
    rows = gigpo_rows(rollout(policy, ALWAYS), CONFIG)
    assert any(np.isnan(row.old_log_probs).any() for row in rows)
    wild = [
        replace(row, old_log_probs=np.where(row.loss_mask, row.old_log_probs, 1e9)) for row in rows
    ]
    assert torch.equal(gradient(CONFIG, rows), gradient(CONFIG, wild))


def test_training_on_forced_tokens_starts_at_ratio_one() -> None:
    policy = tiny_policy()
    config = replace(CONFIG, loss=LossConfig(train_on_forced=True))
    metrics = Learner(policy, config).update(*gigpo(rollout(policy, ALWAYS), CONFIG), 0)
    assert metrics["sampler_gap"] < 1e-4


def test_kl_is_finite_and_blind_to_forced_tokens() -> None:
    policy = tiny_policy()
    groups = rollout(policy, ALWAYS)
    config = replace(CONFIG, loss=LossConfig(kl_coef=0.1))
    learner = Learner(policy, config, reference=tiny_policy(5))
    metrics = learner.update(*gigpo(groups, CONFIG), 0)
    assert math.isfinite(metrics["ref_kl"])
    assert metrics["ref_kl"] > 0.0
    with pytest.raises(ValueError, match="reference"):
        Learner(policy, config)


def test_learning_raises_the_probability_of_what_won() -> None:
    policy = tiny_policy()
    groups = rollout(policy)
    rows = gigpo_rows(groups, CONFIG)
    good = max(rows, key=lambda row: row.advantage)

    def log_prob() -> float:
        with torch.no_grad():
            return float(policy.log_probs(collate([good], policy.device).batch).sum())

    before = log_prob()
    Learner(policy, CONFIG).update(*gigpo(groups, CONFIG), 0)
    assert log_prob() > before


def test_minibatches_and_epochs_are_optimiser_steps() -> None:
    policy = tiny_policy()
    config = replace(CONFIG, optim=OptimConfig(lr=1e-3, epochs=2, minibatches=3))
    metrics = Learner(policy, config).update(*gigpo(rollout(policy), CONFIG), 0)
    # The third task has no contrast: its minibatch makes no step.
    assert metrics["optimizer_steps"] == 4.0


def row_of(turn: Turn, before: float = 0.0) -> TurnRow:
    return TurnRow(group=0, trajectory=0, turn=turn, progress_before=before)


def test_rewards_of_training() -> None:
    policy = tiny_policy()
    base = turn(*replies(policy, 1, None)[0], 0)
    rows = [
        row_of(replace(base, reward=0.3, progress=0.5)),
        row_of(replace(base, reward=0.7, progress=0.9, terminated=True, success=True), 0.5),
    ]
    plain = AdvantageConfig()
    assert turn_rewards(rows, plain).tolist() == [0.3, 0.7]
    ten = AdvantageConfig(reward_on_success=10.0)
    assert turn_rewards(rows, ten).tolist() == [0.0, 10.0]
    shaped = AdvantageConfig(progress_weight=2.0, gamma=0.5)
    assert turn_rewards(rows, shaped).tolist() == pytest.approx([0.3 + 0.5, 0.7 - 1.0])


def test_turn_rule_weights_favour_what_was_rare() -> None:
    policy = tiny_policy()
    groups = rollout(policy)
    old = groups[0].trajectories[0]
    turns = (
        replace(old.turns[0], gamma=0.5, cost=TurnCost(rejected=1, rejected_tokens=9)),
        replace(old.turns[1], gamma=0.01, void=True, cost=TurnCost(rejected=2)),
    )
    groups[0] = replace(
        groups[0], trajectories=(replace(old, turns=turns), groups[0].trajectories[1])
    )
    weighted = replace(
        CONFIG, loss=LossConfig(tds_weighting=True), turns=TurnRuleConfig(max_resamples=2)
    )
    turns = turn_rows(groups)
    q = 3 / 4  # two of two first candidates were rejected
    assert acceptance_weights(turns, weighted)[:3].tolist() == pytest.approx(
        [1 / (1 + q + q * q), 1 / q**2, 1.0]
    )
    assert acceptance_weights(turns, CONFIG).tolist() == [1.0] * 12


def test_learning_rate_schedules() -> None:
    constant = OptimConfig(lr=1.0, warmup_steps=3)
    assert [learning_rate(constant, s, 10) for s in range(5)] == [0.25, 0.5, 0.75, 1.0, 1.0]
    linear = OptimConfig(lr=1.0, schedule="linear", final_lr_fraction=0.0)
    assert learning_rate(linear, 5, 10) == pytest.approx(0.5)
    cosine = OptimConfig(lr=1.0, schedule="cosine", final_lr_fraction=0.2)
    assert learning_rate(cosine, 10, 10) == pytest.approx(0.2)


def test_finish_is_text() -> None:
    assert Finish.STOP.value == "stop"


def test_trap_01_training_ids_are_the_sampled_ids() -> None:
    """Ids that the tokenizer would merge, were their text encoded again, stay as they are."""
    policy = tiny_policy()
    request, reply = replies(policy, 1, None)[0]
    apart = np.array([i for c in "go[attic]" for i in encode(policy.tokenizer, c)], dtype=np.int64)
    text = policy.tokenizer.decode(apart.tolist())
    assert encode(policy.tokenizer, text) != apart.tolist()
    size = len(apart)
    spelled = replace(
        reply,
        token_ids=apart,
        text=text,
        sampled=np.ones(size, dtype=np.bool_),
        log_probs=np.zeros(size),
    )
    rows = training_rows([row_of(turn(request, spelled, 0))], np.ones(1), CONFIG)
    assert rows[0].reply_ids.tolist() == apart.tolist()


def test_trap_12_a_forced_tail_gets_none_of_the_reward() -> None:
    """The advantage of a turn lies on its sampled tokens, whatever was forced behind them."""
    policy = tiny_policy()
    request, reply = replies(policy, 1, None)[0]
    sampled = np.ones_like(reply.sampled)
    sampled[-3:] = False
    tail = replace(reply, sampled=sampled)
    row = training_rows([row_of(turn(request, tail, 0))], np.array([0.7]), CONFIG)[0]
    batch = collate([row], policy.device)
    paid = (batch.advantages * batch.loss_mask)[0].tolist()
    assert paid == pytest.approx([0.7] * (len(sampled) - 3) + [0.0] * 3)
