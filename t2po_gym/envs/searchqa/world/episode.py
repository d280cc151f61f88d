"""One episode: the parts that all rule sets share.

An episode takes action texts and returns observations. It knows the question and the turn limit,
gets passages through a function, and never sees seeds, files or engines.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from t2po_gym.envs.searchqa.data.corpus import Passage
from t2po_gym.envs.searchqa.data.questions import Question
from t2po_gym.envs.searchqa.world.progress import Evidence

__all__ = ["NO_ANSWER", "AnswerScores", "Episode", "EpisodeSettings", "Find", "Step"]

Find = Callable[[str], list[Passage]]
"""Maps a query to the passages found, best first; raises RetrievalError if a service fails."""


class AnswerScores(NamedTuple):
    """Every score of an episode's answer. Example: ``AnswerScores(1.0, 1.0, 1.0, 1.0)``."""

    em: float
    """Exact match, the official metric."""

    f1: float
    """Token F1."""

    subem: float
    """Whether a gold answer is part of the answer."""

    em_format: float
    """Exact match with format reward (Search-R1 v0.3 weights)."""


NO_ANSWER = AnswerScores(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeSettings:
    """Settings of an episode. Example: ``EpisodeSettings(max_turns=4)``."""

    max_turns: int
    """Turns after which the episode is truncated."""

    max_passage_chars: int = 2_000
    """Maximum characters shown of a passage (fixed rules)."""

    request_id: str = ""
    """Replaces the random id in the original's error texts (T2PO's rules)."""


class Step(NamedTuple):
    """The result of an action. Example: ``Step("Question: ...", valid=True)``."""

    observation: str
    valid: bool
    """Whether the action was accepted."""


class Episode(ABC):
    """State of one episode.

    Args:
        question: the question with its answers.
        find: the search engine.
        settings: limits.
    """

    FIELDS: ClassVar[tuple[str, ...]] = (
        "turn",
        "over",
        "answered",
        "error",
        "well_formed",
        "searches",
    )
    """Plain attributes that `save` keeps; subclasses add theirs."""

    ACTIONS: ClassVar[tuple[str, ...]]
    """Patterns of the actions available during the episode."""

    def __init__(self, question: Question, find: Find, settings: EpisodeSettings) -> None:
        self.question = question
        self.find = find
        self.settings = settings
        self.evidence = Evidence(question)
        self.scores = NO_ANSWER
        self.turn = 0
        self.searches = 0
        self.over = False
        """Whether the world has ended: an answer was taken."""
        self.answered = False
        self.well_formed = True
        """Whether every action so far was valid."""
        self.error = ""
        """Type of the latest action's error."""

    @abstractmethod
    def begin(self) -> str:
        """Return the first observation."""

    @abstractmethod
    def act(self, action: str) -> Step:
        """Play one action text; any text is allowed.

        Raises:
            RetrievalError: If the search failed; nothing has changed and the action may be resent.
        """

    def admissible(self) -> tuple[str, ...]:
        """Return patterns of the actions available now."""
        return () if self.over or self.turn >= self.settings.max_turns else self.ACTIONS

    def save(self) -> dict[str, Any]:
        """Return the state as JSON-able data."""
        plain = {name: getattr(self, name) for name in self.FIELDS}
        return {**plain, "scores": list(self.scores), "evidence": self.evidence.save()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Restore the result of `save`, for the same question and settings."""
        for name in self.FIELDS:
            setattr(self, name, state[name])
        self.scores = AnswerScores(*state["scores"])
        self.evidence.load(state["evidence"])
