"""`submission.json`, read with care, and what must agree in it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from t2po_gym.evaluation.records import first_fault
from t2po_gym.evaluation.templates import is_ours

from ..submission.layout import MANIFEST, trajectory_file
from ..submission.manifest import Submission

__all__ = ["check_fields", "check_places", "read_manifest", "same_numbers"]


def read_manifest(folder: Path) -> Submission:
    """Read the manifest of a submission.

    Raises:
        ValueError: If it is no valid manifest of this folder.
    """
    path = folder / MANIFEST
    data = path.read_bytes()
    try:
        json.loads(data, object_pairs_hook=_once)
        found = Submission.model_validate_json(data)
    except ValidationError as error:
        raise ValueError(f"{path}: {first_fault(error)}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is no plain JSON: {error}") from error
    try:
        check_fields(found, folder.resolve().name)
    except ValueError as error:
        raise ValueError(f"{folder}/{error}") from error
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key[:80]!r} stands twice in one object")
        found[key] = value
    return found


def check_fields(found: Submission, name: str) -> None:
    """Refuse what the types alone cannot.

    Args:
        found: the manifest.
        name: of its folder.

    Raises:
        ValueError: If two parts of it do not agree.
    """
    places: dict[str, tuple[bool, str]] = {
        "date": (_is_day(found.date), "a day of the calendar, as 2026-11-30"),
        "date, org, slug": (found.folder == name, f"name the folder {found.folder}, not {name}"),
        "model": (
            (found.model is None) == (found.kind == "scripted"),
            "needed exactly where a model plays (kind prompted or trained)",
        ),
        "decoding": (
            (found.decoding is None) == (found.kind == "scripted"),
            "needed exactly where a model plays (kind prompted or trained)",
        ),
        "training": (
            (found.training is None) == (found.kind != "trained"),
            "needed exactly for kind trained",
        ),
        "scaffold.kind": (
            (found.scaffold.kind == "standard") == is_ours(found.scaffold.prompt.template),
            "'standard' is a template of the package, 'custom' any other",
        ),
        "scaffold.template_sha256": (
            bool(found.scaffold.template_sha256) == (found.scaffold.kind == "custom"),
            "needed exactly for a custom scaffold",
        ),
    }
    for place, (holds, expected) in places.items():
        if not holds:
            raise ValueError(f"{MANIFEST}: {place}: {expected}.")


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def check_places(found: Submission, places: tuple[str, ...], folder: Path) -> None:
    """Compare the tracks of a manifest with the files that are there.

    Raises:
        ValueError: If a file is missing, or belongs to no track.
    """
    wanted = {trajectory_file(track) for track in found.tracks}
    there = {place for place in places if "/" in place}
    for place in sorted(wanted ^ there):
        fault = "is missing" if place in wanted else f"belongs to no track of {MANIFEST}"
        raise ValueError(f"{folder / place} {fault}.")


def same_numbers(where: str, claimed: BaseModel, found: BaseModel) -> None:
    """Compare claimed with recomputed numbers.

    Raises:
        ValueError: At the first one that differs by more than rounding.
    """
    for name, value in found:
        stated = getattr(claimed, name)
        same = stated == value
        if isinstance(value, float) and isinstance(stated, float):
            same = abs(stated - value) <= 1e-9 * max(1.0, abs(value))
        if not same:
            raise ValueError(f"{where}.{name}: claimed {stated}, found {value}.")
