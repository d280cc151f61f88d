"""Environments by name, and the evenly spaced panel of a split."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from typing import Any

import gymnasium as gym
from gymnasium.envs.registration import load_env_creator

import t2po_gym
from t2po_gym.registration import BROWSER_IDS

__all__ = ["known_arguments", "make_env", "make_recorded_env", "panel"]

OF_GYMNASIUM = {"render_mode", "max_episode_steps", "disable_env_checker", "vectorization_mode"}
"""Arguments of `gym.make` itself."""


def make_env(env_id: str, kwargs: Mapping[str, Any]) -> t2po_gym.TextEnv:
    """Make a bare environment.

    Raises:
        ValueError: If the id is unknown, an argument is refused, something it needs is missing,
            or it is no text environment.
    """
    ids = ", ".join((*t2po_gym.ENV_IDS, *BROWSER_IDS))
    known = known_arguments(env_id)
    for name in kwargs:
        if known is not None and name not in known | OF_GYMNASIUM:
            raise ValueError(f"{env_id} knows no {name!r}; it has {', '.join(sorted(known))}.")
    mode = kwargs.get("render_mode")
    if not isinstance(mode, str | None):  # Gymnasium itself would fail
        raise ValueError(f"render_mode must be None or the name of a mode; got {mode!r}.")
    try:
        env = gym.make(env_id, **kwargs).unwrapped
    except gym.error.UnregisteredEnv as error:
        raise ValueError(f"cannot make {env_id!r}: {error} (ids: {ids})") from error
    except (gym.error.Error, ImportError, TypeError) as error:
        raise ValueError(f"cannot make {env_id!r}: {error}") from error
    if not isinstance(env, t2po_gym.TextEnv):
        env.close()
        raise ValueError(f"{env_id!r} is no text environment (ids: {ids})")
    return env


def known_arguments(env_id: str) -> set[str] | None:
    """Return the names of an environment's arguments; None if that cannot be told beforehand."""
    spec = gym.registry.get(env_id)
    if spec is None or spec.entry_point is None:
        return None
    entry = spec.entry_point
    try:
        maker = load_env_creator(entry) if isinstance(entry, str) else entry
    except ImportError:  # an extra is missing; making the environment says which
        return None
    parameters = inspect.signature(maker).parameters.values()
    anything = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    return None if anything else {parameter.name for parameter in parameters}


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
