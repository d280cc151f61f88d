"""``t2po/SearchQA-v0``: answer questions by searching a corpus."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from t2po_gym.core.env import Outcome, TextEnv
from t2po_gym.core.progress import Progress
from t2po_gym.envs.searchqa.data.corpus import Corpus, Passage
from t2po_gym.envs.searchqa.data.questions import Question, QuestionSet
from t2po_gym.envs.searchqa.originals.dialects import SearchR1Episode, T2poEpisode
from t2po_gym.envs.searchqa.originals.search_r1 import MAX_SEARCH_TURNS
from t2po_gym.envs.searchqa.originals.t2po import MAX_STEPS
from t2po_gym.envs.searchqa.tasks import (
    DEFAULT_CORPUS,
    MAX_TOPK,
    QuestionPool,
    World,
    make_world,
)
from t2po_gym.envs.searchqa.world.episode import AnswerScores, Episode, EpisodeSettings
from t2po_gym.envs.searchqa.world.fixed import FixedEpisode
from t2po_gym.envs.searchqa.world.progress import MILESTONES, PROGRESS_VERSION, progress_of
from t2po_gym.retrieval.protocol import Retriever

__all__ = ["REWARDS", "RULES", "SearchQAEnv"]

RULES: Mapping[str, tuple[type[Episode], int]] = {
    "fixed": (FixedEpisode, 4),
    "search-r1": (SearchR1Episode, MAX_SEARCH_TURNS + 1),
    "t2po": (T2poEpisode, MAX_STEPS),
}
"""Rule set -> its episode class and turn limit."""

REWARDS = AnswerScores._fields
"""Names of the rewards for an answer."""

LONGEST_PASSAGE = 10_000
GENERATED_HOPS = (1, 2, 3)


ACTION_FORMATS = (
    "Actions: <search>query</search>, for example <search>mayor of Ulmen</search>; "
    "<answer>text</answer>, for example <answer>Ada Voss</answer>.",
    "Actions: search[query], for example search[mayor of Ulmen]; answer[text], for example "
    "answer[Ada Voss].",
)
"""What actions look like: in the originals' dialects, and under the rules ``fixed``."""


