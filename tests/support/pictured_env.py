"""A toy house that is seen as pictures, as a browser's pages are in the mode `screenshot`."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np

from t2po_gym.envs.toy.env import ToyKeysEnv

ID = "PicturedKeys-v0"
WORDS = "(the agent sees this page as a picture of 40 x 30 pixels)"


class PicturedKeys(ToyKeysEnv):
    """ToyKeys whose observations are dictionaries with a picture."""

    def reset(self, **how: Any) -> tuple[Any, dict[str, Any]]:
        _, info = super().reset(**how)
        return self._picture(), info

    def step(self, action: str) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        _, *rest = super().step(action)
        return (self._picture(), *rest)  # type: ignore[return-value]

    def _picture(self) -> dict[str, Any]:
        return {"screenshot": np.zeros((30, 40, 3), np.uint8), "task": self._task_words}


if ID not in gym.registry:
    gym.register(ID, PicturedKeys, disable_env_checker=True)
