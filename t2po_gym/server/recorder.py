"""Keeps what people played: a file of episode traces that grows by whole lines."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock

from t2po_gym.core.many.trace import EpisodeTrace, trace_line

__all__ = ["TraceFile"]

NAME_IN_FOLDER = "episodes.jsonl"


class TraceFile:
    """A file that traces are added to, one line each; `read_traces` reads it.

    Args:
        path: a file whose name ends in ``.jsonl``, or a folder, in which it is
            ``episodes.jsonl``.

    Raises:
        ValueError: If the file ends in the middle of a line.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        given = Path(path)
        self.path = given if given.suffix == ".jsonl" else given / NAME_IN_FOLDER
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = Lock()
        if self.path.exists() and not _ends_whole(self.path):
            raise ValueError(
                f"{self.path} ends in the middle of a line; remove that line or name another file."
            )

    def write(self, trace: EpisodeTrace) -> None:
        """Add a trace; it is on disk when this returns.

        Raises:
            OSError: If it cannot be written.
        """
        line = trace_line(trace)
        with self._lock, self.path.open("ab", buffering=0) as file:
            written = file.write(line)  # one call, so that readers see whole lines
            if written != len(line):
                raise OSError(f"{self.path} took {written} of {len(line)} bytes; is the disk full?")
            os.fsync(file.fileno())


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if not size:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
