"""Reports settings that cannot work, in one sentence, before anything is computed."""

from __future__ import annotations

import gymnasium as gym

from baselines.config import TrainConfig
from baselines.policy.model import is_pretrained, resolve_model
from baselines.presets import SMALL

__all__ = ["SettingsError", "preflight"]


class SettingsError(ValueError):
    """Settings ask for something that does not exist."""


def preflight(config: TrainConfig, preset: str = "", preset_named: bool = True) -> None:
    """Make the environment once and look for the model.

    Args:
        config: the settings.
        preset: name of the preset they started from.
        preset_named: whether somebody chose it, and not this program.

    Raises:
        SettingsError: the environment cannot be made with these settings, there is no model and no
            cold start, a model that can only be a folder is none, or a pretrained model would be
            trained with the settings of a small policy that nobody asked for.
    """
    if preset in SMALL and not preset_named and is_pretrained(config.model):
        raise SettingsError(
            f"{config.env} has no preset for pretrained models such as {config.model}, and the "
            f"settings of preset {preset!r} (learning rate {config.optim.lr:g}, replies of "
            f"{config.rollout.max_reply_tokens} tokens) are for policies of a million parameters: "
            f"name a preset, for example --preset webshop-llm and settings of your own over it, or "
            f"--preset {preset} if you mean these."
        )
    if config.algorithm != "t2po" and (config.thinking.enabled or config.turns.enabled):
        raise SettingsError(
            f"{config.algorithm}_train.py never closes thoughts or samples turns again; train with "
            "t2po_train.py, or leave out --thinking.enabled and --turns.enabled."
        )
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
