"""Reports settings that cannot work, in one sentence, before anything is computed."""

from __future__ import annotations

import gymnasium as gym

from .. import found_as
from ..config import TrainConfig
from ..engine.requirements import refuse_adapter, require_vllm, require_whole_gpus
from ..policy.fit import check_fit, check_length, is_here
from ..policy.loading import is_pretrained, resolve_model
from ..policy.lora import (
    base_of,
    is_adapter,
    layers_of_model,
    require_peft,
    require_targets,
)
from ..presets import SMALL

__all__ = ["SettingsError", "preflight"]

SMALLEST_RATE = 2.0**-30
"""Half the distance from a float32 weight of 0.02 to the next one."""


class SettingsError(ValueError):
    """Settings ask for something that does not exist."""


def preflight(
    config: TrainConfig,
    preset: str = "",
    preset_named: bool = True,
    processes: int = 1,
    *,
    playing: bool = True,
) -> None:
    """Make the environment once and look for the model.

    Args:
        config: the settings.
        preset: name of the preset they started from.
        preset_named: whether somebody chose it, and not this program.
        processes: how many share the groups.
        playing: False for a plan, which needs neither the environment nor a model that is still on
            the hub, and no package of an extra.

    Raises:
        SettingsError: the environment cannot be made with these settings, there is no model and no
            cold start, a model that can only be a folder is none, a pretrained model would be
            trained with the settings of a small policy that nobody asked for, tokenizer, prompts
            and model do not fit together, there are more processes than groups, a learning rate
            moves no weight, or an adapter or an engine cannot be made.
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
    if processes > config.rollout.tasks:
        raise SettingsError(
            f"{processes} processes cannot share {config.rollout.tasks} groups, for every one "
            "plays at least one group per step: start fewer processes (--nproc_per_node), or play "
            "more groups (--rollout.tasks)."
        )
    if playing:
        _check_environment(config)
    if not config.model and config.cold_start.when == "never":
        raise SettingsError(
            "There is no policy to start from: name a model (--model owner/name, a folder or "
            "builtin:NAME), or let a small one be made (--cold-start.when auto)."
        )
    try:
        path = resolve_model(config.model)
        adapted = bool(config.model) and is_adapter(path)
        if adapted:
            resolve_model(base_of(path))
    except ValueError as problem:
        raise SettingsError(f"The model cannot be loaded: {problem}") from problem
    if playing or not config.model or is_here(path):
        _check_fit(config)
    _check_rates(config)
    if config.generator == "vllm":
        _check_engine(config, adapted, processes, playing)
    if adapted or config.policy.lora.rank:
        _check_adapter(config, path, adapted, playing)


def _check_environment(config: TrainConfig) -> None:
    """Refuse an environment that cannot be made, or whose data are not here."""
    try:
        gym.make(config.env, split=config.train_split, **config.env_kwargs).close()
    except (gym.error.Error, ImportError, TypeError, ValueError, OSError) as problem:
        raise SettingsError(
            f"{config.env} cannot be made with --env-kwargs {config.env_kwargs} and --train-split "
            f"{config.train_split!r}: {problem}"
        ) from problem


def _check_fit(config: TrainConfig) -> None:
    """Refuse prompts that the model cannot read."""
    prompt, reply = config.prompt, config.rollout.max_reply_tokens
    try:
        if config.model:
            check_fit(config.model, prompt, reply)
        else:
            made = "a new policy (--policy.max-positions)"
            check_length(made, config.policy.max_positions, prompt, reply)
    except ValueError as problem:
        raise SettingsError(str(problem)) from problem
    except OSError:
        pass  # not on this machine and not on the hub: loading says what is wrong


def _check_rates(config: TrainConfig) -> None:
    """Refuse learning rates whose steps float32 rounds away (bfloat16 has float32 copies)."""
    rates = {"optim.lr": config.optim.lr}
    if config.algorithm == "ppo":
        rates["critic.lr"] = config.critic.lr
    for name, rate in rates.items():
        if rate < SMALLEST_RATE:
            raise SettingsError(
                f"{name} is {rate:g}, which cannot move a float32 weight: AdamW's step is about as "
                f"large as the rate, the float32 numbers beside 0.02 are {2 * SMALLEST_RATE:.1e} "
                "apart, and a step of less than half of that is rounded away; set it to 1e-8 or "
                "more."
            )


def _check_engine(config: TrainConfig, adapted: bool, processes: int, playing: bool) -> None:
    """Refuse what a vLLM engine cannot do; a plan may be made where there is none."""
    try:
        if playing:
            require_vllm()
        refuse_adapter(adapted or config.policy.lora.rank > 0)
        require_whole_gpus(processes, config.vllm.tensor_parallel)
    except ValueError as problem:
        raise SettingsError(str(problem)) from problem


def _check_adapter(config: TrainConfig, path: str, adapted: bool, playing: bool) -> None:
    """Refuse adapters that cannot be made, and a KL term whose reference is not the base model.

    Args:
        config: the settings.
        path: name or folder of the model.
        adapted: whether that is an adapter already.
        playing: False for a plan, which may be made where there is no peft.
    """
    if not config.model:
        raise SettingsError(
            "LoRA adapts a model that exists: name one with --model, or leave out "
            "--policy.lora.rank."
        )
    if config.loss.kl_coef != 0.0 and (adapted or config.cold_start.when == "always"):
        raise SettingsError(
            "With an adapter the KL term is measured against the base model, but this run starts "
            "from an adapter that is trained already: merge it first (python -m "
            f"{found_as('baselines.policy.merge')}), or set --loss.kl-coef 0."
        )
    try:
        if playing:
            require_peft()
        if not adapted:
            require_targets(layers_of_model(path), config.policy.lora.targets)
    except ValueError as problem:
        raise SettingsError(str(problem)) from problem
    except OSError:
        pass  # not on this machine and not on the hub: loading says what is wrong
