"""Memory that a run needs on each of its processes, part by part, before anything is loaded.

What is counted is what the trainers allocate: no allocator keeps exactly that, and libraries hold
some hundred megabytes of their own. `benchmarks/memory.py` sets forecasts beside measurements.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil
from typing import TypeAlias

import torch

from ..config import LoRAConfig, TrainConfig
from ..policy.head import chunk_size
from .counting import ModelNumbers

__all__ = [
    "Counted",
    "Forecast",
    "Place",
    "Work",
    "cheaper",
    "engine_share",
    "forecast",
    "work_of",
]

WIDE = 4
"""Bytes of a float32."""
FEW = 16
"""Longest replies that an engine must be able to write at once, to be worth its while."""
Counted: TypeAlias = Callable[[torch.dtype, LoRAConfig], ModelNumbers]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one process has to do in a training step, at most.

    Example: 16 tasks x 8 members on 8 processes, 15 turns of 4,096 + 300 tokens::

        Work(episodes=16, rows=240, prompt=4096, reply=300, processes=8)
    """

    episodes: int
    """Episodes it plays."""
    rows: int
    """Turns it learns from."""
    prompt: int
    """Tokens of a prompt."""
    reply: int
    """Tokens of a reply."""
    processes: int = 1
    """Processes that share weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a process runs. Example: a GPU of 80 GB is ``Place(room=80e9)``."""

    room: float = 0.0
    """Bytes that there are, of which a vLLM engine takes its share; 0 if nobody knows."""
    gpu: bool = True
    """Whether it is a GPU, on which an engine can sleep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Bytes by part, in every phase of a training step.

    Example: two phases of a small run::

        Forecast(parameters=800_000, trained=800_000,
                 phases={"playing": {"weights": 3.2e6, "keys and values": 2.6e7},
                         "learning: the layers": {"weights": 3.2e6, "activations": 3.3e8}})
    """

    parameters: int
    """Weights of the model."""
    trained: int
    """Weights that learn."""
    phases: dict[str, dict[str, float]]
    """Phase -> part -> bytes: `playing`, and of learning the output `head`, going back through the
    `layers`, and the optimiser's `step`."""

    @property
    def peak(self) -> float:
        """What the largest phase needs."""
        return max(sum(parts.values()) for parts in self.phases.values())


