"""Folders that one commit adds to another, taken out of git as plain data."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath

from leaderboards.submission.layout import FOLDER, limit_of

__all__ = ["added_folders", "is_ancestor", "take_out"]

SUBMISSIONS = "leaderboards/submissions"
PLAIN_FILE = "100644"


def git(repository: Path, *words: str) -> bytes:
    """Run git.

    Raises:
        ValueError: If it fails, such as for an unknown commit.
    """
    done = subprocess.run(
        ["git", "-C", str(repository), *words], capture_output=True, check=False, timeout=600
    )
    if done.returncode:
        raise ValueError(f"git {words[0]} failed: {done.stderr.decode(errors='replace')[:300]}")
    return done.stdout


def added_folders(repository: Path, base: str, head: str) -> list[str]:
    """Return the names of the submissions that `head` adds to what it has in common with `base`.

    Raises:
        ValueError: If it changes or removes a file of a submission that is there, or adds a file
            that belongs to none.
    """
    said = git(
        repository, "diff", "--name-status", "--no-renames", "-z", f"{base}...{head}", "--",
        SUBMISSIONS,
    )  # fmt: skip
    parts = said.decode("utf-8", "surrogateescape").split("\0")
    old = _folders(repository, base)
    found: set[str] = set()
    for status, path in zip(parts[0::2], parts[1::2], strict=False):
        folder, _, inside = path.removeprefix(f"{SUBMISSIONS}/").partition("/")
        shown = ascii(path)[1:-1]
        if status != "A" or folder in old:
            raise ValueError(f"{shown}: merged submissions are never changed; add a new folder.")
        if not FOLDER.fullmatch(folder) or limit_of(inside) is None:
            raise ValueError(f"{shown} belongs to no submission.")
        found.add(folder)
    return sorted(found)


def _folders(repository: Path, commit: str) -> set[str]:
    said = git(repository, "ls-tree", "-z", "--name-only", commit, f"{SUBMISSIONS}/")
    return {PurePosixPath(path).name for path in said.decode("utf-8", "replace").split("\0")}


def take_out(repository: Path, commit: str, name: str, into: Path) -> Path:
    """Write a submission of a commit as plain files and return its folder.

    Raises:
        ValueError: If it holds a link, a program or a file that is too large.
    """
    place = f"{SUBMISSIONS}/{name}"
    said = git(repository, "ls-tree", "-r", "-l", "-z", commit, f"{place}/")
    for line in filter(None, said.decode("utf-8", "surrogateescape").split("\0")):
        about, _, path = line.partition("\t")
        mode, kind, blob, size = about.split()
        inside = path.removeprefix(f"{place}/")
        limit = limit_of(inside)
        shown = ascii(path)[1:-1]
        if mode != PLAIN_FILE or kind != "blob" or limit is None:
            raise ValueError(f"{shown} is no plain file of a submission (git mode {mode}).")
        if int(size) > limit:
            raise ValueError(f"{shown} has {int(size):,} bytes; at most {limit:,} are allowed.")
        target = into / name / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(git(repository, "cat-file", "blob", blob))
    return into / name


def is_ancestor(repository: Path, commit: str, of: str) -> bool:
    """Return whether a commit is in the history of another one."""
    done = subprocess.run(
        ["git", "-C", str(repository), "merge-base", "--is-ancestor", commit, of],
        capture_output=True,
        check=False,
        timeout=60,
    )
    return done.returncode == 0
