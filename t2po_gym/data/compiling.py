"""Array files compiled from other data: built once, kept, and rebuilt when stale or damaged."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path

from t2po_gym.data.arrayfile import ArrayFile, ArrayFileError
from t2po_gym.data.filelock import file_lock

__all__ = ["FINGERPRINT_KEY", "compile_once"]

FINGERPRINT_KEY = "fingerprint"
"""Key of `meta` that `compile_once` compares."""


def _open_if_current(
    path: Path, fingerprint: str, verify: bool, damages: list[str]
) -> ArrayFile | None:
    """Open `path` if it exists, is undamaged and has this fingerprint; record any damage."""
    try:
        opened = ArrayFile.open(path, verify)
    except FileNotFoundError:
        return None
    except ArrayFileError as error:
        damages[:] = [str(error)]
        return None
    return opened if opened.meta.get(FINGERPRINT_KEY) == fingerprint else None


def compile_once(
    path: str | os.PathLike[str],
    fingerprint: str,
    build: Callable[[Path], None],
    verify: bool = False,
) -> ArrayFile:
    """Open the array file at `path`, building it first if it is missing, stale or damaged.

    A damaged file is rebuilt with one warning.

    Any number of processes may call this at once: one builds, and the others wait and map its
    result. An up-to-date file is opened without the lock, so a read-only folder works.

    Args:
        path: the file; ``<path>.lock`` is used while building.
        fingerprint: what the file must have been built from (inputs, settings, code version).
        build: writes an array file to the path it is given, with ``meta["fingerprint"]`` equal to
            `fingerprint`, e.g. by `write_arrays` or `ArrayFileWriter`.
        verify: also compare all checksums (reads the whole file).

    Raises:
        ArrayFileError: If `build` left no file, or one with another fingerprint.
    """
    target, damages = Path(path), list[str]()
    current = _open_if_current(target, fingerprint, verify, damages)
    if current is not None:
        return current
    target.parent.mkdir(parents=True, exist_ok=True)
    with file_lock(target.with_name(target.name + ".lock")):
        damages.clear()
        current = _open_if_current(target, fingerprint, verify, damages)
        if current is not None:
            return current
        if damages:
            warnings.warn(f"{damages[0]} Doing so now.", stacklevel=2)
        for left in target.parent.glob(f".{target.name}.*.tmp"):  # left by a killed builder
            left.unlink()
        build(target)
        current = _open_if_current(target, fingerprint, verify, damages)
    if current is None:
        raise ArrayFileError(
            f"building {target} did not leave an array file whose meta[{FINGERPRINT_KEY!r}] is "
            f"{fingerprint!r}; write it there."
        )
    return current
