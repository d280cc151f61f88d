"""Advantages from one score per row: GRPO, Dr.GRPO, RLOO, OPO, REINFORCE++ and its baseline form.

A row is one sampled sequence. Rows of the same task form a group. Functions return one advantage
per row [B] unless the estimator is defined over tokens; `broadcast_to_tokens` copies row values to
tokens.

| estimator | call |
|---|---|
| GRPO (verl) | `group_advantages(s, g)` |
| GRPO (TRL, scale_rewards "group" / "batch") | `..., scale=..., epsilon=1e-4, singleton="zero"` |
| Dr.GRPO, TRL "none" | `..., scale="none"` (TRL: with `singleton="zero"`) |
| GRPO (TorchTitan RL) | `..., ddof=0` |

Conventions side by side: docs/originals/algorithms.md, section 4.
"""

from collections.abc import Hashable, Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from .statistics import (
    FloatArray,
    IntArray,
    as_floats,
    as_mask,
    broadcast_to_tokens,
    group_mean,
    group_std,
    labels_of,
    masked_whiten,
)

Scale = Literal["group", "batch", "none"]
Unit = Literal["turn", "trajectory_mean", "trajectory_first"]
Baseline = Literal["group_mean", "leave_one_out"]


def group_advantages(
    scores: npt.ArrayLike,
    groups: Sequence[Hashable],
    *,
    scale: Scale = "group",
    ddof: int = 1,
    epsilon: float = 1e-6,
    singleton: Literal["score", "zero"] = "score",
) -> FloatArray:
    """Return A_i = (s_i - mean(group)) / (std + epsilon), or without the division.

    Rows with a NaN score are outside every statistic and get advantage 0.

    Args:
        scores: one score per row [B].
        groups: the group of every row [B], any hashable values in any order.
        scale: divide by the standard deviation of the `group`, of the whole `batch`, or not.
        ddof: 1 for the n - 1 convention (verl, TRL), 0 for the population one.
        epsilon: added to the standard deviation: 1e-6 in verl, 1e-4 in TRL.
        singleton: a group of one has mean 0 and std 1 (`score`, verl) or advantage 0 (`zero`, TRL).

    Returns:
        Advantages [B].

    Raises:
        ValueError: `groups` and `scores` differ in length.
    """
    s = as_floats(scores, "scores", 1)
    labels = row_labels(groups, s.size)
    known = ~np.isnan(s)
    advantages = np.zeros_like(s)
    if known.any():
        sub = labels_of(labels[known].tolist())
        advantages[known] = _normalised(s[known], sub, scale, ddof, epsilon, singleton)
    return advantages


def _normalised(
    s: FloatArray,
    labels: IntArray,
    scale: Scale,
    ddof: int,
    epsilon: float,
    singleton: Literal["score", "zero"],
) -> FloatArray:
    alone = np.bincount(labels) == 1
    mean = group_mean(s, labels)
    std = group_std(s, labels, ddof)
    if singleton == "score":
        mean, std = np.where(alone, 0.0, mean), np.where(alone, 1.0, std)
    if scale == "none":
        return s - mean[labels]
    if scale == "batch":
        whole = float(group_std(s, np.zeros_like(labels), ddof)[0])
        return (s - mean[labels]) / (whole + epsilon)
    return (s - mean[labels]) / (std[labels] + epsilon)


def row_labels(groups: Sequence[Hashable], rows: int) -> IntArray:
    """Return group numbers by first appearance, checking that there is one per row.

    Raises:
        ValueError: another number of groups than rows.
    """
    labels = labels_of(groups)
    if labels.size != rows:
        raise ValueError(f"There are {rows} rows but {labels.size} group names; give one per row.")
    return labels


def turn_group_advantages(
    row_scores: npt.ArrayLike,
    groups: Sequence[Hashable],
    trajectories: Sequence[Hashable],
    *,
    unit: Unit = "trajectory_mean",
    scale: Literal["group", "none"] = "group",
    baseline: Baseline = "group_mean",
    epsilon: float = 1e-6,
) -> FloatArray:
    """Return group advantages where a row is one turn of a trajectory.

    What counts as one sample of the group's mean and standard deviation (ddof 1) is `unit`:
    every `turn` (a 10-turn episode then weighs ten times a 1-turn one), or every trajectory by the
    mean of its row scores or by its first row's score. Each row is then normalised with its own
    score: A_i = (s_i - mean) / (std + epsilon). A group with one sample has mean 0 and std 1.

    Args:
        row_scores: one score per turn row [B].
        groups: the task group of every row [B].
        trajectories: the trajectory of every row [B]; names need to be unique within a group only.
        unit: the sample of the statistics. The authors of T2PO use `turn`; we default to one voice
            per trajectory.
        scale: divide by the group's standard deviation or not.
        baseline: subtract the `group_mean`, or the mean of the other samples of the group
            (`leave_one_out`, RLOO: A = s - mean without the row's own sample; a group of one keeps
            its score).
        epsilon: added to the standard deviation.

    Returns:
        Advantages [B].
    """
    s = as_floats(row_scores, "row_scores", 1)
    labels = row_labels(groups, s.size)
    values, sample_groups, owner = _samples(s, labels, trajectories, unit)
    counts = np.bincount(sample_groups)
    alone = counts == 1
    mean = np.where(alone, 0.0, group_mean(values, sample_groups))
    centred = s - mean[labels]
    if baseline == "leave_one_out":
        own, stretch = values[owner], (counts / np.maximum(counts - 1, 1))[labels]
        centred = (s - own) + stretch * (own - mean[labels])
    if scale == "none":
        return np.asarray(centred)
    std = np.where(alone, 1.0, group_std(values, sample_groups))
    return np.asarray(centred / (std[labels] + epsilon))


