"""Read passages from corpus files: wiki-18, similar files, and any JSON lines with a text."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from t2po_gym.envs.searchqa.data.corpus import (
    BarePassage,
    CsvQuotedPassage,
    Passage,
    UntitledPassage,
)
from t2po_gym.envs.searchqa.data.errors import DataFileError
from t2po_gym.envs.searchqa.data.row_files import Row, read_rows

ID_KEYS = ("id", "_id", "docid", "doc_id", "pid")
TEXT_KEYS = ("contents", "text", "content", "passage", "body")
"""Names under which a row may hold its id and its text."""

_FIRST_SLOTS = 1 << 12


def is_corpus_row(row: Row) -> bool:
    """Return whether a row looks like a passage."""
    return "question" not in row and any(isinstance(row.get(key), str) for key in TEXT_KEYS)


def parse_contents(name: str, contents: str) -> Passage:
    r"""Parse a passage from its contents; the passage's ``contents`` are the same text.

    >>> parse_contents("7", '"Paris"\nA ""city"".').text
    'A "city".'
    """
    head, line_break, text = contents.partition("\n")
    if not line_break:
        return UntitledPassage(name, "", contents)
    if len(head) < 2 or not (head[0] == head[-1] == '"'):
        return BarePassage(name, head, text)
    title = head[1:-1]
    for part in (title, text):
        if part.replace('""', "").count('"'):  # a quote that is not doubled: plain text
            return Passage(name, title, text)
    if '""' not in contents[1:]:
        return Passage(name, title, text)
    return CsvQuotedPassage(name, title.replace('""', '"'), text.replace('""', '"'))


def parse_passage(row: Row, number: int, place: str) -> Passage:
    """Return the passage of a row.

    Args:
        row: the row.
        number: its number, used as the id if the row has none.
        place: file and line, for messages.

    Raises:
        DataFileError: If the row has no text, or a field of the wrong type.
    """
    name = next((row[key] for key in ID_KEYS if row.get(key) is not None), number)
    if isinstance(name, bool) or not isinstance(name, (str, int)):
        raise DataFileError(f"The id in {place} is {name!r}; expected text or a whole number.")
    name = str(name).replace("\n", " ")
    title, text = row.get("title"), row.get("text")
    contents = row.get("contents")
    if isinstance(title, str) and isinstance(text, str):
        passage = Passage(name, title.replace("\n", " "), text)
        if not isinstance(contents, str) or contents == passage.contents:
            return passage
    found = next((row[key] for key in TEXT_KEYS if isinstance(row.get(key), str)), None)
    if found is None:
        raise DataFileError(
            f"{place} has no text; a passage needs one of the fields {', '.join(TEXT_KEYS)}."
        )
    if isinstance(contents, str):
        return parse_contents(name, contents)
    if isinstance(title, str):
        return Passage(name, title.replace("\n", " "), found)
    return UntitledPassage(name, "", found)


class SeenDigests:
    """A set of 64-bit digests in one array, 16 bytes per member at most."""

    def __init__(self) -> None:
        self._slots = np.zeros(_FIRST_SLOTS, np.uint64)
        self._count = 0

    def add(self, text: str) -> bool:
        """Add a text and return whether it is new (except for a collision in about 2**32 texts)."""
        data = text.encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(data, digest_size=8).digest()
        value = int.from_bytes(digest, "little") or 1  # 0 marks a free slot
        if 3 * self._count > 2 * len(self._slots):
            self._grow()
        mask = len(self._slots) - 1
        slot = value & mask
        while known := int(self._slots[slot]):
            if known == value:
                return False
            slot = (slot + 1) & mask
        self._slots[slot] = value
        self._count += 1
        return True

    def _grow(self) -> None:
        values = self._slots[self._slots != 0].tolist()
        self._slots = np.zeros(2 * len(self._slots), np.uint64)
        mask = len(self._slots) - 1
        for value in values:
            slot = value & mask
            while self._slots[slot]:
                slot = (slot + 1) & mask
            self._slots[slot] = value


def read_corpus(paths: Sequence[Path], counts: Counter[str]) -> Iterator[Passage]:
    """Yield the passages of some files; passages with the same contents only once.

    Args:
        paths: the files, in order.
        counts: updated with ``rows`` read and ``duplicates`` left out.

    Raises:
        DataFileError: If a file or row is malformed, or two passages with different contents have
            the same id.
    """
    contents, names = SeenDigests(), SeenDigests()
    for path in paths:
        for number, row in read_rows(path):
            passage = parse_passage(row, number - 1, f"line {number} of {path}")
            counts["rows"] += 1
            if not contents.add(passage.contents):
                counts["duplicates"] += 1
            elif names.add(passage.id):
                yield passage
            else:
                raise DataFileError(
                    f"Line {number} of {path} has the id {passage.id!r} of an earlier, different "
                    "passage; make the ids unique."
                )
