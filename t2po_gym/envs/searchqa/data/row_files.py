"""Read rows of data files: JSON lines, plain or compressed; Parquet if pyarrow is installed."""

from __future__ import annotations

import gzip
import importlib
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from t2po_gym.data.json_text import parse_json
from t2po_gym.envs.searchqa.data.errors import DataFileError

Row = dict[str, Any]

PARQUET = ".parquet"
JSON_LINES = (".jsonl", ".jsonl.gz", ".jsonl.xz", ".ndjson", ".ndjson.gz", ".ndjson.xz")
"""Endings of the files that are read."""

_BATCH_ROWS = 1024
_SHOWN = 60  # characters of a bad line


def is_data_file(path: Path) -> bool:
    """Return whether files with this ending are read."""
    return path.name.lower().endswith((*JSON_LINES, PARQUET))


def read_rows(path: Path) -> Iterator[tuple[int, Row]]:
    """Yield the rows of a file with their numbers from 1; blank lines are skipped.

    Raises:
        DataFileError: If the file is missing or damaged, a line is not a JSON object, or pyarrow
            is needed but not installed.
    """
    if not path.is_file():
        raise DataFileError(f"There is no file {path}.")
    rows = _parquet_rows(path) if path.name.lower().endswith(PARQUET) else _json_rows(path)
    number = 0
    for number, row in rows:
        yield number, row
    if number == 0:
        raise DataFileError(
            f"{path} is empty: no corpus and no questions; expected one JSON object per line."
        )


def first_row(path: Path) -> Row | None:
    """Return the first row of a file; None if it has none."""
    for _, row in read_rows(path):
        return row
    return None


def _open(path: Path) -> IO[bytes] | gzip.GzipFile | lzma.LZMAFile:
    suffix = path.suffix.lower()
    if suffix == ".gz":
        return gzip.open(path, "rb")
    if suffix == ".xz":
        return lzma.open(path, "rb")
    return path.open("rb")


def _json_rows(path: Path) -> Iterator[tuple[int, Row]]:
    try:
        with _open(path) as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    row = _parse(line)
                except ValueError as error:
                    raise DataFileError(
                        f"Line {number} of {path} is no JSON object: {line[:_SHOWN]!r} ({error}); "
                        "expected one object per line."
                    ) from error
                yield number, row
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise DataFileError(f"{path} cannot be read: {error}.") from error


def _parse(line: bytes) -> Row:
    row = parse_json(line)
    if not isinstance(row, dict):
        raise ValueError("it is something else")
    return row


def _parquet_rows(path: Path) -> Iterator[tuple[int, Row]]:
    try:
        parquet = importlib.import_module("pyarrow.parquet")
        arrow = importlib.import_module("pyarrow")
    except ImportError as error:
        raise DataFileError(
            f"Reading {path.name} needs pyarrow; run `pip install 't2po-gym[data]'`, or give the "
            "data as JSON lines."
        ) from error
    number = 0
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except (OSError, arrow.ArrowException) as error:
        raise DataFileError(f"{path} cannot be read: {error}.") from error
