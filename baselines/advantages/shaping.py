"""DAPO's dynamic sampling and overlong penalties.

Source: Yu et al. 2025, "DAPO: An Open-Source LLM Reinforcement Learning System at Scale".
Conventions of verl, TRL and the authors: docs/originals/algorithms.md, section 6.
"""

import numpy as np
import numpy.typing as npt

from .statistics import BoolArray, FloatArray, IntArray, as_floats


def uniform_groups(episode_rewards: npt.ArrayLike, group_size: int) -> BoolArray:
    """Return whether all rewards of a group are equal, so that it teaches nothing [G].

    Args:
        episode_rewards: one reward per trajectory, group after group [G * group_size].
        group_size: trajectories per group.

    Raises:
        ValueError: the number of rewards is not a multiple of `group_size`.
    """
    r = as_floats(episode_rewards, "episode_rewards", 1)
    if group_size < 1 or r.size % group_size:
        raise ValueError(f"{r.size} rewards cannot be split into groups of {group_size}.")
    table = r.reshape(-1, group_size)
    return np.asarray((table == table[:, :1]).all(axis=1))


def dynamic_sampling(
    episode_rewards: npt.ArrayLike, group_size: int, needed: int | None = None
) -> IntArray:
    """Return the trajectories that dynamic sampling keeps, as positions in the input.

    Groups whose rewards differ are kept. On the last allowed draw, `needed` fills up with uniform
    groups in order, behind the kept ones, until that many trajectories are there.

    Args:
        episode_rewards: one reward per trajectory, group after group [G * group_size].
        group_size: trajectories per group.
        needed: trajectories to reach on the last draw, or None to only filter.

    Returns:
        Positions: with `needed`, at most that many where there are enough groups.
    """
    uniform = uniform_groups(episode_rewards, group_size)
    chosen = np.flatnonzero(~uniform)
    if needed is not None:
        chosen = np.concatenate([chosen, np.flatnonzero(uniform)])
    positions = (chosen[:, None] * group_size + np.arange(group_size)).reshape(-1)
    return positions.astype(np.int64)[:needed]


def overlong_penalty(
    lengths: npt.ArrayLike, max_tokens: int, buffer_tokens: int, *, floor: bool = True
) -> FloatArray:
    """Return DAPO's soft penalty for long replies, 0 up to `max_tokens - buffer_tokens`.

    It then falls linearly to -1 at `max_tokens`. Beyond that it stays at -1 (`floor=True`, as in
    the paper and TRL) or keeps falling (`floor=False`, as in verl, where replies cannot be longer).

    Args:
        lengths: reply lengths in tokens [B].
        max_tokens: the longest reply that is not fully penalised.
        buffer_tokens: width of the ramp, at least 1.
        floor: whether -1 is the least.
    """
    if not 1 <= buffer_tokens <= max_tokens:
        raise ValueError(f"buffer_tokens is {buffer_tokens} but must be in 1..{max_tokens}.")
    n = as_floats(lengths, "lengths", 1)
    ramp = np.minimum((max_tokens - buffer_tokens - n) / buffer_tokens, 0.0)
    return np.asarray(np.where(n > max_tokens, -1.0, ramp) if floor else ramp)
