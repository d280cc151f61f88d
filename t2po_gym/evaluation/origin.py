"""What code and machine an evaluation ran on, as far as that can be known."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

from pydantic import ValidationError

import t2po_gym
from t2po_gym.data.whole_file import write_whole
from t2po_gym.evaluation.records import CommitOrNone, Record, Text

__all__ = ["ORIGIN", "Origin", "keep_origin", "origin", "read_origin"]

ORIGIN = "origin.json"


class Origin(Record):
    """Code and machine of a run.

    Example: `Origin(version="0.1.0", commit="1f0c...", dirty=False, python="3.11.7",
    machine="x86_64, 2 CPUs")`
    """

    version: Text
    """Version of the package."""
    commit: CommitOrNone
    """Commit of the working tree; empty where the package was installed without one."""
    dirty: bool | None
    """Whether the working tree differed from the commit; None without one."""
    python: Text
    """Version of Python."""
    machine: Text
    """Processor and number of its cores."""


def origin() -> Origin:
    """Return code and machine of this process."""
    commit = _git("rev-parse", "HEAD")
    return Origin(
        version=t2po_gym.__version__,
        commit=commit or "",
        dirty=bool(_git("status", "--porcelain")) if commit else None,
        python=platform.python_version(),
        machine=f"{platform.machine()}, {os.cpu_count()} CPUs",
    )


def keep_origin(folder: Path) -> None:
    """Write the origin of a run when it is first opened."""
    path = folder / ORIGIN
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, origin().model_dump_json(indent=2).encode() + b"\n")


def read_origin(folder: Path) -> Origin:
    """Read the origin of a run.

    Raises:
        ValueError: If it is missing or damaged.
    """
    path = folder / ORIGIN
    if not path.is_file():
        raise ValueError(f"{folder} has no {ORIGIN}; play it with t2po-gym eval.")
    try:
        return Origin.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise ValueError(f"{path} is damaged; play the run again in another folder.") from error


def _git(*words: str) -> str | None:
    """Ask git about the package's own working tree; None where it is in none."""
    here = Path(__file__).resolve().parent
    if not (here.parents[1] / ".git").exists():
        return None
    try:
        said = subprocess.run(
            ["git", "-C", str(here), *words], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return said.stdout.strip()
