"""From a message to the text that a policy continues: the model's own chat template, or none.

A prompt is always one system and one user message, rendered afresh in every turn; past turns are
part of the user message. Templates that rewrite a conversation (Qwen3's strips the thoughts of
earlier replies) therefore have nothing to rewrite, and each turn is a training row of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import TemplateError

from ..config import PromptConfig
from .tokenizer import THINK_TAGS, encode

__all__ = ["OWN", "Chat", "check_chat", "encode_chat", "opening_of", "render_chat"]

MARK = "t2po-gym"
"""Stands for the user's message where only what follows it is of interest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """How a message becomes text.

    Example: `Chat(arguments={"enable_thinking": False})` is Qwen3 without thoughts of its own.
    """

    plain: bool = False
    """Whether the text goes in as it is, without a chat template."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments of the chat template."""

    @classmethod
    def of(cls, prompt: PromptConfig) -> Chat:
        """Return what the settings of a run ask for."""
        return cls(plain=prompt.chat_template == "plain", arguments=prompt.chat_template_kwargs)


OWN = Chat()
"""The model's own chat template, without arguments."""


def render_chat(
    tokenizer: Any, user: str, system: str = "", reply_prefix: str = "", chat: Chat = OWN
) -> str:
    """Return one user message as text, up to where the reply begins.

    Raises:
        ValueError: if there is no chat template, or it refuses the messages.
    """
    if chat.plain:
        return f"{system}\n\n{user}\n".lstrip() + reply_prefix
    if tokenizer.chat_template is None:
        raise ValueError(
            "The tokenizer has no chat template (base models often have none): name a model that "
            "was trained to chat, or let the text go in as it is with --prompt.chat-template plain."
        )
    messages = [{"role": "system", "content": system}] if system else []
    messages.append({"role": "user", "content": user})
    try:
        text: str = tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True, **chat.arguments
        )
    except TemplateError as problem:
        raise ValueError(
            f"The model's chat template refuses the prompt ({problem}): change --prompt.system or "
            "--prompt.chat-template-kwargs."
        ) from problem
    return text + reply_prefix


def encode_chat(
    tokenizer: Any, user: str, system: str = "", reply_prefix: str = "", chat: Chat = OWN
) -> list[int]:
    """Encode one user message up to where the reply begins.

    Plain text begins as the tokenizer begins any text; templates write their own first token.
    """
    ids = encode(tokenizer, render_chat(tokenizer, user, system, reply_prefix, chat))
    first = tokenizer.bos_token_id
    if chat.plain and first is not None and tokenizer.encode("")[:1] == [first]:
        return [first, *ids]
    return ids


def opening_of(tokenizer: Any, reply_prefix: str, chat: Chat = OWN) -> tuple[bool, str]:
    """Return whether a reply starts inside a thought, and the text it is taken to start with.

    Some chat templates open (or open and close) the thought themselves.
    """
    # Only what follows the message counts: system prompts may talk about the tags.
    text = render_chat(tokenizer, MARK, reply_prefix=reply_prefix, chat=chat)
    opening = text.rpartition(MARK)[2]
    start = opening.rfind(THINK_TAGS[0])
    inside = start > opening.rfind(THINK_TAGS[1])
    return inside, opening[start:] if inside else reply_prefix


def check_chat(tokenizer: Any, prompt: PromptConfig) -> None:
    """Render one message as the settings say.

    Raises:
        ValueError: if that fails, or an argument is none that the template reads.
    """
    chat = Chat.of(prompt)
    render_chat(tokenizer, MARK, prompt.system, prompt.reply_prefix, chat)
    source = "" if chat.plain else tokenizer.get_chat_template()
    unread = [name for name in chat.arguments if not re.search(rf"\b{re.escape(name)}\b", source)]
    if unread:
        raise ValueError(
            f"The model's chat template reads no {', '.join(unread)}, so that "
            "--prompt.chat-template-kwargs would change nothing; leave it out."
        )
