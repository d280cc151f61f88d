r"""T2PO's and verl-agent's dialect (bb92004): projection, search results as text, prompts.

Pure functions of texts; defects included: an opening tag inside the reasoning makes a good reply
invalid, JSON escapes every letter outside ASCII (``\u00c9``), and an error of the search service is
text.

Behaviour: docs/originals/searchqa.md, section 4; source: https://github.com/WillDreamer/T2PO. Do
not tidy up the two templates: checkpoints were trained on exactly these characters, including the
space at the end of a line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from t2po_gym.core.agent.actions import ParsedAction
from t2po_gym.core.agent.prompts import PromptView
from t2po_gym.envs.searchqa.originals.search_r1 import cut_reply
from t2po_gym.envs.searchqa.world.tags import any_case, first_block

__all__ = [
    "MAX_STEPS",
    "T2poTemplate",
    "build_prompt",
    "information",
    "passages_text",
    "project",
    "query_of",
    "response_text",
]

MAX_STEPS: Final = 4
"""Steps in the published runs; a search on the last one is wasted, so at most three searches."""

_OPENING: Final = (
    "\nYou are an expert agent tasked with answering the given question step-by-step.\n"
    "Your question: {question}\n"
)
_HISTORY: Final = (
    "\n"
    "Prior to this step, you have already taken {count} step(s). Below is the interaction "
    "history where <search> </search> wrapped your past search queries and <information> "
    "</information> wrapped the corresponding search results returned by the external search "
    "engine. History:\n"
    "{history}\n"
)
_CLOSING: Final = (
    "\nNow it's your turn to respond for the current step.\n"
    "You should first conduct reasoning process. This process MUST be enclosed within <think> "
    "</think> tags. \n"
    "After completing your reasoning, choose only one of the following actions (do not perform "
    "both):\n"
    "(1) If you find you lack some knowledge, you can call a search engine to get more external "
    "information using format: <search> your query </search>.\n"
    "(2) If you have enough knowledge to answer the question confidently, provide your final "
    "answer within <answer> </answer> tags, without detailed illustrations. For example, "
    "<answer>Beijing</answer>.\n"
)


def project(reply: str) -> ParsedAction:
    """Parse a reply: cut it, then take the first search block, else the first answer block.

    Tags may be in any case. ``format_ok`` is the original's validity flag: there is a block, and
    the whole reply has only one kind of opening tag, and that only once. The action is passed on
    either way.
    """
    cut = cut_reply(reply)
    searches = len(any_case("<search>").findall(reply))
    answers = len(any_case("<answer>").findall(reply))
    action = ""
    for name in ("search", "answer"):
        inside = first_block(cut, name)
        if inside is not None:
            action = f"<{name}>{inside.strip()}</{name}>"
            break
    valid = bool(action) and not (searches and answers) and searches < 2 and answers < 2
    return ParsedAction(think=None, action=action, format_ok=valid)


def query_of(action: str) -> str | None:
    """Return the stripped query of a projected action; None if it does not search."""
    _, opening, rest = action.partition("<search>")
    inside, closing, _ = rest.partition("</search>")
    return inside.strip() if opening and closing else None


def is_final(action: str) -> bool:
    """Return whether a projected action ends the episode: it has both answer tags anywhere."""
    return "<answer>" in action and "</answer>" in action


def passages_text(contents: Iterable[str]) -> str:
    """Format passages as in the search results."""
    return "".join(f"Doc {n}: {text.strip()}\n" for n, text in enumerate(contents, start=1))


def response_text(response: Any) -> str:
    """Format a decoded response of the search service; a malformed one as in the original."""
    if not response:
        return "Unknown API state (no response and no error message)."
    try:
        results = response.get("result", [])
        if not results:
            return "No search results found."
        lists = [passages_text(one["document"]["contents"] for one in found) for found in results]
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        return f"Error processing search results: {error}"
    return "\n---\n".join(lists)


def information(result: str) -> str:
    """Return the observation after a search."""
    return "<information>" + json.dumps({"result": result}) + "</information>"


def build_prompt(
    question: str, turns: Sequence[tuple[str, str]] = (), *, history_length: int = 4, first: int = 1
) -> str:
    """Return the prompt of the next step.

    Args:
        question: the question.
        turns: (projected action, observation that followed), oldest first.
        history_length: number of turns shown in the prompt; 0 always gives the first template.
        first: number of the first of `turns`, if older ones were already left out.
    """
    if not turns or history_length <= 0:
        return _OPENING.replace("{question}", question) + _CLOSING
    taken = first + len(turns) - 1
    start = max(0, len(turns) - history_length)
    lines = [
        f"Step {number}:{action} {observation}\n"
        for number, (action, observation) in enumerate(turns[start:], start=first + start)
    ]
    history = _HISTORY.replace("{count}", str(taken)).replace("{history}", "\n".join(lines))
    return _OPENING.replace("{question}", question) + history + _CLOSING


class T2poTemplate:
    """The same prompts as a `PromptTemplate`, for one environment in a `PromptedEnv`."""

    def task(self, first_observation: str) -> str:
        """Return the question."""
        return first_observation

    def show(self, observation: str, task: str) -> str:
        """Return the observation unchanged."""
        return observation

    def render(self, view: PromptView) -> str:
        """Return the whole prompt; the history pairs each action with its result."""
        after = [turn.observation for turn in view.past[1:]] + [view.observation]
        turns = [(turn.action, seen) for turn, seen in zip(view.past, after, strict=False)]
        first = view.past[0].number if view.past else 1
        return build_prompt(view.task, turns, history_length=len(turns), first=first)
