"""Corpora and question sets in memory-mapped files, shared by every process that opens them.

A corpus file contains passages and their BM25 index; a question file contains all splits of a set.
Opening reads a table of contents; passages and questions are decoded on demand.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from t2po_gym.data.arrayfile import ArrayFile, ArrayFileWriter, Identity
from t2po_gym.data.compiled_file import CompiledFile
from t2po_gym.data.compiling import FINGERPRINT_KEY
from t2po_gym.envs.searchqa.data.corpus import (
    BarePassage,
    CsvQuotedPassage,
    Passage,
    UntitledPassage,
    check_index,
)
from t2po_gym.envs.searchqa.data.errors import DataFileError
from t2po_gym.envs.searchqa.data.fingerprints import RowDigest
from t2po_gym.envs.searchqa.data.questions import Question
from t2po_gym.retrieval.bm25.index import Bm25Builder, Bm25Index
from t2po_gym.retrieval.bm25.retriever import Bm25Retriever

CORPUS_FORMAT = "t2po-gym/searchqa-corpus"
QUESTIONS_FORMAT = "t2po-gym/searchqa-questions"
"""``meta["format"]`` of the two kinds of files."""

STORE_VERSION = 2
"""Version of both layouts, index included; part of a compiled file's fingerprint."""

INDEX_SETTINGS = "bm25 lucene k1=0.9 b=0.4 english porter; indexed: contents; ties: passage id"
"""Settings that the index depends on besides the corpus; part of its fingerprint."""

ALL = "all"
"""Split of questions whose file does not name a split; it is used for every split."""

_KINDS: dict[bytes, type[Passage]] = {
    b"p": Passage,
    b"q": CsvQuotedPassage,
    b"b": BarePassage,
    b"u": UntitledPassage,
}
_BATCH_BYTES = 1 << 20
_KEY_BYTES = 64  # ids up to this long are sorted as fixed-width bytes
_ERRORS = "surrogatepass"

OnPassage = Callable[[int], None]


class StoredCorpus(CompiledFile):
    """A memory-mapped corpus.

    Pickling stores only the path, so a copy in another process maps the same file.

    Args:
        file: an open corpus file.

    Raises:
        DataFileError: If the file contains something else.
    """

    def __init__(self, file: ArrayFile) -> None:
        _check_format(file, CORPUS_FORMAT, "corpus")
        self._file = file
        self._bytes = file["passages/bytes"]
        self._offsets = file["passages/offsets"]

    def __reduce__(self) -> tuple[Callable[[ArrayFile], StoredCorpus], tuple[ArrayFile]]:
        return StoredCorpus, (self._file,)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    @property
    def identity(self) -> Identity:
        """Identity of the compiled file, which changes when the file is replaced."""
        return self._file.identity

    @property
    def fingerprint(self) -> str:
        """Digest of all passages in their order."""
        return str(self._file.meta["content"])

    @property
    def notes(self) -> dict[str, int]:
        """Counts from reading the passages."""
        return dict(self._file.meta.get("notes", {}))

    def passage(self, index: int) -> Passage:
        """Return one passage."""
        check_index(index, len(self), "passages")
        start, stop = self._offsets[index : index + 2].tolist()
        record = self._bytes[start:stop].tobytes()
        fields = record[1:].decode("utf-8", _ERRORS).split("\n", 2)
        return _KINDS[record[:1]](*fields)

    def retriever(self, cache_size: int = 1024) -> Bm25Retriever:
        """Return the BM25 engine over this corpus; it caches `cache_size` results."""
        settings = f"{INDEX_SETTINGS}; corpus: {self.fingerprint}"
        digest = hashlib.sha256(settings.encode()).hexdigest()
        return Bm25Retriever(Bm25Index(self._file, cache_size=cache_size), digest)


