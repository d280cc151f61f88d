"""The file that played episodes are added to."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from t2po_gym.core.many.trace import (
    TRACE_NAMES,
    EpisodeTrace,
    append_trace,
    ends_whole,
    read_traces,
)

__all__ = ["add_episode", "check_archive"]


def check_archive(path: Path) -> None:
    """Make sure, before anything is played, that episodes can be added to a file.

    Raises:
        ValueError: If it has another name, holds anything but traces, or cannot be written.
    """
    if not path.name.endswith(TRACE_NAMES):
        raise ValueError(f"Episodes are kept in a file NAME.jsonl or NAME.jsonl.gz; got {path}.")
    if path.is_dir():
        raise ValueError(f"{path} is a folder; name a file in it.")
    if not path.exists():
        if not os.access(path.parent, os.W_OK):
            raise ValueError(f"{path} cannot be written: {path.parent} is no folder to write into.")
        return
    if not os.access(path, os.R_OK | os.W_OK):
        raise ValueError(f"{path} cannot be written.")
    for _ in read_traces(path):
        pass
    if not ends_whole(path):
        raise ValueError(f"{path} ends in the middle of a line; record into another file.")


def add_episode(path: Path, trace: EpisodeTrace) -> None:
    """Add an episode to a file; a second Ctrl-C, or a window that closes, waits until it is there.

    Raises:
        OSError: If it cannot be written.
    """
    with _undisturbed():
        append_trace(path, trace)


@contextmanager
def _undisturbed() -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    held = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
