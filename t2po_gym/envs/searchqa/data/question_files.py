"""Read questions: FlashRAG's JSON lines and the Parquet rows of Search-R1 and verl-agent.

| layout | question | answers |
|---|---|---|
| FlashRAG | ``question`` | ``golden_answers`` |
| Search-R1 | ``question``, or the end of the prompt | ``reward_model.ground_truth.target`` |
| verl-agent, T2PO | ``env_kwargs.question`` | ``env_kwargs.ground_truth.target`` |

Any of them may also have ``supporting_ids`` (ids of gold passages), ``hops`` and ``search_path``.
The titles of gold articles are read from the row or its ``metadata``, where HotpotQA,
2WikiMultihopQA (``supporting_facts``) or MuSiQue (``paragraphs``) name them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t2po_gym.envs.searchqa.data.errors import DataFileError
from t2po_gym.envs.searchqa.data.questions import Question
from t2po_gym.envs.searchqa.data.row_files import Row, read_rows
from t2po_gym.envs.searchqa.data.world_files import ALL

REAL_SETS = ("nq", "triviaqa", "popqa", "hotpotqa", "2wikimultihopqa", "musique", "bamboogle")
"""The seven sets of Search-R1, as their rows name them."""

ANSWER_SEPARATOR = "<|answer_split|>"
"""Separator in files with all answers in one text (DeepResearcher's)."""

_SPLIT_WORDS = {
    "train": "train",
    "dev": "dev",
    "val": "dev",
    "valid": "dev",
    "validation": "dev",
    "test": "test",
}
_OTHER_NAMES = {"2wiki": "2wikimultihopqa", "natural_questions": "nq", "trivia_qa": "triviaqa"}
_QUESTION_MARK = "Question:"
_COMMON_ID = re.compile(r"([a-z]+[_-])?[0-9]+")  # every set has one: the set's name is put before


@dataclass(frozen=True, slots=True)
class ReadQuestion:
    """A question and the split it belongs to."""

    question: Question
    """The question."""

    split: str
    """``train``, ``dev``, ``test``, or `ALL` if unknown."""


def is_question_row(row: Row) -> bool:
    """Return whether a row looks like a question."""
    return any(key in row for key in ("question", "env_kwargs", "reward_model"))


def split_of(path: Path) -> str:
    """Return the split in a file's name; `ALL` if there is none.

    >>> split_of(Path("nq/test.jsonl")), split_of(Path("my_questions.jsonl"))
    ('test', 'all')
    """
    words = re.split(r"[^a-z0-9]+", path.name.lower())
    return next((_SPLIT_WORDS[word] for word in words if word in _SPLIT_WORDS), ALL)


def source_of(path: Path) -> str:
    """Return the data set in a file's name or folder, else the first part of its name."""
    for text in (path.name.lower(), path.parent.name.lower()):
        for name in sorted((*REAL_SETS, *_OTHER_NAMES), key=len, reverse=True):
            if re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", text.replace("_", " ")):
                return _OTHER_NAMES.get(name, name)
    return path.name.partition(".")[0]


def read_questions(paths: Iterable[Path], counts: Counter[str]) -> Iterator[ReadQuestion]:
    """Yield the questions of some files; rows that repeat an id and its question count once.

    Args:
        paths: the files, in order.
        counts: updated with ``rows`` read, ``duplicates`` and rows ``without_answers`` left out,
            and ``repeated_questions``: kept rows with the text of an earlier row of the split.

    Raises:
        DataFileError: If a file or row is malformed, or two questions of a split have the same id.
    """
    texts: dict[tuple[str, str], str] = {}  # split and id -> question
    asked: set[tuple[str, str]] = set()
    for path in paths:
        source, split = source_of(path), split_of(path)
        for number, row in read_rows(path):
            counts["rows"] += 1
            read = parse_question(row, number, path, source=source, split=split)
            if read is None:
                counts["without_answers"] += 1
                continue
            key = (read.split, read.question.id)
            if key in texts:
                if texts[key] != read.question.text:
                    raise DataFileError(
                        f"Row {number} of {path} has the id {read.question.id!r} of another "
                        f"{read.split} question; make the ids unique."
                    )
                counts["duplicates"] += 1
                continue
            texts[key] = read.question.text
            counts["repeated_questions"] += (read.split, read.question.text) in asked
            asked.add((read.split, read.question.text))
            yield read


def parse_question(
    row: Row, number: int, path: Path, *, source: str, split: str
) -> ReadQuestion | None:
    """Return the question of a row; None if it has no answers.

    Args:
        row: the row.
        number: its number, part of the id if the row has none.
        path: its file, for messages.
        source: its data set, unless the row names one.
        split: its split, unless the row names one.

    Raises:
        DataFileError: If the row has no question.
    """
    inner = _dict(row.get("env_kwargs"))
    extra = _dict(row.get("extra_info"))
    text = inner.get("question") or row.get("question") or extra.get("question") or _asked(row)
    if not isinstance(text, str) or not text.strip():
        raise DataFileError(
            f"Row {number} of {path} has no question; expected a text under 'question', "
            "'env_kwargs' or in 'prompt'."
        )
    truth = _dict(inner.get("ground_truth") or _dict(row.get("reward_model")).get("ground_truth"))
    golds = row.get("golden_answers")
    answers = answer_list(truth.get("target") if golds is None else golds)
    if not answers:
        return None
    source = str(inner.get("data_source") or row.get("data_source") or source)
    told = str(row.get("split") or extra.get("split") or split).lower()
    split = _SPLIT_WORDS.get(told, told)
    index = extra.get("index", number - 1)
    name = str(row["id"]) if row.get("id") is not None else f"{split}_{index}"
    titles = supporting_titles(row) or supporting_titles(_dict(row.get("metadata")))
    question = Question(
        id=f"{source}/{name}" if _COMMON_ID.fullmatch(name) else name,
        text=text.strip(),
        answers=answers,
        support=_texts(row.get("supporting_ids")),
        hops=_positive(row.get("hops")) or len(titles),
        source=source,
        search_path=_texts(row.get("search_path")),
        support_titles=titles,
    )
    return ReadQuestion(question, split)


def answer_list(golds: object) -> tuple[str, ...]:
    """Return the accepted answers of a row: a list, an array or one text."""
    if isinstance(golds, str):
        return tuple(part for part in golds.split(ANSWER_SEPARATOR) if part.strip())
    return tuple(answer for answer in _texts(golds) if answer.strip())


def supporting_titles(row: Row) -> tuple[str, ...]:
    """Return the distinct titles of the articles with the evidence; empty if unknown.

    >>> supporting_titles({"supporting_facts": [["Ulmen", 0], ["Ada Voss", 2], ["Ulmen", 3]]})
    ('Ulmen', 'Ada Voss')
    >>> supporting_titles({"supporting_facts": {"title": ["Ulmen"], "sent_id": [0]}})
    ('Ulmen',)
    """
    facts, paragraphs = row.get("supporting_facts"), row.get("paragraphs")
    titles: list[object] = []
    if isinstance(facts, dict):
        titles += _texts(facts.get("title"))
    elif isinstance(facts, list):
        titles += (fact[0] for fact in facts if isinstance(fact, list) and fact)
    elif isinstance(paragraphs, list):
        gold = (one for one in paragraphs if isinstance(one, dict) and one.get("is_supporting"))
        titles += (one.get("title") for one in gold)
    found = (title for title in titles if isinstance(title, str) and title.strip())
    return tuple(dict.fromkeys(found))


def _positive(value: object) -> int:
    """Return the value if it is an integer above 0, else 0."""
    return value if isinstance(value, int) and value is not True and value > 0 else 0


def _texts(values: object) -> tuple[str, ...]:
    if values is None or isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        return ()
    return tuple(str(value) for value in values if value is not None)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _asked(row: Row) -> object:
    """Return the question at the end of a prompt."""
    prompt = row.get("prompt")
    turns = [turn for turn in prompt if isinstance(turn, dict)] if isinstance(prompt, list) else []
    asked = [turn.get("content") for turn in turns if turn.get("role") == "user"]
    if not asked or not isinstance(asked[-1], str):
        return None
    return asked[-1].rpartition(_QUESTION_MARK)[2]
