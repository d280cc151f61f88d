"""The order of a track's entries.

The primary metric of the track decides. Entries of equal value share a rank, and the next rank is
left out accordingly (1, 2, 2, 4). Entries whose episodes were not replayed come behind, those that
read hidden state last; both have no rank.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Standing", "overall", "standings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An entry on a track.

    Example: `Standing(rank=2, result={"track": "toy", ...}, submission={"folder": "a", ...})`
    """

    rank: int | None
    """From 1; None for an entry that reads hidden state or was not replayed."""
    result: Mapping[str, Any]
    """What it reached on the track."""
    submission: Mapping[str, Any]
    """Who submitted what."""


def overall(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the row of a result that counts all tasks: the first."""
    row: Mapping[str, Any] = result["rows"][0]
    return row


def standings(
    track: Mapping[str, Any],
    results: Iterable[Mapping[str, Any]],
    submissions: Mapping[str, Mapping[str, Any]],
) -> list[Standing]:
    """Return the entries of a track in their order.

    Args:
        track: decides by its `primary` metric.
        results: of any tracks.
        submissions: by folder.
    """
    primary = track["primary"]

    def place(result: Mapping[str, Any]) -> tuple[bool, bool, float, str]:
        folder = result["submission"]
        privileged = submissions[folder]["privileged"]
        return privileged, result["badge"] == "L0", -overall(result)[primary], folder

    own = sorted((result for result in results if result["track"] == track["id"]), key=place)
    open_values = [overall(result)[primary] for result in own if is_ranked(result, submissions)]
    return [_standing(result, submissions, primary, open_values) for result in own]


def is_ranked(result: Mapping[str, Any], submissions: Mapping[str, Mapping[str, Any]]) -> bool:
    """Return whether a result takes part in the order of its track."""
    return result["badge"] != "L0" and not submissions[result["submission"]]["privileged"]


def _standing(
    result: Mapping[str, Any],
    submissions: Mapping[str, Mapping[str, Any]],
    primary: str,
    open_values: list[float],
) -> Standing:
    submission = submissions[result["submission"]]
    better = sum(value > overall(result)[primary] for value in open_values)
    rank = better + 1 if is_ranked(result, submissions) else None
    return Standing(rank=rank, result=result, submission=submission)
