"""Observations with earlier observations and actions in front, as in the original."""

from t2po_gym.envs.webshop.world.pages import SEPARATOR


class ObservationHistory:
    """Prepend the last observations and actions, oldest first, as the original's environment does.

    Args:
        first: the observation at reset.
        num_prev_obs: number of earlier observations shown.
        num_prev_actions: number of actions shown; the newest one comes just before the page.
    """

    def __init__(self, first: str, num_prev_obs: int = 0, num_prev_actions: int = 0) -> None:
        self.num_prev_obs = num_prev_obs
        self.num_prev_actions = num_prev_actions
        self._observations = [first]
        self._actions: list[str] = []

    def add(self, action: str, observation: str) -> str:
        """Record an action and its observation; return the observation with its history."""
        self._actions.append(action)
        parts = [observation]
        for back in range(1, 1 + max(self.num_prev_obs, self.num_prev_actions)):
            if back <= min(self.num_prev_actions, len(self._actions)):
                parts.append(self._actions[-back])
            if back <= min(self.num_prev_obs, len(self._observations)):
                parts.append(self._observations[-back])
        self._observations.append(observation)
        keep = 1 + max(self.num_prev_obs, self.num_prev_actions)
        del self._observations[:-keep], self._actions[:-keep]
        return SEPARATOR.join(reversed(parts))
