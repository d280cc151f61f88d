"""Whether tokenizer, prompts and model fit together: seen before any weights are loaded."""

from __future__ import annotations

from typing import Any

from ..config import PromptConfig
from .chat import Chat, check_chat, encode_chat
from .loading import add_thought_tags
from .problems import ModelError, first_line
from .source import read_shape, source_of
from .tokenizer import TAGS, Tags, encode, load_tokenizer

__all__ = ["check_fit", "check_length"]

SPARE, SPARE_ROWS = 1.25, 1024
"""Rows of the embedding for each id of the tokenizer, and beyond its ids, above which the two are
taken to be of different models. Makers round up: the largest surplus known to us is 2 %."""


def check_fit(name: str, prompt: PromptConfig, reply_tokens: int, queue: str) -> Any:
    """Load configuration and tokenizer of a model and compare them with the settings.

    Args:
        name: hub name, folder or `builtin:NAME`.
        prompt: what the policy reads.
        reply_tokens: longest reply.
        queue: what closes a thought.

    Returns:
        The tokenizer as the policy will have it.

    Raises:
        ValueError: one of the two cannot be read; the chat template is missing, refuses the prompt
            or ignores an argument; the embeddings are too few or far too many for the tokenizer;
            it does not keep the queue as it is; a prompt with its reply is longer than what the
            model can read.
    """
    path = source_of(name)
    config: Any = read_shape(path).get_text_config()
    tokenizer = _read_tokenizer(name, path)
    _check_surplus(name, tokenizer, config)
    check_chat(tokenizer, prompt)
    _check_vocabulary(name, tokenizer, prompt, queue, config)
    check_length(name, getattr(config, "max_position_embeddings", None), prompt, reply_tokens)
    add_thought_tags(tokenizer)
    Tags.of(tokenizer, queue)
    return tokenizer


def _read_tokenizer(name: str, path: str) -> Any:
    try:
        return load_tokenizer(path)
    except Exception as problem:  # libraries raise what they like over a broken file
        raise ModelError(
            f"The tokenizer of {name} cannot be read: {first_line(problem)}; its files "
            "(tokenizer.json, tokenizer_config.json) belong beside the model's."
        ) from problem


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


def _check_surplus(model: str, tokenizer: Any, config: Any) -> None:
    """Refuse a model that ends with a token its tokenizer lacks, or has far more rows than ids."""
    ids = 1 + max(tokenizer.get_vocab().values(), default=-1)
    ends = getattr(config, "eos_token_id", None)
    ends = ends if isinstance(ends, list) else [ends]
    lacking = [end for end in ends if isinstance(end, int) and end >= ids]
    rows = config.vocab_size
    if lacking or rows > max(SPARE * ids, ids + SPARE_ROWS):
        more = f" and ends with id {lacking[0]}" if lacking else ""
        raise ValueError(
            f"The tokenizer of {model} has {ids} ids, but its model has {rows} embeddings{more}: "
            "they do not belong together; use the tokenizer that the model was trained with."
        )


def _check_vocabulary(
    model: str, tokenizer: Any, prompt: PromptConfig, queue: str, config: Any
) -> None:
    """Compare the ids that texts become with the rows of the embedding.

    Added tokens count only where a run has them: some tokenizers list tokens for pictures that
    the model's text part has no embedding for.
    """
    ids = encode_chat(tokenizer, "", prompt.system, prompt.reply_prefix, Chat.of(prompt))
    for text in (queue, *TAGS):  # thought tags that are none yet are added, with embeddings
        ids += encode(tokenizer, text)
    ids += [tokenizer.vocab_size - 1, tokenizer.eos_token_id or 0, tokenizer.pad_token_id]
    if max(ids) >= config.vocab_size:
        raise ValueError(
            f"The tokenizer of {model} has ids up to {max(ids)}, and its model only "
            f"{config.vocab_size} embeddings: they do not belong together; use the tokenizer that "
            "the model was trained with."
        )
