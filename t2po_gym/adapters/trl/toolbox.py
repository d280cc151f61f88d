"""``Toolbox``: an environment behind methods. A subclass has one public method for each action.

TRL offers every public method of the class to the model, with its name, types and docstring, and
calls ``reset`` and ``get_reward`` itself. Whatever is no tool is therefore private or a property.
"""

from __future__ import annotations

from typing import Any, ClassVar

from t2po_gym.core.env import TextEnv
from t2po_gym.evaluation.environment import make_env

__all__ = ["Toolbox"]


class Toolbox:
    """One episode at a time of one environment.

    Args:
        env_id: an environment id; empty for the class's own.
        env_kwargs: arguments of the environment, such as ``split`` or ``max_turns``.

    Raises:
        ValueError: If the environment refuses an argument.
    """

    ENV_ID: ClassVar[str]
    """Which environment the methods play."""
    GOAL: ClassVar[str]
    """What the prompt of every task says before the first page."""

    def __init__(self, *, env_id: str = "", **env_kwargs: Any) -> None:
        self._env = make_env(env_id or self.ENV_ID, env_kwargs)
        self._info: dict[str, Any] = {}
        self._steps: list[tuple[str, float, bool, bool]] = []

    def reset(self, *, task_id: str | None = None, env_seed: int | None = None, **row: Any) -> str:
        """Start the episode of a row of the dataset.

        Args:
            task_id: task of the split; None lets the seed draw one.
            env_seed: seed of the environment.
            row: other columns, which are not read.

        Returns:
            The first observation.

        Raises:
            ValueError: If the split has no such task.
        """
        options = None if task_id is None else {"task_id": task_id}
        observation, self._info = self._env.reset(seed=env_seed, options=options)
        self._steps = []
        return observation

    def get_reward(self) -> float:
        """Return the benchmark's own score of the episode so far, in [0, 1]."""
        return float(self._info["score"])

    @property
    def env(self) -> TextEnv:
        """The bare environment."""
        return self._env

    @property
    def info(self) -> dict[str, Any]:
        """Info after the last action, progress included; never shown to a model."""
        return self._info

    @property
    def steps(self) -> list[tuple[str, float, bool, bool]]:
        """What each action of the episode gave: observation, reward, terminated, truncated."""
        return self._steps

    def _send(self, action: str) -> str:
        """Send a bare action and return the next page.

        Raises:
            ResetNeeded: If the episode is over; TRL shows the model its sentence and counts a
                failed call.
        """
        observation, reward, terminated, truncated, self._info = self._env.step(action)
        self._steps.append((observation, reward, terminated, truncated))
        return observation
