"""Turn a model's reply into the bare action an environment takes. Agent side only.

* ``ParsedAction`` - the parts of a reply.
* ``parse_tagged`` - this project's rule: ``<think>..</think><action>..</action>``.
* ``project_webshop`` - the rule of verl-agent and T2PO for WebShop, quirks included.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

__all__ = ["ActionParser", "ParsedAction", "parse_tagged", "project_webshop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedAction:
    """The parts of a reply.

    Example: ``"<think>I need it.</think><action>take[red key]</action>"`` is
    ``ParsedAction(think="I need it.", action="take[red key]", format_ok=True)``.
    """

    think: str | None
    """The reasoning, stripped; None if the reply has no closed think block."""

    action: str
    """The text to send to the environment; empty if the reply has no action."""

    format_ok: bool
    """Whether the reply has exactly the required format. Says nothing about the action itself."""


ActionParser = Callable[[str], ParsedAction]
"""A function from a reply to a `ParsedAction`; it must accept every string."""

THINK, END_THINK, ACTION, END_ACTION = "<think>", "</think>", "<action>", "</action>"


def parse_tagged(reply: str) -> ParsedAction:
    """Parse ``<think>..</think> <action>..</action>``.

    The opening ``<think>`` may be missing (a prompt may end with it). The action is the first
    complete action block after the reasoning, from its innermost tag, stripped, case kept. In a
    reply without ``</think>`` it is the first block anywhere. Without a complete block it is empty,
    which every environment treats as an invalid action.

    ``format_ok`` requires each closing tag exactly once, and nothing but whitespace before, between
    and after the two blocks.
    """
    head, end_think, tail = reply.partition(END_THINK)
    if not end_think:
        return ParsedAction(think=None, action=_first_block(reply)[1], format_ok=False)
    head = head.lstrip().removeprefix(THINK)
    before, action, after = _first_block(tail)
    clean = not before.strip() and not after.strip() and END_ACTION in tail
    tags = (THINK, END_THINK, ACTION, END_ACTION)
    clean = clean and not any(tag in part for tag in tags for part in (head, action))
    return ParsedAction(think=head.strip(), action=action, format_ok=clean)


def _first_block(text: str) -> tuple[str, str, str]:
    """Return the text before the first complete action block, its stripped content, the rest."""
    start = text.find(ACTION)
    end = text.find(END_ACTION, start) if start >= 0 else -1
    if end < 0:
        return text, "", ""
    start = text.rfind(ACTION, start, end)
    return text[:start], text[start + len(ACTION) : end].strip(), text[end + len(END_ACTION) :]


_BLOCKS: Final = re.compile(
    r"^\s*<think>(.*?)</think>\s*<action>(.*?)</action>\s*$", re.IGNORECASE | re.DOTALL
)
_TAGS: Final = tuple(
    re.compile(tag, re.IGNORECASE) for tag in (THINK, END_THINK, ACTION, END_ACTION)
)
_LOOSE_ACTION: Final = re.compile(r"<\s*action\s*>", re.IGNORECASE)
_LOOSE_END: Final = re.compile(r"<\s*/\s*action\s*>", re.IGNORECASE)
_CJK_IDEOGRAPH: Final = re.compile("[\u4e00-\u9fff]")
FALLBACK_CHARS = 30


def project_webshop(reply: str) -> ParsedAction:
    """Parse a reply as the WebShop wrapper of verl-agent and T2PO does.

    A well-formed reply consists of the two blocks and whitespace, with each of the four tags
    exactly once (any case) and no CJK ideograph U+4E00-U+9FFF anywhere. The action is lower-cased
    and stripped, and may be empty. In any other reply the first action block is still executed,
    with or without whitespace inside its tags; if there is none, the last 30 characters are, in
    their original case.

    See docs/originals/webshop.md, section 8. Tests compare it with recordings of the original.
    """
    blocks = _BLOCKS.match(reply) if _each_tag_once(reply) else None
    if blocks is not None and not _CJK_IDEOGRAPH.search(reply):
        action = blocks.group(2).strip().lower()
        return ParsedAction(think=blocks.group(1).strip(), action=action, format_ok=True)
    # Tag by tag: one lazy pattern would take quadratic time on many opening tags.
    start = _LOOSE_ACTION.search(reply)
    end = _LOOSE_END.search(reply, start.end()) if start else None
    if start is None or end is None:
        return ParsedAction(think=None, action=reply[-FALLBACK_CHARS:], format_ok=False)
    action = reply[start.end() : end.start()].strip().lower()
    return ParsedAction(think=None, action=action, format_ok=False)


def _each_tag_once(reply: str) -> bool:
    return all(len(tag.findall(reply)) == 1 for tag in _TAGS)
