"""The verdict on a pull request, as Markdown for a comment."""

from __future__ import annotations

import tempfile
from pathlib import Path

from leaderboards.board.results import folders_of
from leaderboards.checking.check import Checked, check_submission
from leaderboards.review.changes import added_folders, is_ancestor, take_out
from leaderboards.tracks.track import find_track

__all__ = ["review"]


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
    except ValueError as error:
        return False, f"**Refused.** {_code(str(error))}\n"
    if not names:
        return True, "No submission was added.\n"
    good, parts = True, []
    for name in names:
        try:
            parts.append(_accepted(_check(repository, base, head, name)))
        except ValueError as error:
            good = False
            parts.append(f"### {name}\n\n**Refused.** {_code(str(error))}\n")
    return good, "\n".join(parts)


def _check(repository: Path, base: str, head: str, name: str) -> Checked:
    """Check a submission beside the merged ones; nothing of it comes into the working tree."""
    with tempfile.TemporaryDirectory() as temporary:
        into = Path(temporary)
        for merged in folders_of(repository / "leaderboards" / "submissions"):
            (into / merged.name).symlink_to(merged.resolve())
        folder = take_out(repository, head, name, into)
        try:
            checked = check_submission(folder, skip_missing=True)
        except ValueError as error:
            raise ValueError(str(error).replace(f"{into}/", "")) from error
    for track, entry in checked.submission.tracks.items():
        if entry.base and not is_ancestor(repository, entry.base, base):
            raise ValueError(f"{name}: tracks.{track}.base: {entry.base} is not in the history.")
    return checked


def _accepted(checked: Checked) -> str:
    lines = [f"### {checked.submission.folder}", ""]
    lines += ["| track | badge | success (95 %) | score | episodes |", "|---|---|---|---|---|"]
    for name, rows in checked.rows.items():
        row = rows[0]
        badge = "L1 replayed" if name in checked.played else "L0, data not here"
        lines.append(
            f"| {find_track(name).title} | {badge} | {100 * row.success:.1f} % "
            f"({100 * row.success_low:.0f}-{100 * row.success_high:.0f}) | {row.score:.3f} | "
            f"{row.episodes} of {row.tasks * checked.submission.tracks[name].trials} |"
        )
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    """Return text as a code span that its own characters cannot leave."""
    return "`" + text.replace("`", "'").replace("\n", " ")[:1_500] + "`"
