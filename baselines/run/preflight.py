"""Reports settings that cannot work, in one sentence, before anything is computed."""

from __future__ import annotations

import gymnasium as gym

from baselines.config import T2POConfig
from baselines.policy.model import resolve_model

__all__ = ["SettingsError", "preflight"]


class SettingsError(ValueError):
    """Settings ask for something that does not exist."""


def preflight(config: T2POConfig) -> None:
    """Make the environment once and look for the model.

    Raises:
        SettingsError: the environment cannot be made with these settings, there is no model and no
            cold start, or a model that can only be a folder is none.
    """
    try:
        gym.make(config.env, split=config.train_split, **config.env_kwargs).close()
    except (gym.error.Error, TypeError, ValueError, OSError) as problem:
        raise SettingsError(
            f"{config.env} cannot be made with --env-kwargs {config.env_kwargs} and --train-split "
            f"{config.train_split!r}: {problem}"
        ) from problem
    if not config.model and config.cold_start.when == "never":
        raise SettingsError(
            "There is no policy to start from: name a model (--model owner/name, a folder or "
            "builtin:NAME), or let a small one be made (--cold-start.when auto)."
        )
    try:
        resolve_model(config.model)
    except ValueError as problem:
        raise SettingsError(f"The model cannot be loaded: {problem}") from problem
