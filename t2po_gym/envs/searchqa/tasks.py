"""Turn an environment's arguments into a corpus, a search engine and questions."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from t2po_gym.envs.searchqa.data.corpus import Corpus, Passage
from t2po_gym.envs.searchqa.data.questions import Question, QuestionSet
from t2po_gym.envs.searchqa.data.world_files import StoredQuestions
from t2po_gym.envs.searchqa.worlds import open_corpus, open_questions
from t2po_gym.retrieval.bm25.index import Bm25Builder, Bm25Index
from t2po_gym.retrieval.bm25.retriever import Bm25Retriever
from t2po_gym.retrieval.http.retriever import HttpRetriever
from t2po_gym.retrieval.protocol import Retriever

__all__ = [
    "DEFAULT_CORPUS",
    "MAX_TOPK",
    "QuestionPool",
    "RemoteCorpus",
    "World",
    "embedded_retriever",
    "make_world",
]

DEFAULT_CORPUS = "default"
"""The generated corpus, which works offline."""

_SHARED = 8  # indexes and services shared by the environments of a process
ADDRESSES = ("http://", "https://")
MAX_TOPK = 20
"""Maximum passages per search; more would not fit into an observation."""


@dataclass(frozen=True, slots=True)
class World:
    """The world of an environment: a corpus, a search engine over it, the questions of a split."""

    corpus: Corpus
    retriever: Retriever
    questions: QuestionSet

    def find(self, query: str, k: int) -> list[Passage]:
        """Return the best `k` passages for a query, best first."""
        (hits,) = self.retriever.search((query,), k)
        return [self.corpus.passage(hit.index) for hit in hits]


class QuestionPool:
    """The questions of a set with given numbers of hops, by position.

    Args:
        questions: the whole set.
        hops: the numbers of hops; None for all questions.

    Raises:
        ValueError: If no question has one of them.
    """

    def __init__(self, questions: QuestionSet, hops: Iterable[int] | None = None) -> None:
        self._questions = questions
        self._numbers: NDArray[np.int64] | None = None
        if hops is not None:
            wanted = frozenset(hops)
            self._numbers = _numbers_with(questions, wanted)
        if len(self) == 0:
            asked = "" if hops is None else f" of {sorted(wanted)} hops"
            raise ValueError(
                f"There are no questions{asked} in this split; choose another split, other hops or "
                "another question set."
            )

    def __len__(self) -> int:
        return len(self._questions if self._numbers is None else self._numbers)

    def question(self, index: int) -> Question:
        """Return the question at a position of the pool."""
        number = index if self._numbers is None else int(self._numbers[index])
        return self._questions.question(number)

    def index_of(self, question_id: str) -> int:
        """Return the position of a question.

        Raises:
            ValueError: If it is not in the pool.
        """
        number = self._questions.index_of(question_id)
        if number is not None and self._numbers is not None:
            place = int(np.searchsorted(self._numbers, number))
            inside = place < len(self._numbers) and self._numbers[place] == number
            number = place if inside else None
        if number is None:
            raise ValueError(
                f"There is no question {question_id!r} here; task ids are the question ids of this "
                "split and number of hops."
            )
        return number


_pools: dict[tuple[str, frozenset[int]], NDArray[np.int64]] = {}
_POOLS_KEPT = 64


def _numbers_with(questions: QuestionSet, hops: frozenset[int]) -> NDArray[np.int64]:
    """Return the numbers of the questions with these hops; searched once per process."""
    key = (questions.fingerprint, hops)
    if key not in _pools:
        if len(_pools) >= _POOLS_KEPT:
            del _pools[next(iter(_pools))]
        if isinstance(questions, StoredQuestions):
            known = questions.hops
        else:
            every = (questions.question(n).hops for n in range(len(questions)))
            known = np.fromiter(every, dtype=np.uint8)
        _pools[key] = np.flatnonzero(np.isin(known, list(hops)))
    return _pools[key]


_embedded: dict[str, Bm25Retriever] = {}


def embedded_retriever(corpus: Corpus) -> Bm25Retriever:
    """Index a corpus in memory, once per process; for thousands of passages, not for millions."""
    known = _embedded.get(corpus.fingerprint)
    if known is None:
        if len(_embedded) >= _SHARED:
            del _embedded[next(iter(_embedded))]
        known = _embedded[corpus.fingerprint] = _index(corpus)
    return known


def _index(corpus: Corpus) -> Bm25Retriever:
    with Bm25Builder() as builder:
        for number in range(len(corpus)):
            builder.add(corpus.passage(number).contents)
        arrays = {name: np.array(array) for name, array in builder.finish().items()}
    digest = sha256(f"bm25 {corpus.fingerprint}".encode()).hexdigest()
    return Bm25Retriever(Bm25Index(arrays), digest)


class RemotePassage(Passage):
    """A passage with its contents exactly as a service sent them."""

    sent: str

    @property
    def contents(self) -> str:
        """Title line and text as they were sent."""
        return self.sent


class RemoteCorpus:
    """The passages a search service has sent, as a `Corpus`.

    Args:
        retriever: the service.
    """

    def __init__(self, retriever: HttpRetriever) -> None:
        self._retriever = retriever

    @property
    def fingerprint(self) -> str:
        """The service's corpus fingerprint, or ``unknown``."""
        return self._retriever.corpus_fingerprint

    def __len__(self) -> int:
        return int(self._retriever.health().get("passages", 0))

    def passage(self, index: int) -> Passage:
        """Return a passage that was found recently."""
        document = self._retriever.document(index)
        passage = RemotePassage(document.id, document.title, document.text)
        passage.sent = document.contents
        return passage


def make_world(
    corpus: str | os.PathLike[str] | Corpus = DEFAULT_CORPUS,
    *,
    questions: str | os.PathLike[str] | QuestionSet | None = None,
    retriever: Retriever | None = None,
    split: str,
) -> World:
    """Combine corpus, search engine and questions into a world.

    Args:
        corpus: an argument of `open_corpus`, the address of a search service, or a corpus object.
        questions: a question set, or an argument of `open_world` (its questions of this split); by
            default the questions of the corpus.
        retriever: a search engine over the corpus; by default the embedded BM25.
        split: the split of the questions.

    Raises:
        ValueError: If a required argument is missing.
    """
    corpus = os.fspath(corpus) if isinstance(corpus, os.PathLike) else corpus
    if isinstance(corpus, str) and corpus.startswith(ADDRESSES):
        remote = _service(corpus)
        corpus, retriever = RemoteCorpus(remote), retriever or remote
    if isinstance(corpus, str):
        passages, embedded = open_corpus(corpus)
        asked = questions if questions is not None else corpus
        return World(passages, retriever or embedded, _question_set(asked, split))
    if questions is None:
        raise ValueError(
            "A corpus object or a search service comes without questions; "
            "name them with questions=."
        )
    return World(corpus, retriever or embedded_retriever(corpus), _question_set(questions, split))


def _question_set(questions: str | os.PathLike[str] | QuestionSet, split: str) -> QuestionSet:
    if isinstance(questions, (str, os.PathLike)):
        return open_questions(os.fspath(questions), split)
    return questions


@lru_cache(maxsize=_SHARED)
def _service(address: str) -> HttpRetriever:
    """Return the retriever of a service: one pool of connections for all environments."""
    return HttpRetriever(address)
