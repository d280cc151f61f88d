"""Whether a submission repeats another one's replies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..submission.layout import FOLDER, MANIFEST
from ..submission.manifest import Submission
from .manifest import read_manifest
from .trajectories import Marks, marks_of, read_trajectories

__all__ = ["SAME", "neighbours", "refuse_copies", "same_actions", "same_replies"]

SAME = 0.9
"""Share of episodes with equal replies from which on a submission is taken for a copy."""


def same_replies(one: Marks, other: Marks) -> float:
    """Return the share of the episodes of `one` whose replies `other` has for the same task.

    Trials are not told apart: an episode handed in twice is the same episode.
    """
    return _share(one, other, 0)


def same_actions(one: Marks, other: Marks) -> float:
    """Return the share of the episodes of `one` whose actions `other` has for the same task."""
    return _share(one, other, 1)


def _share(one: Marks, other: Marks, part: int) -> float:
    known = {(task, marks[part]) for (task, _), marks in other.items()}
    same = sum((task, marks[part]) in known for (task, _), marks in one.items())
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
        ValueError: If nearly all replies on a track are those of another one, undeclared; or if it
            declares one that is not there.
    """
    others = list(neighbours(folder))
    names = {other.name for other in others}
    for declared in submission.same_traces_as:
        if declared not in names:
            raise ValueError(f"{folder / MANIFEST}: same_traces_as: {declared} is not beside it.")
    for other in others:
        if other.name not in submission.same_traces_as:
            try:
                found = _copied_track(submission, marks, other)
            except ValueError as error:
                raise ValueError(f"Beside {folder.name} lies a broken one: {error}") from error
            if found is not None:
                raise ValueError(
                    f"{folder}: tracks.{found[0]}: {100 * found[1]:.0f} % of the episodes have the "
                    f"replies of {other.name}; say so in same_traces_as if they are meant to."
                )


def _copied_track(
    submission: Submission, marks: dict[str, Marks], other_folder: Path
) -> tuple[str, float] | None:
    """Return the first track whose replies are another submission's, and their share."""
    other = read_manifest(other_folder)
    for name in _common(submission, other, marks):
        known = read_trajectories(other_folder, name, other.tracks[name])
        share = same_replies(marks[name], {e.key: marks_of(e) for e in known})
        if share >= SAME:
            return name, share
    return None


def _common(one: Submission, other: Submission, marks: Iterable[str]) -> Iterator[str]:
    for name in sorted(set(marks) & set(other.tracks)):
        if one.tracks[name].base == other.tracks[name].base:
            yield name
