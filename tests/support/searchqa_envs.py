"""Small Search QA worlds and recordings of the originals, for the tests.

How the recordings were made: docs/originals/searchqa.md, section 11.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import gymnasium as gym
import pytest
from shared import shared_path

import t2po_gym  # noqa: F401 - registers the ids
from t2po_gym.envs.searchqa.data.corpus import ListCorpus, Passage
from t2po_gym.envs.searchqa.data.questions import ListQuestions, Question
from t2po_gym.envs.searchqa.env import SearchQAEnv
from t2po_gym.envs.searchqa.tasks import embedded_retriever
from t2po_gym.retrieval.protocol import Hit

PASSAGES = (
    Passage(
        "p0", "Ulmen", "Ulmen is a novel of 1871. It was written by Ada Voss and won no prize."
    ),
    Passage("p1", "Ada Voss", "Ada Voss was born in Tarn. She wrote at night, and drank cold tea."),
    Passage("p2", "Tarn", "Tarn is a town on the river Lesk. Its mayor was Otto Brill."),
    Passage("p3", "Tarn (opera)", "Tarn is an opera about Éva, a weaver – «never staged»."),
    Passage("p4", "Otto Brill", "Otto Brill was a chemist. He is often mistaken for Otto Brull."),
    Passage("p5", "Lesk", "The Lesk is a slow river. It freezes in January and floods in May."),
    Passage("p6", "Brull", "Brull is a village. Nobody of note was born there."),
    Passage("p7", "Voss Prize", "The Voss Prize is given to weavers and chemists in turn."),
)
QUESTIONS = (
    Question(
        id="q1",
        text="Who wrote the novel Ulmen?",
        answers=("Ada Voss", "Voss"),
        support=("p0",),
        hops=1,
        source="tiny",
        search_path=("Ulmen",),
    ),
    Question(
        id="q2",
        text="Where was the author of Ulmen born?",
        answers=("Tarn", "town of Tarn"),
        support=("p0", "p1"),
        hops=2,
        source="tiny",
        search_path=("Ulmen", "Ada Voss"),
    ),
    Question(
        id="q3",
        text="Who was mayor of the town where the author of Ulmen was born?",
        answers=("Otto Brill",),
        support=("p0", "p1", "p2"),
        hops=3,
        source="tiny",
        search_path=("Ulmen", "Ada Voss", "Tarn town"),
    ),
    Question(
        id="q4", text="Which river floods in May?", answers=("the Lesk", "Lesk"), source="bare"
    ),
    Question(id="q5", text="Is the Lesk a fast river?", answers=("no",), source="bare"),
    Question(id="q6", text="What blood type has Otto?", answers=("A+",), source="bare"),
)


@cache
def tiny_corpus() -> ListCorpus:
    """Eight passages."""
    return ListCorpus(PASSAGES)


@cache
def tiny_world() -> dict[str, Any]:
    """Arguments of an environment over the eight passages; index and questions are shared."""
    corpus = tiny_corpus()
    return {
        "corpus": corpus,
        "questions": ListQuestions(QUESTIONS),
        "retriever": embedded_retriever(corpus),
    }


def make(env_id: str = "t2po/SearchQA-v0", **kwargs: Any) -> SearchQAEnv:
    """Make a Search QA environment; over the eight passages unless a corpus is named."""
    arguments = kwargs if "corpus" in kwargs else {**tiny_world(), **kwargs}
    env = gym.make(env_id, **arguments).unwrapped
    assert isinstance(env, SearchQAEnv)
    return env


def start(question_id: str = "q1", **kwargs: Any) -> tuple[SearchQAEnv, str, dict[str, Any]]:
    """Make an environment and begin a question."""
    env = make(**kwargs)
    observation, info = env.reset(seed=0, options={"task_id": question_id})
    return env, observation, info


class FixedRetriever:
    """A search engine that finds the same passages whatever is asked."""

    def __init__(self, found: Sequence[int]) -> None:
        self.fingerprint = "fixed"
        self.asked: list[tuple[str, int]] = []
        self._found = found

    def search(self, queries: Sequence[str], k: int) -> list[list[Hit]]:
        self.asked += [(query, k) for query in queries]
        return [[Hit(index, 1.0) for index in self._found[:k]] for _ in queries]


def over(*texts: str, question: Question | None = None, title: str = "T") -> dict[str, Any]:
    """Arguments of an environment whose every search finds these passage texts, in this order."""
    asked = question or Question(id="q", text="Who?", answers=("Gold",), source="tiny")
    return {
        "corpus": ListCorpus([Passage(f"d{n}", title, text) for n, text in enumerate(texts)]),
        "questions": ListQuestions([asked]),
        "retriever": FixedRetriever(range(len(texts))),
    }


def recorded(name: str, key: str) -> list[Any]:
    """Cases of a recording for ``parametrize``; none where the file is not there.

    A test that calls `golden` then says why they are missing.
    """
    try:
        cases = golden(name)[key]
    except pytest.skip.Exception:
        return []
    assert isinstance(cases, list)
    return cases


def golden(name: str) -> Any:
    """Contents of a recording; skips the test or module where there is none."""
    return json.loads(shared_path("golden", "searchqa", name).read_text(encoding="utf-8"))
