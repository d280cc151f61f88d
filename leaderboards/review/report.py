"""The verdict on a pull request, as Markdown for a comment."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ..checking.check import Checked, check_submission
from ..tracks.track import find_track
from .changes import (
    DAYS,
    SUBMISSIONS,
    added_folders,
    is_recent_ancestor,
    merged_folders,
    take_out,
)

__all__ = ["review"]

LONGEST_REPORT = 60_000
"""Most characters of a comment."""


def review(repository: Path, base: str, head: str) -> tuple[bool, str]:
    """Check what `head` adds to `base`.

    Args:
        repository: a clone with both commits; the working tree is of `base`.
        base: commit of the main branch.
        head: commit of the pull request.

    Returns:
        Whether everything holds, and the text of the comment.
    """
    try:
        names = added_folders(repository, base, head)
    except (ValueError, OSError) as error:
        return False, f"**Refused.** {_code(str(error))}\n"
    if not names:
        return True, "No submission was added.\n"
    good, parts = True, []
    with tempfile.TemporaryDirectory() as temporary:
        into = Path(temporary)
        for name in merged_folders(repository, base):
            (into / name).symlink_to((repository / SUBMISSIONS / name).resolve())
        taken = {name: _taken(repository, head, name, into) for name in names}
        for name, fault in taken.items():
            try:
                if fault is not None:
                    raise fault
                parts.append(_accepted(_check(repository, base, into / name)))
            except (ValueError, OSError) as error:
                good = False
                said = _code(str(error).replace(f"{into}/", ""))
                parts.append(f"### {name}\n\n**Refused.** {said}\n")
    return good, "\n".join(parts)[:LONGEST_REPORT]


def _taken(repository: Path, head: str, name: str, into: Path) -> Exception | None:
    """Write a submission beside the others and return what went wrong, if anything did.

    All of a pull request are taken out before one is checked: each is compared with the others.
    """
    try:
        take_out(repository, head, name, into)
    except (ValueError, OSError) as error:
        return error
    return None


def _check(repository: Path, base: str, folder: Path) -> Checked:
    checked = check_submission(folder, skip_missing=True)
    for track, entry in checked.submission.tracks.items():
        if entry.base and not is_recent_ancestor(repository, entry.base, base):
            raise ValueError(
                f"{folder.name}: tracks.{track}.base: {entry.base} is no commit of the main branch "
                f"of the last {DAYS} days."
            )
    return checked


def _accepted(checked: Checked) -> str:
    lines = [f"### {checked.submission.folder}", ""]
    lines += ["| track | badge | success (95 %) | score | episodes |", "|---|---|---|---|---|"]
    for name, rows in checked.rows.items():
        row = rows[0]
        badge = "L1 replayed" if name in checked.replayed else "L0, data not here: not ranked"
        lines.append(
            f"| {find_track(name).title} | {badge} | {100 * row.success:.1f} % "
            f"({100 * row.success_low:.0f}-{100 * row.success_high:.0f}) | {row.score:.3f} | "
            f"{row.episodes} of {row.tasks * checked.submission.tracks[name].trials} |"
        )
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    """Return text as a code span that its own characters cannot leave."""
    plain = "".join(c if c.isprintable() and c != "`" else " " for c in text)
    return f"`{plain[:1_500]}`"