class StoredQuestions(CompiledFile):
    """One split of a memory-mapped question file.

    Args:
        file: an open question file.
        split: name of the split.

    Raises:
        DataFileError: If the file contains something else, or has no such split.
    """

    def __init__(self, file: ArrayFile, split: str) -> None:
        _check_format(file, QUESTIONS_FORMAT, "question")
        splits: dict[str, dict[str, Any]] = file.meta["splits"]
        if split not in splits and list(splits) != [ALL]:
            raise DataFileError(
                f"There are no {split!r} questions in {file.meta['source']}; it has "
                f"{', '.join(split_names(file)) or 'none at all'}."
            )
        found = splits.get(split) or splits[ALL]
        self._file = file
        self._split = split
        self._first, self._stop = int(found["first"]), int(found["stop"])
        self._digest = str(found["content"])
        self._bytes = file["questions/bytes"]
        self._offsets = file["questions/offsets"]
        self._hashes = file["questions/id_hash"]
        self._at = file["questions/id_at"]

    def __reduce__(
        self,
    ) -> tuple[Callable[[ArrayFile, str], StoredQuestions], tuple[ArrayFile, str]]:
        return StoredQuestions, (self._file, self._split)

    def __len__(self) -> int:
        return self._stop - self._first

    @property
    def fingerprint(self) -> str:
        """Digest of the questions of this split in their order."""
        return self._digest

    @property
    def hops(self) -> NDArray[np.uint8]:
        """Number of hops of each question; 0 if unknown."""
        return self._file["questions/hops"][self._first : self._stop]

    def question(self, index: int) -> Question:
        """Return one question."""
        check_index(index, len(self), "questions")
        return self._read(self._first + index)

    def index_of(self, question_id: str) -> int | None:
        """Return the number of the question with this id; None if there is none."""
        hashed = _id_hash(question_id)
        place = int(self._hashes.searchsorted(np.uint64(hashed)))
        while place < len(self._hashes) and int(self._hashes[place]) == hashed:
            number = int(self._at[place])
            if self._first <= number < self._stop and self._read(number).id == question_id:
                return number - self._first
            place += 1
        return None

    def _read(self, number: int) -> Question:
        start, stop = self._offsets[number : number + 2].tolist()
        fields = json.loads(self._bytes[start:stop].tobytes())
        return Question(
            id=fields[0],
            text=fields[1],
            answers=tuple(fields[2]),
            support=tuple(fields[3]),
            hops=fields[4],
            source=fields[5],
            search_path=tuple(fields[6]),
            support_titles=tuple(fields[7]) if len(fields) > 7 else (),
        )


def split_names(file: ArrayFile) -> dict[str, int]:
    """Return the splits of a question file in order, and the number of questions in each."""
    splits = sorted(file.meta["splits"].items(), key=lambda item: int(item[1]["first"]))
    return {name: s["stop"] - s["first"] for name, s in splits}


def _check_format(file: ArrayFile, wanted: str, what: str) -> None:
    if file.meta.get("format") != wanted:
        raise DataFileError(f"{file.path} is an array file, but not a compiled {what} file.")


def _id_hash(question_id: str) -> int:
    digest = hashlib.blake2b(question_id.encode("utf-8", _ERRORS), digest_size=8).digest()
    return int.from_bytes(digest, "little")


class _Records:
    """Concatenated byte strings and their offsets."""

    def __init__(self, writer: ArrayFileWriter, name: str) -> None:
        self._writer, self._name = writer, name
        self._batch = bytearray()
        self._offsets = array("q", [0])

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def begin(self) -> None:
        """Open the section of the bytes."""
        self._writer.begin(f"{self._name}/bytes", np.uint8)

    def add(self, record: bytes) -> None:
        """Append one record."""
        self._batch += record
        self._offsets.append(self._offsets[-1] + len(record))
        if len(self._batch) >= _BATCH_BYTES:
            self._flush()

    def end(self) -> None:
        """Write what is left, and the offsets."""
        self._flush()
        self._writer.end()
        self._writer.write(f"{self._name}/offsets", np.frombuffer(self._offsets, np.int64))

    def _flush(self) -> None:
        self._writer.append(np.frombuffer(bytes(self._batch), np.uint8))
        self._batch.clear()


class _TieKeys:
    """Ids as tie keys for equal scores, in a few bytes each."""

    def __init__(self) -> None:
        self._batch: list[str] = []
        self._parts: list[NDArray[np.bytes_]] = []
        self._long: list[str] | None = None

    def add(self, key: str) -> None:
        self._batch.append(key)
        if len(self._batch) >= 1 << 16:
            self._pack()

    def keys(self) -> NDArray[np.bytes_] | list[str]:
        """Return the keys, in an array unless one is too long or not ASCII."""
        self._pack()
        if self._long is not None:
            return self._long
        return np.concatenate([np.zeros(0, "S1"), *self._parts])

    def _pack(self) -> None:
        plain = all(len(key) <= _KEY_BYTES and key.isascii() and key for key in self._batch)
        if self._long is None and plain:
            self._parts.append(np.array([key.encode() for key in self._batch] or [b""][:0], "S"))
        else:
            before = [key.decode() for part in self._parts for key in part.tolist()]
            self._long = (before if self._long is None else self._long) + self._batch
            self._parts = []
        self._batch = []


