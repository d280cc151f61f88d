"""How numbers, sizes and links of the pages are written. What is not known is a dash."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = [
    "BADGES",
    "KINDS",
    "MISSING",
    "SIZES",
    "count",
    "decimal",
    "https_only",
    "isolated",
    "percent",
    "size_class",
    "size_words",
    "sort_value",
]

MISSING = "–"
"""Stands for what is not known."""

BADGES: Mapping[str, tuple[str, str]] = {
    "L0": (
        "well formed",
        "The files are complete and have the right form. Nothing was played.",
    ),
    "L1": (
        "replayed",
        "The actions were read out of the raw replies again and played again. Every observation, "
        "reward and score agreed.",
    ),
    "L2": (
        "spot-checked",
        "Replayed, and maintainers played 30 tasks from open weights: the success lies in the 99 % "
        "interval around the claimed one.",
    ),
    "L3": (
        "reproduced",
        "Replayed, and maintainers trained and played it again: the intervals overlap.",
    ),
}
"""Every badge: its name, and what was checked."""

KINDS: Mapping[str, str] = {"trained": "Trained", "prompted": "Prompted", "scripted": "Scripted"}
"""Kinds of entries in words."""

SIZES: Mapping[str, str] = {
    "none": "No model",
    "unknown": "Not stated",
    "below-100M": "Below 100 M",
    "100M-2B": "100 M to 2 B",
    "2B-10B": "2 B to 10 B",
    "from-10B": "10 B and more",
}
"""Classes of model sizes, by parameters."""

_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BOUNDS = ((100_000_000, "below-100M"), (2_000_000_000, "100M-2B"), (10_000_000_000, "2B-10B"))
_UNITS = ((1_000_000_000_000, "T"), (1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k"))


def percent(share: float | None) -> str:
    """Return a share as a percentage without its sign: 0.731 -> `73.1`."""
    return MISSING if share is None else f"{100 * share:.1f}"


def decimal(value: float | None, digits: int = 1) -> str:
    """Return a number with a fixed count of digits after the point."""
    return MISSING if value is None else f"{value:,.{digits}f}"


def count(value: int | None) -> str:
    """Return a whole number with commas: 123456 -> `123,456`."""
    return MISSING if value is None else f"{value:,}"


def size_class(model: Mapping[str, Any] | None) -> str:
    """Return the key of `SIZES` that a model falls under; None is an entry without a model."""
    if model is None:
        return "none"
    if model["parameters"] is None:
        return "unknown"
    return next((name for most, name in _BOUNDS if model["parameters"] < most), "from-10B")


def size_words(model: Mapping[str, Any] | None) -> str:
    """Return the parameters of a model in three digits: 800000 -> `800 k`."""
    if model is None or model["parameters"] is None:
        return SIZES[size_class(model)].lower()
    parameters = model["parameters"]
    for unit, letter in _UNITS:
        if parameters >= unit:
            return f"{_three_digits(parameters / unit)} {letter}"
    return str(parameters)


def sort_value(value: float | str | None) -> str:
    """Return what a table sorts a cell by; empty if the value is not known."""
    return "" if value is None else str(value)


def https_only(url: str) -> str:
    """Return an address that may become a link, else nothing."""
    return url if url.startswith("https://") else ""


def isolated(text: str) -> str:
    """Return a text that cannot turn what stands beside it, for places that take no `<bdi>`.

    Its own direction marks are left out, and it is put between U+2068 and U+2069.
    """
    return f"\u2068{_DIRECTIONS.sub('', text)}\u2069"


def _three_digits(value: float) -> str:
    digits = 0 if value >= 99.95 else 1
    return f"{value:.{digits}f}".removesuffix(".0")
