"""The trajectories of one track: read, checked against the panel, played again, counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from pydantic import ValidationError

from leaderboards.checking.manifest import first_fault
from leaderboards.checking.stream import read_lines
from leaderboards.submission.layout import MANIFEST, trajectory_file
from leaderboards.submission.manifest import Submission, TrackEntry
from leaderboards.submission.trajectory import Trajectory
from leaderboards.tracks.panels import panel_of
from leaderboards.tracks.track import Track, find_track
from t2po_gym.core.env import TextEnv
from t2po_gym.evaluation.environment import make_env
from t2po_gym.evaluation.parsers import parser_of
from t2po_gym.evaluation.player import episode_seed
from t2po_gym.evaluation.records import MOST_TURNS
from t2po_gym.evaluation.replay import replay_episode
from t2po_gym.evaluation.summary import Figures, figures_of
from t2po_gym.evaluation.templates import ours_or_none

__all__ = [
    "Marks",
    "MissingData",
    "Played",
    "check_entry",
    "marks_of",
    "open_track",
    "read_track",
    "read_trajectories",
    "replay_track",
]

MOST_KEYS = 20 * (MOST_TURNS + 1)
Marks = dict[tuple[str, int], tuple[bytes, bytes]]
"""Digests of the replies and of the actions of every episode, by task and trial."""


class MissingData(ValueError):  # noqa: N818 - nothing is wrong with the submission
    """The data of a track are not on this machine."""


@dataclass(slots=True)
class Played:
    """What is kept of a track's episodes: numbers and digests, no texts."""

    figures: list[Figures] = field(default_factory=list)
    """Numbers, in the order of the panel."""
    marks: Marks = field(default_factory=dict)
    """Digests, for comparing submissions."""

    def add(self, episode: Trajectory) -> None:
        """Take an episode in."""
        self.figures.append(figures_of(episode))
        self.marks[episode.key] = marks_of(episode)


def marks_of(episode: Trajectory) -> tuple[bytes, bytes]:
    """Return the digests of an episode's replies and of its actions.

    Case, spaces and punctuation are left out: changing them does not make a reply another one.
    """

    def digest(texts: Iterator[str]) -> bytes:
        plain = ("".join(filter(str.isalnum, text.lower())) for text in texts)
        joined = "\n".join(plain).encode("utf-8", "surrogatepass")
        return blake2b(joined, digest_size=16).digest()

    turns = episode.turns
    return digest(turn.reply for turn in turns), digest(turn.action for turn in turns)


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


def read_trajectories(folder: Path, name: str, entry: TrackEntry) -> Iterator[Trajectory]:
    """Yield the episodes of a track, each checked for itself and for its place in the panel.

    Raises:
        ValueError: At the first line that is not as `submit` would write it, of another track, or
            out of order; the message names file and line.
    """
    path, track = folder / trajectory_file(name), find_track(name)
    places = {task: place for place, task in enumerate(panel_of(name, entry.base).task_ids)}
    last = (-1, -1)
    for number, line in enumerate(read_lines(path), start=1):
        where = f"{path}, line {number}"
        episode = _parsed(where, line)
        at = (places.get(episode.task_id, -1), episode.trial)
        if at[0] < 0 or episode.trial >= entry.trials:
            raise ValueError(
                f"{where}: task {episode.task_id[:80]!r}, trial {episode.trial} is not of the "
                "panel."
            )
        if at <= last:
            raise ValueError(
                f"{where}: task {episode.task_id!r}, trial {episode.trial} stands twice or not in "
                "the order of the panel."
            )
        last = at
        wanted = {
            "environment": track.env_id,
            "fingerprint": entry.fingerprint,
            "seed": episode_seed(entry.seed, episode.task_id, episode.trial),
        }
        for field_name, value in wanted.items():
            if getattr(episode, field_name) != value:
                raise ValueError(
                    f"{where}: task {episode.task_id!r}, turn 0: {field_name}: expected {value}, "
                    f"found {getattr(episode, field_name)}."
                )
        _check_counts(where, episode)
        yield episode


def _parsed(where: str, line: bytes) -> Trajectory:
    # A record has some fifteen fields, and every turn as many: more are refused before each of them
    # becomes an error message of its own.
    if line.count(b',"') + line.count(b'{"') > MOST_KEYS:
        raise ValueError(f"{where}: more than {MOST_KEYS:,} fields.")
    try:
        episode = Trajectory.model_validate_json(line)
    except ValidationError as error:
        raise ValueError(f"{where}: {first_fault(error)}") from error
    # One way to write a record: no second key of a name, no number in disguise.
    if episode.line().encode() + b"\n" != line:
        raise ValueError(f"{where}: not written as t2po-gym submit writes it.")
    return episode


def _check_counts(where: str, episode: Trajectory) -> None:
    """Refuse token counts that are too small for the text: no token has 256 bytes."""
    for number, turn in enumerate(episode.turns, start=1):
        size = len(turn.reply.encode())
        count = turn.reply_tokens
        # Too many are no lie that helps, and hidden reasoning is counted without being shown.
        if count is not None and count < size / 256:
            raise ValueError(
                f"{where}: task {episode.task_id!r}, turn {number}: reply_tokens: {count} for a "
                f"reply of {size} bytes."
            )


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
