"""Search-R1's dialect (a14dc3a): parsing, search results as text, prompt; defects included.

Pure functions of texts. Behaviour: docs/originals/searchqa.md, section 3; source:
https://github.com/PeterGriffinJin/Search-R1. The instruction is that of the original's data
preparation for base models.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from t2po_gym.core.agent.actions import ParsedAction
from t2po_gym.core.agent.prompts import PromptView
from t2po_gym.envs.searchqa.world.tags import first_of

__all__ = [
    "INVALID_ACTION",
    "MAX_SEARCH_TURNS",
    "SearchR1Action",
    "SearchR1Template",
    "cut_reply",
    "information",
    "parse_action",
    "passages_text",
    "prompt_text",
    "question_text",
    "reply_parser",
]

MAX_SEARCH_TURNS: Final = 4
"""Search rounds in the published runs; in the one reply after them, a search is not run."""

INVALID_ACTION: Final = (
    "\nMy previous action is invalid. If I want to search, I should put the query between <search> "
    "and </search>. If I want to give the final answer, I should put the answer between <answer> "
    "and </answer>. Let me try again.\n"
)
"""Response to an invalid action. It has an answer block, which the score sees."""

_INSTRUCTION: Final = (
    "Answer the given question. You must conduct reasoning inside <think> and </think> first "
    "every time you get new information. After reasoning, if you find you lack some knowledge, "
    "you can call a search engine by <search> query </search> and it will return the top "
    "searched results between <information> and </information>. You can search as many times as "
    "your want. If you find no further external knowledge needed, you can directly provide the "
    "answer inside <answer> and </answer>, without detailed illustrations. For example, <answer> "
    "Beijing </answer>. Question: "
)


class SearchR1Action(NamedTuple):
    """The action in a reply. Example: ``SearchR1Action("search", "capital of France")``."""

    kind: str | None
    """``search``, ``answer``, or None for an invalid action."""

    content: str
    """Query or answer, stripped; empty for an invalid action."""


def cut_reply(reply: str) -> str:
    """Cut a reply after its first ``</search>``, or if there is none, its first ``</answer>``."""
    for tag in ("</search>", "</answer>"):
        if tag in reply:
            return reply.partition(tag)[0] + tag
    return reply


def parse_action(reply: str) -> SearchR1Action:
    """Return the first complete search or answer block (case-sensitive) of a reply, cut or not."""
    found = first_of(reply, ("search", "answer"))
    return SearchR1Action(None, "") if found is None else SearchR1Action(found[0], found[1].strip())


def passages_text(contents: Iterable[str]) -> str:
    """Format passages as in the search results; the first line counts as the title."""
    text = ""
    for number, passage in enumerate(contents, start=1):
        title, _, rest = passage.partition("\n")
        text += f"Doc {number}(Title: {title}) {rest}\n"
    return text


def information(contents: Sequence[str]) -> str:
    """Return the observation after a search."""
    return f"\n\n<information>{passages_text(contents).strip()}</information>\n\n"


def question_text(question: str) -> str:
    """Return the question as in the prompt: stripped, with a question mark at the end."""
    question = question.strip()
    return question if question.endswith("?") else question + "?"


def prompt_text(question: str) -> str:
    """Return the user turn that starts an episode."""
    return f"{_INSTRUCTION}{question_text(question)}\n"


def reply_parser(reply: str) -> ParsedAction:
    """Parse a reply: cut it as the original does and send it to the environment. Agent side."""
    cut = cut_reply(reply)
    kind = parse_action(cut).kind
    return ParsedAction(think=None, action=cut, format_ok=kind is not None)


class SearchR1Template:
    """The running text of an episode: the prompt, then replies and search results in order.

    In the original, the replies continue the model's own turn. The single user message here has the
    same characters, but a chat template puts the end of the turn after them.
    """

    def task(self, first_observation: str) -> str:
        """Return the question."""
        return first_observation

    def show(self, observation: str, task: str) -> str:
        """Return the observation unchanged; the question is already in the prompt."""
        return "" if observation == task else observation

    def render(self, view: PromptView) -> str:
        """Return the prompt and everything since."""
        turns = "".join(turn.observation + turn.action for turn in view.past)
        return prompt_text(view.task) + turns + view.observation
