"""Forecasts of memory beside what tensors really took, within 15 %."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np
import pytest
import torch
from allocations import peak_bytes
from baseline_fakes import TINY, tiny_tokenizer
from transformers import AutoModelForCausalLM

from baselines.collate import Row
from baselines.config import (
    EvalConfig,
    LoRAConfig,
    OptimConfig,
    PromptConfig,
    RolloutConfig,
    TrainConfig,
    VLLMConfig,
)
from baselines.forecast.counting import count
from baselines.forecast.memory import (
    Forecast,
    Place,
    Work,
    cheaper,
    engine_share,
    forecast,
    work_of,
)
from baselines.forecast.shapes import shape_of
from baselines.policy.lora import new_adapter
from baselines.policy.model import Policy
from baselines.sampling.generation import HFGenerator
from baselines.sampling.protocol import Decoding, Request
from baselines.update import Learner, Totals

ROWS, PROMPT, REPLY = 8, 96, 32
BASIC = replace(
    TINY, vocab_size=1280, hidden_size=128, layers=3, heads=4, intermediate_size=384, kv_heads=0
)

SOMEWHERE = Place()


def settings(**policy: Any) -> TrainConfig:
    """One group of eight, learned from in one micro-batch."""
    return TrainConfig(
        policy=replace(BASIC, **policy),
        prompt=PromptConfig(max_tokens=PROMPT),
        rollout=RolloutConfig(tasks=1, group=ROWS, max_reply_tokens=REPLY, temperature=0.7),
        optim=OptimConfig(micro_batch_tokens=ROWS * (PROMPT + REPLY)),
        eval=EvalConfig(tasks=1),
    )


def forecast_of(config: TrainConfig, processes: int = 1, place: Place = SOMEWHERE) -> Forecast:
    counted = partial(count, shape_of(config.model, config.policy))
    return forecast(config, work_of(config, 1, processes), counted, place)


def policy_of(config: TrainConfig) -> Policy:
    how = config.policy
    kind = torch.bfloat16 if how.dtype == "bfloat16" else torch.float32
    torch.manual_seed(0)
    policy = Policy(
        AutoModelForCausalLM.from_config(shape_of("", how), dtype=kind),
        tiny_tokenizer(),
        torch.device("cpu"),
        logit_chunk=how.logit_chunk,
        gradient_checkpointing=how.gradient_checkpointing,
    )
    if how.lora.rank:
        policy.adapter = new_adapter(policy.model, how.lora, "-", torch.Generator().manual_seed(0))
    return policy


def rows(config: TrainConfig) -> list[Row]:
    draw = np.random.default_rng(0)
    return [
        Row(
            prompt_ids=draw.integers(0, 280, PROMPT),
            reply_ids=draw.integers(0, 280, REPLY),
            loss_mask=np.ones(REPLY, dtype=np.bool_),
            old_log_probs=np.full(REPLY, -5.0),
            advantage=1.0,
        )
        for _ in range(ROWS)
    ]


THERE = ("weights", "moments of AdamW", "float32 copies of weights")


def beyond(parts: dict[str, float]) -> float:
    """Bytes of a phase beside what is there before it begins."""
    return sum(size for name, size in parts.items() if name not in THERE)


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param({}, id="plain"),
        pytest.param({"dtype": "bfloat16"}, id="bfloat16"),
        pytest.param({"gradient_checkpointing": True}, id="checkpointed"),
        pytest.param({"vocab_size": 20_000, "hidden_size": 64}, id="whole logits"),
        pytest.param({"vocab_size": 20_000, "hidden_size": 64, "logit_chunk": 32}, id="chunked"),
        pytest.param({"lora": LoRAConfig(rank=4)}, id="adapter"),
    ],
)
def test_learning_takes_what_was_forecast(policy: dict[str, Any]) -> None:
    config = settings(**policy)
    mine = policy_of(config)
    learner, batch = Learner(mine, config), rows(config)

    def update() -> None:
        learner.optimizer.zero_grad(set_to_none=True)
        with mine.learning(0):
            learner._optimizer_step(batch, Totals(), first=True)

    update()  # the moments are there from now on
    learner.optimizer.zero_grad(set_to_none=True)
    phases = forecast_of(config).phases
    most = max(beyond(phases["head"]), beyond(phases["layers"]))
    assert peak_bytes(update) == pytest.approx(most, rel=0.15)


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param({}, id="plain"),
        pytest.param({"dtype": "bfloat16"}, id="bfloat16"),
        pytest.param({"kv_heads": 1}, id="few keys"),
        pytest.param({"vocab_size": 20_000, "hidden_size": 64}, id="large vocabulary"),
    ],
)
def test_playing_takes_what_was_forecast(policy: dict[str, Any]) -> None:
    config = settings(**policy)
    generator = HFGenerator(policy_of(config), queue="</think>\n<action>", max_rows=ROWS)
    generator.is_stop = lambda tokens: np.zeros(len(tokens), dtype=np.bool_)  # type: ignore[method-assign]
    asked = [Request(prompt_ids=row.prompt_ids, seed=(i,)) for i, row in enumerate(rows(config))]
    how = Decoding(max_tokens=REPLY, greedy=True)
    generator.generate(asked, how)
    measured = peak_bytes(lambda: generator.generate(asked, how))
    assert measured == pytest.approx(beyond(forecast_of(config).phases["playing"]), rel=0.15)


@pytest.mark.parametrize("policy", [{}, {"dtype": "bfloat16"}, {"lora": LoRAConfig(rank=4)}])
def test_what_is_there_all_the_time_is_counted_to_the_byte(policy: dict[str, Any]) -> None:
    config = settings(**policy)
    mine = policy_of(config)
    learner = Learner(mine, config)
    with mine.learning(0):
        learner._optimizer_step(rows(config), Totals(), first=True)
    optimizer = learner.optimizer
    moments = sum(
        tensor.nbytes
        for state in optimizer.state.values()
        for tensor in state.values()
        if tensor.dim()
    )
    masters = sum(master.nbytes for master in getattr(optimizer, "masters", []))
    parts = forecast_of(config).phases["playing"]
    assert parts["weights"] == sum(p.nbytes for p in mine.model.parameters())
    assert parts["moments of AdamW"] == moments
    assert parts.get("float32 copies of weights", 0.0) == masters


def test_a_known_model_is_counted_without_a_connection() -> None:
    """4,022,468,096: the number of weights that Qwen3-4B's files hold (its embeddings are tied)."""
    shape = shape_of("Qwen/Qwen3-4B", TINY)
    shape.num_hidden_layers = 2
    two = count(shape, torch.bfloat16, LoRAConfig())
    shape.num_hidden_layers = 3
    three = count(shape, torch.bfloat16, LoRAConfig())
    each = three.parameters - two.parameters
    assert two.parameters + 34 * each == 4_022_468_096
    assert two.vocabulary == 151_936
    # Eight heads of 128 keys and values in bfloat16.
    assert two.cache_per_token == 2 * 2 * 8 * 128 * 2


