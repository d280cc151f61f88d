"""Resolve the name of a world to a corpus, a search engine and questions.

| text | world |
|---|---|
| ``default`` | generated, 10,000 passages, seed 0 |
| ``generated:SIZE[:SEED]`` | generated |
| ``original`` | the folder that ``T2PO_GYM_DATA`` names |
| a folder | the corpus and the question files in it |
| a corpus file (``.jsonl``, also ``.gz`` and ``.xz``) | this corpus, without questions |
| a question file (``.jsonl``, ``.parquet``) | these questions, without a corpus |

Everything is compiled once into memory-mapped files in the cache folder; any number of processes
may open the same world at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from t2po_gym.data.arrayfile import ArrayFile
from t2po_gym.data.compiling import compile_once
from t2po_gym.data.locate import cache_dir, refusal
from t2po_gym.envs.searchqa.data.errors import DataFileError
from t2po_gym.envs.searchqa.data.world_files import (
    STORE_VERSION,
    OnPassage,
    StoredCorpus,
    StoredQuestions,
    split_names,
    write_corpus,
    write_questions,
)
from t2po_gym.envs.searchqa.sources import parse_spec
from t2po_gym.retrieval.bm25.retriever import Bm25Retriever

Spec = str | Path
"""A world's name or a path."""

_CORPORA_KEPT = 4


class OpenedWorld(NamedTuple):
    """An opened world: ``corpus, retriever, questions = open_world("default")``."""

    corpus: StoredCorpus
    """The passages."""

    retriever: Bm25Retriever
    """BM25 over them."""

    questions: StoredQuestions
    """The questions of one split."""


def open_world(spec: Spec = "default", split: str = "train") -> OpenedWorld:
    """Open a corpus, its search engine and the questions of a split, compiling them if necessary.

    Args:
        spec: see the table at the top.
        split: ``train``, ``dev``, ``test``, or another split of the questions.

    Raises:
        DataFileError: If files are missing or damaged, there is no such split, or the name is not
            recognised.
        ValueError: If a generated size or seed is out of range.
    """
    corpus, retriever = open_corpus(spec)
    return OpenedWorld(corpus, retriever, open_questions(spec, split))


_opened: dict[Path, tuple[StoredCorpus, Bm25Retriever]] = {}


def open_corpus(
    spec: Spec = "default", *, verify: bool = False, on_passage: OnPassage | None = None
) -> tuple[StoredCorpus, Bm25Retriever]:
    """Open a corpus and its BM25 engine; all callers in a process share the same objects.

    Args:
        spec: see the table at the top.
        verify: also compare all checksums.
        on_passage: called with the number of passages read while compiling.

    Raises:
        DataFileError: As for `open_world`.
    """
    source = parse_spec(spec)
    fingerprint = _fingerprint("corpus", source.corpus_text())

    def build(path: Path) -> None:
        write_corpus(
            path,
            source.passages(),
            fingerprint=fingerprint,
            source=source.label,
            notes=source.notes,
            on_passage=on_passage,
        )

    path = _cache_path(fingerprint)
    file = _compiled(path, fingerprint, build, verify)
    if path in _opened and _opened[path][0].identity != file.identity:
        del _opened[path]  # the file was rebuilt
    if path not in _opened:
        while len(_opened) >= _CORPORA_KEPT:
            del _opened[next(iter(_opened))]
        corpus = StoredCorpus(file)
        _opened[path] = (corpus, corpus.retriever())
    return _opened[path]


def open_questions(
    spec: Spec = "default", split: str = "train", *, verify: bool = False
) -> StoredQuestions:
    """Open the questions of a split; `verify` also compares all checksums of their file.

    Raises:
        DataFileError: as for `open_world`.
    """
    return StoredQuestions(_question_file(spec, verify), split)


def question_splits(spec: Spec = "default", *, verify: bool = False) -> dict[str, int]:
    """Return the splits of a world's questions, and the number of questions in each.

    Args:
        spec: see the table at the top.
        verify: also compare all checksums of the question file.

    Raises:
        DataFileError: as for `open_world`.
    """
    return split_names(_question_file(spec, verify))


def _question_file(spec: Spec, verify: bool) -> ArrayFile:
    source = parse_spec(spec)
    fingerprint = _fingerprint("questions", source.questions_text())

    def build(path: Path) -> None:
        write_questions(
            path,
            source.questions(),
            fingerprint=fingerprint,
            source=source.label,
            notes=source.notes,
        )

    return _compiled(_cache_path(fingerprint), fingerprint, build, verify)


def _compiled(
    path: Path, fingerprint: str, build: Callable[[Path], None], verify: bool
) -> ArrayFile:
    """Open a compiled file, building it first if needed; report system errors in a sentence."""
    try:
        return compile_once(path, fingerprint, build, verify)
    except OSError as error:
        raise DataFileError(f"{refusal(error)}.") from error


def _fingerprint(kind: str, text: str) -> str:
    return hashlib.sha256(f"searchqa/{STORE_VERSION}/{kind}/{text}".encode()).hexdigest()


def _cache_path(fingerprint: str) -> Path:
    return cache_dir("searchqa") / f"{fingerprint[:16]}.arrays"
