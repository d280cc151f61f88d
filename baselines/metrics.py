"""Metrics of a rollout, as shown in curves and tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from .trajectory import Group, Trajectory, Turn

__all__ = ["mean", "mean_interval", "rollout_metrics", "wilson_interval"]

Z95 = 1.959963984540054


def mean(values: Iterable[float]) -> float:
    """Return the mean, nan for nothing."""
    kept = list(values)
    return float(np.mean(kept)) if kept else math.nan


def wilson_interval(successes: int, count: int) -> tuple[float, float]:
    """Return the 95 % Wilson interval of a rate."""
    if count == 0:
        return math.nan, math.nan
    p, z2 = successes / count, Z95**2
    centre = (p + z2 / (2 * count)) / (1 + z2 / count)
    half = Z95 / (1 + z2 / count) * math.sqrt(p * (1 - p) / count + z2 / (4 * count**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def mean_interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % normal interval of a mean (standard deviation with n - 1)."""
    if len(values) < 2:
        return math.nan, math.nan
    half = Z95 * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    centre = float(np.mean(values))
    return centre - half, centre + half


def rollout_metrics(groups: Sequence[Group]) -> dict[str, float]:
    """Return what a rollout was like: outcome, length, thought, interventions, cost.

    Rates named `tti_` are over turns, `tds_` over turns that had a previous one to compare with.
    """
    episodes = [t for g in groups for t in g.trajectories]
    turns = [turn for e in episodes for turn in e.turns]
    return {
        "success": mean(float(e.success) for e in episodes),
        "score": mean(e.score for e in episodes),
        "reward": mean(e.reward for e in episodes),
        "progress": mean(e.progress for e in episodes),
        "turns": mean(len(e.turns) for e in episodes),
        "tokens": mean(e.tokens for e in episodes),
        "truncated": mean(float(e.turns[-1].truncated) for e in episodes),
        "uniform_groups": mean(float(_uniform(g)) for g in groups),
        **_turn_metrics(turns),
        **_intervention_metrics(episodes, turns),
    }


def _uniform(group: Group) -> bool:
    """Whether all members got the same reward: such a group teaches nothing."""
    rewards = [trajectory.reward for trajectory in group.trajectories]
    return max(rewards) - min(rewards) < 1e-9


def _turn_metrics(turns: Sequence[Turn]) -> dict[str, float]:
    replies = [turn.generation for turn in turns]
    return {
        "valid": mean(float(turn.valid) for turn in turns),
        "reply_tokens": mean(r.num_tokens for r in replies),
        "reply_tokens_max": float(max(r.num_tokens for r in replies)),
        "prompt_tokens": mean(len(turn.prompt_ids) for turn in turns),
        "cut_replies": mean(float(r.finish.value == "length") for r in replies),
        "think_tokens": mean(r.think_tokens for r in replies),
        "entropy": mean(float(r.entropy[r.sampled].mean()) for r in replies if r.sampled.any()),
        "history_dropped": mean(float(turn.dropped_history > 0) for turn in turns),
    }


def _intervention_metrics(
    episodes: Sequence[Trajectory], turns: Sequence[Turn]
) -> dict[str, float]:
    reasons = [turn.generation.stop_reason for turn in turns]
    closed = [turn.generation.think_closed for turn in turns]
    judged = [turn for turn in turns if not math.isnan(turn.gamma)]
    rejected = sum(turn.cost.rejected for turn in turns)
    return {
        "tti_rate": mean(float(r != "none") for r in reasons),
        "tti_window_rate": mean(float(r == "window") for r in reasons),
        "tti_length_rate": mean(float(r == "length") for r in reasons),
        "closed_by_policy": mean(float(c == "policy") for c in closed),
        "tds_rate": mean(float(turn.cost.rejected > 0) for turn in judged) if judged else 0.0,
        "tds_void": mean(float(turn.void) for turn in judged) if judged else 0.0,
        "tds_rejected_turns": rejected / len(episodes),
        "tds_rejected_tokens": mean(
            sum(turn.cost.rejected_tokens for turn in e.turns) for e in episodes
        ),
        "gamma": mean(turn.gamma for turn in judged) if judged else 0.0,
    }
