"""A short prompt for small policies: question, past actions, and the needed part of the page.

Agent side only. Every token is costly for a policy of half a million parameters, so past turns show
only their actions, and each passage shows its title and, optionally, only some of its sentences:
those that share most words with the question, or those that state a name or a number. Nothing
hidden is used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from t2po_gym.core.agent.prompts import PromptView
from t2po_gym.envs.searchqa.agents.notes import COMMON, SENTENCE_END, nearest_first, take_notes
from t2po_gym.envs.searchqa.world.pages import QUESTION

__all__ = ["NOTES", "SNIPPETS", "TEMPLATE", "CompactSearchTemplate"]

_NUMBERED = re.compile(r"\[\d+\] ")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class CompactSearchTemplate:
    """Question on the first line, past actions on the second, then a page of ``rules="fixed"``."""

    passages: int = 20
    """Passages shown of each page, best first."""

    sentences: int | None = None
    """Sentences shown of each passage: those that share most words with the question, in page
    order; None for all."""

    notes: bool = False
    """Whether to show a passage as notes: each sentence with a name or number that is not in the
    title, on its own line followed by these values; closest to the question first. So a causal
    policy, which reads from left to right, knows what a sentence is about when it reaches the name
    to copy."""

    def task(self, first_observation: str) -> str:
        """Return the question."""
        return first_observation.partition("\n")[0].removeprefix(QUESTION)

    def show(self, observation: str, task: str) -> str:
        """Return the page without the question, and passages without their numbers."""
        shown = []
        passages = 0
        for line in observation.split("\n"):
            if line == QUESTION + task:
                continue
            number = _NUMBERED.match(line)
            passages += number is not None
            if number is None:
                shown.append(line)
            elif passages <= self.passages:
                shown.append(self._passage(line[number.end() :], task))
        return "\n".join(shown)

    def render(self, view: PromptView) -> str:
        """Return the whole prompt."""
        past = " ".join(f"> {turn.action}" for turn in view.past)
        return f"{view.task}\n{past}\n{view.observation}"

    def _passage(self, passage: str, task: str) -> str:
        title, colon, text = passage.partition(": ")
        if self.notes and colon:
            notes = nearest_first(take_notes(text, title), task, title)
            return "\n".join((title, *(" = ".join((one.sentence, *one.values)) for one in notes)))
        parts = SENTENCE_END.split(text)
        if self.sentences is None or not colon or len(parts) <= self.sentences:
            return passage
        wanted = _words(task)
        ranked = sorted(range(len(parts)), key=lambda n: (-len(_words(parts[n]) & wanted), n))
        kept = sorted(ranked[: self.sentences])
        return title + colon + " ".join(parts[n] for n in kept)


def _words(text: str) -> set[str]:
    return {word for word in _WORD.findall(text.lower()) if word not in COMMON}


TEMPLATE = CompactSearchTemplate()
"""Whole passages."""

SNIPPETS = CompactSearchTemplate(passages=2, sentences=2)
"""Two sentences of each of the first two passages."""

NOTES = CompactSearchTemplate(passages=1, notes=True)
"""Only the first passage, as notes."""
