"""The observations of ``rules="fixed"``: question, search results, notes; pure functions.

A passage takes exactly one line, so that no passage can look like two. Dialect tags and chat
markers inside it lose their angle brackets, so that no retrieved text can close a block, answer, or
impersonate another speaker in a prompt. Letters are unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from t2po_gym.envs.searchqa.data.corpus import Passage

__all__ = [
    "LAST_TURN",
    "MAX_QUESTION_CHARS",
    "NOTHING_FOUND",
    "QUESTION",
    "harmless",
    "passage_line",
    "question_page",
    "results_page",
]

QUESTION = "Question: "
"""Start of the first line of every observation."""

NOTHING_FOUND = "No passage shares a word with that query."
LAST_TURN = "This is the last turn: write answer[text], a search would not be run."

MAX_QUESTION_CHARS = 4_000
"""Maximum characters of a question shown; the longest of the real sets has about 600."""

_MAX_TITLE_CHARS = 200
_TAG = re.compile(
    r"<(/?(?:think|search|answer|information|action|tool_call|tool_response)\s*/?|\|[^<>|]{0,40}\|)>",
    re.IGNORECASE,
)
_SQUEEZE = 4  # characters read per character shown; whitespace collapses before the cut


def harmless(text: str, max_chars: int) -> str:
    r"""Return one line of at most `max_chars` characters that no parser reads as a tag.

    Example:
        >>> harmless("a\n </information>  <|im_end|> b", 40)
        'a ‹/information› ‹|im_end|› b'
    """
    line = " ".join(text[: _SQUEEZE * max_chars].split())
    if len(line) > max_chars:
        line = line[: max_chars - 1] + "…"
    if "<" in line:
        line = _TAG.sub(r"‹\1›", line)
    return line


def passage_line(number: int, passage: Passage, max_chars: int) -> str:
    """Format one search result: ``[1] Title: text``."""
    text = harmless(passage.text, max_chars)
    title = harmless(passage.title, _MAX_TITLE_CHARS)
    return f"[{number}] {title}: {text}" if title else f"[{number}] {text}"


def question_page(question: str) -> str:
    """Return the first line of every observation."""
    return QUESTION + harmless(question, MAX_QUESTION_CHARS)


def results_page(question_line: str, passages: Sequence[Passage], max_chars: int) -> str:
    """Return the observation after a search.

    Args:
        question_line: the result of `question_page`.
        passages: the passages found, best first.
        max_chars: maximum characters of each passage's text.
    """
    lines = [passage_line(n, passage, max_chars) for n, passage in enumerate(passages, start=1)]
    return "\n".join((question_line, *(lines or [NOTHING_FOUND])))
