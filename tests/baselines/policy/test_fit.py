"""Tokenizer, prompts and model that do not fit together are told before weights are loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from baseline_fakes import tiny_policy
from peft import LoraConfig

from baselines.config import PromptConfig
from baselines.policy.fit import check_fit, check_length
from baselines.policy.tokenizer import load_tokenizer

QUEUE = "</think>\n<action>"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model without its weights: nothing may try to load them."""
    tiny_policy().save(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    return tmp_path


def configure(model: Path, **changes: Any) -> None:
    file = model / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_what_fits_is_let_through(model: Path) -> None:
    check_fit(str(model), PromptConfig(), 1024, QUEUE)


def test_prompt_and_reply_must_fit_the_context(model: Path) -> None:
    with pytest.raises(
        ValueError, match=r"prompt of 1024 .* reply of 1025 .* the 2048 tokens that"
    ):
        check_fit(str(model), PromptConfig(), 1025, QUEUE)
    configure(model, max_position_embeddings=4096)
    check_fit(str(model), PromptConfig(), 1025, QUEUE)
    check_length("a model without positions", None, PromptConfig(), 10**9)


def test_ids_beyond_the_embeddings_are_refused(model: Path) -> None:
    configure(model, vocab_size=289)
    with pytest.raises(ValueError, match="ids up to 289, and its model only 289 embeddings"):
        check_fit(str(model), PromptConfig(), 64, QUEUE)
    configure(model, vocab_size=290)
    check_fit(str(model), PromptConfig(), 64, QUEUE)


def test_added_tokens_that_no_prompt_has_may_lack_an_embedding(model: Path) -> None:
    """As Gemma 3's token for pictures does in the model for text."""
    tokenizer = load_tokenizer(model)
    tokenizer.add_tokens(["<picture>"])
    tokenizer.save_pretrained(model)
    check_fit(str(model), PromptConfig(), 64, QUEUE)
    with pytest.raises(ValueError, match="ids up to 290"):
        check_fit(str(model), PromptConfig(system="See <picture>."), 64, QUEUE)


def test_no_chat_template_is_refused_unless_plain_text_is_wanted(model: Path) -> None:
    (model / "chat_template.jinja").unlink()
    with pytest.raises(ValueError, match=r"no chat template .* --prompt.chat-template plain"):
        check_fit(str(model), PromptConfig(), 64, QUEUE)
    check_fit(str(model), PromptConfig(chat_template="plain"), 64, QUEUE)


def test_of_an_adapter_its_base_model_counts(model: Path, tmp_path: Path) -> None:
    adapter = tmp_path / "adapter"
    LoraConfig(base_model_name_or_path=str(model)).save_pretrained(str(adapter))
    (adapter / "adapter_model.safetensors").touch()
    with pytest.raises(ValueError, match="the 2048 tokens"):
        check_fit(str(adapter), PromptConfig(), 2000, QUEUE)


def test_the_text_that_closes_a_thought_counts(model: Path) -> None:
    """As with Qwen3's tokenizer, whose </think> has one of its last ids."""
    tokenizer = load_tokenizer(model)
    tokenizer.add_tokens(["<late>"])
    tokenizer.save_pretrained(model)
    with pytest.raises(ValueError, match="ids up to 290, and its model only 290 embeddings"):
        check_fit(str(model), PromptConfig(), 64, "</think><late>")
    configure(model, vocab_size=291)
    assert check_fit(str(model), PromptConfig(), 64, "</think><late>") is not None


def test_a_queue_that_is_not_kept_is_refused(model: Path) -> None:
    with pytest.raises(ValueError, match="must begin with </think> and survive"):
        check_fit(str(model), PromptConfig(), 64, "<action>")


def test_embeddings_far_beyond_the_tokenizer_are_refused(model: Path) -> None:
    """As SmolLM2's 49,152 ids are no tokenizer of Qwen3's 151,936 embeddings."""
    configure(model, vocab_size=290 + 1024)
    check_fit(str(model), PromptConfig(), 64, QUEUE)  # makers round up
    configure(model, vocab_size=290 + 1025)
    with pytest.raises(ValueError, match="has 290 ids, but its model has 1315 embeddings: they"):
        check_fit(str(model), PromptConfig(), 64, QUEUE)


@pytest.mark.parametrize("end", [300, [1, 300]])
def test_a_model_that_ends_with_an_id_its_tokenizer_lacks_is_refused(
    model: Path, end: object
) -> None:
    configure(model, vocab_size=400, eos_token_id=end)
    with pytest.raises(ValueError, match="400 embeddings and ends with id 300: they do not"):
        check_fit(str(model), PromptConfig(), 64, QUEUE)
