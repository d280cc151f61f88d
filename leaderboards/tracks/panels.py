"""Panels: the tasks of a track in order, a line for each, with its kind."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from t2po_gym.evaluation.environment import make_env, panel

from .track import DIGESTS, PANELS, Track, board_root, find_track

__all__ = ["Panel", "draw_panel", "panel_of"]


@dataclass(frozen=True, slots=True)
class Panel:
    """The tasks of a track.

    Example: `Panel(task_ids=("a", "b"), task_types=("easy", "hard"))`
    """

    task_ids: tuple[str, ...]
    """Public names, in order."""
    task_types: tuple[str, ...]
    """Kind of each; empty texts where there is one kind only."""

    def file(self) -> bytes:
        """Return the panel as its file holds it."""
        tasks = zip(self.task_ids, self.task_types, strict=True)
        lines = (json.dumps({"task_id": name, "task_type": kind}) for name, kind in tasks)
        return "".join(f"{line}\n" for line in lines).encode()

    @property
    def sha256(self) -> str:
        """Digest of the file."""
        return sha256(self.file()).hexdigest()


def draw_panel(track: Track, base: str = "") -> tuple[str, Panel]:
    """Return fingerprint and panel of a track as its environment has them.

    Raises:
        ValueError: If the environment cannot be made, such as for want of data.
    """
    env = make_env(track.env_id, track.kwargs(base))
    try:
        total = env.num_tasks()
        tasks = [env.task(place) for place in panel(total, track.tasks or total)]
        found = Panel(tuple(task.id for task in tasks), tuple(task.type for task in tasks))
        return env.fingerprint, found
    finally:
        env.close()


def panel_of(name: str, base: str = "") -> Panel:
    """Return the panel of a track: read from its file, or drawn if the track is fresh.

    Raises:
        ValueError: If the file is not the one that the digests name.
    """
    return _panel(board_root(), name, base)


@cache
def _panel(root: Path, name: str, base: str) -> Panel:
    track = find_track(name)
    if track.fresh:
        return draw_panel(track, base)[1]
    place = f"{PANELS}/{track.id}.jsonl"
    data = (root / place).read_bytes()
    if sha256(data).hexdigest() != track.panel_sha256:
        raise ValueError(f"{place} is not the panel that {DIGESTS} names: its sha256 differs.")
    tasks = [json.loads(line) for line in data.splitlines()]
    return Panel(
        tuple(task["task_id"] for task in tasks), tuple(task["task_type"] for task in tasks)
    )
