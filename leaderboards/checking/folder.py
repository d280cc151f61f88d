"""The files of a submission: only those that belong there, of bounded size, with their sums.

Nothing is followed, unpacked or run: a submission comes from a stranger.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from t2po_gym.data.locate import content_digest

from ..submission.layout import (
    FOLDER,
    MANIFEST,
    MOST_FILES,
    README,
    SUMS,
    TRAJECTORIES,
    limit_of,
)

__all__ = ["check_files", "check_sums", "sums_of"]

_SUM = re.compile(r"([0-9a-f]{64})  (\S+)")


def check_files(folder: Path) -> tuple[str, ...]:
    """Return the places of all files, in order.

    Raises:
        ValueError: If the folder or something in it is not what it should be.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise ValueError(f"{folder} is no folder of a submission.")
    name = folder.resolve().name
    if not FOLDER.fullmatch(name):
        raise ValueError(
            f"{name} is no name of a submission; expected <YYYYMMDD>_<org>_<slug> in small letters."
        )
    places = tuple(sorted(_walk(folder, "")))
    for needed in (MANIFEST, README, SUMS):
        if needed not in places:
            raise ValueError(f"{folder / needed} is missing.")
    return places


def _walk(folder: Path, prefix: str) -> list[str]:
    found: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            place = prefix + entry.name
            kind = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISDIR(kind) and place == TRAJECTORIES:
                found += _walk(folder / entry.name, f"{place}/")
                continue
            _check_file(folder / entry.name, place, kind, entry.stat(follow_symlinks=False).st_size)
            found.append(place)
            if len(found) > MOST_FILES:
                raise ValueError(f"{folder} has more than {MOST_FILES} files.")
    return found


def _check_file(path: Path, place: str, kind: int, size: int) -> None:
    shown = ascii(str(path))[1:-1]
    if stat.S_ISLNK(kind):
        raise ValueError(f"{shown} is a link; a submission has files only.")
    limit = limit_of(place)
    if limit is None:
        raise ValueError(f"{shown} does not belong to a submission.")
    if not stat.S_ISREG(kind):
        raise ValueError(f"{shown} is no regular file.")
    if size > limit:
        raise ValueError(f"{shown} has {size:,} bytes; at most {limit:,} are allowed.")


def sums_of(folder: Path, places: tuple[str, ...]) -> bytes:
    """Return the content of SHA256SUMS for a folder."""
    names = [place for place in places if place != SUMS]
    return "".join(f"{content_digest(folder / name)}  {name}\n" for name in sorted(names)).encode()


def check_sums(folder: Path, places: tuple[str, ...]) -> None:
    """Compare all files with SHA256SUMS.

    Raises:
        ValueError: If a line is malformed, a file is missing from it, or a digest differs.
    """
    path = folder / SUMS
    try:
        lines = path.read_bytes().decode("ascii").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not plain ASCII.") from error
    listed: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        match = _SUM.fullmatch(line)
        if match is None or match[2] in listed:
            raise ValueError(f"{path}, line {number}: expected '<sha256>  <file>', each file once.")
        listed[match[2]] = match[1]
    names = set(places) - {SUMS}
    for name in sorted(names ^ set(listed)):
        where = "is not listed" if name in names else "is listed and not there"
        raise ValueError(f"{path}: {ascii(name)[1:-1]} {where}.")
    for name in sorted(names):
        if content_digest(folder / name) != listed[name]:
            raise ValueError(f"{folder / name} is not the file that {SUMS} lists.")
