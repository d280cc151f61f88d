"""Files of a submission's folder, and how large they may be."""

from __future__ import annotations

import re

__all__ = [
    "FOLDER",
    "MANIFEST",
    "MOST_BYTES",
    "MOST_FILES",
    "README",
    "SUMS",
    "TRAJECTORIES",
    "limit_of",
    "trajectory_file",
]

MANIFEST, README, SUMS, TRAJECTORIES = (
    "submission.json",
    "README.md",
    "SHA256SUMS",
    "trajectories",
)
FOLDER = re.compile(r"(?=.{1,90}$)[0-9]{8}_[a-z0-9]+(-[a-z0-9]+)*_[a-z0-9]+(-[a-z0-9]+)*")
"""Name of a submission's folder: day, organisation, slug."""

_KIB = 1024
MOST_FILES = 64
"""Most files of a submission."""
LIMITS = {MANIFEST: 256 * _KIB, README: 256 * _KIB, SUMS: 64 * _KIB}
MOST_PACKED = 32 * _KIB * _KIB
"""Most bytes of a packed trajectory file."""
MOST_BYTES = 2 * _KIB**3
"""Most bytes of an unpacked one."""
LONGEST_LINE = 64 * _KIB * _KIB
"""Most bytes of a line in it."""
_TRAJECTORY = re.compile(r"(?=.{1,80}$)[a-z0-9]+(-[a-z0-9]+)*\.jsonl\.gz")


def trajectory_file(track: str) -> str:
    """Return the place of a track's trajectories within the folder."""
    return f"{TRAJECTORIES}/{track}.jsonl.gz"


def limit_of(place: str) -> int | None:
    """Return the most bytes a file may have; None if a submission has no such file."""
    head, slash, name = place.partition("/")
    if slash:
        return MOST_PACKED if head == TRAJECTORIES and _TRAJECTORY.fullmatch(name) else None
    return LIMITS.get(place)
