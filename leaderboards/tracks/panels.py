"""Panels: the tasks of a track, by name and in order, one per line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path

from leaderboards.tracks.track import DIGESTS, PANELS, Track, board_root, find_track
from t2po_gym.evaluation.environment import make_env, panel

__all__ = ["draw_panel", "panel_file", "panel_of", "panel_sha256"]


def panel_file(task_ids: Iterable[str]) -> bytes:
    """Return a panel as its file holds it."""
    return "".join(json.dumps({"task_id": task}) + "\n" for task in task_ids).encode()


def panel_sha256(task_ids: Iterable[str]) -> str:
    """Return the digest of a panel's file."""
    return sha256(panel_file(task_ids)).hexdigest()


def draw_panel(track: Track, base: str = "") -> tuple[str, tuple[str, ...]]:
    """Return fingerprint and tasks of a track as its environment has them.

    Raises:
        ValueError: If the environment cannot be made, such as for want of data.
    """
    env = make_env(track.env_id, track.kwargs(base))
    try:
        total = env.num_tasks()
        places = panel(total, track.tasks or total)
        return env.fingerprint, tuple(env.task_id(place) for place in places)
    finally:
        env.close()


def panel_of(name: str, base: str = "") -> tuple[str, ...]:
    """Return the tasks of a track: read from its file, or drawn if the track is fresh.

    Raises:
        ValueError: If the file is not the one that `tracks.toml` names.
    """
    return _panel(board_root(), name, base)


@cache
def _panel(root: Path, name: str, base: str) -> tuple[str, ...]:
    track = find_track(name)
    if track.fresh:
        return draw_panel(track, base)[1]
    place = f"{PANELS}/{track.id}.jsonl"
    data = (root / place).read_bytes()
    if sha256(data).hexdigest() != track.panel_sha256:
        raise ValueError(f"{place} is not the panel that {DIGESTS} names: its sha256 differs.")
    return tuple(json.loads(line)["task_id"] for line in data.splitlines())
