"""``rules="search-r1"`` and ``rules="t2po"``: episodes of the originals, defects included.

Both score the last answer block in the whole text so far, including search results, however the
episode ended. The trainer handles token limits (Search-R1's 2,048 / 500 / 500 tokens).
"""

from __future__ import annotations

import json
from typing import ClassVar

from t2po_gym.envs.searchqa.data.questions import Question
from t2po_gym.envs.searchqa.originals import search_r1, t2po
from t2po_gym.envs.searchqa.world.episode import (
    NO_ANSWER,
    AnswerScores,
    Episode,
    EpisodeSettings,
    Find,
    Step,
)
from t2po_gym.envs.searchqa.world.metrics import exact_match, substring_match, token_f1
from t2po_gym.envs.searchqa.world.solution_scores import (
    ASSISTANT_MARKER,
    SEARCH_R1_BLOCKS,
    T2PO_BLOCKS,
    extract_answer,
    format_reward,
    graded,
)
from t2po_gym.retrieval.protocol import (
    RetrievalError,
    RetrievalResponseError,
    RetrievalStatusError,
    RetrievalTimeout,
)

__all__ = ["SearchR1Episode", "T2poEpisode", "service_error_text"]

RETRY_STATUSES = frozenset({500, 502, 503, 504})
"""Statuses after which the original retries."""

TAG_ACTIONS = ("<search> your query </search>", "<answer> your answer </answer>")


class SearchR1Episode(Episode):
    """Search-R1's token loop as turns; the last turn is its extra reply after the search rounds.

    Actions are the model's raw replies; they are cut and parsed here.
    """

    FIELDS: ClassVar[tuple[str, ...]] = (*Episode.FIELDS, "transcript")
    ACTIONS: ClassVar[tuple[str, ...]] = TAG_ACTIONS

    def __init__(self, question: Question, find: Find, settings: EpisodeSettings) -> None:
        super().__init__(question, find, settings)
        prompt = search_r1.prompt_text(question.text)
        self.transcript = f"<|im_start|>user\n{prompt}<|im_end|>\n{ASSISTANT_MARKER}\n"
        """The whole text that is scored, in the chat form of the published models."""

    def begin(self) -> str:
        """Return the question as in the prompt."""
        return search_r1.question_text(self.question.text)

    def act(self, action: str) -> Step:
        """Play one raw reply."""
        reply = search_r1.cut_reply(action)
        kind, content = search_r1.parse_action(reply)
        last = self.turn + 1 >= self.settings.max_turns
        runs = kind == "search" and not last
        passages = self.find(content) if runs else []  # first: it may raise
        self.turn += 1
        self.transcript += reply
        self.error = "" if kind else "not_an_action"
        self.well_formed &= kind is not None
        self.evidence.next_turn()
        observation = ""
        if runs:
            self.searches += 1
            self.evidence.take(content, passages)
        if kind == "search":
            observation = search_r1.information([passage.contents for passage in passages])
        elif kind == "answer":
            self.answered = self.over = True
        else:
            observation = search_r1.INVALID_ACTION
        if self.over or last:
            self._score()
        else:
            self.transcript += observation
        return Step(observation, kind is not None)

    def _score(self) -> None:
        text, golds = self.transcript, self.question.answers
        self.scores = solution_scores(
            extract_answer(text, SEARCH_R1_BLOCKS), golds, format_reward(text, golds)
        )


class T2poEpisode(Episode):
    """T2PO's step environment; actions are raw replies, projected here.

    A `TextEnv` never steps after the end, but the original's caller does. This class allows it and
    then continues to score, as the original does.
    """

    FIELDS: ClassVar[tuple[str, ...]] = (*Episode.FIELDS, "transcript")
    ACTIONS: ClassVar[tuple[str, ...]] = TAG_ACTIONS

    def __init__(self, question: Question, find: Find, settings: EpisodeSettings) -> None:
        super().__init__(question, find, settings)
        self.transcript = ""
        """Actions and observations, without prompts: the text that is scored."""

    def begin(self) -> str:
        """Return the question."""
        return self.question.text

    def act(self, action: str) -> Step:
        """Play one raw reply."""
        projected = t2po.project(action)
        valid, action = projected.format_ok, projected.action
        self.turn += 1
        self.transcript += action
        self.error = "" if valid else "not_an_action"
        self.well_formed &= valid
        self.evidence.next_turn()
        self.over = self.over or t2po.is_final(action)
        if self.over or self.turn >= self.settings.max_turns:
            self.answered = self.over
            self._score()
            return Step("", valid)
        query = t2po.query_of(action)
        if query is None:
            return Step("", valid)
        self.searches += 1
        observation = t2po.information(self.result_text(query))
        self.transcript += f"\n{observation}\n"
        return Step(observation, valid)

    def result_text(self, query: str) -> str:
        """Search and format the result; a service failure becomes text, as in the original."""
        try:
            passages = self.find(query)
        except RetrievalError as error:
            self.error = type(error).__name__
            return service_error_text(error, self.settings.request_id)
        self.evidence.take(query, passages)
        return t2po.passages_text(passage.contents for passage in passages)

    def _score(self) -> None:
        answer, golds = extract_answer(self.transcript, T2PO_BLOCKS), self.question.answers
        right = answer is not None and bool(exact_match(answer, golds))
        graded_format = graded(answer is not None, right, self.well_formed)
        self.scores = solution_scores(answer, golds, graded_format)


def solution_scores(answer: str | None, golds: tuple[str, ...], with_format: float) -> AnswerScores:
    """Return all scores of an extracted answer under the published metrics."""
    if answer is None:
        return NO_ANSWER._replace(em_format=with_format)
    return AnswerScores(
        em=float(exact_match(answer, golds)),
        f1=token_f1(answer, golds).f1,
        subem=float(substring_match(answer, golds)),
        em_format=with_format,
    )


def service_error_text(error: RetrievalError, request_id: str) -> str:
    """Format a failed search as T2PO shows it to the model.

    The wording of each kind is the original's; the operating system's text about a connection is
    not reproduced exactly.
    """
    cause = str(error.__cause__ or error)
    if isinstance(error, RetrievalStatusError):
        what = f"API Request Error: {_status_text(error)}"
    elif isinstance(error, RetrievalResponseError):
        if not isinstance(error.__cause__, json.JSONDecodeError):
            return f"Error processing search results: {cause}"
        what = f"API Request Error: {cause}"
    elif isinstance(error, RetrievalTimeout):
        what = f"Timeout Error: {cause}"
    else:
        what = f"Connection Error: {cause}"
    return f"Search error: [Search Request ID: {request_id}] {what}"


def _status_text(error: RetrievalStatusError) -> str:
    if error.status in RETRY_STATUSES:
        return f"Server Error ({error.status}) on attempt {error.attempts}/{error.attempts}"
    whose = "Client" if error.status < 500 else "Server"
    return f"{error.status} {whose} Error: {error.reason} for url: {error.url}"
