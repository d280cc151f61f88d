"""Lines of a packed file, in bounded memory: neither a bomb nor a cut or padded file gets far."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

from ..submission.layout import LONGEST_LINE, MOST_BYTES

__all__ = ["read_lines"]

_READ, _PIECE = 1 << 16, 1 << 20
_GZIP = 16 + zlib.MAX_WBITS
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00"
"""Gzip, deflate, no flags (no name, comment or extra field), no time."""


def read_lines(
    path: Path, most_bytes: int = MOST_BYTES, longest_line: int = LONGEST_LINE
) -> Iterator[bytes]:
    """Yield the lines of a gzip file, each with its newline.

    Args:
        path: one gzip member.
        most_bytes: most bytes of all lines.
        longest_line: most bytes of a line.

    Raises:
        ValueError: If the file is damaged, cut, followed by something else, too large, or if a line
            is too long or does not end.
    """
    rest, number = b"", 0
    for piece in _unpacked(path, most_bytes):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            number += 1
            yield line + b"\n"
        if len(rest) > longest_line:
            raise ValueError(f"{path}, line {number + 1} has more than {longest_line:,} bytes.")
    if rest:
        raise ValueError(f"{path}, line {number + 1} does not end with a newline.")


def _unpacked(path: Path, most_bytes: int) -> Iterator[bytes]:
    unpack, total = zlib.decompressobj(_GZIP), 0
    with path.open("rb") as file:
        if len(start := file.read(len(_HEADER))) == len(_HEADER) and start != _HEADER:
            raise ValueError(f"{path} is no gzip file with a plain header, as submit writes it.")
        file.seek(0)
        while not unpack.eof:
            data = unpack.unconsumed_tail or file.read(_READ)
            if not data:
                raise ValueError(f"{path} is cut off: the gzip data do not end.")
            try:
                piece = unpack.decompress(data, _PIECE)
            except zlib.error as error:
                raise ValueError(f"{path} is no intact gzip file: {error}.") from error
            total += len(piece)
            if total > most_bytes:
                raise ValueError(f"{path} unpacks to more than {most_bytes:,} bytes.")
            yield piece
        if unpack.unused_data or file.read(1):
            raise ValueError(f"{path} has something behind its gzip data.")
