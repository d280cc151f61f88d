"""Writes `results.json` and the site, and says whether they are current."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..pages.pages import build_pages
from ..pages.viewer import chunk_script, head_of, index_script
from ..submission.trajectory import Trajectory
from .results import results_file, results_of

__all__ = ["EPISODES", "RESULTS", "SITE", "SUBMISSIONS", "build", "stale"]

RESULTS, SITE, EPISODES, SUBMISSIONS = "results.json", "site", "episodes", "submissions"
PER_CHUNK = 20


class EpisodeFiles:
    """Writes the viewer's files as episodes come, so that one chunk at most is in memory.

    Args:
        folder: of the site's episodes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._place: tuple[str, str] | None = None
        self._index: list[dict[str, Any]] = []
        self._chunk: list[dict[str, Any]] = []

    def add(self, submission: str, track: str, episode: Trajectory, seen: tuple[str, ...]) -> None:
        """Take an episode with its observations; those of a track come one after another."""
        if self._place != (submission, track):
            self.close()
            self._place = (submission, track)
        shown = _shown(episode, seen)
        self._index.append(head_of(shown))
        self._chunk.append(shown)
        if len(self._chunk) == PER_CHUNK:
            self._flush()

    def _flush(self) -> None:
        number = (len(self._index) - 1) // PER_CHUNK
        self._write(f"{number}.js", chunk_script(self._name(), number, self._chunk))
        self._chunk = []

    def close(self) -> None:
        """Write what is left of the current track."""
        if self._chunk:
            self._flush()
        if self._place is not None:
            self._write("index.js", index_script(self._name(), PER_CHUNK, self._index))
        self._place, self._index = None, []

    def _name(self) -> str:
        assert self._place is not None
        return "/".join(self._place)

    def _write(self, name: str, data: bytes) -> None:
        path = self._folder / self._name() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _shown(episode: Trajectory, seen: tuple[str, ...]) -> dict[str, Any]:
    """Return an episode as the viewer shows it: with the observations, which are not stored."""
    turns = [
        {
            **turn.model_dump(exclude={"observation_hash"}),
            "observation": observation,
        }
        for turn, observation in zip(episode.turns, seen[1:], strict=True)
    ]
    kept = {"task_id", "task_type", "trial", "score", "success", "terminated", "truncated"}
    return {**episode.model_dump(include=kept), "first": seen[0], "turns": turns}


def build(root: Path) -> Mapping[str, Any]:
    """Check all submissions below `root` and write results and site there.

    Raises:
        ValueError: If a submission does not hold.
    """
    with tempfile.TemporaryDirectory(dir=root, prefix=".building-") as temporary:
        site = Path(temporary) / SITE
        site.mkdir()
        episodes = EpisodeFiles(site / EPISODES)
        results = results_of(root / SUBMISSIONS, episodes.add)
        episodes.close()
        _write_pages(results, site)
        if (root / SITE).exists():
            shutil.rmtree(root / SITE)
        shutil.move(site, root / SITE)
    (root / RESULTS).write_bytes(results_file(results))
    return results


def stale(root: Path) -> list[str]:
    """Return the files that `build` would change; those of the viewer are not looked at.

    Raises:
        ValueError: If a submission does not hold.
    """
    results = results_of(root / SUBMISSIONS)
    wanted = {RESULTS: results_file(results)}
    wanted |= {f"{SITE}/{name}": data for name, data in build_pages(results).items()}
    there = {
        path.relative_to(root).as_posix()
        for path in (root / SITE).rglob("*")
        if path.is_file() and EPISODES not in path.relative_to(root).parts
    }
    changed = [
        name
        for name, data in wanted.items()
        if not (root / name).is_file() or (root / name).read_bytes() != data
    ]
    return sorted({*changed, *(there - set(wanted))})


def _write_pages(results: Mapping[str, Any], site: Path) -> None:
    for name, data in build_pages(results).items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_bytes(data)
