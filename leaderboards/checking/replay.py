"""One track of a submission: compared with the track itself, read or played again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from t2po_gym.core.env import TextEnv
from t2po_gym.evaluation.environment import make_env
from t2po_gym.evaluation.parsers import parser_of
from t2po_gym.evaluation.replay import replay_episode
from t2po_gym.evaluation.templates import ours_or_none

from ..submission.layout import MANIFEST, trajectory_file
from ..submission.manifest import Submission, TrackEntry
from ..submission.trajectory import Trajectory
from ..tracks.panels import panel_of
from ..tracks.track import Track, find_track
from .trajectories import Played, read_trajectories

__all__ = ["MissingData", "check_entry", "open_track", "read_track", "replay_track"]


class MissingData(ValueError):  # noqa: N818 - nothing is wrong with the submission
    """The data of a track are not on this machine."""


def check_entry(where: str, submission: Submission, name: str, entry: TrackEntry) -> Track:
    """Return the track of an entry after comparing panel, data, trials and parser.

    Raises:
        ValueError: If one is not the track's.
    """
    track = find_track(name)
    if bool(entry.base) != track.fresh:
        raise ValueError(f"{where}.base: needed exactly on fresh tracks.")
    panel = panel_of(name, entry.base).sha256
    parser = submission.scaffold.prompt.parser
    faults = {
        "panel_sha256": (entry.panel_sha256 == panel, f"the panel is {panel}"),
        "fingerprint": (
            track.fresh or entry.fingerprint == track.fingerprint,
            f"the track's data and rules are {track.fingerprint}",
        ),
        "trials": (entry.trials >= track.trials, f"at least {track.trials} are played"),
        "claimed.kind": (entry.claimed.kind == "all", "claimed are the results of all tasks"),
        "parser": (parser in track.parsers, f"replies are read by {' or '.join(track.parsers)}"),
    }
    for field_name, (holds, expected) in faults.items():
        if not holds:
            raise ValueError(f"{where}.{field_name}: {expected}.")
    return track


def open_track(where: str, track: Track, entry: TrackEntry) -> TextEnv:
    """Make the environment of a track, by the track's own arguments.

    Raises:
        MissingData: If the track's data do not come with the package and are not here.
        ValueError: If data or rules are others.
    """
    try:
        env = make_env(track.env_id, track.kwargs(entry.base))
    except ValueError as error:
        if track.data:
            raise MissingData(f"{track.id} needs {track.data}: {error}") from error
        raise
    if env.fingerprint != entry.fingerprint:
        found = env.fingerprint
        env.close()
        raise ValueError(f"{where}.fingerprint: here data and rules are {found}.")
    return env


def read_track(folder: Path, submission: Submission, name: str) -> Played:
    """Read all episodes of a track and check their form, without playing them.

    Raises:
        ValueError: If a line is not of the track and its panel.
    """
    entry, played = submission.tracks[name], Played()
    check_entry(f"{folder / MANIFEST}: tracks.{name}", submission, name, entry)
    for episode in read_trajectories(folder, name, entry):
        played.add(episode)
    return played


def replay_track(
    folder: Path,
    submission: Submission,
    name: str,
    on_episode: Callable[[Trajectory, tuple[str, ...]], None] = lambda episode, seen: None,
) -> Played:
    """Play all episodes of a track again.

    Args:
        folder: of the submission.
        submission: its manifest.
        name: of the track.
        on_episode: told of every episode that holds, with its observations.

    Raises:
        ValueError: If anything differs; the message names file, task, turn, expected and found.
    """
    entry = submission.tracks[name]
    where = f"{folder / MANIFEST}: tracks.{name}"
    env = open_track(where, check_entry(where, submission, name, entry), entry)
    settings = submission.scaffold.prompt
    prompts, parse, played = ours_or_none(settings), parser_of(settings.parser), Played()
    try:
        for number, episode in enumerate(read_trajectories(folder, name, entry), start=1):
            try:
                seen = replay_episode(env, entry.seed, parse, prompts, episode)
            except ValueError as error:  # a mismatch, or a template that cannot read these pages
                path = folder / trajectory_file(name)
                raise ValueError(f"{path}, line {number}: {error}") from error
            played.add(episode)
            on_episode(episode, seen)
    finally:
        env.close()
    return played
