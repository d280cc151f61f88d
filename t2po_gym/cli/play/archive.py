"""The file that played episodes are added to."""

import os
from pathlib import Path

from t2po_gym.core.many.trace import read_traces

__all__ = ["check_archive"]

NAMES = (".jsonl", ".jsonl.gz")


def check_archive(path: Path) -> None:
    """Make sure, before anything is played, that episodes can be added to a file.

    Raises:
        ValueError: If it has another name, holds anything but traces, or cannot be written.
    """
    if not path.name.endswith(NAMES):
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
    if path.suffix != ".gz" and path.stat().st_size and not path.read_bytes().endswith(b"\n"):
        raise ValueError(f"{path} ends in the middle of a line; record into another file.")
