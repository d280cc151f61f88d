"""A tiny model and tokenizer that TRL's tool loop accepts, and one that replies by script."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

from baselines.policy.tokenizer import train_tokenizer

CHATML = ["<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>"]
END = "<|im_end|>"


def tool_tokenizer(texts: Sequence[str]) -> Any:
    """A small tokenizer with Qwen3's chat template, as TRL ships it."""
    tokenizer = train_tokenizer(texts, 1024)
    tokenizer.add_special_tokens({"additional_special_tokens": CHATML, "eos_token": END})
    tokenizer.chat_template = (files("trl") / "chat_templates" / "qwen3.jinja").read_text()
    return tokenizer


def call_text(name: str, arguments: dict[str, Any]) -> str:
    """A tool call as Qwen3 writes it."""
    body = json.dumps({"name": name, "arguments": arguments})
    return f"<tool_call>\n{body}\n</tool_call>{END}"


class ScriptedModel(Qwen3ForCausalLM):
    """Replies with what a function says about the conversation so far; learns as any model.

    The function gets the row's number in the batch and its conversation.
    """

    script: Callable[[int, str], str]
    tokenizer: Any

    def generate(self, input_ids: torch.Tensor, **others: Any) -> torch.Tensor:
        rows = []
        for number, ids in enumerate(input_ids):
            text = self.script(number, self.tokenizer.decode(ids))
            rows.append(self.tokenizer.encode(text, add_special_tokens=False))
        width = max(map(len, rows))
        pad = self.tokenizer.pad_token_id
        replies = torch.tensor([row + [pad] * (width - len(row)) for row in rows])
        return torch.cat([input_ids, replies], dim=1)


def scripted_model(tokenizer: Any, script: Callable[[int, str], str]) -> ScriptedModel:
    """One layer, 32 wide, with room for long episodes."""
    torch.manual_seed(0)
    shape = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=65_536,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    model = ScriptedModel(shape)
    model.script, model.tokenizer = script, tokenizer
    return model
