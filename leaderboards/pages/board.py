"""The results as the pages need them: tracks with their entries in order, entries by folder."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .formats import BADGES, KINDS, SIZES, size_class
from .ranking import Standing, standings

__all__ = ["Board", "Choice", "Section", "choices", "families", "read_board", "reported_metrics"]

SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A track and who stands on it. Example: `Section(track={"id": "toy", ...}, standings=())`."""

    track: Mapping[str, Any]
    """Rules and size of the track."""
    standings: Sequence[Standing]
    """Its entries in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """All that is shown. Example: `Board(sections=(), submissions={}, reported=())`."""

    sections: Sequence[Section]
    """The tracks in the given order."""
    submissions: Mapping[str, Mapping[str, Any]]
    """Entries by folder."""
    reported: Sequence[Mapping[str, Any]]
    """Numbers of publications."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A filter. Example: `Choice(name="badge", label="Badge", options={"L1": "L1 replayed"})`."""

    name: str
    """As it stands in the address."""
    label: str
    """As it is called on the page."""
    options: Mapping[str, str]
    """Its values and their words."""


def read_board(results: Mapping[str, Any]) -> Board:
    """Order the results for the pages.

    Raises:
        ValueError: If a folder or a track has a name that cannot stand in an address.
    """
    submissions = {_safe(entry["folder"]): entry for entry in results["submissions"]}
    sections = []
    for track in results["tracks"]:
        _safe(track["id"])
        ordered = standings(track, results["results"], submissions)
        sections.append(Section(track=track, standings=ordered))
    return Board(sections=sections, submissions=submissions, reported=results["reported"])


def choices(board: Board) -> list[Choice]:
    """Return the filters, each with those values that some entry has."""
    shown = [standing for section in board.sections for standing in section.standings]
    badges = {standing.result["badge"] for standing in shown}
    kinds = {standing.submission["kind"] for standing in shown}
    sizes = {size_class(standing.submission["model"]) for standing in shown}
    badge_words = {badge: f"{badge} {name}" for badge, (name, _) in BADGES.items()}
    tracks = {section.track["id"]: section.track["title"] for section in board.sections}
    return [
        Choice(name="track", label="Track", options=tracks),
        Choice(name="badge", label="Badge", options=_only(badge_words, badges)),
        Choice(name="kind", label="Kind", options=_only(KINDS, kinds)),
        Choice(name="size", label="Model size", options=_only(SIZES, sizes)),
    ]


def families(board: Board) -> dict[str, list[Section]]:
    """Return the tracks by family, in the given order."""
    found: dict[str, list[Section]] = {}
    for section in board.sections:
        found.setdefault(section.track["family"], []).append(section)
    return found


def reported_metrics(reported: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the metrics of published numbers: success and score first, others by name."""
    names = {name for row in reported for name in row["metrics"]}
    return sorted(names, key=lambda name: (name != "success", name != "score", name))


def _only(words: Mapping[str, str], values: set[str]) -> dict[str, str]:
    return {value: word for value, word in words.items() if value in values}


def _safe(name: str) -> str:
    if SAFE_NAME.fullmatch(name) is None:
        raise ValueError(
            f"{name!r} cannot name a page; use letters, digits, '.', '_' and '-', "
            "with a letter or digit first."
        )
    return name
