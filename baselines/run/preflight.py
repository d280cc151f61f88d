"""Reports settings that cannot work, in one sentence, before anything is computed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import found_as
from ..config import TrainConfig
from ..engine.requirements import refuse_adapter, require_vllm, require_whole_gpus
from ..forecast.shapes import ShapeError, shape_of
from ..policy.copy_circuit import require_room
from ..policy.fit import check_fit, check_length
from ..policy.loading import is_pretrained, require_device, resolve_model, small_shape
from ..policy.lora import is_adapter, layers_of_shape, require_peft, require_targets
from ..policy.problems import ended
from ..policy.source import is_here, read_shape, require_weights, source_of
from ..policy.tokenizer import encode
from ..presets import SMALL
from ..sampling.prompting import Prompting
from .environment import SettingsError, check_first_prompt, environment
from .words import Words

__all__ = ["SettingsError", "preflight"]

SMALLEST_RATE = 2.0**-30
"""Half the distance from a float32 weight of 0.02 to the next one."""


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
        playing: False for a plan, which needs neither the environment's data nor a model that is
            still on the hub, no device, and no package of an extra.

    Raises:
        SettingsError: the environment cannot be made with these settings, there is no model and no
            cold start, a model is none or lacks a file, a pretrained model would be trained with
            the settings of a small policy that nobody asked for, tokenizer, prompts and model do
            not fit together, there are more processes than groups, a learning rate moves no
            weight, there is no such device, or an adapter or an engine cannot be made.
    """
    _check_preset(config, preset, preset_named)
    _check_company(config, processes)
    _check_rates(config)
    prompting = _prompting(config)
    if not config.model and config.cold_start.when == "never":
        raise SettingsError(
            "There is no policy to start from: name a model (--model owner/name, a folder or "
            "builtin:NAME), or let a small one be made (--cold-start.when auto)."
        )
    with environment(config, playing) as env:
        try:
            require_device(config.policy.device, used=playing)
            shape, adapted = _shape(config, playing)
            tokenizer = _check_fit(config, shape, playing)
            _check_thinking(config, tokenizer)
        except ValueError as problem:
            raise SettingsError(str(problem)) from problem
        if env is not None and tokenizer is not None:
            check_first_prompt(config, env, replace(prompting, tokenizer=tokenizer), playing)
    if config.generator == "vllm":
        _check_engine(config, adapted, processes, playing)
    if adapted or config.policy.lora.rank:
        _check_adapter(config, shape, adapted, playing)


def _check_preset(config: TrainConfig, preset: str, preset_named: bool) -> None:
    """Refuse settings of small policies for large models, and those that a trainer ignores."""
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


def _check_company(config: TrainConfig, processes: int) -> None:
    """Refuse more processes than groups."""
    if processes > config.rollout.tasks:
        raise SettingsError(
            f"{processes} processes cannot share {config.rollout.tasks} groups, for every one "
            "plays at least one group per step: start fewer processes (--nproc_per_node), or play "
            "more groups (--rollout.tasks)."
        )


def _check_rates(config: TrainConfig) -> None:
    """Refuse learning rates whose steps float32 rounds away (bfloat16 has float32 copies)."""
    rates = {"optim.lr": config.optim.lr}
    if config.algorithm == "ppo":
        rates["critic.lr"] = config.critic.lr
    if config.is_tuned:
        rates["cold_start.lr"] = config.cold_start.lr
    for name, rate in rates.items():
        if not rate >= SMALLEST_RATE:
            raise SettingsError(
                f"{name} is {rate:g}, which cannot move a float32 weight: AdamW's step is about as "
                f"large as the rate, the float32 numbers beside 0.02 are {2 * SMALLEST_RATE:.1e} "
                "apart, and a step of less than half of that is rounded away; set it to 1e-8 or "
                "more."
            )


def _prompting(config: TrainConfig) -> Prompting:
    """Find prompt template and parser."""
    try:
        return Prompting.of(config.prompt, None)
    except (ValueError, ImportError) as problem:
        raise SettingsError(
            f"No prompts can be made and read with --prompt.template {config.prompt.template} and "
            f"--prompt.parser {config.prompt.parser}: {ended(problem)}"
        ) from problem


def _shape(config: TrainConfig, playing: bool) -> tuple[Any, bool]:
    """Return the configuration of the model, None without one, and whether it is an adapter."""
    if not config.model:
        return None, False
    try:
        path, base = resolve_model(config.model), source_of(config.model)
        if not playing and not is_here(base):
            return shape_of(config.model, config.policy), is_adapter(path)
        shape = read_shape(base)
        for place in dict.fromkeys((path, base)):
            if playing and Path(place).is_dir():
                require_weights(Path(place))
    except ShapeError:
        raise
    except ValueError as problem:
        raise SettingsError(f"The model cannot be loaded: {problem}") from problem
    return shape, is_adapter(path)


def _check_fit(config: TrainConfig, shape: Any, playing: bool) -> Any:
    """Refuse prompts that the model cannot read; returns the tokenizer that it has, if known.

    Raises:
        ValueError: saying so.
    """
    prompt, reply = config.prompt, config.rollout.max_reply_tokens
    if not config.model:
        made = "a new policy (--policy.max-positions)"
        check_length(made, config.policy.max_positions, prompt, reply)
        if config.policy.copy_circuit:
            require_room(small_shape(config.policy, config.policy.vocab_size))
        return Words()
    if playing or is_here(source_of(config.model)):
        return check_fit(config.model, prompt, reply, config.thinking.queue)
    positions = getattr(shape.get_text_config(), "max_position_embeddings", None)
    check_length(config.model, positions, prompt, reply)
    return None


def _check_thinking(config: TrainConfig, tokenizer: Any) -> None:
    """Refuse a longest thought that no reply has room for; without a tokenizer a token closes it.

    Raises:
        ValueError: saying so.
    """
    how = config.thinking
    if how.enabled and config.signal.form == "published":
        closing = 1 if tokenizer is None else len(encode(tokenizer, how.queue))
        how.rule(0.0).check_room(config.rollout.max_reply_tokens, closing)


def _check_engine(config: TrainConfig, adapted: bool, processes: int, playing: bool) -> None:
    """Refuse what a vLLM engine cannot do; a plan may be made where there is none."""
    try:
        if playing:
            require_vllm()
        refuse_adapter(adapted or config.policy.lora.rank > 0)
        require_whole_gpus(processes, config.vllm.tensor_parallel)
    except ValueError as problem:
        raise SettingsError(str(problem)) from problem


def _check_adapter(config: TrainConfig, shape: Any, adapted: bool, playing: bool) -> None:
    """Refuse adapters that cannot be made, and a KL term whose reference is not the base model.

    Args:
        config: the settings.
        shape: configuration of the model.
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
            require_targets(layers_of_shape(shape), config.policy.lora.targets)
    except ValueError as problem:
        raise SettingsError(str(problem)) from problem
