"""GiGPO: an episode advantage per trajectory plus a step advantage per visited state.

Rows are turns. Turns of the same task group that start from the same observation (the anchor) form
an anchor group, and their discounted returns are compared with each other.

Source: Feng et al., "Group-in-Group Policy Optimization for LLM Agent Training", arXiv 2505.10978.
Conventions of the authors' code: docs/originals/algorithms.md, section 8.
"""

from collections.abc import Hashable, Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from .outcome import Baseline, Unit, row_labels, turn_group_advantages
from .similarity import similar_anchor_groups
from .statistics import (
    FloatArray,
    IntArray,
    as_floats,
    group_mean,
    group_std,
    labels_of,
)

Norm = Literal["mean_norm", "mean_std_norm"]
Precision = Literal["float32", "float64"]


def step_returns(
    rewards: npt.ArrayLike,
    trajectories: Sequence[Hashable],
    gamma: float = 0.95,
    *,
    precision: Precision = "float64",
) -> FloatArray:
    """Return R_t = sum_k gamma^k r_{t+k} within every trajectory [B], as float64.

    Args:
        rewards: environment reward of every turn row [B], without penalties.
        trajectories: the trajectory of every row [B], names unique in the batch. Rows of one
            trajectory must be in time order; trajectories may be interleaved.
        gamma: discount per turn.
        precision: of the recursion; the authors' code runs it in `float32`.
    """
    r = as_floats(rewards, "rewards", 1).astype(precision)
    labels = row_labels(trajectories, r.size)
    discount = r.dtype.type(gamma)
    returns = np.zeros_like(r)
    running = np.zeros(int(labels.max(initial=-1)) + 1, dtype=r.dtype)
    for row in reversed(range(r.size)):
        owner = labels[row]
        running[owner] = r[row] + discount * running[owner]
        returns[row] = running[owner]
    return returns.astype(np.float64)


def episode_returns(rewards: npt.ArrayLike, trajectories: Sequence[Hashable]) -> FloatArray:
    """Return the undiscounted sum of a trajectory's rewards on each of its rows [B]."""
    r = as_floats(rewards, "rewards", 1)
    labels = row_labels(trajectories, r.size)
    return np.asarray(np.bincount(labels, weights=r)[labels], dtype=np.float64)


def penalise_invalid(
    scores: npt.ArrayLike, action_valid: npt.ArrayLike, penalty: float = 0.1
) -> FloatArray:
    """Return scores minus `penalty` on the rows whose own action was invalid [B].

    Applied after discounting, so that a penalty never travels to earlier turns.
    """
    s = as_floats(scores, "scores", 1)
    valid = as_floats(action_valid, "action_valid", 1)
    if valid.shape != s.shape:
        raise ValueError(f"action_valid has {valid.size} rows but scores has {s.size}.")
    return np.where(valid == 0.0, s - penalty, s)


def anchor_groups(
    groups: Sequence[Hashable],
    anchors: Sequence[Hashable],
    similarity: float | None = None,
) -> IntArray:
    """Return the anchor group of every turn row, numbered by first appearance [B].

    Exact: same task group and equal anchor. With `similarity`: anchors are texts, and in row order
    each joins the first cluster of its task group whose first member has
    `SequenceMatcher(None, anchor, first).ratio() >= similarity`, else opens a new one.

    Args:
        groups: the task group of every row [B].
        anchors: the observation each turn started from [B], without history: turn 0 of all members
            of a group is then one anchor group. Hashable; texts for `similarity`.
        similarity: threshold strictly between 0 and 1, or None for exact.

    Raises:
        ValueError: different lengths, or a threshold outside (0, 1).
        TypeError: `similarity` with anchors that are not texts.
    """
    labels = row_labels(groups, len(anchors)).tolist()
    if similarity is None:
        return labels_of(list(zip(labels, anchors, strict=True)))
    return similar_anchor_groups(labels, anchors, similarity)


def step_advantages(
    step_scores: npt.ArrayLike,
    anchor_labels: npt.ArrayLike,
    norm: Norm = "mean_norm",
    epsilon: float = 1e-6,
) -> FloatArray:
    """Return step scores relative to their anchor group [B]; 0 for a group of one.

    Args:
        step_scores: discounted return of every row, penalty included [B].
        anchor_labels: anchor group of every row, 0..G-1 [B].
        norm: subtract the mean, and for `mean_std_norm` divide by (std with n - 1, + epsilon).
        epsilon: added to the standard deviation.
    """
    s = as_floats(step_scores, "step_scores", 1)
    labels = row_labels(np.asarray(anchor_labels).tolist(), s.size)
    centred = np.where(np.bincount(labels)[labels] > 1, s - group_mean(s, labels)[labels], 0.0)
    if norm == "mean_norm":
        return centred
    return centred / (group_std(s, labels)[labels] + epsilon)