def test_processes_share_weights_moments_and_groups() -> None:
    config = replace(settings(), rollout=replace(settings().rollout, tasks=6))
    alone, three = forecast_of(config), forecast_of(config, 3)
    assert three.phases["step"]["weights"] * 3 == alone.phases["step"]["weights"]
    assert three.phases["step"]["moments of AdamW"] * 3 == alone.phases["step"]["moments of AdamW"]
    assert three.phases["playing"]["weights put together"] == alone.phases["playing"]["weights"]
    assert work_of(config, 5, 4) == Work(
        episodes=16, rows=80, prompt=PROMPT, reply=REPLY, processes=4
    )


def test_the_reference_and_the_critic_count() -> None:
    config = settings()
    weights = forecast_of(config).phases["step"]["weights"]
    held = replace(config, loss=replace(config.loss, kl_coef=0.1))
    assert forecast_of(held).phases["step"]["reference of the KL term"] == weights
    ppo = replace(config, algorithm="ppo")
    assert forecast_of(ppo).phases["step"]["critic"] == 3 * weights


def test_every_switch_that_is_offered_saves_in_some_phase() -> None:
    config = replace(
        settings(vocab_size=20_000), model="x", rollout=replace(settings().rollout, tasks=4)
    )
    config = replace(config, rollout=replace(config.rollout, max_rows=64))
    counted, work = cache(partial(count, shape_of("", config.policy))), work_of(config, 3, 1)
    before = forecast(config, work, counted).phases
    ways = cheaper(config, work)
    assert len(ways) == 6
    for switch, (other, there) in ways.items():
        after = forecast(other, there, counted).phases
        assert any(
            sum(after[name].values()) < 0.95 * sum(parts.values()) for name, parts in before.items()
        ), switch


def test_an_engine_has_memory_of_its_own() -> None:
    config = replace(settings(), rollout=replace(settings().rollout, tasks=4))
    engine = replace(config, generator="vllm")
    alone, two = forecast_of(engine).phases["playing"], forecast_of(engine, 2).phases["playing"]
    its = {"engine: weights", "engine: keys and values"}
    assert set(alone) == {"weights", "moments of AdamW", *its}
    assert set(two) == {"weights", "moments of AdamW", "weights put together", *its}
    assert forecast_of(engine).phases["head"] == forecast_of(config).phases["head"]


def test_an_engine_takes_its_share_and_sleeps_where_it_can() -> None:
    config = replace(settings(), generator="vllm", vllm=VLLMConfig(gpu_memory=0.25))
    there = forecast_of(config, place=Place(room=8e9)).phases
    its = {name: size for name, size in there["playing"].items() if name.startswith("engine: ")}
    assert sum(its.values()) == 2e9
    assert its["engine: weights"] == there["playing"]["weights"]
    assert its.keys().isdisjoint(there["head"])
    awake = forecast_of(config, place=Place(room=8e9, gpu=False)).phases
    assert all(its.items() <= parts.items() for parts in awake.values())
    told = replace(config, vllm=VLLMConfig(kv_cache_gib=0.5))
    assert forecast_of(told).phases["playing"]["engine: keys and values"] == 2**29


def test_the_least_share_of_an_engine_by_hand() -> None:
    config = replace(settings(), generator="vllm")
    counted = partial(count, shape_of("", config.policy))
    work, model = work_of(config, 1, 1), counted(torch.float32, config.policy.lora)
    need = 4 * model.parameters + 16 * (PROMPT + REPLY) * model.cache_per_token
    assert engine_share(config, work, counted, Place(room=2.01 * need)) == 0.5
    assert engine_share(config, work, counted, Place(room=1.99 * need)) == 0.55
    assert engine_share(config, work, counted, Place(room=0.5 * need)) == 2.0
    assert engine_share(config, work, counted, Place()) == 0.0
