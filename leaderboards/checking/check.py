"""All checks of a submission, in order of their cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from leaderboards.checking.copies import refuse_copies
from leaderboards.checking.folder import check_files, check_sums
from leaderboards.checking.manifest import check_places, read_manifest, same_numbers
from leaderboards.checking.replay import MissingData, Played, replay_track
from leaderboards.submission.layout import MANIFEST
from leaderboards.submission.manifest import Submission
from leaderboards.submission.trajectory import Trajectory
from leaderboards.tracks.panels import panel_of
from t2po_gym.evaluation.summary import Summary, summarise

__all__ = ["Checked", "check_format", "check_submission"]

OnEpisode = Callable[[str, Trajectory, tuple[str, ...]], None]


@dataclass(frozen=True, slots=True)
class Checked:
    """A submission that holds."""

    submission: Submission
    """Its manifest."""
    rows: dict[str, list[Summary]]
    """Results by track, counted anew: all tasks, then each task type."""
    played: dict[str, Played]
    """Numbers and digests of all episodes by track."""


def check_format(folder: Path) -> Submission:
    """Check files, sums and manifest (badge L0).

    Raises:
        ValueError: At the first fault.
    """
    places = check_files(folder)
    check_sums(folder, places)
    submission = read_manifest(folder)
    check_places(submission, places, folder)
    return submission


def check_submission(
    folder: Path,
    on_episode: OnEpisode = lambda track, episode, seen: None,
    *,
    skip_missing: bool = False,
) -> Checked:
    """Check everything: format, panel, every turn of every episode, numbers, copies (badge L1).

    Args:
        folder: of the submission; those beside it are searched for the same replies.
        on_episode: told of every episode that holds: track, episode, observations.
        skip_missing: whether a track whose data are not here keeps its claimed numbers; otherwise
            that is an error.

    Raises:
        ValueError: At the first fault; the message names file, task, turn, expected and found.
    """
    submission = check_format(folder)
    rows: dict[str, list[Summary]] = {}
    played: dict[str, Played] = {}
    for name, entry in submission.tracks.items():

        def told(episode: Trajectory, seen: tuple[str, ...], track: str = name) -> None:
            on_episode(track, episode, seen)

        try:
            played[name] = replay_track(folder, submission, name, told)
        except MissingData:
            if not skip_missing:
                raise
            rows[name] = [entry.claimed]
            continue
        panel = panel_of(name, entry.base)
        rows[name] = summarise(panel, entry.trials, played[name].figures)
        same_numbers(f"{folder / MANIFEST}: tracks.{name}.claimed", entry.claimed, rows[name][0])
    refuse_copies(folder, submission, {name: found.marks for name, found in played.items()})
    return Checked(submission, rows, played)
