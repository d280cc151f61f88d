"""Chunks of logits: when they are used, and that nothing but memory shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from baseline_fakes import tiny_policy, tiny_tokenizer
from rollouts import ALWAYS, rollout
from stand_in import gigpo_rows
from torch import nn

from baselines.collate import collate
from baselines.config import LossConfig, OptimConfig, RolloutConfig, TrainConfig
from baselines.policy.head import chunk_size, is_matrix_product
from baselines.policy.model import Policy
from baselines.update import Learner, Totals

CPU = torch.device("cpu")
SHAPE: dict[str, Any] = {
    "vocab_size": 290,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "pad_token_id": 0,
    "bos_token_id": None,
    "eos_token_id": 1,
}


def random_model(family: str, **changes: Any) -> Any:
    """A random tiny model of a family, its weights large enough for logits of several units."""
    config = getattr(transformers, f"{family}Config")(**(SHAPE | changes))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = getattr(transformers, f"{family}ForCausalLM")(config)
    with torch.no_grad():
        model.get_input_embeddings().weight.mul_(10)
    return model.eval()


def config_of(temperature: float = 1.0, **loss: Any) -> TrainConfig:
    return TrainConfig(
        loss=LossConfig(**loss),
        optim=OptimConfig(lr=1e-2, grad_clip=1e9, micro_batch_tokens=60),
        rollout=RolloutConfig(max_reply_tokens=24, temperature=temperature),
    )


def learned(config: TrainConfig, chunk: int, model: Any = None) -> tuple[torch.Tensor, float]:
    """Gradient and loss of one optimiser step on stale samples with forced tokens."""
    policy = Policy(model or tiny_policy().model, tiny_tokenizer(), CPU, logit_chunk=chunk)
    reference = Policy(tiny_policy(7).model, tiny_tokenizer(), CPU, logit_chunk=chunk)
    shift = np.random.default_rng(5)
    rows = [
        replace(row, old_log_probs=row.old_log_probs + shift.normal(0, 0.5, len(row.reply_ids)))
        for row in gigpo_rows(rollout(tiny_policy(), ALWAYS, config.rollout.temperature), config)
    ]
    learner, totals = Learner(policy, config, reference), Totals()
    if config.tis != "off":
        rows = learner._corrected(rows, totals)
    learner._optimizer_step(rows, totals, first=True)
    gradients = [p.grad.flatten() for p in policy.model.parameters()]
    return torch.cat(gradients), totals["loss"]


@pytest.fixture
def chunks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The chunk sizes that were used."""
    seen: list[int] = []
    kept = Policy._chunked

    def spy(self: Policy, batch: Any, temperature: float, size: int, *more: Any) -> Any:
        seen.append(size)
        return kept(self, batch, temperature, size, *more)

    monkeypatch.setattr(Policy, "_chunked", spy)
    return seen


@pytest.mark.parametrize(
    "config",
    [
        config_of(),
        config_of(temperature=0.7),
        config_of(temperature=0.7, kl_coef=0.3, entropy_coef=0.2),
        config_of(temperature=0.7, tis="token", kind="cispo"),
    ],
    ids=["plain", "temperature", "KL and entropy", "TIS"],
)
def test_chunks_change_neither_loss_nor_gradient(config: TrainConfig, chunks: list[int]) -> None:
    whole, loss = learned(config, chunk=10_000)
    assert chunks == []
    for size in (1, 7):
        found, other = learned(config, chunk=size)
        assert float((found - whole).norm() / whole.norm()) < 1e-6
        assert other == pytest.approx(loss, rel=1e-6)
        assert set(chunks) == {size}
        chunks.clear()


def test_whole_logits_while_they_are_small() -> None:
    assert chunk_size(8192, 1024, 0) == 0, "the small presets"
    assert chunk_size(8192, 2**13, 0) == 0, "67 million, the limit"
    assert chunk_size(8193, 2**13, 0) == 4096
    assert chunk_size(8 * 512, 151_936, 0) == 220


def test_a_chunk_that_was_asked_for() -> None:
    assert chunk_size(100, 10, 99) == 99
    assert chunk_size(100, 10, 100) == 0, "all tokens in one chunk are the whole"
    assert chunk_size(8 * 512, 151_936, 10_000) == 0


MORE: dict[str, Callable[[], Any]] = {
    "capped logits": lambda: random_model("Gemma2", final_logit_softcapping=3.0, head_dim=8),
    "multiplied logits": lambda: random_model("Cohere", logit_scale=0.5),
    "divided logits": lambda: random_model("Granite", logits_scaling=4.0),
    "a bias": lambda: random_model(
        "Phi", num_key_value_heads=4, partial_rotary_factor=0.5, rope_parameters=None
    ),
}


@pytest.mark.parametrize("name", MORE)
def test_a_head_that_does_more_keeps_whole_logits(name: str, chunks: list[int]) -> None:
    model = MORE[name]()
    assert not is_matrix_product(model)
    asked, _ = learned(config_of(entropy_coef=0.2), 3, MORE[name]())
    whole, _ = learned(config_of(entropy_coef=0.2), 10_000, model)
    assert torch.equal(asked, whole)
    assert chunks == []


def test_a_step_that_changes_nothing_is_none() -> None:
    assert is_matrix_product(random_model("Cohere", logit_scale=1.0))
    assert is_matrix_product(random_model("Granite", logits_scaling=1.0))


@pytest.mark.parametrize("family", ["Qwen2", "Qwen3", "Llama"])
@pytest.mark.parametrize("tied", [True, False])
def test_the_usual_head_is_a_matrix_product(family: str, tied: bool) -> None:
    model = random_model(family, tie_word_embeddings=tied)
    assert is_matrix_product(model)
    assert not model.base_model._forward_hooks, "nothing is left behind"
    assert not model.lm_head._forward_hooks
    whole, _ = learned(config_of(temperature=0.7), 10_000, model)
    found, _ = learned(
        config_of(temperature=0.7), 5, random_model(family, tie_word_embeddings=tied)
    )
    assert float((found - whole).norm() / whole.norm()) < 1e-6


def test_a_wrapped_head_is_more_than_a_matrix_product() -> None:
    model = tiny_policy().model
    assert is_matrix_product(model)
    model.set_output_embeddings(type("Wrapped", (nn.Linear,), {})(32, 290, bias=False))
    assert not is_matrix_product(model)


def test_whole_and_chunked_read_the_same_log_probs() -> None:
    rows = gigpo_rows(rollout(tiny_policy(), ALWAYS, 0.7), config_of())
    batch = collate(rows, CPU).batch
    found = [
        Policy(tiny_policy().model, tiny_tokenizer(), CPU, logit_chunk=size).log_probs(batch, 0.7)
        for size in (10_000, 4)
    ]
    torch.testing.assert_close(found[0], found[1], rtol=0, atol=1e-5)
