"""How observations become prompts, by name; any `module:attribute` is a template too."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from t2po_gym.core.agent.prompts import FormatTemplate, PromptBuilder, PromptTemplate
from t2po_gym.envs.searchqa.agents import compact_prompt as searchqa_prompts
from t2po_gym.envs.searchqa.originals import search_r1
from t2po_gym.envs.searchqa.originals import t2po as searchqa_t2po
from t2po_gym.evaluation.records import PromptSettings

__all__ = ["OURS", "TEMPLATES", "builder_of", "is_ours", "ours_or_none", "template_of"]

_SEARCH = (
    "Answer the question; you can search for passages first. Think inside <think> </think>, then "
    "write one action: <search>query</search> or <answer>short answer</answer>."
)

TEMPLATES: Mapping[str, PromptTemplate] = {
    "plain": FormatTemplate(),
    # For policies of a few million parameters: no instructions, past actions without their pages.
    "compact": FormatTemplate(
        first="{observation}\n{actions}",
        later="{history}\n{observation}\n{actions}",
        past_turn="> {action}",
        actions_intro="",
    ),
    # Search QA: the prompts of the originals (rules="t2po", "search-r1"), one for rules="fixed",
    # and short ones for small policies.
    "searchqa-t2po": searchqa_t2po.T2poTemplate(),
    "searchqa-search-r1": search_r1.SearchR1Template(),
    "searchqa-tagged": FormatTemplate(
        first=_SEARCH + "\n\n{observation}", later=_SEARCH + "\n\n{history}\n[{turn}] {observation}"
    ),
    "searchqa-compact": searchqa_prompts.TEMPLATE,
    "searchqa-snippets": searchqa_prompts.SNIPPETS,
    "searchqa-notes": searchqa_prompts.NOTES,
}
"""Templates by name."""

OURS = frozenset(
    {
        *TEMPLATES,
        "t2po_gym.envs.webshop.agents.compact_prompt:TEMPLATE",
        "t2po_gym.envs.webshop.originals.verl_agent_prompts:VerlAgentTemplate",
        "t2po_gym.envs.alfworld.agents.compact_prompt:TEMPLATE",
        "t2po_gym.envs.alfworld.originals.verl_agent_prompts:VerlAgentTemplate",
        "t2po_gym.envs.searchqa.agents.compact_prompt:TEMPLATE",
        "t2po_gym.envs.searchqa.agents.compact_prompt:SNIPPETS",
        "t2po_gym.envs.searchqa.agents.compact_prompt:NOTES",
    }
)
"""All templates of this package; nothing else is ever imported for a stranger."""


def is_ours(template: str) -> bool:
    """Return whether a template is part of this package, so that anybody can build its prompts."""
    return template in OURS


def template_of(spec: str) -> PromptTemplate:
    """Return a template by name, or import `module:attribute`.

    Raises:
        ValueError: If there is none.
    """
    if spec in TEMPLATES:
        return TEMPLATES[spec]
    module, colon, attribute = spec.partition(":")
    try:
        if not colon:
            raise ValueError(f"there are {', '.join(TEMPLATES)}, and any module:attribute")
        found: Any = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"The prompt template {spec!r} cannot be loaded: {error}.") from error
    try:
        template: PromptTemplate = found() if isinstance(found, type) else found
    except TypeError as error:
        raise ValueError(f"The prompt template {spec!r} cannot be made: {error}.") from error
    if not all(hasattr(template, name) for name in ("task", "show", "render")):
        raise ValueError(f"{spec!r} is no prompt template: it lacks task, show or render.")
    return template


def builder_of(settings: PromptSettings) -> PromptBuilder:
    """Return the prompt builder of a plan.

    Raises:
        ValueError: If the template cannot be found.
    """
    return PromptBuilder(
        template=template_of(settings.template),
        history_length=settings.history,
        list_actions=settings.list_actions,
    )


def ours_or_none(settings: PromptSettings) -> PromptBuilder | None:
    """Return the builder of a scaffold of this package; None for others, which are not imported."""
    return builder_of(settings) if is_ours(settings.template) else None
