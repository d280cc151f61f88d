"""Gradient checkpointing: the same gradients, the right path, and sampling as before."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from baseline_fakes import TINY, tiny_policy, tiny_tokenizer
from memory_runs import config_of, stale_turns
from rollouts import replies
from torch.utils import checkpoint as torch_checkpoint
from transformers import BioGptConfig, BioGptForCausalLM, PretrainedConfig, PreTrainedModel

from baselines.collate import collate
from baselines.config import CriticConfig, TrainConfig
from baselines.critic import Critic
from baselines.policy.model import Policy
from baselines.policy.recompute import enable_recomputation, in_training, recomputed_layers
from baselines.update import Learner, training_rows

SAVING = replace(TINY, gradient_checkpointing=True)


def gradients(config: TrainConfig, **settings: Any) -> torch.Tensor:
    policy = tiny_policy(config=replace(TINY, **settings))
    learner = Learner(policy, config, tiny_policy(7, replace(TINY, **settings)))
    learner.optimizer.step = lambda: None  # type: ignore[method-assign]
    learner.update(*stale_turns(config), 0)
    return torch.cat([p.grad.flatten() for p in policy.model.parameters()])


@pytest.mark.parametrize("chunk", [0, 7])
def test_gradients_are_equal(chunk: int) -> None:
    config = config_of(temperature=0.7, kl_coef=0.3, entropy_coef=0.2, tis="token")
    plain = gradients(config)
    found = gradients(config, gradient_checkpointing=True, logit_chunk=chunk)
    assert float((found - plain).norm() / plain.norm()) < 1e-6


def passes(policy: Policy, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count forward passes of the first layer, and which path read the replies."""
    seen: list[str] = []
    layer = policy.model.model.layers[0].mlp
    layer.register_forward_pre_hook(lambda *_: seen.append("layer"))
    unshared = policy._replies_unshared
    monkeypatch.setattr(
        policy, "_replies_unshared", lambda *a: seen.append("unshared") or unshared(*a)
    )
    return seen


def test_layers_are_computed_again_while_learning_and_only_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    policy = tiny_policy(config=SAVING)
    config = config_of()
    batch = collate(training_rows(*stale_turns(config), config), policy.device).batch
    seen = passes(policy, monkeypatch)
    policy.token_numbers(batch).log_probs.sum().backward()
    assert seen == ["layer", "layer"], "prompts and replies, from the shared cache"
    seen.clear()
    with policy.learning(0):
        policy.token_numbers(batch).log_probs.sum().backward()
    assert seen == ["unshared", "layer", "layer"], "whole rows, forward and again backward"
    seen.clear()
    policy.log_probs(batch)
    assert "unshared" not in seen


def test_fewer_activations_are_kept() -> None:
    def kept(policy: Policy) -> int:
        sizes: list[int] = []
        config = config_of()
        batch = collate(training_rows(*stale_turns(config), config), policy.device).batch
        hooks = torch.autograd.graph.saved_tensors_hooks(
            lambda t: sizes.append(t.numel()) or t, lambda t: t
        )
        with policy.learning(0), hooks:
            policy.token_numbers(batch)
        return sum(sizes)

    assert kept(tiny_policy(config=SAVING)) < 0.6 * kept(tiny_policy())


def test_sampling_is_as_before() -> None:
    plain = replies(tiny_policy(), 4, None)
    saving = replies(tiny_policy(config=SAVING), 4, None)
    for (_, a), (_, b) in zip(plain, saving, strict=True):
        assert a.token_ids.tolist() == b.token_ids.tolist()
        assert np.array_equal(a.log_probs, b.log_probs)


def test_checkpoints_are_not_reentrant() -> None:
    policy = tiny_policy(config=SAVING)
    assert not policy.model.get_input_embeddings()._forward_hooks
    for layer in recomputed_layers(policy.model):
        function = layer._gradient_checkpointing_func
        assert function.func is torch_checkpoint.checkpoint
        assert function.keywords["use_reentrant"] is False


def test_a_layer_in_training_mode_drops_nothing_out() -> None:
    """Some layers hold their dropout as a number and read their own training mode."""
    shape = BioGptConfig(
        vocab_size=290,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=24,
        hidden_dropout_prob=0.5,
        attention_probs_dropout_prob=0.5,
        layerdrop=0.0,
    )
    with torch.random.fork_rng(devices=[]):
        policy = Policy(
            BioGptForCausalLM(shape),
            tiny_tokenizer(),
            torch.device("cpu"),
            gradient_checkpointing=True,
        )
    config = config_of()
    batch = collate(training_rows(*stale_turns(config), config), policy.device).batch
    keep = batch.reply_mask.bool()
    still = policy.token_numbers(batch).log_probs[keep]
    with policy.learning(0):
        assert all(layer.training for layer in recomputed_layers(policy.model))
        moving = policy.token_numbers(batch).log_probs[keep]
    torch.testing.assert_close(moving, still)


def test_training_mode_ends_also_after_an_error() -> None:
    layers = [torch.nn.Dropout().eval(), torch.nn.Dropout().train()]
    inside = []
    with contextlib.suppress(KeyError), in_training(layers):
        inside = [layer.training for layer in layers]
        raise KeyError
    assert inside == [True, True]
    assert [layer.training for layer in layers] == [False, True]


def test_a_model_without_it_is_one_sentence() -> None:
    class Plain(PreTrainedModel):
        config_class = PretrainedConfig

    with pytest.raises(ValueError, match=r"Plain has no gradient checkpointing; set policy\."):
        enable_recomputation(Plain(PretrainedConfig()))


def test_the_critic_recomputes_as_its_policy_does() -> None:
    prompts = [np.arange(10, 10 + n) for n in (5, 9, 3)]
    config = TrainConfig(critic=CriticConfig(lr=1e-2, epochs=2, minibatches=1))
    found = []
    for policy in (tiny_policy(), tiny_policy(config=SAVING)):
        critic = Critic(policy, config)
        seen: list[int] = []
        layer = critic.trunk.layers[0].mlp
        layer.register_forward_pre_hook(lambda *_, seen=seen: seen.append(1))
        torch.nn.init.constant_(critic.head.weight, 0.1)
        critic.update(prompts, [0, 0, 1], np.zeros(3), np.ones(3), step=0)
        counted = len(seen)
        found.append((critic.values(prompts), counted))
    assert found[0][0] == pytest.approx(found[1][0], abs=1e-6)
    assert [counted for _, counted in found] == [2, 4]
