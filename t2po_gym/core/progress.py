"""Progress of an episode, and two reward wrappers that use it.

* ``Progress`` - potential in [0, 1] and named milestones of one state.
* ``PotentialShaping`` - add ``gamma * Phi(s') - Phi(s)`` to the reward; keeps optimal policies.
* ``ProgressReward`` - the change of progress as the reward; does NOT keep optimal policies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, SupportsFloat

import gymnasium as gym

__all__ = ["PotentialShaping", "Progress", "ProgressReward"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an episode has progressed, as a pure function of task and hidden state.

    Example: ``Progress(0.25, {"results_has_goal": 1.0, "bought": 0.0})``
    """

    value: float
    """The potential Phi(s) in [0, 1]: 0 in the first state, official score in a terminal one."""

    milestones: Mapping[str, float]
    """1.0 or 0.0 for each name in the environment's ``MILESTONES``, in that order."""


class PotentialShaping(gym.Wrapper[str, str, str, str]):
    """Add the potential-based shaping term of Ng, Harada and Russell (1999) to the reward.

    ``r' = r + gamma * Phi(s') - Phi(s)``, with ``Phi(s') = 0`` if s' is terminal and the real
    ``Phi(s')`` if the episode was only truncated. The discounted sum of the added terms over a
    terminated episode is ``-Phi(s_0)`` whatever the actions, so an optimal policy stays optimal.

    Args:
        env: Environment whose info has ``progress``.
        gamma: Discount in (0, 1]; the invariance holds only if it equals the learner's discount.
    """

    def __init__(self, env: gym.Env[str, str], gamma: float) -> None:
        if not 0.0 < gamma <= 1.0:
            raise ValueError(f"PotentialShaping needs gamma in (0, 1], got {gamma!r}.")
        super().__init__(env)
        self._gamma = gamma
        self._potential = 0.0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Reset the environment and remember the first potential."""
        observation, info = self.env.reset(seed=seed, options=options)
        self._potential = _potential(info)
        return observation, info

    def step(self, action: str) -> tuple[str, SupportsFloat, bool, bool, dict[str, Any]]:
        """Step the environment and add the shaping term to its reward."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        after = _potential(info)
        discounted = 0.0 if terminated else self._gamma * after
        shaped = float(reward) + discounted - self._potential
        self._potential = after
        return observation, shaped, terminated, truncated, info

    def restore(self, state: bytes) -> tuple[str, dict[str, Any]]:
        """Restore the wrapped environment and the potential of the restored state."""
        observation, info = self.env.get_wrapper_attr("restore")(state)
        self._potential = _potential(info)
        return observation, info


class ProgressReward(gym.Wrapper[str, str, str, str]):
    """Replace the reward with ``progress_delta``. Not policy-invariant: for study only.

    The undiscounted rewards of an episode sum to its last progress, so a learner with
    ``gamma < 1`` or with truncated episodes may prefer early partial progress to finishing.
    """

    def step(self, action: str) -> tuple[str, SupportsFloat, bool, bool, dict[str, Any]]:
        """Step the environment and return the change of progress as the reward."""
        observation, _, terminated, truncated, info = self.env.step(action)
        _potential(info)
        return observation, float(info["progress_delta"]), terminated, truncated, info


def _potential(info: Mapping[str, Any]) -> float:
    if "progress" not in info:
        raise ValueError(
            "This wrapper needs info['progress'], which is absent; "
            "make the environment with progress=True."
        )
    return float(info["progress"])
