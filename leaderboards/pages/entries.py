"""The page of one entry: its place on each track, its curves, and who plays most like it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .board import Board, Section
from .charts import line_chart
from .ranking import Standing

__all__ = ["Appearance", "Curve", "appearances"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A chart. Example: `Curve(title="Solved within a turn", svg="<svg ...")`."""

    title: str
    """Written above it."""
    svg: str
    """Its drawing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """An entry on one track, as its page shows it.

    Example: `Appearance(track={...}, standing=Standing(...), ranked=6, curves=(), nearest=None)`
    """

    track: Mapping[str, Any]
    """The track."""
    standing: Standing
    """Its result there."""
    ranked: int
    """How many entries of the track have a rank."""
    curves: tuple[Curve, ...]
    """Success and progress by turn, as far as there are values."""
    nearest: Mapping[str, Any] | None
    """The submission with the most identical episodes."""


def appearances(board: Board, folder: str) -> list[Appearance]:
    """Return where an entry stands, in the order of the tracks."""
    return [
        _appearance(board, section, standing)
        for section in board.sections
        for standing in section.standings
        if standing.submission["folder"] == folder
    ]


def _appearance(board: Board, section: Section, standing: Standing) -> Appearance:
    nearest = standing.result["nearest"]
    return Appearance(
        track=section.track,
        standing=standing,
        ranked=sum(other.rank is not None for other in section.standings),
        curves=_curves(section.track["id"], standing.result),
        nearest=board.submissions[nearest["submission"]] if nearest else None,
    )


def _curves(track: str, result: Mapping[str, Any]) -> tuple[Curve, ...]:
    wanted = (
        ("success", "Episodes solved within a turn", result["success_by_turn"], 1),
        ("progress", "Mean progress after a turn", result["progress_by_turn"], 0),
    )
    return tuple(
        Curve(title=title, svg=line_chart(f"{track}-{kind}", title, values, first))
        for kind, title, values, first in wanted
        if values
    )
