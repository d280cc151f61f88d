"""What is wrong with a model, in words."""

from __future__ import annotations

__all__ = ["ModelError", "ended", "first_line"]


class ModelError(ValueError):
    """A model cannot be read or made, and why."""


def ended(problem: BaseException) -> str:
    """Return what was said with one point at its end."""
    return str(problem).strip().rstrip(".") + "."


def first_line(problem: BaseException) -> str:
    """Return the first line of what a library says, without the point at its end."""
    lines = str(problem).strip().splitlines() or [type(problem).__name__]
    return lines[0].strip().rstrip(".:")
