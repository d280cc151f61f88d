"""From results to pages. Equal results give equal bytes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leaderboards.pages.board import Board, choices, families, read_board, reported_metrics
from leaderboards.pages.entries import appearances
from leaderboards.pages.templating import render

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
    pages.update((f"assets/{path.name}", path.read_bytes()) for path in sorted(STATIC.iterdir()))
    return pages


def _entry(board: Board, folder: str) -> bytes:
    return render(
        "entry.html",
        root="../",
        entry=board.submissions[folder],
        appearances=appearances(board, folder),
    )
