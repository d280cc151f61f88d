"""Sources of worlds: generated ones, and files of passages and questions."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from t2po_gym.data.locate import DATA_VARIABLE, data_dir, file_digest
from t2po_gym.envs.searchqa.data.corpus import Passage
from t2po_gym.envs.searchqa.data.corpus_files import is_corpus_row, read_corpus
from t2po_gym.envs.searchqa.data.errors import DataFileError
from t2po_gym.envs.searchqa.data.question_files import is_question_row, read_questions
from t2po_gym.envs.searchqa.data.questions import Question
from t2po_gym.envs.searchqa.data.row_files import first_row, is_data_file
from t2po_gym.envs.searchqa.generate.world import DEFAULT_SIZE, SPLITS, GeneratedWorld

Splits = Iterable[tuple[str, Iterable[Question]]]
"""Name and questions of each split."""


class Source(Protocol):
    """The source that a world is compiled from."""

    @property
    def label(self) -> str:
        """A one-line description of the source, without local paths."""

    @property
    def notes(self) -> Counter[str]:
        """Counts from reading."""

    def corpus_text(self) -> str:
        """Return text that differs whenever a passage may differ."""

    def questions_text(self) -> str:
        """Return text that differs whenever a question may differ."""

    def passages(self) -> Iterator[Passage]:
        """Yield the passages."""

    def questions(self) -> Splits:
        """Yield the splits and their questions."""


@dataclass(frozen=True, slots=True)
class GeneratedSource:
    """A generated world."""

    world: GeneratedWorld
    """The world."""

    notes: Counter[str] = field(default_factory=Counter)
    """Stays empty."""

    @property
    def label(self) -> str:
        """A one-line description of the source."""
        return f"generated ({self.world.size} passages, seed {self.world.seed})"

    def corpus_text(self) -> str:
        """Return text that differs whenever a passage may differ."""
        return self.world.fingerprint_text

    def questions_text(self) -> str:
        """Return text that differs whenever a question may differ."""
        return self.world.fingerprint_text

    def passages(self) -> Iterator[Passage]:
        """Yield the passages."""
        return self.world.passages()

    def questions(self) -> Splits:
        """Yield the splits."""
        return ((split, self.world.questions(split)) for split in SPLITS)


@dataclass(frozen=True, slots=True)
class FileSource:
    """Files of passages, of questions, or both."""

    place: Path
    """The file or folder that was named."""

    corpus_files: tuple[Path, ...]
    """Files of passages."""

    question_files: tuple[Path, ...]
    """Files of questions."""

    notes: Counter[str] = field(default_factory=Counter)
    """Counts from reading."""

    @property
    def label(self) -> str:
        """The names of the files."""
        return ", ".join(path.name for path in (*self.corpus_files, *self.question_files))

    def corpus_text(self) -> str:
        """Return the digests of the files of passages; DataFileError if there are none."""
        expected = "corpus; expected JSON lines with a text per passage."
        return f"files/{_digests(self._needed(self.corpus_files, expected))}"

    def questions_text(self) -> str:
        """Return names and digests of the question files; DataFileError if there are none."""
        files = self._needed(
            self.question_files, "questions; name a question file or a folder with one."
        )
        names = "/".join(f"{path.parent.name}:{path.name}" for path in files)
        return f"files/{names}/{_digests(files)}"

    def _needed(self, files: tuple[Path, ...], expected: str) -> tuple[Path, ...]:
        if not files:
            raise DataFileError(f"{self.place} has no {expected}")
        return files

    def passages(self) -> Iterator[Passage]:
        """Yield the passages."""
        return read_corpus(self.corpus_files, self.notes)

    def questions(self) -> Splits:
        """Yield the splits, train first."""
        splits: dict[str, list[Question]] = {}
        for read in read_questions(self.question_files, self.notes):
            splits.setdefault(read.split, []).append(read.question)
        order = ("train", "dev", "test")
        return sorted(splits.items(), key=lambda item: (*(item[0] != s for s in order), item[0]))


def parse_spec(spec: str | Path) -> Source:
    """Parse a world's name; see the table in ``worlds``.

    Raises:
        DataFileError: If the name is not recognised, or a file has an unknown layout.
        ValueError: If a generated size or seed is out of range.
    """
    name, *numbers = str(spec).split(":")
    if isinstance(spec, str) and name in ("default", "generated"):
        fits = len(numbers) <= 2 and all(number.isdecimal() for number in numbers)
        if not fits or (name == "default" and numbers):
            raise DataFileError(
                f"The world {spec!r} is not of the form 'default' or 'generated:SIZE[:SEED]' with "
                "whole numbers."
            )
        size = int(numbers[0]) if numbers else DEFAULT_SIZE
        return GeneratedSource(GeneratedWorld(size, int(numbers[1]) if len(numbers) > 1 else 0))
    place = _original_folder() if spec == "original" else Path(spec).expanduser()
    if place.is_dir():
        files = sorted(path for path in place.rglob("*") if path.is_file() and is_data_file(path))
        if not files:
            raise DataFileError(
                f"The folder {place} has no data; expected files ending in .jsonl (also .gz, .xz) "
                "or .parquet."
            )
        return _file_source(place, files)
    if place.is_file():
        return _file_source(place, [place])
    raise DataFileError(
        f"{str(spec)!r} is neither the name of a world ('default', 'generated:SIZE[:SEED]', "
        "'original') nor a file nor a folder."
    )


def _original_folder() -> Path:
    folder = data_dir("searchqa")
    if folder is None:
        raise DataFileError(
            f"The world 'original' needs {DATA_VARIABLE} to name a folder with a corpus and "
            "questions; t2po-gym data searchqa --help says where they come from."
        )
    return folder


def _file_source(place: Path, files: Sequence[Path]) -> FileSource:
    corpora: list[Path] = []
    questions: list[Path] = []
    for path in files:
        row = first_row(path)
        if row is None:
            continue
        if is_question_row(row):
            questions.append(path)
        elif is_corpus_row(row):
            corpora.append(path)
        else:
            raise DataFileError(
                f"The rows of {path} are neither passages nor questions: the first has the fields "
                f"{', '.join(row) or 'none'}."
            )
    return FileSource(place, tuple(corpora), tuple(questions))


def _digests(paths: Sequence[Path]) -> str:
    joined = "/".join(file_digest(path) for path in paths)
    return hashlib.sha256(joined.encode()).hexdigest()