class GigpoAdvantages(NamedTuple):
    """Advantages of turn rows and the two parts they are made of."""

    total: FloatArray
    """episode + weight * step [B]."""
    episode: FloatArray
    """Advantage of the whole episode within its task group [B]."""
    step: FloatArray
    """Advantage of the turn within its anchor group [B]."""
    anchor_labels: IntArray
    """Anchor group of every row [B]."""


def gigpo_advantages(
    rewards: npt.ArrayLike,
    groups: Sequence[Hashable],
    trajectories: Sequence[Hashable],
    anchors: Sequence[Hashable],
    action_valid: npt.ArrayLike,
    *,
    gamma: float = 0.95,
    step_weight: float = 1.0,
    invalid_penalty: float = 0.1,
    norm: Norm = "mean_norm",
    unit: Unit = "trajectory_mean",
    similarity: float | None = None,
    baseline: Baseline = "group_mean",
    epsilon: float = 1e-6,
    precision: Precision = "float64",
) -> GigpoAdvantages:
    """Return GiGPO advantages of all turn rows of a batch.

    1. episode score = undiscounted episode return - penalty if this turn's action was invalid;
    2. step score = discounted return from this turn - the same penalty;
    3. A = normalised episode score (within the task) + step_weight * normalised step score
       (within the anchor group).

    With `mean_std_norm`, a group whose scores differ by penalties alone gets advantages near 1 in
    size: the scaling turns a 0.1 slip into a full signal. `mean_norm` is the default.

    Args:
        rewards: environment reward of every turn row [B], each trajectory in time order.
        groups: task group of every row [B].
        trajectories: trajectory of every row [B], names unique in the batch.
        anchors: observation each turn started from [B].
        action_valid: 1 where the environment accepted the action [B].
        gamma: discount per turn of the step returns.
        step_weight: w, weight of the step advantage.
        invalid_penalty: subtracted from both scores of an invalid turn.
        norm: scaling of both parts.
        unit: what counts once in the episode statistics (see `turn_group_advantages`).
        similarity: threshold for similar anchors, None for exact.
        baseline: of the episode part (see `turn_group_advantages`).
        epsilon: added to the standard deviations.
        precision: of the discounted returns (`float32` in the authors' code).
    """
    step_scores = penalise_invalid(
        step_returns(rewards, trajectories, gamma, precision=precision),
        action_valid,
        invalid_penalty,
    )
    episode = grpo_advantages(
        rewards,
        groups,
        trajectories,
        action_valid,
        invalid_penalty=invalid_penalty,
        norm=norm,
        unit=unit,
        baseline=baseline,
        epsilon=epsilon,
    )
    labels = anchor_groups(groups, anchors, similarity)
    step = step_advantages(step_scores, labels, norm, epsilon)
    return GigpoAdvantages(episode + step_weight * step, episode, step, labels)


def grpo_advantages(
    rewards: npt.ArrayLike,
    groups: Sequence[Hashable],
    trajectories: Sequence[Hashable],
    action_valid: npt.ArrayLike,
    *,
    invalid_penalty: float = 0.1,
    norm: Norm = "mean_std_norm",
    unit: Unit = "trajectory_mean",
    baseline: Baseline = "group_mean",
    epsilon: float = 1e-6,
) -> FloatArray:
    """Return GRPO advantages of all turn rows [B]: GiGPO's episode part alone.

    The score of a row is its episode's undiscounted return, minus the penalty if its own action was
    invalid; it is compared with the scores of its task group.

    Args:
        rewards: environment reward of every turn row [B], each trajectory in time order.
        groups: task group of every row [B].
        trajectories: trajectory of every row [B], names unique in the batch.
        action_valid: 1 where the environment accepted the action [B].
        invalid_penalty: subtracted from the score of an invalid turn.
        norm: `mean_std_norm` (GRPO) or `mean_norm` (Dr.GRPO).
        unit: what counts once in the statistics (see `turn_group_advantages`).
        baseline: `leave_one_out` is RLOO.
        epsilon: added to the standard deviation.

    Source: Shao et al. 2024 (GRPO), over turns as verl-agent does it.
    """
    scores = penalise_invalid(episode_returns(rewards, trajectories), action_valid, invalid_penalty)
    return turn_group_advantages(
        scores,
        groups,
        trajectories,
        unit=unit,
        scale="none" if norm == "mean_norm" else "group",
        baseline=baseline,
        epsilon=epsilon,
    )
