"""Generalised advantage estimation over tokens, over environment steps, and over turns.

Source: Schulman et al. 2016, "High-Dimensional Continuous Control Using GAE".
Conventions of verl and CleanRL: docs/originals/algorithms.md, section 3.
"""

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

from .outcome import TokenAdvantages, row_labels
from .statistics import FloatArray, as_floats, as_mask


def token_gae(
    rewards: npt.ArrayLike,
    values: npt.ArrayLike,
    mask: npt.ArrayLike | None,
    *,
    gamma: float = 1.0,
    lam: float = 1.0,
) -> TokenAdvantages:
    """Return token GAE, not whitened, and returns = advantages + values.

    delta_t = r_t + gamma V_next - V_t;  A_t = delta_t + gamma lam A_next. Masked tokens are
    skipped: V_next and A_next pass over them unchanged. The value after the end is 0.

    Args:
        rewards: reward per token [B, T].
        values: value per token [B, T].
        mask: 0/1 response mask [B, T], or None to treat every position as a token (the authors'
            older code: padding values then enter the recursion).
        gamma: discount per token.
        lam: lambda of the trace.

    Returns:
        `TokenAdvantages` [B, T], 0 where masked. Whiten with `masked_whiten` where wanted.
    """
    r = as_floats(rewards, "rewards", 2)
    v = as_floats(values, "values", 2)
    if v.shape != r.shape:
        raise ValueError(f"values has shape {v.shape} but rewards has {r.shape}.")
    m = np.ones(r.shape, dtype=np.bool_) if mask is None else as_mask(mask, r.shape)
    r, v = np.where(m, r, 0.0), np.where(m, v, 0.0)
    advantages = np.zeros_like(r)
    next_value, running = np.zeros(r.shape[0]), np.zeros(r.shape[0])
    for t in reversed(range(r.shape[1])):
        delta = r[:, t] + gamma * next_value - v[:, t]
        running = np.where(m[:, t], delta + gamma * lam * running, running)
        next_value = np.where(m[:, t], v[:, t], next_value)
        advantages[:, t] = running
    advantages = np.where(m, advantages, 0.0)
    return TokenAdvantages(advantages, np.where(m, advantages + v, 0.0))


def step_gae(
    rewards: npt.ArrayLike,
    values: npt.ArrayLike,
    dones: npt.ArrayLike,
    next_value: npt.ArrayLike,
    next_done: npt.ArrayLike,
    *,
    gamma: float = 0.99,
    lam: float = 0.95,
) -> TokenAdvantages:
    """Return GAE of vector-environment steps, time first, in CleanRL's convention.

    `dones[t]` says that the episode ended before step t (observation t is a reset observation);
    `next_done` and `next_value` belong to the observation after the last step. A done cuts both
    the bootstrap and the trace, so it must mean terminated: give a truncated episode its bootstrap
    value in the reward, or use `turn_gae` per episode.

    Args:
        rewards: [T, N].
        values: value of the observation before each step [T, N].
        dones: 0/1 [T, N].
        next_value: [N].
        next_done: 0/1 [N].
        gamma: discount per step.
        lam: lambda of the trace.

    Returns:
        `TokenAdvantages` with arrays [T, N].
    """
    r = as_floats(rewards, "rewards", 2)
    v = as_floats(values, "values", 2)
    d = as_floats(dones, "dones", 2)
    if not r.shape == v.shape == d.shape:
        raise ValueError(f"rewards {r.shape}, values {v.shape}, dones {d.shape} must be alike.")
    following = np.vstack([v[1:], as_floats(next_value, "next_value", 1)])
    alive = 1.0 - np.vstack([d[1:], as_floats(next_done, "next_done", 1)])
    advantages = np.zeros_like(r)
    running = np.zeros(r.shape[1])
    for t in reversed(range(r.shape[0])):
        delta = r[t] + gamma * following[t] * alive[t] - v[t]
        running = delta + gamma * lam * alive[t] * running
        advantages[t] = running
    return TokenAdvantages(advantages, advantages + v)


def turn_gae(
    rewards: npt.ArrayLike,
    values: npt.ArrayLike,
    *,
    terminated: bool,
    final_value: float = 0.0,
    gamma: float = 0.99,
    lam: float = 0.95,
) -> tuple[FloatArray, FloatArray]:
    """Return GAE over the turns of one episode, and its returns.

    A terminated episode is worth 0 after its end; a truncated one is worth `final_value`, the value
    of the observation at which it was cut.

    Args:
        rewards: reward per turn [K].
        values: value read at the last prompt token of each turn [K].
        terminated: whether the episode ended by itself (False: cut by the turn limit).
        final_value: V of the observation after the last turn; ignored when terminated.
        gamma: discount per turn.
        lam: lambda of the trace.

    Returns:
        (advantages [K], returns [K]).
    """
    r = as_floats(rewards, "rewards", 1)
    v = as_floats(values, "values", 1)
    done = np.zeros((r.size, 1))
    result = step_gae(
        r[:, None],
        v[:, None],
        done,
        [0.0 if terminated else final_value],
        [float(terminated)],
        gamma=gamma,
        lam=lam,
    )
    return result.advantages[:, 0], result.returns[:, 0]


def batch_turn_gae(
    rewards: npt.ArrayLike,
    values: npt.ArrayLike,
    trajectories: Sequence[Hashable],
    final_values: npt.ArrayLike,
    *,
    gamma: float = 0.95,
    lam: float = 0.95,
) -> TokenAdvantages:
    """Return `turn_gae` of every trajectory of a batch of turn rows.

    Args:
        rewards: reward of every turn row [B], each trajectory in time order.
        values: V of the state before every turn [B].
        trajectories: trajectory of every row [B], names unique in the batch.
        final_values: V of the state after every turn [B]; read at the last turn of a trajectory
            alone: 0 where it terminated, the value of the state it was cut at where it was
            truncated.
        gamma: discount per turn.
        lam: lambda of the trace.

    Returns:
        Advantages and returns, both [B].
    """
    r = as_floats(rewards, "rewards", 1)
    v, final = as_floats(values, "values", 1), as_floats(final_values, "final_values", 1)
    labels = row_labels(trajectories, r.size)
    advantages, returns = np.zeros_like(r), np.zeros_like(r)
    for label in range(int(labels.max(initial=-1)) + 1):
        rows = np.flatnonzero(labels == label)
        advantages[rows], returns[rows] = turn_gae(
            r[rows],
            v[rows],
            terminated=False,
            final_value=float(final[rows[-1]]),
            gamma=gamma,
            lam=lam,
        )
    return TokenAdvantages(advantages, returns)
