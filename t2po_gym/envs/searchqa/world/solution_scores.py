"""Scores of a whole text - prompt, replies and search results - as Search-R1 and T2PO give them.

Both take the *last* answer block of the whole text, even one from a passage. Search-R1's text
includes the prompt with its example answer, so it requires two blocks; T2PO's does not, and one is
enough.

Rules: docs/originals/searchqa.md, sections 3, 4 and 6. Tests compare them with recordings of the
originals.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from t2po_gym.envs.searchqa.world.metrics import Golds, exact_match, gold_list, normalize
from t2po_gym.envs.searchqa.world.tags import blocks

__all__ = [
    "ASSISTANT_MARKER",
    "SEARCH_R1_BLOCKS",
    "T2PO_BLOCKS",
    "FormatWeights",
    "check_format",
    "extract_answer",
    "format_reward",
    "graded",
    "information_blocks",
    "retrieval_correct",
    "score_solution",
]

SEARCH_R1_BLOCKS = 2
"""Answer blocks that Search-R1 requires: the example in its prompt and one more."""

T2PO_BLOCKS = 1
"""Answer blocks that T2PO requires."""

ASSISTANT_MARKER = "<|im_start|>assistant"
"""Marks the start of the model's part of the text."""

_MARKER = re.compile(re.escape(ASSISTANT_MARKER) + r"\s*")
_TAGS = ("think", "search", "information", "answer")
_SPLIT = re.compile(r"(</?(?:think|search|information|answer)>)")
_INSIDE = frozenset(f"in_{tag}" for tag in _TAGS)
_BETWEEN = frozenset({"start", "after_think", "after_search", "information"})
_NEXT = {
    ("start", "<think>"): "in_think",
    ("information", "<think>"): "in_think",
    ("in_think", "</think>"): "after_think",
    ("after_think", "<search>"): "in_search",
    ("in_search", "</search>"): "after_search",
    ("after_search", "<information>"): "in_information",
    ("in_information", "</information>"): "information",
    ("after_think", "<answer>"): "in_answer",
    ("in_answer", "</answer>"): "end",
}
"""The well-formed order of tags: state, tag -> next state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatWeights:
    """Parts of Search-R1's format reward; the defaults are those of its v0.3 runs.

    Example: ``FormatWeights(structure=0.2, final=0.1, retrieval=0.0)``
    """

    structure: float = 0.2
    """Given for a well-formed text with a wrong answer; deducted for an ill-formed right one."""

    final: float = 0.1
    """Given for any answer at all in an ill-formed text."""

    retrieval: float = 0.0
    """Added to ``structure`` if a gold answer is in some search result."""


def extract_answer(text: str, min_blocks: int = T2PO_BLOCKS) -> str | None:
    """Return the stripped inside of the last answer block.

    Args:
        text: the whole text; see the module.
        min_blocks: with fewer blocks there is no answer.
    """
    found = list(blocks(text, "answer"))
    return found[-1].strip() if len(found) >= min_blocks else None


def score_solution(
    text: str,
    golds: Golds,
    *,
    min_blocks: int = T2PO_BLOCKS,
    format_score: float = 0.0,
    metric: Callable[[str, Golds], int] = exact_match,
) -> float:
    """Return 1 for a right last answer, `format_score` for a wrong one, 0 for none."""
    answer = extract_answer(text, min_blocks)
    if answer is None:
        return 0.0
    return 1.0 if metric(answer, golds) else format_score


def check_format(text: str) -> tuple[bool, str]:
    """Return whether the model's part of a text is well formed, and if not, what is wrong.

    Well formed means: think, any number of (search, information, think), answer; whitespace between
    the blocks, and nothing after the answer (even an end-of-turn token makes it ill formed).
    """
    marker = _MARKER.search(text)
    if marker is None:
        return False, "Missing assistant marker"
    content = text[marker.end() :]
    for tag in _TAGS:
        opened, closed = content.count(f"<{tag}>"), content.count(f"</{tag}>")
        if opened != closed:
            return False, f"Mismatch in {tag} tags: {opened} opening vs {closed} closing tags"
    state = "start"
    for part in _SPLIT.split(content):
        if not part.strip() or (state in _INSIDE and not _SPLIT.fullmatch(part)):
            continue
        if not _SPLIT.fullmatch(part):
            return False, _misplaced_text(part, state)
        if (state, part) not in _NEXT:
            return False, f"Unexpected tag {part} in state {state}"
        state = _NEXT[state, part]
    if state != "end":
        return False, f"Incomplete sequence, ended in state {state}"
    return True, "Valid sequence format"


def _misplaced_text(part: str, state: str) -> str:
    if state in _BETWEEN:
        return f"Unexpected content '{part.strip()}' between tags (state: {state})"
    return f"Unexpected content in state {state}"


def information_blocks(text: str) -> list[str]:
    """Return the stripped contents of all information blocks."""
    return [block.strip() for block in blocks(text, "information")]


def retrieval_correct(text: str, golds: Golds) -> bool:
    """Return whether a normalised gold answer is part of a normalised information block."""
    wanted = [normalize(gold) for gold in gold_list(golds)]
    shown = [normalize(block) for block in information_blocks(text)]
    return any(gold in block for block in shown for gold in wanted)


def graded(
    answered: bool,
    right: bool,
    well_formed: bool,
    weights: FormatWeights | None = None,
    *,
    retrieved: bool = False,
) -> float:
    """Return the combined reward for answer and format.

    | answer | well formed | ill formed |
    |---|---|---|
    | right | 1 | 1 - structure |
    | wrong | structure (+ retrieval) | final |
    | none | structure (+ retrieval) | 0 |

    Args:
        answered: whether there is an answer.
        right: whether it is an exact match.
        well_formed: whether the whole text is well formed.
        weights: the parts, by default those of v0.3.
        retrieved: whether a gold answer is in some search result.
    """
    weights = weights or FormatWeights()
    if answered and right:
        return 1.0 if well_formed else 1.0 - weights.structure
    if well_formed:
        return weights.structure + (weights.retrieval if retrieved else 0.0)
    return weights.final if answered else 0.0


def format_reward(text: str, golds: Golds, weights: FormatWeights | None = None) -> float:
    """Return Search-R1's exact match with format reward (v0.3) of a whole text; see `graded`."""
    weights = weights or FormatWeights()
    answer = extract_answer(text, SEARCH_R1_BLOCKS)
    return graded(
        answer is not None,
        answer is not None and bool(exact_match(answer, golds)),
        check_format(text)[0],
        weights,
        retrieved=weights.retrieval > 0.0 and retrieval_correct(text, golds),
    )
