"""From what the environment paid to what training pays: shaping, penalties, and loss weights.

Everything here is one number per turn. Advantages are made of the result.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .advantages import episode_returns, overlong_penalty
from .collate import TurnRow, turn_rows
from .config import AdvantageConfig, TrainConfig
from .intervention import acceptance_weight, rejection_rate
from .trajectory import FloatArray, Group

__all__ = ["NO_ADVANTAGE", "acceptance_weights", "training_returns", "turn_rewards"]

# Below this an advantage is rounding noise of a group whose members all did equally well.
NO_ADVANTAGE = 1e-8


def turn_rewards(
    rows: Sequence[TurnRow], config: AdvantageConfig, max_reply_tokens: int = 0
) -> FloatArray:
    """Return each turn's training reward: the environment's, unless the settings say otherwise.

    Shaping adds weight * (gamma * Phi' - Phi) with Phi' = 0 at a terminal state, which changes no
    policy's rank. The two penalties for length are taken from the turn that was long.

    Args:
        rows: turns.
        config: what to add and take away.
        max_reply_tokens: the longest reply, for overlong shaping.
    """
    rewards = np.array([row.turn.reward for row in rows], dtype=np.float64)
    if config.reward_on_success is not None:
        won = [row.turn.success and row.turn.terminated for row in rows]
        rewards = np.where(won, config.reward_on_success, 0.0)
    if config.progress_weight != 0.0:
        before = np.array([row.progress_before for row in rows])
        after = np.array([0.0 if row.turn.terminated else row.turn.progress for row in rows])
        rewards = rewards + config.progress_weight * (config.gamma * after - before)
    if config.length_penalty != 0.0:
        thinking = np.array([row.turn.generation.think_tokens for row in rows])
        rewards = rewards - config.length_penalty * thinking
    if config.overlong_buffer:
        lengths = [row.turn.generation.num_tokens for row in rows]
        ramp = overlong_penalty(lengths, max_reply_tokens, config.overlong_buffer)
        rewards = rewards + config.overlong_penalty * ramp
    return np.asarray(rewards, dtype=np.float64)


def training_returns(groups: Sequence[Group], config: TrainConfig) -> FloatArray:
    """Return the undiscounted training return of every trajectory, group after group."""
    rows = turn_rows(groups)
    owners = [row.trajectory for row in rows]
    rewards = turn_rewards(rows, config.advantage, config.rollout.max_reply_tokens)
    first = np.unique(owners, return_index=True)[1]
    return episode_returns(rewards, owners)[first]


def acceptance_weights(rows: Sequence[TurnRow], config: TrainConfig) -> FloatArray:
    """Return pi / mu of every turn under the turn rule, with the measured rejection rate [B].

    1 everywhere unless `loss.tds_weighting` asks for it.
    """
    if not (config.loss.tds_weighting and config.turns.enabled):
        return np.ones(len(rows))
    judged = [row.turn for row in rows if not math.isnan(row.turn.gamma)]
    rate = rejection_rate(sum(t.cost.rejected > 0 or t.void for t in judged), len(judged))
    return np.array(
        [
            1.0
            if math.isnan(row.turn.gamma)
            else acceptance_weight(not row.turn.void, rate, config.turns.max_resamples)
            for row in rows
        ]
    )
