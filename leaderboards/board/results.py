"""`results.json`: every submission's numbers, counted anew from its episodes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from t2po_gym.evaluation.summary import curves

from ..checking.check import Checked, check_submission
from ..checking.copies import same_actions, same_replies
from ..checking.trajectories import Marks
from ..submission.layout import FOLDER, README, SUMS
from ..submission.trajectory import Trajectory
from ..tracks.panels import panel_of
from ..tracks.toml_file import read_toml
from ..tracks.track import Track, board_root, find_track, load_tracks

__all__ = ["folders_of", "read_reported", "results_file", "results_of"]

REPORTED, RERUNS = "reported.toml", "reruns.toml"
OnEpisode = Callable[[str, str, Trajectory, tuple[str, ...]], None]
Reruns = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""What maintainers checked themselves, by submission and track: badge, digest of its SHA256SUMS."""
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
    on_episode: OnEpisode = lambda folder, track, episode, seen: None,
) -> dict[str, Any]:
    """Check all submissions and return what `results.json` holds.

    They are not compared with each other for copies: that is done before a submission is taken in.

    Args:
        submissions: folder of the submissions.
        on_episode: told of every replayed episode: submission, track, episode, observations.

    Raises:
        ValueError: If a submission does not hold.
    """
    entries: list[dict[str, Any]] = []
    described: list[dict[str, Any]] = []
    marks: AllMarks = {}
    reruns: Reruns = read_toml(board_root() / RERUNS)
    for folder in folders_of(submissions):

        def told(
            track: str, episode: Trajectory, seen: tuple[str, ...], name: str = folder.name
        ) -> None:
            on_episode(name, track, episode, seen)

        checked = check_submission(folder, told, skip_missing=True, copies=False)
        described.append(_described(checked, folder))
        sums = sha256((folder / SUMS).read_bytes()).hexdigest()
        for track, played in checked.played.items():
            entries.append(_entry(checked, folder.name, track, sums, reruns))
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
    found: list[dict[str, Any]] = read_toml(board_root() / REPORTED)["reported"]
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
        "tasks": track.tasks if drawn else len(panel_of(track.id).task_ids),
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
    origins = [entry.origin for entry in checked.submission.tracks.values()]
    return {
        "folder": folder.name,
        **found,
        "scaffold": {**scaffold.pop("prompt"), **scaffold},
        "software": {
            "version": ", ".join(sorted({origin.version for origin in origins})),
            "commit": ", ".join(sorted({origin.commit for origin in origins})),
            "dirty": any(origin.dirty for origin in origins),
        },
        "readme": _plain((folder / README).read_bytes().decode("utf-8", "replace")),
    }


def _plain(text: str) -> str:
    """Return a stranger's text without control characters and marks that turn its direction."""
    return "".join(c for c in text.replace("\r\n", "\n") if c.isprintable() or c in "\n\t")


def _entry(checked: Checked, folder: str, name: str, sums: str, reruns: Reruns) -> dict[str, Any]:
    """Return the numbers of a submission on a track."""
    played, entry = checked.played[name], checked.submission.tracks[name]
    planned = len(panel_of(name, entry.base).task_ids) * entry.trials
    along = curves(planned, find_track(name).max_turns, played.figures)
    return {
        "track": name,
        "submission": folder,
        "sums": sums,
        "badge": _badge(folder, name, sums, name in checked.replayed, reruns),
        "base": entry.base,
        "seed": entry.seed,
        "trials": entry.trials,
        "rows": [row.model_dump() for row in checked.rows[name]],
        "success_by_turn": [round(value, 6) for value in along.success],
        "progress_by_turn": [round(value, 6) for value in along.progress],
        "expert_similarity": None,
        "nearest": None,
    }


def _badge(folder: str, track: str, sums: str, replayed: bool, reruns: Reruns) -> str:
    """Return how far a result was checked, here or by maintainers.

    Raises:
        ValueError: If a maintainers' entry is about other files.
    """
    known = reruns.get(folder, {}).get(track)
    if known is None:
        return "L1" if replayed else "L0"
    if known["sums"] != sums:
        raise ValueError(
            f"{RERUNS}: {folder}, {track}: its SHA256SUMS are not those of the folder."
        )
    return str(known["badge"])


def _compare(entry: dict[str, Any], marks: AllMarks, privileged: set[str]) -> None:
    """Say how many episodes are an expert's, and whose replies are nearest."""
    name, track, base = entry["submission"], entry["track"], entry["base"]
    own = marks[track, base, name]
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
