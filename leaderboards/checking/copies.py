"""Whether a submission repeats another one's replies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from leaderboards.checking.manifest import read_manifest
from leaderboards.checking.replay import Marks, marks_of, read_trajectories
from leaderboards.submission.layout import FOLDER, MANIFEST
from leaderboards.submission.manifest import Submission

__all__ = ["SAME", "neighbours", "refuse_copies", "same_actions", "same_replies"]

SAME = 0.9
"""Share of episodes with equal replies from which on a submission is taken for a copy."""


def same_replies(one: Marks, other: Marks) -> float:
    """Return the share of the episodes of `one` whose replies `other` has too, word for word."""
    return _share(one, other, 0)


def same_actions(one: Marks, other: Marks) -> float:
    """Return the share of the episodes of `one` whose actions `other` has too."""
    return _share(one, other, 1)


def _share(one: Marks, other: Marks, part: int) -> float:
    same = sum(other[key][part] == marks[part] for key, marks in one.items() if key in other)
    return same / len(one) if one else 0.0


def neighbours(folder: Path) -> Iterator[Path]:
    """Yield the other submissions beside a folder, by name."""
    for place in sorted(folder.resolve().parent.iterdir()):
        is_one = FOLDER.fullmatch(place.name) and (place / MANIFEST).is_file()
        if is_one and place.name != folder.resolve().name:
            yield place


def refuse_copies(folder: Path, submission: Submission, marks: dict[str, Marks]) -> None:
    """Compare a submission with those beside it, track by track.

    Raises:
        ValueError: If nearly all replies on a track are those of another one, undeclared.
    """
    for other_folder in neighbours(folder):
        other = read_manifest(other_folder)
        if submission.same_traces_as == other.folder or other.same_traces_as == submission.folder:
            continue
        for name in sorted(set(marks) & set(other.tracks)):
            if submission.tracks[name].base != other.tracks[name].base:
                continue
            known = read_trajectories(other_folder, name, other.tracks[name])
            share = same_replies(marks[name], {e.key: marks_of(e) for e in known})
            if share >= SAME:
                raise ValueError(
                    f"{folder}: tracks.{name}: {100 * share:.0f} % of the episodes have the "
                    f"replies of {other.folder}; say so in same_traces_as if they are meant to."
                )
