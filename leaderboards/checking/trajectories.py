"""The trajectories of one track: read line by line, each checked for itself and for its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from pydantic import ValidationError

from t2po_gym.evaluation.player import episode_seed
from t2po_gym.evaluation.records import MOST_TURNS, first_fault
from t2po_gym.evaluation.summary import Figures, figures_of

from ..submission.layout import trajectory_file
from ..submission.manifest import TrackEntry
from ..submission.trajectory import Trajectory
from ..tracks.panels import panel_of
from ..tracks.track import find_track
from .stream import read_lines

__all__ = ["Marks", "Played", "marks_of", "read_trajectories"]

MOST_KEYS = 20 * (MOST_TURNS + 1)
Marks = dict[tuple[str, int], tuple[bytes, bytes]]
"""Digests of the replies and of the actions of every episode, by task and trial."""


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