def _samples(
    s: FloatArray, labels: IntArray, trajectories: Sequence[Hashable], unit: Unit
) -> tuple[FloatArray, IntArray, IntArray]:
    """Return the samples' values and groups, and which sample every row belongs to."""
    if unit == "turn":
        return s, labels, np.arange(s.size)
    row_labels(trajectories, s.size)
    owner = labels_of(list(zip(labels.tolist(), trajectories, strict=True)))
    first = np.unique(owner, return_index=True)[1]
    values = group_mean(s, owner) if unit == "trajectory_mean" else s[first]
    return values, labels[first], owner


def rloo_advantages(scores: npt.ArrayLike, groups: Sequence[Hashable]) -> FloatArray:
    """Return A_i = s_i - mean of the others in the group; a group of one keeps its score.

    Computed as s n/(n-1) - mean n/(n-1). Source: Ahmadian et al. 2024 (RLOO), as in verl.

    Args:
        scores: one score per row [B].
        groups: the group of every row [B].
    """
    s = as_floats(scores, "scores", 1)
    labels = row_labels(groups, s.size)
    n = np.bincount(labels)[labels]
    stretch = n / np.maximum(n - 1, 1)
    others = stretch * (s - group_mean(s, labels)[labels])
    return np.where(n > 1, others, s)


def opo_advantages(
    scores: npt.ArrayLike, groups: Sequence[Hashable], lengths: npt.ArrayLike
) -> FloatArray:
    """Return A_i = s_i - sum_j(length_j s_j) / sum_j(length_j) over the group; baseline 0 if alone.

    Source: Hao et al. 2025 (OPO), as in verl.

    Args:
        scores: one score per row [B].
        groups: the group of every row [B].
        lengths: response tokens of every row [B].
    """
    s = as_floats(scores, "scores", 1)
    weight = as_floats(lengths, "lengths", 1)
    labels = row_labels(groups, s.size)
    baseline = group_mean(s, labels, weight)
    return np.where(np.bincount(labels)[labels] > 1, s - baseline[labels], s)


class TokenAdvantages(NamedTuple):
    """Advantages and the returns they came from, both [B, T] and 0 where masked."""

    advantages: FloatArray
    returns: FloatArray


def reinforce_pp_advantages(
    token_rewards: npt.ArrayLike, mask: npt.ArrayLike, gamma: float = 1.0
) -> TokenAdvantages:
    """Return REINFORCE++: discounted token returns, whitened over the batch's tokens.

    R_t = r_t + gamma R_{t+1}; the running return restarts at every masked token.

    Args:
        token_rewards: reward per token [B, T].
        mask: 0/1 response mask [B, T].
        gamma: discount per token.
    """
    r = as_floats(token_rewards, "token_rewards", 2)
    m = as_mask(mask, r.shape)
    returns = np.zeros_like(r)
    running = np.zeros(r.shape[0])
    for t in reversed(range(r.shape[1])):
        running = np.where(m[:, t], np.where(m[:, t], r[:, t], 0.0) + gamma * running, 0.0)
        returns[:, t] = running
    return TokenAdvantages(masked_whiten(returns, m), returns)


def reinforce_pp_baseline_advantages(
    scores: npt.ArrayLike, groups: Sequence[Hashable], mask: npt.ArrayLike
) -> FloatArray:
    """Return REINFORCE++-baseline: score minus group mean, whitened over the batch's tokens [B, T].

    Long rows weigh more in the whitening. A group of one has mean 0.

    Args:
        scores: one score per row [B].
        groups: the group of every row [B].
        mask: 0/1 response mask [B, T].
    """
    centred = group_advantages(scores, groups, scale="none")
    return masked_whiten(broadcast_to_tokens(centred, mask), mask)
