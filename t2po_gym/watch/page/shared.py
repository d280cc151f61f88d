"""What the pages of episodes are made with; the leaderboard's pages use it too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

try:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup
except ModuleNotFoundError as error:
    raise ValueError("The pages need the extra `site`: pip install 't2po-gym[site]'") from error

__all__ = ["Environment", "Markup", "make_environment", "static_text", "text_in_page"]

_TEMPLATES = Path(__file__).parent / "templates"
"""Folder of the viewer's parts: `episodes.html`, `episode_filters.html`."""
_STATIC = Path(__file__).parent / "static"


def make_environment(*folders: Path) -> Environment:
    """Return an environment of templates: texts are always escaped, unknown names are errors.

    Args:
        folders: of templates; those of the viewer come last.
    """
    return Environment(
        loader=FileSystemLoader([*folders, _TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def text_in_page(value: Any) -> str:
    """Return a value as JSON in ASCII that no script or element around it can be ended by."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def static_text(name: str) -> str:
    """Return a script or style sheet: `viewer.js`, `curve.js`, `page.css` and the like."""
    return (_STATIC / name).read_text(encoding="utf-8")
