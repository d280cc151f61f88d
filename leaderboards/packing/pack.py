"""Writes a submission's folder."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from t2po_gym.evaluation.journal import read_episodes, read_plan
from t2po_gym.evaluation.origin import read_origin
from t2po_gym.evaluation.records import EpisodeRecord, Plan
from t2po_gym.evaluation.summary import Figures, figures_of, summarise

from ..checking.folder import check_files, sums_of
from ..submission.layout import MANIFEST, README, SUMS, TRAJECTORIES, trajectory_file
from ..submission.manifest import Submission
from ..submission.trajectory import Trajectory
from ..tracks.panels import panel_of
from ..tracks.track import find_track
from .details import complete, known_of, merged, of_kind

__all__ = ["pack"]


def pack(
    runs: Sequence[Path], into: Path, fields: Mapping[str, Any], readme: str = ""
) -> tuple[Path, Submission]:
    """Pack runs of one policy, each on a track of its own, as a submission.

    Args:
        runs: folders of `t2po-gym eval --track`.
        into: where the submission's folder is made.
        fields: fields of `submission.json` that the runs do not know, or that go over theirs.
        readme: text of README.md; written from the manifest if empty.

    Returns:
        The folder and its manifest.

    Raises:
        ValueError: If the runs do not belong together, a field is missing, or the folder is there
            already: submissions are never changed, only followed by others.
    """
    plans = {run: _plan(run) for run in runs}
    _check_together(plans)
    first = next(iter(plans.values()))
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into, prefix=".packing-") as temporary:
        place = Path(temporary) / "submission"
        (place / TRAJECTORIES).mkdir(parents=True)
        tracks = {plan.track: _pack_run(run, plan, place) for run, plan in plans.items()}
        known = of_kind(merged(known_of(first), fields))
        known.setdefault("hardware", read_origin(runs[0]).machine)
        submission = complete({"schema_version": 1, **known, "tracks": tracks})
        target = into / submission.folder
        if target.exists():
            raise ValueError(f"{target} is there already; choose another --slug.")
        (place / MANIFEST).write_bytes(submission.model_dump_json(indent=2).encode() + b"\n")
        (place / README).write_bytes((readme or _readme(submission)).encode())
        names = (MANIFEST, README, *map(trajectory_file, tracks))
        (place / SUMS).write_bytes(sums_of(place, names))
        ready = place.rename(place.with_name(submission.folder))
        check_files(ready)
        ready.rename(target)
    return target, submission


def _plan(run: Path) -> Plan:
    plan = read_plan(run)
    if not plan.track:
        raise ValueError(f"{run} was not played on a track; play it with t2po-gym eval --track.")
    if plan.task_ids != panel_of(plan.track, plan.base).task_ids:
        raise ValueError(f"{run} was played on another panel of {plan.track}; play it again.")
    return plan


def _check_together(plans: Mapping[Path, Plan]) -> None:
    (first_run, first), *others = plans.items()
    names = [plan.track for plan in plans.values()]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"Two of the runs are on the track {twice}; a submission has one of each.")
    for run, plan in others:
        for part in ("policy", "prompt", "privileged"):
            if getattr(plan, part) != getattr(first, part):
                raise ValueError(f"{run} and {first_run} have another {part}; submit them apart.")


def _pack_run(run: Path, plan: Plan, place: Path) -> dict[str, Any]:
    """Write a run's trajectories and return its entry."""
    figures: list[Figures] = []
    path = place / trajectory_file(plan.track)
    # No name and no time in the header: equal episodes make equal files.
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        for episode in _in_order(run, plan):
            line = Trajectory.of(episode, plan.env_id, plan.fingerprint).line()
            file.write(line.encode() + b"\n")
            figures.append(figures_of(episode))
    return {
        "panel_sha256": panel_of(plan.track, plan.base).sha256,
        "fingerprint": plan.fingerprint,
        "base": plan.base,
        "trials": plan.trials,
        "seed": plan.seed,
        "origin": read_origin(run).model_dump(),
        "claimed": summarise(plan.task_ids, plan.trials, figures)[0].model_dump(),
    }


def _in_order(run: Path, plan: Plan) -> list[EpisodeRecord]:
    """Return a run's episodes in the order of its panel; a stopped run has them as they ended."""
    places = {task: place for place, task in enumerate(plan.task_ids)}
    return sorted(read_episodes(run), key=lambda e: (places[e.task_id], e.trial))


def _readme(submission: Submission) -> str:
    made = submission.model.name if submission.model else "no model"
    lines = [f"# {submission.name}", "", f"By {submission.org}, {submission.date}: {made}.", ""]
    for name, entry in submission.tracks.items():
        found = entry.claimed
        lines.append(
            f"- {find_track(name).title}: success {100 * found.success:.1f} % "
            f"({100 * found.success_low:.0f}-{100 * found.success_high:.0f}), "
            f"score {found.score:.3f}."
        )
    return "\n".join([*lines, "", submission.notes]).rstrip() + "\n"
