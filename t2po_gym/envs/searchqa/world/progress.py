"""Progress of an episode: how much of the needed evidence the agent has been shown.

``E`` is the share of the gold passages that the search results have shown so far. If a set names
gold articles only by title, it is the share of these titles. If a question has neither, it is 1 as
soon as a shown passage contains an accepted answer as whole words. Yes, no and answers of one or
two characters are not searched for; such questions have E = 0.
Before the answer the potential is ``E / 2``; after it, the exact match. The noisy test by answers
is a progress signal and never a score.

The definition is this project's own; docs/originals/searchqa.md, section 10, says where evidence
comes from and names related work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from t2po_gym.core.progress import Progress
from t2po_gym.envs.searchqa.data.corpus import Passage
from t2po_gym.envs.searchqa.data.questions import Question
from t2po_gym.envs.searchqa.world.metrics import YES_NO, normalize

__all__ = ["EVIDENCE_WEIGHT", "MILESTONES", "PROGRESS_VERSION", "Evidence", "progress_of"]

PROGRESS_VERSION = "searchqa-1"
MILESTONES = ("searched", "some_evidence", "all_evidence", "answered", "answer_correct")
EVIDENCE_WEIGHT = 0.5
SHORT_ANSWER_CHARS = 2


@dataclass(slots=True)
class Evidence:
    """The evidence an episode has shown so far, compared with what the question needs."""

    question: Question

    chars_shown: int = 20_000
    """Characters of a passage that the agent is shown and that are searched for an answer."""

    shown: set[str] = field(default_factory=set)
    """Ids of all passages shown."""

    titles: set[str] = field(default_factory=set)
    """Normalised titles of gold articles shown (questions that name titles but no passages)."""

    queries: set[str] = field(default_factory=set)
    """Queries run, in lower case and without extra spaces."""

    alias_shown: bool = False
    """Whether an accepted answer was in a shown passage (questions without gold passages)."""

    new_docs: int = 0
    """Passages of the latest turn that had not been shown before."""

    repeat_query: bool = False
    """Whether the latest turn's query had been run before."""

    def next_turn(self) -> None:
        """Clear the values of the latest turn."""
        self.new_docs = 0
        self.repeat_query = False

    def take(self, query: str, passages: Sequence[Passage]) -> None:
        """Record a search and its results."""
        query = " ".join(query.lower().split())
        self.repeat_query = query in self.queries
        self.queries.add(query)
        ids = {passage.id for passage in passages}
        self.new_docs = len(ids - self.shown)
        self.shown |= ids
        if self.question.support:
            return
        if wanted := _gold_titles(self.question):
            self.titles |= wanted & {normalize(passage.title) for passage in passages}
        elif not self.alias_shown:
            self.alias_shown = _holds_answer(self.question, passages, self.chars_shown)

    @property
    def recall(self) -> float:
        """``E``, from 0 to 1."""
        if support := set(self.question.support):
            return len(support & self.shown) / len(support)
        if titles := _gold_titles(self.question):
            return len(self.titles) / len(titles)
        return float(self.alias_shown)

    def save(self) -> dict[str, Any]:
        """Return the evidence as JSON-able data."""
        return {
            "shown": sorted(self.shown),
            "titles": sorted(self.titles),
            "queries": sorted(self.queries),
            "alias_shown": self.alias_shown,
            "new_docs": self.new_docs,
            "repeat_query": self.repeat_query,
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Restore the result of `save`."""
        self.shown = set(state["shown"])
        self.titles = set(state["titles"])
        self.queries = set(state["queries"])
        self.alias_shown = state["alias_shown"]
        self.new_docs = state["new_docs"]
        self.repeat_query = state["repeat_query"]


def _gold_titles(question: Question) -> set[str]:
    return {name for title in question.support_titles if (name := normalize(title))}


def _holds_answer(question: Question, passages: Sequence[Passage], max_chars: int) -> bool:
    wanted = {normalize(answer) for answer in question.answers}
    wanted = {answer for answer in wanted if _can_be_looked_for(answer)}
    if not wanted:
        return False
    texts = [f" {normalize(f'{one.title} {one.text[:max_chars]}')} " for one in passages]
    return any(f" {answer} " in text for answer in wanted for text in texts)


def _can_be_looked_for(answer: str) -> bool:
    return len(answer) > SHORT_ANSWER_CHARS and answer not in YES_NO


def progress_of(evidence: Evidence, answered: bool, ended: bool, score: float) -> Progress:
    """Return potential and milestones.

    Args:
        evidence: what was shown.
        answered: whether the agent gave an answer.
        ended: whether the world has ended (by an answer, not by the turn limit).
        score: the official metric of the answer; 0 if there is none.
    """
    recall = evidence.recall
    marks = (
        bool(evidence.queries),
        recall > 0.0,
        recall >= 1.0,
        answered,
        answered and score >= 1.0,
    )
    value = score if ended else EVIDENCE_WEIGHT * recall
    return Progress(value, dict(zip(MILESTONES, map(float, marks), strict=True)))
