"""One training step: advantages, then optimiser steps over micro-batches.

Denominators belong to the whole (mini-)batch, so micro-batch size changes memory and speed and
never the gradient.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from baselines.advantages import gigpo_advantages
from baselines.collate import MicroBatch, Row, TurnRow, micro_batches, turn_rows
from baselines.config import AdvantageConfig, OptimConfig, T2POConfig
from baselines.intervention import acceptance_weight, rejection_rate
from baselines.losses import (
    Denominators,
    aggregate,
    entropy_from_logits,
    kl_per_token,
    ppo_token_loss,
    token_log_probs,
)
from baselines.policy.model import Policy
from baselines.trajectory import FloatArray, Group

__all__ = ["Learner", "Totals", "learning_rate", "make_optimizer", "training_rows"]

SHUFFLE_STREAM = 1_000_003
# Below this an advantage is rounding noise of a group whose members all did equally well.
NO_ADVANTAGE = 1e-8


def make_optimizer(
    policy: Policy, lr: float, weight_decay: float, betas: tuple[float, float]
) -> torch.optim.AdamW:
    """AdamW; vectors (norms, biases) are not decayed."""
    parameters = [p for p in policy.model.parameters() if p.requires_grad]
    return torch.optim.AdamW(
        [
            {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": weight_decay},
            {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
        ],
        lr=lr,
        betas=betas,
    )


def learning_rate(config: OptimConfig, step: int, steps: int) -> float:
    """Return the rate of training step `step` (from 0) of `steps`."""
    if step < config.warmup_steps:
        return config.lr * (step + 1) / (config.warmup_steps + 1)
    if config.schedule == "constant":
        return config.lr
    done = (step - config.warmup_steps) / max(1, steps - config.warmup_steps)
    shape = 1.0 - done if config.schedule == "linear" else 0.5 * (1 + math.cos(math.pi * done))
    return config.lr * (config.final_lr_fraction + (1.0 - config.final_lr_fraction) * shape)


def turn_rewards(rows: Sequence[TurnRow], config: AdvantageConfig) -> FloatArray:
    """Return each turn's training reward: the environment's, unless the settings say otherwise.

    Shaping adds weight * (gamma * Phi' - Phi) with Phi' = 0 at a terminal state, which changes no
    policy's rank.
    """
    rewards = np.array([row.turn.reward for row in rows], dtype=np.float64)
    if config.reward_on_success is not None:
        won = [row.turn.success and row.turn.terminated for row in rows]
        rewards = np.where(won, config.reward_on_success, 0.0)
    if config.progress_weight == 0.0:
        return rewards
    before = np.array([row.progress_before for row in rows])
    after = np.array([0.0 if row.turn.terminated else row.turn.progress for row in rows])
    return np.asarray(rewards + config.progress_weight * (config.gamma * after - before))


def training_rows(groups: Sequence[Group], config: T2POConfig) -> tuple[list[Row], list[TurnRow]]:
    """Return what is learned from every turn, and the turns, in the same order."""
    turns = turn_rows(groups)
    how = config.advantage
    advantages = gigpo_advantages(
        turn_rewards(turns, how),
        [row.group for row in turns],
        [row.trajectory for row in turns],
        [row.turn.anchor for row in turns],
        [float(row.turn.valid) for row in turns],
        gamma=how.gamma,
        step_weight=how.step_weight,
        invalid_penalty=how.invalid_penalty,
        norm=how.norm,
        unit=how.unit,
        similarity=how.similarity,
    ).total
    weights = _acceptance_weights(turns, config)
    rows = []
    for row, advantage, weight in zip(turns, advantages, weights, strict=True):
        reply = row.turn.generation
        mask = np.ones_like(reply.sampled) if config.loss.train_on_forced else reply.sampled
        rows.append(
            Row(
                prompt_ids=row.turn.prompt_ids,
                reply_ids=reply.token_ids,
                loss_mask=mask,
                # nan asks for the trainer's own value: forced tokens have no sampler's.
                old_log_probs=np.where(reply.sampled, reply.log_probs, np.nan),
                advantage=float(advantage) * weight,
            )
        )
    return rows, turns


def _acceptance_weights(turns: Sequence[TurnRow], config: T2POConfig) -> list[float]:
    """Return pi / mu of every turn under the turn rule, with the measured rejection rate."""
    if not (config.loss.tds_weighting and config.turns.enabled):
        return [1.0] * len(turns)
    judged = [row.turn for row in turns if not math.isnan(row.turn.gamma)]
    rate = rejection_rate(sum(t.cost.rejected > 0 or t.void for t in judged), len(judged))
    return [
        1.0
        if math.isnan(row.turn.gamma)
        else acceptance_weight(not row.turn.void, rate, config.turns.max_resamples)
        for row in turns
    ]


@dataclass(slots=True)
class Totals:
    """Sums over the loss tokens of one training step."""

    tokens: float = 0.0
    loss: float = 0.0
    approx_kl: float = 0.0
    clipped: float = 0.0
    clipped_lower: float = 0.0
    ref_kl: float = 0.0
    first_gap: float = 0.0
    first_tokens: float = 0.0
    grad_norm: float = 0.0
    steps: int = 0

    def means(self) -> dict[str, float]:
        """Return means per token (or per optimiser step)."""
        tokens, steps = max(self.tokens, 1.0), max(self.steps, 1)
        return {
            "loss": self.loss / steps,
            "approx_kl": self.approx_kl / tokens,
            "clip_fraction": self.clipped / tokens,
            "dual_clip_fraction": self.clipped_lower / tokens,
            "ref_kl": self.ref_kl / tokens,
            "sampler_gap": self.first_gap / max(self.first_tokens, 1.0),
            "grad_norm": self.grad_norm / steps,
            "optimizer_steps": float(self.steps),
        }


class Learner:
    """The policy being trained and its optimiser.

    Args:
        policy: trained in place.
        config: all settings.
        reference: the policy that KL is measured against; needed if `loss.kl_coef` is not 0.
    """

    def __init__(self, policy: Policy, config: T2POConfig, reference: Policy | None = None) -> None:
        if config.loss.kl_coef != 0.0 and reference is None:
            raise ValueError("loss.kl_coef is not 0, so a reference policy is needed.")
        self.policy, self.reference, self.config = policy, reference, config
        optim = config.optim
        self.optimizer = make_optimizer(policy, optim.lr, optim.weight_decay, optim.betas)

    def update(self, groups: Sequence[Group], step: int) -> dict[str, float]:
        """Learn from one rollout.

        Args:
            groups: the rollout.
            step: training step from 0; sets learning rate and minibatch shuffling.

        Returns:
            Metrics, means over loss tokens unless their name says otherwise.
        """
        optim, run = self.config.optim, self.config.run
        rows, turns = training_rows(groups, self.config)
        rate = learning_rate(optim, step, run.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        totals = Totals()
        for epoch in range(optim.epochs):
            seed = np.random.SeedSequence([SHUFFLE_STREAM, run.seed, step, epoch])
            order = np.random.Generator(np.random.PCG64(seed)).permutation(len(groups))
            for part in np.array_split(order, min(optim.minibatches, len(groups))):
                chosen = {groups[i].index for i in part}
                batch = [r for r, t in zip(rows, turns, strict=True) if t.group in chosen]
                self._optimizer_step(batch, totals, first=totals.steps == 0)
        advantages = np.array([row.advantage for row in rows])
        return totals.means() | {
            "lr": rate,
            "advantage_abs": float(np.abs(advantages).mean()),
            "rows": float(len(rows)),
            "rows_without_advantage": float((np.abs(advantages) < NO_ADVANTAGE).sum()),
        }

    def _optimizer_step(self, rows: Sequence[Row], totals: Totals, first: bool) -> None:
        loss = self.config.loss
        counts = _denominators(rows, self.config.rollout.max_reply_tokens)
        if loss.kl_coef == 0.0 and loss.entropy_coef == 0.0:
            # Their gradient is exactly zero; they still count in the denominators.
            rows = [row for row in rows if abs(row.advantage) >= NO_ADVANTAGE]
        self.optimizer.zero_grad(set_to_none=True)
        for batch in micro_batches(rows, self.config.optim.micro_batch_tokens, self.policy.device):
            value = self._loss(batch, counts, totals, first)
            torch.autograd.backward(value)
            totals.loss += float(value.detach())
        if not rows:
            return
        parameters = [p for p in self.policy.model.parameters() if p.grad is not None]
        norm = float(torch.nn.utils.clip_grad_norm_(parameters, self.config.optim.grad_clip))
        if not math.isfinite(norm):
            raise FloatingPointError(
                f"the gradient norm is {norm}; lower optim.lr or continue from the last checkpoint."
            )
        self.optimizer.step()
        totals.grad_norm += norm
        totals.steps += 1

    def _loss(self, batch: MicroBatch, counts: Denominators, totals: Totals, first: bool) -> Tensor:
        how, mask = self.config.loss, batch.loss_mask
        logits = self.policy.reply_logits(batch.batch) / self.config.rollout.temperature
        new = token_log_probs(logits, batch.batch.reply_ids)
        old = torch.where(batch.old_log_probs.isnan(), new.detach(), batch.old_log_probs)
        token_loss = ppo_token_loss(
            new,
            old,
            batch.advantages,
            mask,
            clip_low=how.clip_low,
            clip_high=how.clip_high,
            dual_clip=how.dual_clip,
        )
        value = aggregate(token_loss.values, mask, how.aggregation, denominators=counts)
        if how.entropy_coef != 0.0:
            entropy = aggregate(
                entropy_from_logits(logits), mask, how.aggregation, denominators=counts
            )
            value = value - how.entropy_coef * entropy
        if self.reference is not None and how.kl_coef != 0.0:
            with torch.no_grad():
                ref = self.reference.log_probs(batch.batch, self.config.rollout.temperature)
            kl = kl_per_token(new, ref, mask, estimator="k3")
            value = value + how.kl_coef * aggregate(kl, mask, how.aggregation, denominators=counts)
            totals.ref_kl += float(kl.detach().sum())
        with torch.no_grad():
            ratio = token_loss.log_ratio
            totals.tokens += float(mask.sum())
            totals.approx_kl += float((ratio.exp() - 1.0 - ratio).sum())
            totals.clipped += float(token_loss.clipped.sum())
            totals.clipped_lower += float(token_loss.clipped_lower.sum())
            if first:  # before any change of weights: how far trainer and sampler disagree
                totals.first_gap += float(ratio.abs().sum())
                totals.first_tokens += float(mask.sum())
        return value


def _denominators(rows: Sequence[Row], length: int) -> Denominators:
    masks = [row.loss_mask for row in rows]
    return Denominators(
        tokens=float(sum(mask.sum() for mask in masks)),
        rows=float(sum(bool(mask.any()) for mask in masks)),
        length=float(length),
    )