def work_of(config: TrainConfig, turns: int, processes: int) -> Work:
    """Return the work of the process that has most.

    Args:
        config: all settings.
        turns: longest episode.
        processes: how many share the groups.
    """
    groups = -(-config.rollout.tasks // processes)
    episodes = groups * config.rollout.group
    return Work(
        episodes=episodes,
        rows=episodes * turns,
        prompt=config.prompt.max_tokens,
        reply=config.rollout.max_reply_tokens,
        processes=processes,
    )


def forecast(config: TrainConfig, work: Work, counted: Counted, place: Place = Place()) -> Forecast:
    """Return what a run needs.

    Args:
        config: all settings.
        work: what a process has to do.
        counted: what the model needs in a number format and with an adapter (`count` of its shape).
        place: where it runs; only the share of a vLLM engine depends on it.
    """
    model, size = _model(config, counted)
    there = _there(config, model, work, size)
    engine = _engine(config, model, size, place)
    awake = {} if config.vllm.sleep and place.gpu else engine
    phases = {"playing": _playing(config, model, work, size) | engine}
    phases |= {name: parts | awake for name, parts in _learning(config, model, work, size).items()}
    return Forecast(
        parameters=model.parameters,
        trained=model.trained,
        phases={name: there | parts for name, parts in phases.items()},
    )


def _model(config: TrainConfig, counted: Counted) -> tuple[ModelNumbers, int]:
    """Return the model's numbers in the format of the settings, and that format's bytes."""
    low = config.policy.dtype == "bfloat16"
    model = counted(torch.bfloat16 if low else torch.float32, config.policy.lora)
    return model, 2 if low else WIDE


def _there(config: TrainConfig, model: ModelNumbers, work: Work, size: int) -> dict[str, float]:
    """What is there in every phase."""
    learned, frozen, n = model.trained, model.parameters - model.trained, work.processes
    adapted = bool(config.policy.lora.rank)
    copied = size < WIDE and n == 1 and not adapted
    # Matrices of an adapter are float32 whatever the model's format; and so are the pieces of
    # weights that are cut among processes, which makes them their own copies.
    piece = WIDE if adapted or n > 1 else size
    parts = {
        "weights": (learned * piece + frozen * size) / n,
        "moments of AdamW": 2.0 * WIDE * learned / n,
    }
    if copied:
        parts["float32 copies of weights"] = float(WIDE * learned)
    if config.loss.kl_coef and not adapted:
        parts["reference of the KL term"] = model.parameters * size / n
    if config.algorithm == "ppo":
        parts["critic"] = (learned * (piece + (3 if copied else 2) * WIDE) + frozen * size) / n
    return parts


def _learning(
    config: TrainConfig, model: ModelNumbers, work: Work, size: int
) -> dict[str, dict[str, float]]:
    whole, n = work.prompt + work.reply, work.processes
    rows = min(max(1, config.optim.micro_batch_tokens // whole), work.rows)
    kept = model.kept_checkpointed if config.policy.gradient_checkpointing else model.kept
    gradients = {"gradients": float(WIDE * model.trained / n)}
    shared = {"activations": rows * whole * kept}
    if n > 1:
        # The embeddings stay together; of the layers the one that computes and the next one.
        layer = (model.parameters - model.outside) / max(1, model.layers)
        shared["weights put together"] = (model.outside + 2.0 * layer) * size
    chunk = chunk_size(rows * work.reply, model.vocabulary, config.policy.logit_chunk)
    # Whole: the logits, divided by the temperature, their softmax, their gradient.
    logits = model.vocabulary * WIDE * (2.0 * chunk if chunk else 4.0 * rows * work.reply)
    head = shared | {"logits": logits}
    if work.rows > rows:  # those of earlier micro-batches
        head |= gradients
    elif chunk:
        head["gradients"] = float(WIDE * model.vocabulary * model.width)
    layers = shared | gradients
    if config.policy.gradient_checkpointing:
        layers["a layer computed again"] = rows * whole * model.kept / max(1, model.layers)
    step = gradients | {"step of AdamW": gradients["gradients"]}
    return {
        "head": head,
        "layers": layers,
        "step": step,
    }


def _playing(config: TrainConfig, model: ModelNumbers, work: Work, size: int) -> dict[str, float]:
    most, held = config.rollout.max_rows, min(config.eval.tasks, config.eval.max_rows)
    rows = min(max(work.episodes, -(-held // work.processes)), most)
    # Feed-forward part of a layer for all prompts at once: gate, value, product; states around it.
    reading = rows * work.prompt * (3.0 * model.inner + 3.0 * model.width) * size
    choosing = rows * model.vocabulary * 4.0 * WIDE
    parts: dict[str, float] = {}
    if work.processes > 1:
        parts["weights put together"] = float(model.parameters * size)
    if config.generator == "vllm":
        return parts
    parts["keys and values"] = rows * (work.prompt + work.reply) * model.cache_per_token
    if reading > choosing:
        parts["reading prompts"] = reading
    else:
        parts["choosing tokens"] = choosing
    return parts


def _engine(config: TrainConfig, model: ModelNumbers, size: int, place: Place) -> dict[str, float]:
    """What a vLLM engine takes beside the trainer; nothing without one."""
    how = config.vllm
    if config.generator != "vllm":
        return {}
    weights = _engine_weights(config, model, size)
    cache = how.kv_cache_gib * 2**30 or max(0.0, how.gpu_memory * place.room - weights)
    return {"engine: weights": weights, "engine: keys and values": cache}


def engine_share(config: TrainConfig, work: Work, counted: Counted, place: Place) -> float:
    """Return the least share of memory that lets an engine write ``FEW`` of the longest replies.

    Rounded up to a twentieth; more than 1 if there is not enough memory, 0 if nobody knows.
    """
    model, size = _model(config, counted)
    cache = FEW * (work.prompt + work.reply) * model.cache_per_token
    need = _engine_weights(config, model, size) + cache
    return ceil(20 * need / place.room) / 20 if place.room else 0.0


def _engine_weights(config: TrainConfig, model: ModelNumbers, size: int) -> float:
    return model.parameters * size / config.vllm.tensor_parallel


def cheaper(
    config: TrainConfig, work: Work, least_share: float = 0.0
) -> dict[str, tuple[TrainConfig, Work]]:
    """Return the same run with one more switch that saves memory, by that switch.

    Args:
        config: all settings.
        work: what a process has to do.
        least_share: see `engine_share`.
    """
    policy, optim, rollout = config.policy, config.optim, config.rollout
    ways: dict[str, tuple[TrainConfig, Work]] = {}
    if not policy.gradient_checkpointing:
        more = replace(policy, gradient_checkpointing=True)
        ways["--policy.gradient-checkpointing True"] = replace(config, policy=more), work
    if policy.dtype == "float32":
        more = replace(policy, dtype="bfloat16")
        ways["--policy.dtype bfloat16"] = replace(config, policy=more), work
    if not policy.lora.rank and config.model and config.generator != "vllm":
        more = replace(policy, lora=LoRAConfig(rank=16))
        ways["--policy.lora.rank 16"] = replace(config, policy=more), work
    if optim.micro_batch_tokens > work.prompt + work.reply:
        fewer = replace(optim, micro_batch_tokens=work.prompt + work.reply)
        switch = f"--optim.micro-batch-tokens {work.prompt + work.reply}"
        ways[switch] = replace(config, optim=fewer), work
    engine = config.vllm
    if config.generator == "vllm":
        if not engine.kv_cache_gib and 0 < least_share < engine.gpu_memory:
            less = replace(engine, gpu_memory=least_share)
            ways[f"--vllm.gpu-memory {least_share:g}"] = replace(config, vllm=less), work
    elif rollout.max_rows > 16:
        narrow = replace(rollout, max_rows=16)
        ways["--rollout.max-rows 16"] = replace(config, rollout=narrow), work
    if work.processes < rollout.tasks:
        twice = min(2 * work.processes, rollout.tasks)
        turns = work.rows // work.episodes
        ways[f"torchrun --nproc_per_node={twice}"] = config, work_of(config, turns, twice)
    return ways
