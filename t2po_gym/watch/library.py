"""All episodes of a place, whatever kind of place it is."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from t2po_gym.core.many.trace import TRACE_NAMES
from t2po_gym.evaluation.journal import PLAN
from t2po_gym.watch.episodes import Episode, Head
from t2po_gym.watch.sources.entry import Entry
from t2po_gym.watch.sources.records import (
    MANIFEST,
    TrackArguments,
    evaluation_entries,
    submission_entries,
)
from t2po_gym.watch.sources.stage import Stage
from t2po_gym.watch.sources.traces import TRACES, run_files, trace_entries

__all__ = ["MOST_EPISODES", "Library", "open_library"]

MOST_EPISODES = 20_000
"""Most episodes that are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """The episodes of one place, read when they are wanted.

    Example: `open_library(Path("runs/mine"), stage, arguments).episode(1).turns[0].action`
    """

    title: str
    """Name of the place."""
    entries: Sequence[Entry]
    """In order; never empty."""

    @property
    def heads(self) -> list[Head]:
        """What the list shows."""
        return [entry.head for entry in self.entries]

    def entry(self, number: int) -> Entry:
        """Return the entry of a number from 1.

        Raises:
            ValueError: If there is none of this number.
        """
        if not 1 <= number <= len(self.entries):
            raise ValueError(f"There are episodes 1 to {len(self.entries):,}; got {number}.")
        return self.entries[number - 1]

    def episode(self, number: int) -> Episode:
        """Read and replay the episode of a number from 1.

        Raises:
            ValueError: If there is none of this number, or it does not replay as recorded.
        """
        return self.entry(number).load()


def open_library(
    path: Path, stage: Stage, arguments: TrackArguments, step: int | None = None
) -> Library:
    """List the episodes of a place.

    Args:
        path: a trace file, or the folder of a training run, an evaluation or a submission.
        stage: plays them again.
        arguments: of the environments of the leaderboard's tracks.
        step: of a training run, only the episodes of this step.

    Raises:
        ValueError: If the place is none of these, holds no or too many episodes, or is damaged.
    """
    entries = list(islice(_entries(path, stage, arguments, step), MOST_EPISODES + 1))
    if not entries:
        raise ValueError(f"{path} holds no episodes.")
    if len(entries) > MOST_EPISODES:
        raise ValueError(f"{path} holds more than {MOST_EPISODES:,} episodes; name a part of it.")
    return Library(title=path.resolve().name, entries=entries)


def _entries(
    path: Path, stage: Stage, arguments: TrackArguments, step: int | None
) -> Iterator[Entry]:
    if (path / TRACES).is_dir():
        for file in run_files(path, step):
            yield from trace_entries(file, stage)
        return
    if step is not None:
        raise ValueError(f"--step is for the folder of a training run; {path} is none.")
    if path.is_file() and path.name.endswith(TRACE_NAMES):
        yield from trace_entries(path, stage)
    elif os.path.lexists(path / MANIFEST):
        yield from submission_entries(path, stage, arguments)
    elif (path / PLAN).is_file():
        yield from evaluation_entries(path, stage)
    elif path.exists():
        raise ValueError(
            f"{path} is no trace file (.jsonl, .jsonl.gz) and no folder of a training run, an "
            "evaluation or a submission."
        )
    else:
        raise ValueError(f"There is no {path}.")
