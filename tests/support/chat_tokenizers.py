"""Tokenizers and chat templates to play under: invented ones, and real ones if they were fetched.

Every case becomes a folder with a tiny random model, loaded as a user's model is (`load_policy`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from baseline_fakes import TEXTS
from transformers import Qwen2Config, Qwen2ForCausalLM

from baselines.config import PolicyConfig, PromptConfig
from baselines.policy.loading import load_policy
from baselines.policy.model import Policy
from baselines.policy.tokenizer import load_tokenizer, train_tokenizer
from baselines.pretrained.tokenizers import tokenizer_folder

TURNS = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}"
OPENED = "{{ '<think>\\n' }}"
CLOSED = "{{ '<think>\\n\\n</think>\\n\\n' }}"
STRIPPED = (
    "{% for m in messages %}<|{{ m.role }}|>"
    "{% if loop.last %}{{ m.content }}{% else %}{{ m.content.split('</think>')[-1] }}{% endif %}"
    "{% endfor %}"
)
ASK = "{% if add_generation_prompt %}<|assistant|>{% endif %}"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A tokenizer with its template, and how a reply begins under it."""

    source: str
    """A template for the tiny tokenizer, or the name of a real tokenizer."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    opening: tuple[bool, str] = (False, "")
    """Whether a reply starts inside a thought, and what it is taken to start with."""
    ends_with: str = ""
    """Last words of a prompt."""

    def prompt(self, **changes: Any) -> PromptConfig:
        return PromptConfig(chat_template_kwargs=dict(self.arguments), **changes)


INVENTED: Mapping[str, Case] = {
    "neither": Case(source=TURNS + ASK, ends_with="<|assistant|>"),
    "opens": Case(
        source=TURNS + ASK + OPENED,
        opening=(True, "<think>\n"),
        ends_with="<|assistant|><think>\n",
    ),
    "opens-and-closes": Case(
        source=TURNS + ASK + CLOSED, ends_with="<|assistant|><think>\n\n</think>\n\n"
    ),
    "rewrites": Case(source=STRIPPED + ASK, ends_with="<|assistant|>"),
}
CHATML = "<|im_start|>assistant\n"
REAL: Mapping[str, Case] = {
    "qwen3": Case(source="qwen3", ends_with=CHATML),
    "qwen3-thinking": Case(source="qwen3", arguments={"enable_thinking": True}, ends_with=CHATML),
    "qwen3-no-thinking": Case(
        source="qwen3",
        arguments={"enable_thinking": False},
        ends_with=CHATML + "<think>\n\n</think>\n\n",
    ),
    "qwen2.5": Case(source="qwen2.5", ends_with=CHATML),
    "smollm2": Case(source="smollm2", ends_with=CHATML),
    "llama3.2": Case(
        source="llama3.2",
        arguments={"date_string": "26 Jul 2024"},
        ends_with="<|start_header_id|>assistant<|end_header_id|>\n\n",
    ),
}
CASES = {**INVENTED, **REAL}


def tokenizer_of(case: Case) -> Any:
    """The tokenizer of a case; skips the test where it is a real one that was not fetched."""
    if "{%" not in case.source:
        folder = tokenizer_folder(case.source)
        if not folder.is_dir():
            pytest.skip(f"the tokenizer of {case.source} is not here: make tokenizers fetches it")
        return load_tokenizer(folder)
    # Pieces of "ha": what merges to one token can be sampled as two.
    tokenizer = train_tokenizer([*TEXTS, "ha haha " * 50], 290)
    tokenizer.chat_template = case.source
    return tokenizer


def policy_of(case: Case, folder: Path) -> Policy:
    """A random model with as many logits as the next multiple of 128, as real ones have."""
    tokenizer = tokenizer_of(case)
    tokenizer.save_pretrained(folder)
    shape = Qwen2Config(
        vocab_size=-(-len(tokenizer) // 128) * 128,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        Qwen2ForCausalLM(shape).save_pretrained(folder)
    return load_policy(str(folder), PolicyConfig(device="cpu"))
