"""`results.json`: every submission's numbers, counted anew from its episodes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from leaderboards.checking.check import Checked, check_submission
from leaderboards.checking.copies import same_actions, same_replies
from leaderboards.checking.replay import Marks
from leaderboards.submission.layout import FOLDER, README, SUMS
from leaderboards.submission.trajectory import Trajectory
from leaderboards.tracks.panels import panel_of
from leaderboards.tracks.track import Track, board_root, find_track, load_tracks
from t2po_gym.evaluation.summary import curves

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["folders_of", "read_reported", "results_file", "results_of"]

REPORTED, RERUNS = "reported.toml", "reruns.toml"
OnEpisode = Callable[[str, str, Trajectory, tuple[str, ...]], None]
Known = Mapping[tuple[str, str, str], Mapping[str, Any]]
AllMarks = dict[tuple[str, str, str], Marks]
"""Digests of episodes by track, base commit and submission."""


def folders_of(submissions: Path) -> list[Path]:
    """Return the folders of all submissions, by name.

    Raises:
        ValueError: If something else lies beside them.
    """
    found = sorted(path for path in submissions.iterdir() if not path.name.startswith("."))
    for path in found:
        if not FOLDER.fullmatch(path.name):
            raise ValueError(f"{path} is no submission; expected <YYYYMMDD>_<org>_<slug>.")
    return found


def results_of(
    submissions: Path,
    known: Mapping[str, Any] | None = None,
    on_episode: OnEpisode = lambda folder, track, episode, seen: None,
) -> dict[str, Any]:
    """Check all submissions and return what `results.json` holds.

    Args:
        submissions: folder of the submissions.
        known: earlier results; a track whose data are not here keeps what was replayed before.
        on_episode: told of every replayed episode: submission, track, episode, observations.

    Raises:
        ValueError: If a submission does not hold.
    """
    earlier = {
        (entry["submission"], entry["track"], entry["sums"]): entry
        for entry in (known or {}).get("results", ())
        if entry["badge"] != "L0"
    }
    entries: list[dict[str, Any]] = []
    described: list[dict[str, Any]] = []
    marks: AllMarks = {}
    for folder in folders_of(submissions):

        def told(
            track: str, episode: Trajectory, seen: tuple[str, ...], name: str = folder.name
        ) -> None:
            on_episode(name, track, episode, seen)

        checked = check_submission(folder, told, skip_missing=True)
        described.append(_described(checked, folder))
        entries += _entries(checked, folder, earlier)
        for track, played in checked.played.items():
            marks[track, checked.submission.tracks[track].base, folder.name] = played.marks
    privileged = {entry["folder"] for entry in described if entry["privileged"]}
    for entry in entries:
        _compare(entry, marks, privileged)
    return {
        "format": 1,
        "tracks": [_track(track) for track in load_tracks().values()],
        "submissions": described,
        "results": entries,
        "reported": read_reported(),
    }


def results_file(results: Mapping[str, Any]) -> bytes:
    """Return results as their file holds them."""
    return (json.dumps(results, indent=1, ensure_ascii=True, allow_nan=False) + "\n").encode()


def read_reported() -> list[dict[str, Any]]:
    """Return the published numbers, which nobody replayed."""
    text = (board_root() / REPORTED).read_text(encoding="utf-8")
    found: list[dict[str, Any]] = tomllib.loads(text)["reported"]
    return found


def _track(track: Track) -> dict[str, Any]:
    drawn = track.fresh
    return {
        "id": track.id,
        "title": track.title,
        "environment": track.env_id,
        "family": track.family,
        "summary": track.summary,
        "rules": list(track.rules),
        "tasks": track.tasks if drawn else len(panel_of(track.id)),
        "trials": track.trials,
        "max_turns": track.max_turns,
        "primary": track.primary,
        "panel_sha256": track.panel_sha256,
        "data": track.fingerprint,
        "parsers": list(track.parsers),
        "fresh": drawn,
    }


def _described(checked: Checked, folder: Path) -> dict[str, Any]:
    """Return what the page says of a submission beside its numbers."""
    found = checked.submission.model_dump(mode="json", exclude={"tracks", "schema_version"})
    scaffold = found.pop("scaffold")
    origin = next(iter(checked.submission.tracks.values())).origin
    return {
        "folder": folder.name,
        **found,
        "scaffold": {**scaffold.pop("prompt"), **scaffold},
        "software": origin.model_dump(include={"version", "commit", "dirty"}),
        "readme": (folder / README).read_text(encoding="utf-8", errors="replace"),
    }


def _entries(checked: Checked, folder: Path, earlier: Known) -> list[dict[str, Any]]:
    sums = sha256((folder / SUMS).read_bytes()).hexdigest()
    return [_entry(checked, folder, name, sums, earlier) for name in checked.rows]


def _entry(checked: Checked, folder: Path, name: str, sums: str, earlier: Known) -> dict[str, Any]:
    """Return the numbers of a submission on a track."""
    played, entry = checked.played.get(name), checked.submission.tracks[name]
    if played is None and (folder.name, name, sums) in earlier:
        return dict(earlier[folder.name, name, sums])
    found: dict[str, Any] = {
        "track": name,
        "submission": folder.name,
        "sums": sums,
        "badge": "L0" if played is None else _badge(folder.name, name),
        "base": entry.base,
        "seed": entry.seed,
        "trials": entry.trials,
        "rows": [row.model_dump() for row in checked.rows[name]],
        "success_by_turn": [],
        "progress_by_turn": [],
        "expert_similarity": None,
        "nearest": None,
    }
    if played is not None:
        planned = len(panel_of(name, entry.base)) * entry.trials
        along = curves(planned, find_track(name).max_turns, played.figures)
        found |= {
            "success_by_turn": [round(value, 6) for value in along.success],
            "progress_by_turn": [round(value, 6) for value in along.progress],
        }
    return found


def _badge(folder: str, track: str) -> str:
    """Return L1, or what maintainers' own runs have raised it to."""
    text = (board_root() / RERUNS).read_text(encoding="utf-8")
    return str(tomllib.loads(text).get(folder, {}).get(track, {}).get("badge", "L1"))


def _compare(entry: dict[str, Any], marks: AllMarks, privileged: set[str]) -> None:
    """Say how many episodes are an expert's, and whose replies are nearest."""
    name, track, base = entry["submission"], entry["track"], entry["base"]
    own = marks.get((track, base, name))
    if own is None:
        return
    others = {
        other: found
        for (of_track, of_base, other), found in marks.items()
        if (of_track, of_base) == (track, base) and other != name
    }
    experts = [same_actions(own, found) for other, found in others.items() if other in privileged]
    if experts and name not in privileged:
        entry["expert_similarity"] = round(max(experts), 6)
    shares = {other: same_replies(own, found) for other, found in others.items()}
    nearest = max(shares, key=lambda other: (shares[other], other), default=None)
    if nearest is not None and shares[nearest] > 0.0:
        entry["nearest"] = {"submission": nearest, "share": round(shares[nearest], 6)}
