"""From an episode so far to the token ids the policy continues, and from its reply to an action."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from t2po_gym.core.agent.actions import ActionParser, parse_tagged
from t2po_gym.core.agent.history import PastTurn
from t2po_gym.core.agent.prompts import PromptBuilder
from t2po_gym.evaluation.parsers import PARSERS
from t2po_gym.evaluation.records import PromptSettings
from t2po_gym.evaluation.templates import builder_of

from .. import found_as
from ..config import PromptConfig
from ..policy.chat import Chat, encode_chat
from ..trajectory import IntArray

__all__ = ["EncodedPrompt", "Prompting", "load_attribute", "scaffold_of"]


def load_attribute(spec: str) -> Any:
    """Import `module:attribute`.

    Raises:
        ValueError: if the text has not that form or the module has no such attribute.
    """
    module, _, name = spec.partition(":")
    if not module or not name:
        raise ValueError(f"{spec!r} should look like package.module:attribute.")
    owner = importlib.import_module(found_as(module))
    if not hasattr(owner, name):
        raise ValueError(f"the module {module} has no attribute {name!r}.")
    return getattr(owner, name)


def scaffold_of(config: PromptConfig) -> PromptSettings:
    """Return the part of the prompt settings that any model would share."""
    return PromptSettings(
        template=config.template,
        history=config.history,
        list_actions=config.list_actions,
        parser=config.parser,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EncodedPrompt:
    """A prompt as token ids.

    Example: `EncodedPrompt(ids=np.array([3, 80, 77, 4]), text="Hi", dropped=0, cut=0)`
    """

    ids: IntArray
    """What the policy continues, chat template and reply prefix included. `[P]`"""
    text: str
    """The user message inside it."""
    dropped: int
    """Past turns left out, oldest first, because the prompt would have been too long."""
    cut: int
    """Characters cut off the end of the current page, where dropping turns was not enough."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prompting:
    """Prompt template, history window, length bound and reply parser of one run.

    Args:
        config: the settings.
        tokenizer: the policy's tokenizer.
    """

    config: PromptConfig
    tokenizer: Any
    builder: PromptBuilder = field(default_factory=PromptBuilder)
    parser: ActionParser = parse_tagged
    _known: dict[str, IntArray] = field(default_factory=dict)

    @classmethod
    def of(cls, config: PromptConfig, tokenizer: Any) -> Prompting:
        """Look up template and parser by name or as `module:attribute`."""
        parser = PARSERS.get(config.parser) or load_attribute(config.parser)
        builder = builder_of(scaffold_of(config))
        return cls(config=config, tokenizer=tokenizer, builder=builder, parser=parser)

    def task(self, first_observation: str) -> str:
        """Return the part of the first observation that states the task."""
        return self.builder.template.task(first_observation)

    def text(
        self, task: str, past: Sequence[PastTurn], observation: str, info: Mapping[str, Any]
    ) -> str:
        """Build a prompt's text, however long."""
        return self.builder.build(task, past, observation, info).text

    def encode(
        self, task: str, past: Sequence[PastTurn], observation: str, info: Mapping[str, Any]
    ) -> EncodedPrompt:
        """Build and encode the prompt of the next turn.

        A prompt above `max_tokens` loses its oldest turns whole; if that is not enough, the end of
        the current page. Instructions and chat template are never cut.

        Raises:
            ValueError: if instructions and actions alone are too long.
        """
        full = min(self.config.history, len(past))
        for shown in range(full, -1, -1):
            builder = replace(self.builder, history_length=shown)
            prompt = builder.build(task, past, observation, info)
            ids = self._ids(prompt.text)
            dropped = full - prompt.turns_shown
            if len(ids) <= self.config.max_tokens:
                return EncodedPrompt(
                    ids=ids, text=prompt.text, dropped=dropped, cut=prompt.chars_cut
                )
        return self._cut(task, past, observation, info, full)

    def _cut(
        self,
        task: str,
        past: Sequence[PastTurn],
        observation: str,
        info: Mapping[str, Any],
        dropped: int,
    ) -> EncodedPrompt:
        builder = replace(self.builder, history_length=0)
        limit = len(builder.build(task, past, observation, info).text)
        while True:
            # Cut in steps of an eighth: token counts are not proportional to characters.
            limit = limit * 7 // 8
            prompt = replace(builder, max_chars=max(limit, 1)).build(task, past, observation, info)
            ids = self._ids(prompt.text)
            if len(ids) <= self.config.max_tokens:
                return EncodedPrompt(
                    ids=ids, text=prompt.text, dropped=dropped, cut=prompt.chars_cut
                )

    def _ids(self, text: str) -> IntArray:
        known = self._known.get(text)
        if known is None:
            if len(self._known) >= 4096:  # members of a group share prompts; steps do not
                self._known.clear()
            how = self.config
            ids = encode_chat(self.tokenizer, text, how.system, how.reply_prefix, Chat.of(how))
            known = np.array(ids, dtype=np.int64)
            self._known[text] = known
        return known
