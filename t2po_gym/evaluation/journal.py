"""The folder of an evaluation: a plan, and an episode per line as each one ends.

A run may be killed at any moment. A line is whole or it is dropped when the folder is opened again,
so no finished episode is lost and none is played twice. When all have been played, the lines are
put into the order of the plan: an interrupted run leaves the same bytes as an undisturbed one.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from pydantic import ValidationError

from t2po_gym.data.filelock import file_lock
from t2po_gym.data.whole_file import write_whole
from t2po_gym.evaluation.records import EpisodeRecord, Plan, first_fault

__all__ = ["EPISODES", "PLAN", "Journal", "open_journal", "read_episodes", "read_plan"]

PLAN, EPISODES = "plan.json", "episodes.jsonl"
LONGEST_LINE = 64 * 1024 * 1024


class Journal:
    """An open folder; `open_journal` keeps other processes out. Threads may add episodes at once.

    Args:
        folder: there already.
        plan: what is to be played.

    Raises:
        ValueError: If the folder holds a run with another plan.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder, self.plan = folder, plan
        self._lock = threading.Lock()
        if (folder / PLAN).is_file():
            _compare(read_plan(folder), plan, folder)
        else:
            write_whole(folder / PLAN, plan.model_dump_json(indent=2).encode() + b"\n")
        _drop_half_line(folder / EPISODES)
        known = {(task, trial) for task in plan.task_ids for trial in range(plan.trials)}
        self.done: set[tuple[str, int]] = set()
        for episode in read_episodes(folder):
            if episode.key not in known or episode.key in self.done:
                raise ValueError(
                    f"{folder / EPISODES} holds task {episode.task_id!r}, trial {episode.trial}, "
                    "twice or outside its plan; start again in another folder."
                )
            self.done.add(episode.key)

    @property
    def missing(self) -> list[tuple[str, int]]:
        """Tasks and trials that have not been played, in the order of the plan."""
        every = [(task, trial) for task in self.plan.task_ids for trial in range(self.plan.trials)]
        return [key for key in every if key not in self.done]

    def add(self, episode: EpisodeRecord) -> None:
        """Write an episode; it is on the disk when this returns."""
        data = episode.line().encode() + b"\n"
        if len(data) > LONGEST_LINE:
            raise ValueError(
                f"The episode of task {episode.task_id!r} has {len(data):,} bytes, more than "
                f"{LONGEST_LINE:,}; let the policy write shorter replies."
            )
        with self._lock, (self.folder / EPISODES).open("ab") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            self.done.add(episode.key)

    def close(self) -> None:
        """Put the lines of a complete run into the order of its plan."""
        if self.missing:
            return
        places = {task: place for place, task in enumerate(self.plan.task_ids)}
        episodes = sorted(read_episodes(self.folder), key=lambda e: (places[e.task_id], e.trial))
        write_whole(self.folder / EPISODES, b"".join(e.line().encode() + b"\n" for e in episodes))


@contextmanager
def open_journal(folder: Path, plan: Plan) -> Iterator[Journal]:
    """Open a run's folder for this process alone, and order its lines at the end.

    Raises:
        ValueError: If it is a file, another process plays in it, or it holds another run.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file; name a folder to keep the run in.")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with file_lock(folder / ".lock", wait=False):
            journal = Journal(folder, plan)
            yield journal
            journal.close()
    except BlockingIOError as error:
        raise ValueError(f"Another process plays the run in {folder}.") from error


def read_plan(folder: Path) -> Plan:
    """Read the plan of a run.

    Raises:
        ValueError: If there is none or it is damaged.
    """
    path = folder / PLAN
    if not folder.exists():
        raise ValueError(f"There is no {folder}.")
    if not path.is_file():
        raise ValueError(f"{folder} is no folder of t2po-gym eval: it has no {PLAN}.")
    try:
        return Plan.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise ValueError(f"{path}: {first_fault(error)}") from error


def read_episodes(folder: Path) -> Iterator[EpisodeRecord]:
    """Yield the finished episodes of a run one by one.

    Raises:
        ValueError: If a line is damaged; the message names file and line.
    """
    path = folder / EPISODES
    if not path.is_file():
        return
    with path.open("rb") as file:
        lines = iter(partial(file.readline, LONGEST_LINE), b"")
        for number, line in enumerate(lines, start=1):
            try:
                yield EpisodeRecord.model_validate_json(line)
            except ValidationError as error:
                raise ValueError(f"{path}, line {number}: {first_fault(error)}") from error


def _compare(old: Plan, new: Plan, folder: Path) -> None:
    for name in Plan.model_fields:
        before, now = getattr(old, name), getattr(new, name)
        if before != now:
            raise ValueError(
                f"{folder} holds a run with another {name} ({str(before)[:80]!r}, now "
                f"{str(now)[:80]!r}); give the same settings to go on, or another folder."
            )


def _drop_half_line(path: Path) -> None:
    """Cut off what a kill has left behind the last whole line."""
    if not path.is_file():
        return
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        at = size
        while at > 0:
            start = max(0, at - 65_536)
            file.seek(start)
            newline = file.read(at - start).rfind(b"\n")
            if newline >= 0:
                at = start + newline + 1
                break
            at = start
        if at < size:
            file.truncate(at)
