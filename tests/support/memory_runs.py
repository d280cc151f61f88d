"""What the tests of LoRA, gradient checkpointing and bfloat16 share: stale samples, adapters."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from baseline_fakes import TINY, tiny_policy
from rollouts import ALWAYS, rollout
from stand_in import gigpo

from baselines.collate import TurnRow
from baselines.config import LoRAConfig, LossConfig, OptimConfig, RolloutConfig, TrainConfig
from baselines.policy.loading import load_policy
from baselines.policy.lora import new_adapter
from baselines.policy.model import Policy


def config_of(temperature: float = 1.0, **loss: Any) -> TrainConfig:
    return TrainConfig(
        policy=TINY,
        loss=LossConfig(**loss),
        optim=OptimConfig(lr=1e-2, grad_clip=1e9, micro_batch_tokens=60),
        rollout=RolloutConfig(max_reply_tokens=24, temperature=temperature),
    )


def stale_turns(config: TrainConfig) -> tuple[list[TurnRow], np.ndarray]:
    """Turns with forced tokens whose sampler was another policy, and their advantages."""
    groups = rollout(tiny_policy(), ALWAYS, config.rollout.temperature)
    shift = np.random.default_rng(5)
    turns, advantages = gigpo(groups, config)
    moved = []
    for row in turns:
        reply = row.turn.generation
        log_probs = reply.log_probs + shift.normal(0.0, 0.5, len(reply.log_probs))
        generation = replace(reply, log_probs=log_probs)
        moved.append(replace(row, turn=replace(row.turn, generation=generation)))
    return moved, advantages


def saved_base(folder: Path) -> str:
    """Save a tiny whole model; returns its name."""
    tiny_policy().save(folder)
    return str(folder)


def adapted(base: str, how: LoRAConfig, **settings: Any) -> Policy:
    """A policy with a fresh adapter."""
    policy = load_policy(base, replace(TINY, **settings))
    policy.adapter = new_adapter(policy.model, how, base, torch.Generator().manual_seed(3))
    return policy


def stirred(policy: Policy) -> Policy:
    """Give an adapter's matrices random values, as training would."""
    draw = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for weight in policy.model.parameters():
            if weight.requires_grad:
                weight.add_(0.1 * torch.randn(weight.shape, generator=draw))
    return policy
