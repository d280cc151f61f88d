"""Every setting of the objective changes the loss by what a computation by hand says.

The loss of one optimiser step is computed twice: by the learner, over padded micro-batches, and
here, row by row in plain numpy from the model's log-probabilities. A setting that did nothing, or
something else, would leave the two apart.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from baseline_fakes import tiny_policy
from rollouts import ALWAYS, rollout
from stand_in import gigpo, gigpo_rows

from baselines.collate import Row, collate
from baselines.config import LossConfig, OptimConfig, RolloutConfig, TrainConfig
from baselines.policy.model import Policy
from baselines.trajectory import Group
from baselines.update import Learner, Totals, training_rows

LENGTH = 24


def config_of(temperature: float = 1.0, **loss: Any) -> TrainConfig:
    return TrainConfig(
        loss=LossConfig(**loss),
        optim=OptimConfig(lr=1e-2, grad_clip=1e9, micro_batch_tokens=60),
        rollout=RolloutConfig(max_reply_tokens=LENGTH, temperature=temperature),
    )


@cache
def played(temperature: float) -> list[Group]:
    return rollout(tiny_policy(), ALWAYS, temperature)


def stale_rows(config: TrainConfig) -> list[Row]:
    """Rows with forced tokens whose sampler was another policy: ratios far from 1, both signs."""
    groups = played(config.rollout.temperature)
    shift = np.random.default_rng(5)
    rows = []
    for row in gigpo_rows(groups, config):
        old = row.old_log_probs + shift.normal(0.0, 0.7, len(row.reply_ids))
        rows.append(replace(row, old_log_probs=old))
    return rows


def log_softmax(policy: Policy, row: Row, temperature: float) -> np.ndarray:
    """Log-probabilities of the whole vocabulary at every reply token [T, V], in float64."""
    with torch.no_grad():
        logits = policy.reply_logits(collate([row], policy.device).batch)[0].double().numpy()
    z = logits[: len(row.reply_ids)] / temperature
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def token_losses(new: np.ndarray, old: np.ndarray, row: Row, how: LossConfig) -> np.ndarray:
    """The policy loss of every token, by the formulas of the papers."""
    ratio, a, mask = np.exp(new - old), row.advantage, row.loss_mask
    if how.kind == "cispo":
        return -np.clip(ratio, 1 - how.clip_low, 1 + how.clip_high) * a * new
    if how.kind == "gspo":
        ratio = np.full_like(new, np.exp(np.mean((new - old)[mask])))
    clipped = np.clip(ratio, 1 - how.clip_low, 1 + how.clip_high)
    loss = np.maximum(-a * ratio, -a * clipped)
    if how.kind == "ppo" and how.dual_clip is not None and a < 0:
        loss = np.minimum(loss, -a * how.dual_clip)
    return loss


def by_hand(policy: Policy, rows: list[Row], config: TrainConfig, reference: Policy) -> float:
    """The loss of all rows as one batch."""
    how, temperature = config.loss, config.rollout.temperature
    sums, counts = [], []
    for row in rows:
        everything = log_softmax(policy, row, temperature)
        place = np.arange(len(row.reply_ids)), row.reply_ids
        new, mask = everything[place], row.loss_mask
        sampler = np.where(np.isnan(row.old_log_probs), new, row.old_log_probs)
        old, weight = sampler, np.ones_like(new)
        if config.tis != "off":
            old, gap = new, np.where(mask, new - sampler, 0.0)
            gap = np.full_like(gap, gap.sum()) if how.tis == "sequence" else gap
            weight = np.minimum(np.exp(gap), how.tis_cap)
        loss = weight * token_losses(new, old, row, how)
        entropy = -(np.exp(everything) * everything).sum(axis=1)
        d = log_softmax(reference, row, temperature)[place] - new
        k3 = np.minimum(np.exp(d) - d - 1, 10.0)  # bounded as in verl
        kl = {"k1": -d, "abs": np.abs(d), "k2": d**2 / 2, "k3": k3}[how.kl_estimator]
        total = loss + how.kl_coef * kl - how.entropy_coef * entropy
        sums.append(float(total[mask].sum()))
        counts.append(int(mask.sum()))
    if how.aggregation == "token-mean":
        return sum(sums) / sum(counts)
    if how.aggregation == "seq-mean-token-sum-norm":
        return sum(sums) / LENGTH
    if how.aggregation == "seq-mean-token-mean":
        return float(np.mean([s / c for s, c in zip(sums, counts, strict=True)]))
    return float(np.mean(sums))


def by_learner(policy: Policy, rows: list[Row], config: TrainConfig, reference: Policy) -> float:
    learner = Learner(policy, config, reference)
    totals = Totals()
    if config.tis != "off":
        rows = learner._corrected(rows, totals)
    learner._optimizer_step(rows, totals, first=True)
    return totals["loss"]


SETTINGS: dict[str, dict[str, Any]] = {
    "clip_low": {"clip_low": 0.5},
    "clip_high, DAPO's clip-higher": {"clip_high": 0.6},
    "dual_clip": {"dual_clip": 1.2},
    "no dual clip": {"dual_clip": None},
    "CISPO": {"kind": "cispo"},
    "GSPO": {"kind": "gspo", "aggregation": "seq-mean-token-mean", "clip_high": 0.01},
    "sum per reply": {"aggregation": "seq-mean-token-sum"},
    "mean per reply": {"aggregation": "seq-mean-token-mean"},
    "Dr.GRPO's constant length": {"aggregation": "seq-mean-token-sum-norm"},
    "KL, k1": {"kl_coef": 0.3, "kl_estimator": "k1"},
    "KL, abs": {"kl_coef": 0.3, "kl_estimator": "abs"},
    "KL, k2": {"kl_coef": 0.3, "kl_estimator": "k2"},
    "KL, k3": {"kl_coef": 0.3},
    "KL per reply": {"kl_coef": 0.3, "aggregation": "seq-mean-token-mean"},
    "entropy bonus": {"entropy_coef": 0.2},
    "TIS per token": {"tis": "token"},
    "TIS per reply": {"tis": "sequence"},
    "TIS cap": {"tis": "token", "tis_cap": 1.1},
    "training on forced tokens": {"train_on_forced": True},
    "temperature": {"temperature": 0.7},
    "temperature of the reference": {"temperature": 0.7, "kl_coef": 0.3},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_the_setting_changes_the_loss_as_computed_by_hand(name: str) -> None:
    policy, reference = tiny_policy(), tiny_policy(7)
    config = config_of(**SETTINGS[name])
    rows = stale_rows(config)
    assert any((~row.loss_mask).any() for row in rows) != config.loss.train_on_forced
    expected = by_hand(policy, rows, config, reference)
    plain = by_hand(policy, stale_rows(config_of()), config_of(), reference)
    assert abs(expected - plain) > 1e-3 * abs(plain), "the setting should matter here"
    assert by_learner(policy, rows, config, reference) == pytest.approx(expected, rel=2e-4)


def test_the_loss_without_settings_is_the_one_by_hand() -> None:
    policy, reference = tiny_policy(), tiny_policy(7)
    rows = stale_rows(config_of())
    expected = by_hand(policy, rows, config_of(), reference)
    assert by_learner(policy, rows, config_of(), reference) == pytest.approx(expected, rel=2e-4)


@pytest.mark.parametrize("tokens", [1, 60, 10_000])
@pytest.mark.parametrize("name", ["CISPO", "KL per reply", "TIS per reply", "sum per reply"])
def test_trap_15_micro_batches_never_change_the_loss(name: str, tokens: int) -> None:
    """Denominators belong to the whole batch (trap 15)."""
    policy, reference = tiny_policy(), tiny_policy(7)
    config = config_of(**SETTINGS[name])
    config = replace(config, optim=replace(config.optim, micro_batch_tokens=tokens))
    rows = stale_rows(config)
    expected = by_hand(policy, rows, config, reference)
    assert by_learner(policy, rows, config, reference) == pytest.approx(expected, rel=2e-4)


def test_kl_and_entropy_never_see_forced_or_padded_tokens() -> None:
    """Other forced ids with other probabilities leave the loss of the sampled tokens as it was."""
    policy, reference = tiny_policy(), tiny_policy(7)
    config = config_of(kl_coef=0.3, entropy_coef=0.2)
    rows = stale_rows(config)
    learner = Learner(policy, config, reference)
    seen: list[torch.Tensor] = []
    aggregated = learner._loss.__globals__["aggregate"]

    def spy(values: torch.Tensor, mask: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        seen.append(mask)
        result: torch.Tensor = aggregated(values, mask, *args, **kwargs)
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(learner._loss.__globals__, "aggregate", spy)
        learner._optimizer_step(rows, Totals(), first=True)
    sampled = sum(int(row.loss_mask.sum()) for row in rows)
    assert sum(int(mask.sum()) for mask in seen) == 3 * sampled, "policy loss, entropy and KL"


def test_gradients_are_clipped_to_grad_clip() -> None:
    policy = tiny_policy()
    config = config_of()
    config = replace(config, optim=replace(config.optim, grad_clip=0.01))
    learner = Learner(policy, config)
    totals = Totals()
    learner._optimizer_step(stale_rows(config), totals, first=True)
    squares = [float((p.grad**2).sum()) for p in policy.model.parameters() if p.grad is not None]
    assert totals["grad_norm"] > 0.1
    assert np.sqrt(sum(squares)) == pytest.approx(0.01, rel=1e-3)


def test_weight_decay_is_for_matrices_alone_and_betas_are_the_settings() -> None:
    config = config_of()
    optim = replace(config.optim, weight_decay=0.37, betas=(0.8, 0.7))
    learner = Learner(tiny_policy(), replace(config, optim=optim))
    decayed, plain = learner.optimizer.param_groups
    assert {p.dim() >= 2 for p in decayed["params"]} == {True}
    assert {p.dim() >= 2 for p in plain["params"]} == {False}
    assert (decayed["weight_decay"], plain["weight_decay"]) == (0.37, 0.0)
    assert decayed["betas"] == plain["betas"] == (0.8, 0.7)


def test_the_learning_rate_reaches_the_optimiser() -> None:
    config = config_of()
    optim = replace(config.optim, lr=0.5, warmup_steps=3)
    policy = tiny_policy()
    learner = Learner(policy, replace(config, optim=optim))
    learned = learner.update(*gigpo(played(1.0), config), 1)
    assert learned["lr"] == 0.25
    assert {group["lr"] for group in learner.optimizer.param_groups} == {0.25}
    assert learner.update(*gigpo(played(1.0), config), 1, position=0.0)["lr"] == 0.125


def test_void_turns_are_not_learned_from_when_they_are_filtered() -> None:
    config = config_of()
    turns, advantages = gigpo(played(1.0), config)
    turns[2] = replace(turns[2], turn=replace(turns[2].turn, void=True))
    kept = training_rows(turns, advantages, config)
    filtered = training_rows(
        turns, advantages, replace(config, turns=replace(config.turns, filter_void=True))
    )
    assert [int(r.loss_mask.sum()) for r in kept[:2]] == [
        int(r.loss_mask.sum()) for r in filtered[:2]
    ]
    assert kept[2].loss_mask.any()
    assert not filtered[2].loss_mask.any()
