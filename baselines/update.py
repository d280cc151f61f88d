"""One training step of the policy: optimiser steps over micro-batches.

Denominators belong to the whole (mini-)batch, so micro-batch size changes memory and speed and
never the gradient; nor does the number of processes, each of which learns from its share of the
rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .collate import MicroBatch, Row, TurnRow, by_length, collate, idle_row, micro_parts
from .config import LossConfig, TrainConfig
from .losses import (
    Denominators,
    TokenLoss,
    aggregate,
    cispo_token_loss,
    gspo_token_loss,
    importance_weights,
    kl_per_token,
    ppo_token_loss,
)
from .optimisation import (
    clip_gradients,
    deal,
    learning_rate,
    make_optimizer,
    set_rate,
    stepped_weights,
    with_state,
)
from .parallel.shares import evened
from .parallel.world import here
from .policy.model import Policy
from .policy.reference import Reference
from .rewards import NO_ADVANTAGE
from .trajectory import FloatArray

__all__ = ["Learner", "Totals", "policy_loss", "training_rows"]

LEARNING_STREAM = 1_000_004


def training_rows(
    turns: Sequence[TurnRow], advantages: FloatArray, config: TrainConfig
) -> list[Row]:
    """Return what is learned from every turn, in the same order.

    Args:
        turns: the turns of a rollout.
        advantages: one number for each [B].
        config: whether forced tokens and void turns are learned from.
    """
    rows = []
    for row, advantage in zip(turns, advantages, strict=True):
        reply = row.turn.generation
        mask = np.ones_like(reply.sampled) if config.loss.train_on_forced else reply.sampled
        if config.turns.filter_void and row.turn.void:
            mask = np.zeros_like(reply.sampled)
        rows.append(
            Row(
                prompt_ids=row.turn.prompt_ids,
                reply_ids=reply.token_ids,
                loss_mask=mask,
                # nan asks for the trainer's own value: forced tokens have no sampler's.
                old_log_probs=np.where(reply.sampled, reply.log_probs, np.nan),
                advantage=float(advantage),
            )
        )
    return rows


class Totals(defaultdict[str, float]):
    """Sums over the loss tokens of one training step, by name; 0 until something is added."""

    def __init__(self) -> None:
        super().__init__(float)

    def of_all(self) -> None:
        """Add up what the processes counted; steps and gradient norms they have in common."""
        common = ("steps", "grad_norm")
        names = sorted({*here().gathered([name for name in self if name not in common])})
        self.update(zip(names, here().total([self[name] for name in names]), strict=True))

    def disagreement(self, log_ratio: Tensor, mask: Tensor) -> None:
        """Add how far trainer and sampler disagree about loss tokens [B, T]."""
        self["first_gap"] += float(torch.where(mask, log_ratio, 0.0).abs().sum())
        self["first_tokens"] += float(mask.sum())

    def means(self) -> dict[str, float]:
        """Return means per token (or per optimiser step)."""
        tokens, steps = max(self["tokens"], 1.0), max(self["steps"], 1.0)
        return {
            "loss": self["loss"] / steps,
            "approx_kl": self["approx_kl"] / tokens,
            "clip_fraction": self["clipped"] / tokens,
            "dual_clip_fraction": self["clipped_lower"] / tokens,
            "ref_kl": self["ref_kl"] / tokens,
            "sampler_gap": self["first_gap"] / max(self["first_tokens"], 1.0),
            "grad_norm": self["grad_norm"] / steps,
            "optimizer_steps": self["steps"],
        }


def policy_loss(
    new: Tensor, old: Tensor, advantages: Tensor, mask: Tensor, how: LossConfig
) -> TokenLoss:
    """Return the loss per token that the settings name; all tensors are [B, T]."""
    if how.kind == "gspo":
        return gspo_token_loss(
            new, old, advantages, mask, clip_low=how.clip_low, clip_high=how.clip_high
        )
    if how.kind == "cispo":
        return cispo_token_loss(
            new, old, advantages, mask, clip_low=how.clip_low, clip_high=how.clip_high
        )
    return ppo_token_loss(
        new,
        old,
        advantages,
        mask,
        clip_low=how.clip_low,
        clip_high=how.clip_high,
        dual_clip=how.dual_clip,
    )


class Learner:
    """The policy being trained and its optimiser.

    Args:
        policy: trained in place.
        config: all settings.
        reference: what KL is measured against; needed if `loss.kl_coef` is not 0.
    """

    def __init__(
        self, policy: Policy, config: TrainConfig, reference: Reference | None = None
    ) -> None:
        if config.loss.kl_coef != 0.0 and reference is None:
            raise ValueError("loss.kl_coef is not 0, so a reference policy is needed.")
        self.policy, self.reference, self.config = policy, reference, config
        optim = config.optim
        self.optimizer = make_optimizer(
            policy.model, optim.lr, optim.weight_decay, optim.betas, in_copies=policy.in_copies
        )

    def state_dict(self) -> dict[str, Any]:
        """Return the optimiser's state; the weights are the policy's own affair."""
        state: dict[str, Any] = self.optimizer.state_dict()
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        self.optimizer.load_state_dict(state)

    def blank_state(self) -> dict[str, Any]:
        """Return a state of the right form, for a saved one to be read into."""
        return with_state(self.optimizer)

    def update(
        self,
        turns: Sequence[TurnRow],
        advantages: FloatArray,
        step: int,
        position: float | None = None,
    ) -> dict[str, float]:
        """Learn from one rollout.

        Args:
            turns: every turn of the rollout.
            advantages: one number for each turn [B].
            step: training step from 0; sets the shuffling of minibatches.
            position: place in the schedule of the learning rate; the step itself by default.

        Returns:
            Metrics, means over loss tokens unless their name says otherwise.
        """
        optim, run = self.config.optim, self.config.run
        rows = training_rows(turns, advantages, self.config)
        groups = [turn.group for turn in turns]
        rate = learning_rate(optim, step if position is None else position, run.steps)
        set_rate(self.optimizer, rate)
        totals = Totals()
        if self.config.tis != "off":
            rows = self._corrected(rows, totals)
        with self.policy.learning(LEARNING_STREAM, run.seed, step):
            for epoch in range(optim.epochs):
                for batch in deal(rows, groups, optim.minibatches, run.seed, step, epoch):
                    self._optimizer_step(batch, totals, first=totals["steps"] == 0)
        totals.of_all()
        taught = [row for row in rows if abs(row.advantage) >= NO_ADVANTAGE]
        return totals.means() | {
            "lr": rate,
            "advantage_abs": float(np.abs(advantages).mean()),
            "rows": float(len(rows)),
            "rows_without_advantage": float(len(rows) - len(taught)),
            "taught_tokens": float(sum(int(row.loss_mask.sum()) for row in taught)),
        }

    def _corrected(self, rows: Sequence[Row], totals: Totals) -> list[Row]:
        """Give every row the trainer's own old log-probabilities, and the weights of TIS.

        Afterwards the sampler's are gone: how far the two disagree is measured here.
        """
        mine = rows[here().share(len(rows))]
        corrected = dict[int, Row]()
        with self.policy.whole():
            parts = micro_parts(
                mine,
                self.config.optim.micro_batch_tokens,
                prompts_shared=self.policy.shares_prompts,
            )
            for part in parts:
                for row, other in zip(part, self._corrected_part(part, totals), strict=True):
                    corrected[id(row)] = other
        return here().gathered([corrected[id(row)] for row in mine])

    @torch.no_grad()
    def _corrected_part(self, part: Sequence[Row], totals: Totals) -> Iterator[Row]:
        batch = collate(part, self.policy.device)
        own = self.policy.log_probs(batch.batch, self.config.rollout.temperature)
        sampler = torch.where(batch.old_log_probs.isnan(), own, batch.old_log_probs)
        weights = importance_weights(
            own,
            sampler,
            batch.loss_mask,
            level="sequence" if self.config.tis == "sequence" else "token",
            maximum=self.config.loss.tis_cap,
        )
        totals.disagreement(own - sampler, batch.loss_mask)
        for row, log_probs, weight in zip(part, own.cpu(), weights.cpu(), strict=True):
            length = len(row.reply_ids)
            yield replace(
                row,
                old_log_probs=log_probs[:length].double().numpy(),
                weights=weight[:length].double().numpy(),
            )

    def _optimizer_step(self, rows: Sequence[Row], totals: Totals, first: bool) -> None:
        loss = self.config.loss
        counts = _denominators(rows, self.config.rollout.max_reply_tokens)
        if loss.kl_coef == 0.0 and loss.entropy_coef == 0.0:
            # Their gradient is exactly zero; they still count in the denominators.
            rows = [row for row in rows if abs(row.advantage) >= NO_ADVANTAGE]
        self.optimizer.zero_grad(set_to_none=True)
        if not rows:
            return
        for part in self._parts(rows):
            batch = collate(part, self.policy.device)
            value = self._loss(batch, counts, totals, first)
            # Gradients of several processes are averaged, and are to be added up.
            torch.autograd.backward(value * here().size)
            totals["loss"] += float(value.detach())
        weights = stepped_weights(self.policy.model, self.optimizer)
        totals["grad_norm"] += clip_gradients(weights, self.config.optim.grad_clip)
        self.optimizer.step()
        totals["steps"] += 1

    def _parts(self, rows: Sequence[Row]) -> list[list[Row]]:
        """Deal rows into this process's micro-batches."""
        size = here().size
        ordered = by_length(rows) if size > 1 else list(rows)

        def split(rank: int) -> list[list[Row]]:
            return micro_parts(
                ordered[rank::size],
                self.config.optim.micro_batch_tokens,
                prompts_shared=self.policy.shares_prompts,
            )

        return evened(split, lambda: [idle_row(ordered[0])])

    def _loss(self, batch: MicroBatch, counts: Denominators, totals: Totals, first: bool) -> Tensor:
        how, mask = self.config.loss, batch.loss_mask
        numbers = self.policy.token_numbers(
            batch.batch, self.config.rollout.temperature, entropies=how.entropy_coef != 0.0
        )
        new = numbers.log_probs
        old = torch.where(batch.old_log_probs.isnan(), new.detach(), batch.old_log_probs)
        token_loss = policy_loss(new, old, batch.advantages, mask, how)
        values = token_loss.values * batch.weights
        value = aggregate(values, mask, how.aggregation, denominators=counts)
        if numbers.entropies is not None:
            entropy = aggregate(numbers.entropies, mask, how.aggregation, denominators=counts)
            value = value - how.entropy_coef * entropy
        if self.reference is not None and how.kl_coef != 0.0:
            with torch.no_grad():
                ref = self.reference.log_probs(batch.batch, self.config.rollout.temperature)
            kl = kl_per_token(new, ref, mask, estimator=how.kl_estimator)
            value = value + how.kl_coef * aggregate(kl, mask, how.aggregation, denominators=counts)
            totals["ref_kl"] += float(kl.detach().sum())
        with torch.no_grad():
            ratio = token_loss.log_ratio
            totals["tokens"] += float(mask.sum())
            totals["approx_kl"] += float((ratio.exp() - 1.0 - ratio).sum())
            totals["clipped"] += float(token_loss.clipped.sum())
            totals["clipped_lower"] += float(token_loss.clipped_lower.sum())
            if first and self.config.tis == "off":  # before any change of weights
                totals.disagreement(ratio, mask)
        return value


def _denominators(rows: Sequence[Row], length: int) -> Denominators:
    masks = [row.loss_mask for row in rows]
    return Denominators(
        tokens=float(sum(mask.sum() for mask in masks)),
        rows=float(sum(bool(mask.any()) for mask in masks)),
        length=float(length),
    )
