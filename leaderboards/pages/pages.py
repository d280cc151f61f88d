"""From results to pages. Equal results give equal bytes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from t2po_gym.watch.page.shared import static_text

from .board import Board, choices, families, read_board, reported_metrics
from .entries import appearances
from .templating import render

__all__ = ["build_pages"]

STATIC = Path(__file__).parent / "static"


def build_pages(results: Mapping[str, Any]) -> dict[str, bytes]:
    """Return every page and its assets by path. They work from any folder and need no server.

    Args:
        results: tracks, submissions, results and reported numbers.

    Raises:
        ValueError: If a folder or a track has a name that cannot stand in an address.
    """
    board = read_board(results)
    pages = {
        "index.html": render(
            "index.html",
            root="",
            board=board,
            families=families(board),
            choices=choices(board),
            metrics=reported_metrics(board.reported),
        ),
        "viewer.html": render("viewer.html", root="", board=board),
    }
    pages.update((f"entries/{folder}.html", _entry(board, folder)) for folder in board.submissions)
    pages.update((f"assets/{name}", data) for name, data in sorted(_assets().items()))
    return pages


def _assets() -> dict[str, bytes]:
    """Return scripts and style sheet: the board's own, and those of the viewer."""
    own = {path.name: path.read_text(encoding="utf-8") for path in STATIC.iterdir()}
    own["style.css"] = f"{static_text('page.css')}\n{own['style.css']}"
    found = own | {name: static_text(name) for name in ("viewer.js", "curve.js")}
    return {name: text.encode() for name, text in found.items()}


def _entry(board: Board, folder: str) -> bytes:
    return render(
        "entry.html",
        root="../",
        entry=board.submissions[folder],
        appearances=appearances(board, folder),
    )
