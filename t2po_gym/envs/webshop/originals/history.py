"""Observations with earlier observations and actions in front, as in the original."""

from collections.abc import Mapping
from typing import Any

from t2po_gym.envs.webshop.world.pages import SEPARATOR

__all__ = ["ObservationHistory", "lengths_of"]


def lengths_of(num_prev_obs: int, num_prev_actions: int) -> dict[str, int]:
    """Return the lengths of a history by name, without those that are 0.

    Raises:
        ValueError: If one is not an integer of at least 0.
    """
    lengths = {"num_prev_obs": num_prev_obs, "num_prev_actions": num_prev_actions}
    for name, value in lengths.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ValueError(f"{name} must be an integer of at least 0; got {value!r}.")
    return {name: value for name, value in lengths.items() if value}


class ObservationHistory:
    """Prepend the last observations and actions, oldest first, as the original's environment does.

    Args:
        first: the observation at reset.
        num_prev_obs: number of earlier observations shown.
        num_prev_actions: number of actions shown; the newest one comes just before the page.
        max_chars: leave out the oldest entries that make an observation longer; None for no limit.
            The page itself is never cut here.
    """

    def __init__(
        self,
        first: str,
        num_prev_obs: int = 0,
        num_prev_actions: int = 0,
        max_chars: int | None = None,
    ) -> None:
        self.num_prev_obs = num_prev_obs
        self.num_prev_actions = num_prev_actions
        self._max_chars = max_chars
        self._observations = [first]
        self._actions: list[str] = []

    def add(self, action: str, observation: str) -> str:
        """Record an action and its observation; return the observation with its history."""
        self._actions.append(action)
        parts = [observation]
        there = max(len(self._actions), len(self._observations))
        for back in range(1, 1 + min(there, max(self.num_prev_obs, self.num_prev_actions))):
            if back <= min(self.num_prev_actions, len(self._actions)):
                parts.append(self._actions[-back])
            if back <= min(self.num_prev_obs, len(self._observations)):
                parts.append(self._observations[-back])
        self._observations.append(observation)
        keep = 1 + max(self.num_prev_obs, self.num_prev_actions)
        del self._observations[:-keep], self._actions[:-keep]
        self._shorten(parts)
        return SEPARATOR.join(reversed(parts))

    def _shorten(self, parts: list[str]) -> None:
        """Remove the oldest parts, which are the last ones, until the rest is short enough."""
        if self._max_chars is None:
            return
        chars = sum(map(len, parts)) + len(SEPARATOR) * (len(parts) - 1)
        while chars > self._max_chars and len(parts) > 1:
            chars -= len(parts.pop()) + len(SEPARATOR)

    def save(self) -> dict[str, Any]:
        """Return what is remembered, as plain JSON."""
        return {"observations": self._observations, "actions": self._actions}

    def load(self, state: Mapping[str, Any]) -> None:
        """Remember what `save` returned."""
        self._observations = list(state["observations"])
        self._actions = list(state["actions"])
