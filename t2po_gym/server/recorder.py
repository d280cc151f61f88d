"""Keeps what people played: a file of episode traces that grows by whole lines."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock

from t2po_gym.core.many.trace import TRACE_NAMES, EpisodeTrace, append_trace, ends_whole

__all__ = ["TraceFile"]

NAME_IN_FOLDER = "episodes.jsonl"


class TraceFile:
    """A file that traces are added to, one line each; `read_traces` reads it.

    Args:
        path: a file whose name ends in ``.jsonl`` or ``.jsonl.gz``, or a folder, in which it is
            ``episodes.jsonl``.

    Raises:
        ValueError: If the file ends in the middle of a line.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        given = Path(path)
        self.path = given if given.name.endswith(TRACE_NAMES) else given / NAME_IN_FOLDER
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = Lock()
        if self.path.exists() and not ends_whole(self.path):
            raise ValueError(
                f"{self.path} ends in the middle of a line; remove that line or name another file."
            )

    def write(self, trace: EpisodeTrace) -> None:
        """Add a trace; it is on disk when this returns.

        Raises:
            OSError: If it cannot be written.
        """
        with self._lock:
            append_trace(self.path, trace)
