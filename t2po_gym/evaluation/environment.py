"""Environments by name, and the evenly spaced panel of a split."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import gymnasium as gym

import t2po_gym
from t2po_gym.registration import BROWSER_IDS

__all__ = ["make_env", "make_recorded_env", "panel"]


def make_env(env_id: str, kwargs: Mapping[str, Any]) -> t2po_gym.TextEnv:
    """Make a bare environment.

    Raises:
        ValueError: If the id is unknown, an argument is refused, something it needs is missing,
            or it is no text environment.
    """
    known = ", ".join((*t2po_gym.ENV_IDS, *BROWSER_IDS))
    try:
        env = gym.make(env_id, **kwargs).unwrapped
    except (gym.error.Error, ImportError, TypeError) as error:
        raise ValueError(f"cannot make {env_id!r}: {error} (ids: {known})") from error
    if not isinstance(env, t2po_gym.TextEnv):
        env.close()
        raise ValueError(f"{env_id!r} is no text environment (ids: {known})")
    return env


def make_recorded_env(env_id: str, kwargs: Mapping[str, Any]) -> t2po_gym.TextEnv:
    """Make the environment that a record names, without importing what a stranger wrote there.

    Raises:
        ValueError: If it names a module that nobody has imported yet, or cannot be made.
    """
    module = env_id.rpartition(":")[0]  # Gymnasium would import it
    if module and module not in sys.modules:
        raise ValueError(
            f"The environment {env_id!r} names a module, which a record may not bring; if you "
            "trust it, name it yourself with --import MODULE."
        )
    return make_env(env_id, kwargs)


def panel(total: int, count: int) -> tuple[int, ...]:
    """Return `count` evenly spaced tasks of a split of `total`, the same ones every time."""
    count = min(count, total)
    return tuple(i * total // count for i in range(count))
