"""What is asked: questions with their answers, and any set of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from t2po_gym.envs.searchqa.data.corpus import check_index
from t2po_gym.envs.searchqa.data.fingerprints import RowDigest


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question.

    Example:
        >>> question = Question(
        ...     id="q1", text="Who wrote Ulmen?", answers=("Ada Voss",), support=("p3",), hops=1,
        ...     source="generated", search_path=("Ulmen",)
        ... )
    """

    id: str
    """Identifier within its set."""

    text: str
    """The question as it is asked."""

    answers: tuple[str, ...]
    """Accepted answers, the canonical one first; each alone is a right answer."""

    support: tuple[str, ...] = ()
    """Ids of the passages that hold the evidence, in the order of the hops; empty if unknown."""

    hops: int = 0
    """Facts to combine: 1 to 4; 0 if unknown."""

    source: str = ""
    """The data set: ``generated``, ``nq``, ``triviaqa``, ``popqa``, ``hotpotqa``,
    ``2wikimultihopqa``, ``musique``, ``bamboogle`` or the user's own name."""

    search_path: tuple[str, ...] = ()
    """Queries an oracle makes in turn, one per hop at most; empty if unknown."""

    support_titles: tuple[str, ...] = ()
    """Titles of the articles that hold the evidence, where a set names those and no passages."""

    def row(self) -> tuple[object, ...]:
        """Return all values in a fixed order: what digests cover and files hold.

        Titles are left out where there are none, so that they change no other question's digest.
        """
        return (
            self.id,
            self.text,
            self.answers,
            self.support,
            self.hops,
            self.source,
            self.search_path,
            *((self.support_titles,) if self.support_titles else ()),
        )


class QuestionSet(Protocol):
    """Questions by number, 0 to ``len(questions) - 1``."""

    @property
    def fingerprint(self) -> str:
        """Hex digest that differs whenever a question or their order does."""

    def __len__(self) -> int:
        """Return the number of questions."""

    def question(self, index: int) -> Question:
        """Return one question.

        Raises:
            IndexError: `index` is not between 0 and ``len(self) - 1``.
        """

    def index_of(self, question_id: str) -> int | None:
        """Return the number of the question with this id, None if there is none."""


class ListQuestions:
    """Questions in memory.

    Args:
        questions: in the order of their numbers, ids all different.

    Raises:
        ValueError: two questions have one id.
    """

    def __init__(self, questions: Sequence[Question]) -> None:
        self._questions = tuple(questions)
        self._numbers = {question.id: n for n, question in enumerate(self._questions)}
        if len(self._numbers) != len(self._questions):
            raise ValueError("two questions have the same id; make the ids unique.")
        digest = RowDigest("questions")
        for one in self._questions:
            digest.add(*one.row())
        self.fingerprint = digest.hexdigest()

    def __len__(self) -> int:
        return len(self._questions)

    def question(self, index: int) -> Question:
        """Return one question."""
        check_index(index, len(self._questions), "questions")
        return self._questions[index]

    def index_of(self, question_id: str) -> int | None:
        """Return the number of the question with this id, None if there is none."""
        return self._numbers.get(question_id)
