"""Templates, scripts and styles of the viewer, which the leaderboard's pages use too."""

from __future__ import annotations

from pathlib import Path

__all__ = ["TEMPLATES", "static_text"]

TEMPLATES = Path(__file__).parent / "templates"
"""Folder of the viewer's parts: `episodes.html`, `episode_filters.html`."""
_STATIC = Path(__file__).parent / "static"


def static_text(name: str) -> str:
    """Return a script or style sheet: `viewer.js`, `curve.js`, `page.css` and the like."""
    return (_STATIC / name).read_text(encoding="utf-8")
