"""Advantages of a rollout as the settings of a run name them, one number per turn."""

from __future__ import annotations

from collections.abc import Sequence

from ..advantages import gigpo_advantages, grpo_advantages
from ..collate import TurnRow
from ..config import TrainConfig
from ..rewards import acceptance_weights, turn_rewards
from ..trajectory import FloatArray

__all__ = ["turn_advantages"]


def turn_advantages(turns: Sequence[TurnRow], config: TrainConfig) -> FloatArray:
    """Return the advantages of all turns of a rollout, as this project's own trainers make them.

    Args:
        turns: every turn [B].
        config: the algorithm (`t2po`, `gigpo` or `grpo`) and its settings.

    Raises:
        ValueError: the algorithm needs a critic.
    """
    how = config.advantage
    if config.algorithm == "ppo":
        raise ValueError("PPO needs a critic; set algorithm to t2po, gigpo or grpo.")
    rewards = turn_rewards(turns, how, config.rollout.max_reply_tokens)
    groups = [row.group for row in turns]
    trajectories = [row.trajectory for row in turns]
    valid = [float(row.turn.valid) for row in turns]
    if config.algorithm == "grpo":
        return grpo_advantages(
            rewards,
            groups,
            trajectories,
            valid,
            invalid_penalty=how.invalid_penalty,
            norm=how.norm,
            unit=how.unit,
            baseline=how.baseline,
        )
    total = gigpo_advantages(
        rewards,
        groups,
        trajectories,
        [row.turn.anchor for row in turns],
        valid,
        gamma=how.gamma,
        step_weight=how.step_weight,
        invalid_penalty=how.invalid_penalty,
        norm=how.norm,
        unit=how.unit,
        similarity=how.similarity,
        baseline=how.baseline,
    ).total
    return total * acceptance_weights(turns, config)
