"""All checks of a submission, in order of their cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from t2po_gym.evaluation.summary import Summary, summarise

from ..submission.layout import MANIFEST
from ..submission.manifest import Submission
from ..submission.trajectory import Trajectory
from ..tracks.panels import panel_of
from .copies import refuse_copies
from .folder import check_files, check_sums
from .manifest import check_places, read_manifest, same_numbers
from .replay import MissingData, read_track, replay_track
from .trajectories import Played

__all__ = ["Checked", "check_format", "check_submission"]

OnEpisode = Callable[[str, Trajectory, tuple[str, ...]], None]


@dataclass(slots=True)
class Checked:
    """A submission that holds."""

    submission: Submission
    """Its manifest."""
    rows: dict[str, list[Summary]] = field(default_factory=dict)
    """Results by track, counted anew: all tasks, then each task type."""
    played: dict[str, Played] = field(default_factory=dict)
    """Numbers and digests of all episodes by track."""
    replayed: set[str] = field(default_factory=set)
    """Tracks whose episodes were played again, not only read."""


def check_format(folder: Path) -> Checked:
    """Check files, sums, manifest, every line and the numbers, without playing (badge L0).

    Raises:
        ValueError: At the first fault.
    """
    checked = _open(folder)
    for name in checked.submission.tracks:
        _count(folder, checked, name, read_track(folder, checked.submission, name))
    return checked


def check_submission(
    folder: Path,
    on_episode: OnEpisode = lambda track, episode, seen: None,
    *,
    skip_missing: bool = False,
    copies: bool = True,
) -> Checked:
    """Check everything: format, panel, every turn of every episode, numbers, copies (badge L1).

    Args:
        folder: of the submission; those beside it are searched for the same replies.
        on_episode: told of every episode that holds: track, episode, observations.
        skip_missing: whether a track whose data are not here is only read; otherwise that is an
            error.
        copies: whether it is compared with those beside it.

    Raises:
        ValueError: At the first fault; the message names file, task, turn, expected and found.
    """
    checked = _open(folder)
    for name in checked.submission.tracks:

        def told(episode: Trajectory, seen: tuple[str, ...], track: str = name) -> None:
            on_episode(track, episode, seen)

        try:
            played = replay_track(folder, checked.submission, name, told)
            checked.replayed.add(name)
        except MissingData:
            if not skip_missing:
                raise
            played = read_track(folder, checked.submission, name)
        _count(folder, checked, name, played)
    if copies:
        marks = {name: found.marks for name, found in checked.played.items()}
        refuse_copies(folder, checked.submission, marks)
    return checked


def _open(folder: Path) -> Checked:
    places = check_files(folder)
    check_sums(folder, places)
    submission = read_manifest(folder)
    check_places(submission, places, folder)
    return Checked(submission)


def _count(folder: Path, checked: Checked, name: str, played: Played) -> None:
    """Count a track's numbers and compare them with the claimed ones."""
    entry = checked.submission.tracks[name]
    panel = panel_of(name, entry.base)
    rows = summarise(panel.task_ids, entry.trials, played.figures, panel.task_types)
    same_numbers(f"{folder / MANIFEST}: tracks.{name}.claimed", entry.claimed, rows[0])
    checked.rows[name], checked.played[name] = rows, played
