"""Packed lines in bounded memory."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest

from leaderboards.checking.stream import read_lines


def test_lines_of_any_length_come_whole(tmp_path: Path) -> None:
    lines = [b"a" * size + b"\n" for size in (0, 1, 70_000, 3_000_000, 5)]
    (tmp_path / "f").write_bytes(gzip.compress(b"".join(lines), mtime=0))
    assert list(read_lines(tmp_path / "f")) == lines


def test_a_bomb_of_lines_stops_at_the_limit(tmp_path: Path) -> None:
    """200 MB of lines in 200 kB: refused after the limit, with little memory."""
    (tmp_path / "f").write_bytes(gzip.compress((b"0" * 999 + b"\n") * 200_000, mtime=0))
    assert (tmp_path / "f").stat().st_size < 1_000_000
    tracemalloc.start()
    with pytest.raises(ValueError, match="unpacks to more than 10,000,000 bytes"):
        for _ in read_lines(tmp_path / "f", most_bytes=10_000_000):
            pass
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_a_long_line_stops_at_the_limit(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(gzip.compress(b"0" * 50_000_000, mtime=0))
    with pytest.raises(ValueError, match="line 1 has more than 1,000 bytes"):
        list(read_lines(tmp_path / "f", longest_line=1_000))
