"""Folders that one commit adds to another, taken out of git as plain data."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath

from ..submission.layout import FOLDER, MOST_BYTES, MOST_FILES, limit_of

__all__ = ["added_folders", "is_recent_ancestor", "merged_folders", "take_out"]

SUBMISSIONS = "leaderboards/submissions"
MADE = ("leaderboards/results.json", "leaderboards/site/")
"""What a submission may change beside its own folder: what `leaderboard build` writes."""
PLAIN_FILE = "100644"
MOST_FOLDERS = 10
DAYS = 30
"""How old the commit of a fresh track may be, seen from the main branch."""


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
        ValueError: If it changes or removes a file of a submission that is there, adds a file that
            belongs to none, or changes anything else in the same breath.
    """
    said = git(
        repository, "diff", "--name-status", "--no-renames", "-z", f"{base}...{head}"
    ).decode("utf-8", "surrogateescape")
    parts = said.split("\0")
    changes = list(zip(parts[0::2], parts[1::2], strict=False))
    old = merged_folders(repository, base)
    inside = [change for change in changes if change[1].startswith(f"{SUBMISSIONS}/")]
    found = {_folder_of(status, path, old) for status, path in inside}
    if found:
        for _, path in changes:
            if not path.startswith((f"{SUBMISSIONS}/", *MADE)):
                raise ValueError(f"{_shown(path)}: a submission comes alone; leave this out.")
    if len(found) > MOST_FOLDERS:
        raise ValueError(f"{len(found)} submissions at once; at most {MOST_FOLDERS} are taken.")
    return sorted(found)


def _folder_of(status: str, path: str, old: set[str]) -> str:
    folder, _, inside = path.removeprefix(f"{SUBMISSIONS}/").partition("/")
    if status != "A" or folder in old:
        raise ValueError(f"{_shown(path)}: merged submissions are never changed; add a new folder.")
    if not FOLDER.fullmatch(folder) or limit_of(inside) is None:
        raise ValueError(f"{_shown(path)} belongs to no submission.")
    return folder


def merged_folders(repository: Path, commit: str) -> set[str]:
    """Return the names of the submissions of a commit."""
    said = git(repository, "ls-tree", "-z", "--name-only", commit, f"{SUBMISSIONS}/")
    names = (PurePosixPath(path).name for path in said.decode("utf-8", "replace").split("\0"))
    return {name for name in names if FOLDER.fullmatch(name)}


def take_out(repository: Path, commit: str, name: str, into: Path) -> Path:
    """Write a submission of a commit as plain files and return its folder.

    Raises:
        ValueError: If it holds a link, a program, too many files or one that is too large; nothing
            is written then.
    """
    place = f"{SUBMISSIONS}/{name}"
    said = git(repository, "ls-tree", "-r", "-l", "-z", commit, f"{place}/")
    lines = [line for line in said.decode("utf-8", "surrogateescape").split("\0") if line]
    blobs: dict[str, str] = {}
    total = 0
    for line in lines:
        about, _, path = line.partition("\t")
        mode, kind, blob, size = about.split()
        inside = path.removeprefix(f"{place}/")
        limit = limit_of(inside)
        if mode != PLAIN_FILE or kind != "blob" or limit is None:
            raise ValueError(f"{_shown(path)} is no plain file of a submission (git mode {mode}).")
        if int(size) > limit:
            raise ValueError(f"{_shown(path)} has {int(size):,} bytes; at most {limit:,}.")
        blobs[inside], total = blob, total + int(size)
    if len(blobs) > MOST_FILES or total > MOST_BYTES:
        raise ValueError(f"{name} has {len(blobs)} files of {total:,} bytes: too many.")
    for inside, blob in blobs.items():
        target = into / name / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(git(repository, "cat-file", "blob", blob))
    return into / name


def is_recent_ancestor(repository: Path, commit: str, base: str) -> bool:
    """Return whether a commit is of the main branch itself and not older than a month.

    Only the first parents count: a commit of a merged branch was its author's to choose.
    """
    newest = int(git(repository, "log", "-1", "--format=%ct", base))
    since = newest - DAYS * 86_400
    said = git(repository, "rev-list", "--first-parent", f"--since={since}", base)
    return commit in said.decode().split()


def _shown(path: str) -> str:
    return ascii(path)[1:-1][:300]
