"""Whether tokenizer, prompts and model fit together: seen before any weights are loaded."""

from __future__ import annotations

from typing import Any

from transformers import AutoConfig

from ..config import PromptConfig
from .chat import Chat, check_chat, encode_chat
from .loading import resolve_model
from .lora import base_of, is_adapter
from .tokenizer import load_tokenizer

__all__ = ["check_fit", "check_length", "is_here"]


def check_fit(name: str, prompt: PromptConfig, reply_tokens: int) -> None:
    """Load configuration and tokenizer of a model and compare them with the settings.

    Args:
        name: hub name, folder or `builtin:NAME`.
        prompt: what the policy reads.
        reply_tokens: longest reply.

    Raises:
        ValueError: the chat template is missing, refuses the prompt or ignores an argument; the
            model has too few embeddings for its tokenizer; a prompt with its reply is longer than
            what the model can read.
        OSError: the model is neither on this machine nor on the hub.
    """
    path = resolve_model(name)
    if is_adapter(path):
        path = base_of(path)
    tokenizer = load_tokenizer(path)
    config: Any = AutoConfig.from_pretrained(path).get_text_config()
    check_chat(tokenizer, prompt)
    _check_vocabulary(name, tokenizer, prompt, config)
    check_length(name, getattr(config, "max_position_embeddings", None), prompt, reply_tokens)


def is_here(path: str) -> bool:
    """Return whether a model's configuration can be read without asking the hub."""
    try:
        AutoConfig.from_pretrained(path, local_files_only=True)
    except OSError:
        return False
    return True


def check_length(model: str, positions: int | None, prompt: PromptConfig, reply: int) -> None:
    """Compare the longest prompt and reply with what a model can read; None is without a limit.

    Raises:
        ValueError: if they are longer.
    """
    if positions is not None and prompt.max_tokens + reply > positions:
        raise ValueError(
            f"A prompt of {prompt.max_tokens} tokens and a reply of {reply} are longer than the "
            f"{positions} tokens that {model} can read: lower --prompt.max-tokens or "
            "--rollout.max-reply-tokens."
        )


def _check_vocabulary(model: str, tokenizer: Any, prompt: PromptConfig, config: Any) -> None:
    """Compare the ids that texts become with the rows of the embedding.

    Added tokens count only where a prompt has them: some tokenizers list tokens for pictures that
    the model's text part has no embedding for.
    """
    ids = encode_chat(tokenizer, "", prompt.system, prompt.reply_prefix, Chat.of(prompt))
    ids += [tokenizer.vocab_size - 1, tokenizer.eos_token_id or 0, tokenizer.pad_token_id]
    if max(ids) >= config.vocab_size:
        raise ValueError(
            f"The tokenizer of {model} has ids up to {max(ids)}, and its model only "
            f"{config.vocab_size} embeddings: they do not belong together; use the tokenizer that "
            "the model was trained with."
        )
