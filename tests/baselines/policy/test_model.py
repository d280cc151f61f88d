"""Policy: response log-probabilities, shared prompts, saving, loading other models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from baseline_fakes import TINY, teacher_forced, tiny_policy
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from baselines.collate import Row, collate
from baselines.policy.chat import Chat
from baselines.policy.loading import load_policy, resolve_model
from baselines.policy.model import Policy
from baselines.policy.tokenizer import encode
from baselines.presets import PRESETS
from baselines.sampling.generation import HFGenerator
from baselines.sampling.protocol import Decoding, Request


def row(prompt: int, reply: int, seed: int) -> Row:
    rng = np.random.default_rng(seed)
    return Row(
        prompt_ids=rng.integers(10, 280, prompt),
        reply_ids=rng.integers(10, 280, reply),
        loss_mask=np.ones(reply, dtype=np.bool_),
        old_log_probs=np.zeros(reply),
        advantage=1.0,
    )


def shared_rows() -> list[Row]:
    rows = [row(3, 5, 0), row(11, 2, 1), row(6, 7, 2), row(6, 1, 3)]
    return [*rows, replace(row(0, 3, 4), prompt_ids=rows[1].prompt_ids)]


def test_trap_10_a_row_alone_equals_the_row_in_a_padded_batch() -> None:
    policy = tiny_policy()
    rows = shared_rows()
    with torch.no_grad():
        together = policy.log_probs(collate(rows, policy.device).batch)
        for one, found in zip(rows, together, strict=True):
            alone = policy.log_probs(collate([one], policy.device).batch)[0]
            torch.testing.assert_close(found[: len(alone)], alone, rtol=0, atol=1e-5)


def test_shared_prompts_equal_unshared_ones_in_value_and_gradient() -> None:
    rows = shared_rows()
    values, gradients = [], []
    for name in ("_replies", "_replies_unshared"):
        policy = tiny_policy()
        batch = collate(rows, policy.device)
        assert len(batch.batch.prompt_ids) == 4
        logits = getattr(policy, name)(batch.batch, policy._logits)
        real = logits[batch.batch.reply_mask.bool()]
        real.log_softmax(-1)[:, 7].sum().backward()
        values.append(real.detach())
        gradients.append(policy.model.get_input_embeddings().weight.grad)
    torch.testing.assert_close(values[0], values[1], rtol=0, atol=1e-5)
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-4, atol=1e-5)


def test_trap_11_padding_ids_do_not_matter() -> None:
    policy = tiny_policy()
    batch = collate(shared_rows(), policy.device).batch
    other = replace(
        batch,
        prompt_ids=torch.where(batch.prompt_mask.bool(), batch.prompt_ids, 77),
        reply_ids=torch.where(batch.reply_mask.bool(), batch.reply_ids, 99),
    )
    keep = batch.reply_mask.bool()
    with torch.no_grad():
        torch.testing.assert_close(policy.log_probs(batch)[keep], policy.log_probs(other)[keep])


def test_trap_18_the_model_never_drops_out() -> None:
    policy = tiny_policy()
    policy.model.config.attention_dropout = 0.5
    for module in policy.model.modules():
        if hasattr(module, "attention_dropout"):
            module.attention_dropout = 0.5
    batch = collate(shared_rows(), policy.device).batch
    assert torch.equal(policy.log_probs(batch), policy.log_probs(batch))


def test_saving_and_loading_changes_no_bit(tmp_path: Path) -> None:
    policy = tiny_policy()
    policy.save(tmp_path)
    loaded = load_policy(str(tmp_path), TINY)
    assert {p.suffix for p in tmp_path.iterdir()} >= {".safetensors", ".json"}
    batch = collate(shared_rows(), policy.device).batch
    assert torch.equal(policy.log_probs(batch), loaded.log_probs(batch))
    assert loaded.num_parameters == policy.num_parameters
    # Beside a model's config.json another tokenizer class could be picked for the same files.
    text = "<think>12</think>\n<action>search[red key]</action>"
    assert encode(loaded.tokenizer, text) == encode(policy.tokenizer, text)
    assert loaded.tokenizer.decode(encode(policy.tokenizer, text)) == text


def test_weights_come_from_the_generator() -> None:
    a, b, c = tiny_policy(1), tiny_policy(1), tiny_policy(2)
    assert torch.equal(a.model.lm_head.weight, b.model.lm_head.weight)
    assert not torch.equal(a.model.lm_head.weight, c.model.lm_head.weight)


@pytest.fixture
def foreign_model(tmp_path: Path) -> Path:
    """A GPT-2 whose tokenizer knows neither tags nor padding nor a chat template."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {"<|endoftext|>": 0} | {letter: i + 1 for i, letter in enumerate(alphabet)}
    raw = Tokenizer(models.BPE(vocabulary, []))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<|endoftext|>").save_pretrained(
        tmp_path
    )
    shape = GPT2Config(
        vocab_size=257, n_embd=16, n_layer=2, n_head=2, eos_token_id=0, bos_token_id=0
    )
    with torch.random.fork_rng(devices=[]):
        GPT2LMHeadModel(shape).save_pretrained(tmp_path)
    return tmp_path


def test_any_causal_model_gets_thought_tags(foreign_model: Path) -> None:
    policy = load_policy(str(foreign_model), TINY)
    assert len(encode(policy.tokenizer, "</think>")) == 1
    assert policy.vocab_size == 259
    queue = "</think>\n<action>"
    generator = HFGenerator(policy, queue=queue, reply_prefix="<think>", chat=Chat(plain=True))
    assert len(generator.tags.action_close) > 1
    assert not generator.single_stop
    rows = [Request(prompt_ids=np.arange(5, 9 + i), seed=(0, i)) for i in range(3)]
    for request, reply in zip(rows, generator.generate(rows, Decoding(max_tokens=8)), strict=True):
        expected = teacher_forced(policy, request, reply)
        np.testing.assert_allclose(reply.log_probs, expected, atol=1e-4)


def test_a_split_action_tag_ends_a_reply(foreign_model: Path) -> None:
    policy = load_policy(str(foreign_model), TINY)
    generator = HFGenerator(policy, queue="</think>\n<action>", chat=Chat(plain=True))
    ids = np.array(encode(policy.tokenizer, "<action>look</action>"), dtype=np.int64)
    assert generator.ends_action(ids)
    assert not generator.ends_action(ids[:-1])


def test_unknown_built_in_models_are_named() -> None:
    with pytest.raises(ValueError, match="no built-in model 'builtin:nothing'"):
        resolve_model("builtin:nothing")


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere", "~/nowhere", "runs/mine/nowhere"])
def test_a_missing_folder_is_no_hub_name(name: str) -> None:
    with pytest.raises(ValueError, match="there is no folder"):
        resolve_model(name)


def test_hub_names_are_left_alone() -> None:
    assert resolve_model("owner/name") == "owner/name"


def test_policy_is_in_evaluation_mode() -> None:
    assert isinstance(tiny_policy(), Policy)
    assert not tiny_policy().model.training


@pytest.mark.parametrize(
    "preset", sorted(n for n, make in PRESETS.items() if make().model.startswith("builtin:"))
)
def test_the_policies_that_presets_start_from_come_with_the_package(preset):
    config = PRESETS[preset]()
    policy = load_policy(config.model, config.policy)
    assert policy.vocab_size == config.policy.vocab_size