def encode_passage(passage: Passage) -> bytes:
    """Return the record of a passage.

    Raises:
        DataFileError: If its id or title has a line break.
    """
    kind = next(mark for mark, cls in _KINDS.items() if type(passage) is cls)
    if "\n" in passage.id or "\n" in passage.title:
        raise DataFileError(f"The id or title of passage {passage.id!r} has a line break; drop it.")
    return kind + "\n".join(passage).encode("utf-8", _ERRORS)


def write_corpus(
    path: Path,
    passages: Iterable[Passage],
    *,
    fingerprint: str,
    source: str,
    notes: Mapping[str, int] | None = None,
    on_passage: OnPassage | None = None,
) -> None:
    """Write a corpus file with its index, atomically; memory holds a few bytes per passage.

    Args:
        path: the file.
        passages: in the order of their numbers; read once.
        fingerprint: what the file is built from; `compile_once` compares it.
        source: one line that states where the passages come from.
        notes: counts from reading; stored in the file.
        on_passage: called with the number of passages read, once per thousand.

    Raises:
        DataFileError: If there is no passage, or one cannot be stored.
    """
    meta = {"format": CORPUS_FORMAT, FINGERPRINT_KEY: fingerprint, "source": source}
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = RowDigest("passages")
    keys = _TieKeys()
    with Bm25Builder(path.parent) as index, ArrayFileWriter(path, meta) as writer:
        records = _Records(writer, "passages")
        records.begin()
        for passage in passages:
            contents = passage.contents
            records.add(encode_passage(passage))
            digest.add(passage.id, contents)
            index.add(contents)
            keys.add(passage.id)
            if on_passage is not None and len(records) % 1000 == 0:
                on_passage(len(records))
        if not len(records):
            raise DataFileError(f"{source} has no passages; a corpus needs at least one.")
        records.end()
        for name, values in index.finish(keys.keys()).items():
            writer.write(name, values)
        writer.meta["content"] = digest.hexdigest()
        writer.meta["index"] = INDEX_SETTINGS
        writer.meta["notes"] = dict(notes or {})


def write_questions(
    path: Path,
    splits: Iterable[tuple[str, Iterable[Question]]],
    *,
    fingerprint: str,
    source: str,
    notes: Mapping[str, int] | None = None,
) -> None:
    """Write a question file, atomically.

    Args:
        path: the file.
        splits: name and questions of each split; read once, in turn.
        fingerprint: what the file is built from; `compile_once` compares it.
        source: one line that states where the questions come from.
        notes: counts from reading; stored in the file.

    Raises:
        DataFileError: If two questions of a split have the same id.
    """
    meta: dict[str, Any] = {
        "format": QUESTIONS_FORMAT,
        FINGERPRINT_KEY: fingerprint,
        "source": source,
        "splits": {},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    hashes, hops = array("Q"), array("B")
    with ArrayFileWriter(path, meta) as writer:
        records = _Records(writer, "questions")
        records.begin()
        for split, questions in splits:
            first = len(records)
            digest = RowDigest("questions")
            for one in _with_own_ids(questions, split):
                row = one.row()
                digest.add(*row)
                records.add(json.dumps(row, separators=(",", ":")).encode("ascii"))
                hashes.append(_id_hash(one.id))
                hops.append(min(one.hops, 255))
            content = digest.hexdigest()
            writer.meta["splits"][split] = {
                "first": first,
                "stop": len(records),
                "content": content,
            }
        records.end()
        ids = np.frombuffer(hashes, np.uint64)
        order = np.argsort(ids, kind="stable")
        writer.write("questions/id_hash", ids[order])
        writer.write("questions/id_at", order.astype(np.uint32))
        writer.write("questions/hops", np.frombuffer(hops, np.uint8))
        writer.meta["notes"] = dict(notes or {})


def _with_own_ids(questions: Iterable[Question], split: str) -> Iterator[Question]:
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            raise DataFileError(
                f"Two {split} questions have the id {question.id!r}; make the ids unique."
            )
        seen.add(question.id)
        yield question
