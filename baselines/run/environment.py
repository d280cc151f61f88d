"""The environment of a run, made and begun once before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import gymnasium as gym

from ..config import TrainConfig
from ..policy.problems import ended
from ..sampling.prompting import Prompting

__all__ = ["SettingsError", "check_first_prompt", "environment"]

UNMADE = (gym.error.Error, ImportError, TypeError, ValueError, OSError)
"""What an environment may raise that lacks something or is asked for what it has not."""


class SettingsError(ValueError):
    """Settings ask for something that does not exist."""


@contextmanager
def environment(config: TrainConfig, playing: bool) -> Iterator[Any]:
    """Yield an environment of every split that is played, the training one; None without data.

    Whoever only plans may lack data and packages, but not the environment itself.
    """
    _find_environment(config.env)
    splits = {"--train-split": config.train_split, "--eval.split": config.eval.split}
    if config.eval.every:
        splits["--eval.dev-split"] = config.eval.dev_split
    made: dict[str, Any] = {}
    try:
        for flag, split in splits.items():
            if split not in made:
                made[split] = _made(config, flag, split, playing)
        yield made[config.train_split]
    finally:
        for env in made.values():
            if env is not None:
                env.close()


def _made(config: TrainConfig, flag: str, split: str, playing: bool) -> Any:
    try:
        return gym.make(config.env, split=split, **config.env_kwargs)
    except UNMADE as problem:
        if not playing and type(problem) not in (TypeError, ValueError):
            return None  # data or a package are missing, which a plan can do without
        raise SettingsError(
            f"{config.env} cannot be made with --env-kwargs {config.env_kwargs} and {flag} "
            f"{split!r}: {ended(problem)}"
        ) from problem


def _find_environment(name: str) -> None:
    """Refuse the name of an environment that nothing registers."""
    module, _, plain = name.rpartition(":")
    try:
        if module:
            import_module(module)
        gym.spec(plain)
    except (gym.error.UnregisteredEnv, ImportError) as problem:
        raise SettingsError(
            f"There is no environment {name} (--env): {ended(problem)}"
        ) from problem
    except gym.error.Error:
        pass  # names without a version are found when they are made


def check_first_prompt(config: TrainConfig, env: Any, prompting: Prompting, playing: bool) -> None:
    """Refuse a limit that not even the first page's instructions and actions keep."""
    try:
        observation, info = env.reset(seed=0, options={"task_index": 0})
    except UNMADE as problem:
        if not playing:
            return
        raise SettingsError(
            f"No episode of {config.env} can be begun with --env-kwargs {config.env_kwargs}: "
            f"{ended(problem)}"
        ) from problem
    try:
        prompting.encode(prompting.task(observation), (), observation, info)
    except ValueError as problem:
        raise SettingsError(
            f"The first prompt of {config.env} cannot be made with --prompt.max-tokens "
            f"{config.prompt.max_tokens}: without any page it is longer already; allow more "
            "tokens, or take a shorter --prompt.template."
        ) from problem
