"""Lines of a file, packed or not, in bounded memory."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

__all__ = ["LONGEST_LINE", "MOST_BYTES", "read_lines"]

_MIB = 1024 * 1024
LONGEST_LINE = 64 * _MIB
"""Most bytes of a line."""
MOST_BYTES = 1024 * _MIB
"""Most bytes of a file, unpacked."""


def read_lines(
    path: Path, most_bytes: int = MOST_BYTES, longest_line: int = LONGEST_LINE
) -> Iterator[tuple[int, bytes]]:
    """Yield number and bytes of every line that is not empty.

    Args:
        path: unpacked where its name ends in `.gz`.
        most_bytes: most bytes of all lines.
        longest_line: most bytes of one.

    Raises:
        ValueError: If the file is damaged or too large, or a line is too long.
    """
    with _opened(path) as file:
        number = read = 0
        while line := _line(path, file, longest_line):
            number, read = number + 1, read + len(line)
            if len(line) > longest_line:
                raise ValueError(f"{path}, line {number} has more than {longest_line:,} bytes.")
            if read > most_bytes:
                raise ValueError(f"{path} holds more than {most_bytes:,} bytes.")
            if line.strip():
                yield number, line


def _opened(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return gzip.open(path, "rb")  # type: ignore[return-value]
    return path.open("rb")


def _line(path: Path, file: IO[bytes], longest_line: int) -> bytes:
    try:
        return file.readline(longest_line + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is not a whole gzip file ({error}).") from error