class SearchQAEnv(TextEnv):
    """A question: search, read passages, search again, answer.

    Actions are ``search[query]`` and ``answer[text]`` (or ``<search>query</search>``,
    ``<answer>text</answer>``). The reward is 0 until the answer, which ends the episode and is
    scored against the accepted answers. The episode is a success if it matches one exactly. Any
    other action is invalid: it costs a turn, and the observation says what was wrong.

    A failing search service raises `RetrievalError`; the episode is unchanged and the action may be
    sent again. The failure never enters an observation.

    Args:
        rules: ``fixed`` (default, repaired), ``search-r1`` or ``t2po`` (the originals with their
            defects; their actions are raw replies of the model). docs/searchqa.md lists the
            differences.
        corpus: The corpus to search: ``default`` (generated, offline), ``generated:PASSAGES:SEED``,
            a folder or file of real data, the address of a search service, or an object with the
            `Corpus` methods.
        questions: A path or an object; by default the questions of the corpus.
        retriever: Search engine over the corpus; by default the embedded BM25.
        split: ``train``, ``dev`` or ``test``; generated questions also have ``test-wording``
            (wordings that no other split has) and ``test-entities`` (entities in no training
            question).
        hops: Only questions with this many hops (one number or several); None for all; ``auto`` for
            1 to 3 with generated questions and all with real ones.
        topk: Passages per search, 1 to 20.
        max_turns: Steps until truncation; None for the rules' own (fixed 4, search-r1 5, t2po 4).
        reward: ``em``, ``f1``, ``subem`` or ``em_format``; all of them are in info at the end.
        progress: Whether info has the progress keys. Never changes an observation.
        max_passage_chars: Maximum characters shown of a passage (fixed rules).
        render_mode: None, ``ansi`` (``render()`` returns text) or ``human`` (text is printed).
    """

    SPLITS: ClassVar[tuple[str, ...]] = ("train", "dev", "test", "test-wording", "test-entities")
    PROGRESS_VERSION: ClassVar[str] = PROGRESS_VERSION
    MILESTONES: ClassVar[tuple[str, ...]] = MILESTONES
    EXTRA_INFO: ClassVar[tuple[str, ...]] = (
        "evidence_recall",
        "new_docs",
        "repeat_query",
        "searches",
        "action_error",
        "answer_em",
        "answer_f1",
        "answer_subem",
        "answer_em_format",
        "data_source",
        "hops",
        "corpus_fingerprint",
        "index_fingerprint",
    )

    def __init__(
        self,
        *,
        rules: str = "fixed",
        corpus: str | os.PathLike[str] | Corpus = DEFAULT_CORPUS,
        questions: str | os.PathLike[str] | QuestionSet | None = None,
        retriever: Retriever | None = None,
        split: str = "train",
        hops: int | str | Iterable[int] | None = "auto",
        topk: int = 3,
        max_turns: int | None = None,
        reward: str = "em",
        progress: bool = True,
        max_passage_chars: int = 2_000,
        render_mode: str | None = None,
    ) -> None:
        if rules not in RULES:
            raise ValueError(f"rules must be one of {', '.join(RULES)}; got {rules!r}.")
        if reward not in REWARDS:
            raise ValueError(f"reward must be one of {', '.join(REWARDS)}; got {reward!r}.")
        _check_range("topk", topk, MAX_TOPK)
        _check_range("max_passage_chars", max_passage_chars, LONGEST_PASSAGE)
        self._make_episode, own_limit = RULES[rules]
        limit = own_limit if max_turns is None else max_turns
        super().__init__(split=split, max_turns=limit, progress=progress, render_mode=render_mode)
        self._rules = rules
        vars(self)["ACTION_FORMAT"] = ACTION_FORMATS[rules == "fixed"]
        self._reward = reward
        self._topk = topk
        self._max_passage_chars = max_passage_chars
        if hops == "auto":
            hops = GENERATED_HOPS if _is_generated(corpus, questions) else None
        self._world = make_world(corpus, questions=questions, retriever=retriever, split=split)
        self._pool = QuestionPool(self._world.questions, _hops(hops))
        self._episode: Episode
        self._request_id = ""

    @property
    def world(self) -> World:
        """Corpus, search engine and questions."""
        return self._world

    @property
    def question(self) -> Question:
        """The current question with its answers; for experts and analysis, never for agents."""
        return self._episode.question

    @property
    def episode(self) -> Episode:
        """State of the current episode; for experts and analysis, never for agents."""
        return self._episode

    def num_tasks(self) -> int:
        """Return the number of questions."""
        return len(self._pool)

    def task_id(self, index: int) -> str:
        """Return the question's own id."""
        return self._pool.question(index).id

    def task_index(self, task_id: str) -> int:
        """Return the index of the question with this id; ValueError if it is not a task."""
        return self._pool.index_of(task_id)

    def _begin(self, index: int, rng: np.random.Generator) -> str:
        # Only T2PO's error texts are random.
        self._request_id = _request_id(rng) if self._rules == "t2po" else ""
        return self._open(index).begin()

    def _open(self, index: int) -> Episode:
        settings = EpisodeSettings(
            max_turns=self.max_turns,
            max_passage_chars=self._max_passage_chars,
            request_id=self._request_id,
        )
        self._episode = self._make_episode(self._pool.question(index), self._find, settings)
        return self._episode

    def _find(self, query: str) -> list[Passage]:
        return self._world.find(query, self._topk)

    def _act(self, action: str) -> Outcome:
        episode = self._episode
        observation, valid = episode.act(action)
        ended = episode.over or episode.turn >= self.max_turns
        reward: float = getattr(episode.scores, self._reward) if ended else 0.0
        return Outcome(observation, reward, episode.over, valid)

    def _task_text(self, first_observation: str) -> str:
        return self._episode.question.text

    def _task_type(self, index: int) -> str:
        running = self._started and index == self._task  # its question is loaded
        question = self._episode.question if running else self._pool.question(index)
        return f"{question.source}/{question.hops}-hop" if question.hops else question.source

    def _task_difficulty(self, index: int) -> str:
        hops = self._pool.question(index).hops
        return f"{hops}-hop" if hops else ""

    def _progress(self) -> Progress:
        episode = self._episode
        return progress_of(episode.evidence, episode.answered, episode.over, self._score())

    def _score(self) -> float:
        return self._episode.scores.em

    def _success(self) -> bool:
        return self._score() == 1.0

    def _admissible_actions(self) -> tuple[str, ...]:
        return self._episode.admissible()

    def _extra_info(self) -> Mapping[str, bool | int | float | str]:
        episode = self._episode
        evidence, scores = episode.evidence, episode.scores
        return {
            "evidence_recall": evidence.recall,
            "new_docs": evidence.new_docs,
            "repeat_query": evidence.repeat_query,
            "searches": episode.searches,
            "action_error": episode.error,
            "answer_em": scores.em,
            "answer_f1": scores.f1,
            "answer_subem": scores.subem,
            "answer_em_format": scores.em_format,
            "data_source": episode.question.source,
            "hops": episode.question.hops,
            "corpus_fingerprint": self._world.corpus.fingerprint,
            "index_fingerprint": self._world.retriever.fingerprint,
        }

    def _identity(self) -> Mapping[str, Any]:
        return {
            "rules": self._rules,
            "reward": self._reward,
            "topk": self._topk,
            "max_passage_chars": self._max_passage_chars,
            "questions": self._world.questions.fingerprint,
            "corpus": self._world.corpus.fingerprint,
            "index": self._world.retriever.fingerprint,
        }

    def _save(self) -> dict[str, Any]:
        return {"request_id": self._request_id, "episode": self._episode.save()}

    def _load(self, state: Mapping[str, Any]) -> None:
        self._request_id = state["request_id"]
        self._open(self._task).load(state["episode"])


def _check_range(name: str, value: Any, largest: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= largest:
        raise ValueError(f"{name} must be an integer from 1 to {largest}; got {value!r}.")


def _is_generated(corpus: object, questions: object) -> bool:
    asked = corpus if questions is None else questions
    return isinstance(asked, str) and asked.partition(":")[0] in (DEFAULT_CORPUS, "generated")


def _hops(hops: int | str | Iterable[int] | None) -> tuple[int, ...] | None:
    """Return the wanted numbers of hops, ascending."""
    if hops is None:
        return None
    wanted = (hops,) if isinstance(hops, (int, str)) else tuple(hops)
    numbers = [n for n in wanted if isinstance(n, int) and not isinstance(n, bool) and n >= 0]
    if not numbers or len(numbers) != len(wanted):
        raise ValueError(
            "hops must be a number such as 2, several such as (1, 2), 'auto' or None; "
            f"got {hops!r}."
        )
    return tuple(sorted(set(numbers)))


def _request_id(rng: np.random.Generator) -> str:
    """Return an id like the original's random ones, but drawn from the episode's seed."""
    digits = rng.bytes(16).hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
