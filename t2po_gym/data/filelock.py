"""An exclusive lock between processes, on a small file that is left in place."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _acquire(handle: int, wait: bool) -> None:
        while True:
            try:
                msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            except OSError as held:  # by another process
                if not wait:
                    raise BlockingIOError("another process holds the lock") from held
                time.sleep(0.05)
            else:
                return

    def _release(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _acquire(handle: int, wait: bool) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _release(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)


@contextmanager
def file_lock(path: str | os.PathLike[str], *, wait: bool = True) -> Iterator[None]:
    """Hold the lock `path` during the ``with`` block, waiting for as long as another holds it.

    The system frees the lock when its process ends, however it ends, so a crash leaves no lock.

    Args:
        path: the file; made where there is none.
        wait: False to give up at once where another process holds it.

    Raises:
        BlockingIOError: another process holds the lock and ``wait`` is False.
    """
    handle = os.open(Path(path), os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(handle, wait)
        try:
            yield
        finally:
            _release(handle)
    finally:
        os.close(handle)
