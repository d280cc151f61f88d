"""The action grammar of ``rules="fixed"``.

An action is ``search[query]`` or ``answer[text]``; ``<search>query</search>`` and
``<answer>text</answer>`` mean the same. Names may be in any case, whitespace around the action and
its text is ignored, and no other text is allowed. Anything else is never guessed at but rejected
with an error type.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from t2po_gym.core.action_text import without_full_stop
from t2po_gym.core.agent.actions import ParsedAction

__all__ = [
    "ACTION_ERRORS",
    "MAX_TEXT_CHARS",
    "FixedAction",
    "Kind",
    "parse_fixed",
    "parse_tagged_search",
]

Kind = Literal["search", "answer", ""]

MAX_TEXT_CHARS = 2_000
"""Maximum length of a query or answer; NQ's longest gold answer is shorter."""

ACTION_ERRORS = {
    "not_an_action": "That is not an action. Write search[query] or answer[text].",
    "several_actions": "That is more than one action. Write one: search[query] or answer[text].",
    "empty_query": "The query is empty. Write search[query].",
    "empty_answer": "The answer is empty. Write answer[text].",
    "too_long": f"That is too long; write at most {MAX_TEXT_CHARS} characters.",
    "search_on_last_turn": "That search was not run: its results could not be used any more.",
}
"""Error types of ``info["action_error"]`` and what the agent is told."""

_HEAD = re.compile(r"(search|answer)\[|<(search|answer)>", re.IGNORECASE | re.ASCII)
_TAG = re.compile(r"</?(?:search|answer)>", re.IGNORECASE | re.ASCII)
_NEXT_BRACKET = re.compile(r"\]\s*(?:search|answer)\[", re.IGNORECASE | re.ASCII)


class FixedAction(NamedTuple):
    """A parsed action. Example: ``FixedAction("search", "river Ulm", "")``."""

    kind: Kind
    """``search``, ``answer``, or empty if it is not an action."""

    text: str
    """Query (whitespace collapsed) or answer (stripped)."""

    error: str
    """Empty, or a key of `ACTION_ERRORS`."""


def parse_fixed(action: str) -> FixedAction:
    """Parse an action; accepts any text.

    Example:
        >>> parse_fixed("search[ river  Ulm ]")
        FixedAction(kind='search', text='river Ulm', error='')
    """
    action = action.strip()
    if action.endswith("."):
        bare = without_full_stop(action)
        action = bare if bare.endswith(("]", ">")) else action
    head = _HEAD.match(action)
    if head is None:
        return FixedAction("", "", "not_an_action")
    bracket, tag = head.groups()
    kind: Kind = "search" if (bracket or tag).lower() == "search" else "answer"
    end = "]" if bracket else f"</{kind}>"
    inside = action[head.end() : -len(end)]
    closed = len(action) >= head.end() + len(end) and action[-len(end) :].lower() == end
    if _TAG.search(inside) or (bracket and _NEXT_BRACKET.search(inside)):
        return FixedAction("", "", "several_actions")
    if not closed:
        return FixedAction("", "", "not_an_action")
    return _bounded(kind, inside)


def _bounded(kind: Kind, inside: str) -> FixedAction:
    text = " ".join(inside.split()) if kind == "search" else inside.strip()
    if not text:
        return FixedAction("", "", "empty_query" if kind == "search" else "empty_answer")
    if len(text) > MAX_TEXT_CHARS:
        return FixedAction("", "", "too_long")
    return FixedAction(kind, text, "")


def parse_tagged_search(reply: str) -> ParsedAction:
    """Parse a reply ``<think>..</think>`` followed by a search or answer tag. Agent side.

    The action is everything after the (first) closing ``</think>``, for the environment to judge;
    without one it is the whole reply. ``format_ok`` requires one think block and one action.
    """
    head, end_think, tail = reply.partition("</think>")
    if not end_think:
        return ParsedAction(think=None, action=reply.strip(), format_ok=False)
    head = head.lstrip().removeprefix("<think>")
    clean = "<think>" not in head and parse_fixed(tail).error == ""
    return ParsedAction(think=head.strip(), action=tail.strip(), format_ok=clean)
