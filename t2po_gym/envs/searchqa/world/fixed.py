"""``rules="fixed"``: the repaired episode. docs/searchqa.md lists each repair."""

from __future__ import annotations

from typing import ClassVar

from t2po_gym.envs.searchqa.data.questions import Question
from t2po_gym.envs.searchqa.world.actions import ACTION_ERRORS, MAX_TEXT_CHARS, parse_fixed
from t2po_gym.envs.searchqa.world.episode import AnswerScores, Episode, EpisodeSettings, Find, Step
from t2po_gym.envs.searchqa.world.metrics import (
    repaired_exact_match,
    repaired_f1,
    repaired_substring_match,
)
from t2po_gym.envs.searchqa.world.pages import LAST_TURN, harmless, question_page, results_page
from t2po_gym.envs.searchqa.world.solution_scores import graded

__all__ = ["ANSWER_ACTION", "SEARCH_ACTION", "FixedEpisode", "answer_scores"]

SEARCH_ACTION = "search[<query>]"
ANSWER_ACTION = "answer[<text>]"


def answer_scores(answer: str, golds: tuple[str, ...], well_formed: bool) -> AnswerScores:
    """Score the agent's own answer and nothing else."""
    right = repaired_exact_match(answer, golds)
    return AnswerScores(
        em=float(right),
        f1=repaired_f1(answer, golds).f1,
        subem=float(repaired_substring_match(answer, golds)),
        em_format=graded(True, bool(right), well_formed),
    )


class FixedEpisode(Episode):
    """Search, read, answer: only ``answer[...]`` ends the episode, and only its text is scored.

    An invalid action shows the page again with one sentence that says what was wrong. A search on
    the last turn is not run (its results would never be read); the turn before says so.
    """

    FIELDS: ClassVar[tuple[str, ...]] = (*Episode.FIELDS, "page")
    ACTIONS: ClassVar[tuple[str, ...]] = (SEARCH_ACTION, ANSWER_ACTION)

    def __init__(self, question: Question, find: Find, settings: EpisodeSettings) -> None:
        super().__init__(question, find, settings)
        self.evidence.chars_shown = settings.max_passage_chars
        self.question_line = question_page(question.text)
        self.page = self.question_line
        """Question and latest results, without notes."""

    def begin(self) -> str:
        """Return the question."""
        return self._with_note()

    def act(self, action: str) -> Step:
        """Play one action text."""
        kind, text, error = parse_fixed(action)
        if kind == "search" and self.turn + 1 >= self.settings.max_turns:
            kind, error = "", "search_on_last_turn"
        passages = self.find(text) if kind == "search" else []  # first: it may raise
        self.turn += 1
        self.error = error
        self.evidence.next_turn()
        if kind == "search":
            self.searches += 1
            self.evidence.take(text, passages)
            limit = self.settings.max_passage_chars
            self.page = results_page(self.question_line, passages, limit)
        elif kind == "answer":
            self.answered = self.over = True
            self.scores = answer_scores(text, self.question.answers, self.well_formed)
            return Step(f"{self.question_line}\nAnswer: {harmless(text, MAX_TEXT_CHARS)}", True)
        else:
            self.well_formed = False
            return Step(self._with_note(ACTION_ERRORS[error]), False)
        return Step(self._with_note(), True)

    def admissible(self) -> tuple[str, ...]:
        """Return the patterns available now; on the last turn only an answer."""
        last = self.turn == self.settings.max_turns - 1
        return (ANSWER_ACTION,) if last and not self.over else super().admissible()

    def _with_note(self, note: str = "") -> str:
        """Return the page with any notes."""
        last = LAST_TURN if self.turn == self.settings.max_turns - 1 else ""
        return "\n".join(part for part in (self.page, note, last) if part)
