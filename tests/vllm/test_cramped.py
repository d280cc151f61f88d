"""Prompts read in pieces, requests thrown out of the cache, a tag of several tokens: same replies.

The model is random, with heads of 64; its tokenizer has no token for `</action>`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from baselines.config import PolicyConfig, VLLMConfig
from baselines.engine.generator import VLLMGenerator
from baselines.intervention import ThinkingRule
from baselines.policy.chat import Chat
from baselines.policy.loading import new_policy
from baselines.policy.model import Policy
from baselines.sampling.generation import HFGenerator
from baselines.sampling.protocol import Decoding, Request
from baselines.uncertainty import SignalConfig

TAG = "</action>"
QUEUE = f"</think>\n<action>go{TAG}"  # a closed thought is sure to end in the tag
PLAIN = Chat(plain=True)
SHAPE = PolicyConfig(
    hidden_size=128, layers=2, heads=2, intermediate_size=96, device="cpu", copy_circuit=False
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cramped(VLLMConfig):
    """A cache of 1,024 tokens, prompts in pieces of 16."""

    def arguments(self) -> dict[str, Any]:
        small = {"max_num_batched_tokens": 16, "kv_cache_memory_bytes": 2 * 2**20}
        return VLLMConfig.arguments(self) | small | {"enable_prefix_caching": False}


@pytest.fixture(scope="module")
def policy() -> Policy:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = ["<|end|>", "<think>", "</think>", *alphabet]
    raw = Tokenizer(models.BPE({piece: i for i, piece in enumerate(pieces)}, []))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw,
        eos_token="<|end|>",
        pad_token="<|end|>",
        additional_special_tokens=["<think>", "</think>"],
    )
    return new_policy(SHAPE, tokenizer, torch.Generator().manual_seed(4))


@pytest.fixture(scope="module")
def engine(policy: Policy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VLLMGenerator]:
    log = tmp_path_factory.mktemp("cramped") / "engine.log"
    how = Cramped(enforce_eager=True, max_num_seqs=12)
    made = VLLMGenerator(
        policy, how, max_model_len=512, queue=QUEUE, reply_prefix="<think>", chat=PLAIN, log=log
    )
    yield made
    made.close()


def requests(count: int) -> list[Request]:
    rng = np.random.default_rng(5)
    return [
        Request(prompt_ids=rng.integers(3, 250, rng.integers(20, 120)), seed=(1, i))
        for i in range(count)
    ]


@pytest.mark.parametrize("longest", [400, 12])
def test_replies_survive_pieces_and_preemption(
    policy: Policy, engine: VLLMGenerator, longest: int
) -> None:
    """Twelve replies of up to 340 tokens, prompt included, do not fit a cache of 1,024."""
    hf = HFGenerator(policy, queue=QUEUE, reply_prefix="<think>", chat=PLAIN)
    assert not hf.single_stop
    rule = ThinkingRule(epsilon=0.02, window=3, min_tokens=9, max_tokens=longest)
    how = Decoding(max_tokens=220, signal=SignalConfig(), thinking=rule)
    rows = requests(24)
    ours, theirs = engine.generate(rows, how), hf.generate(rows, how)
    for a, b in zip(ours, theirs, strict=True):
        assert a.token_ids.tolist() == b.token_ids.tolist()
        assert a.sampled.tolist() == b.sampled.tolist()
        assert (a.finish, a.text) == (b.finish, b.text)
        np.testing.assert_allclose(a.entropy, b.entropy, atol=1e-3)
        np.testing.assert_allclose(a.log_probs, b.log_probs, atol=1e-3)
    ended = [reply.text.endswith(TAG) for reply in ours]
    assert sum(ended) > 12 if longest == 12 else not all(ended)
