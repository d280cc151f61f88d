"""Jinja2 as the pages use it: texts are always escaped, and an unknown name is an error."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from t2po_gym.watch.page.shared import Environment, Markup, make_environment

from . import charts, formats

__all__ = ["render"]

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: Any) -> bytes:
    """Return a page as bytes; half characters (lone surrogates) become question marks."""
    return _environment().get_template(template).render(**values).encode("utf-8", "replace")


@cache
def _environment() -> Environment:
    environment = make_environment(TEMPLATES)
    for name in ("count", "decimal", "https_only", "isolated", "percent", "sort_value"):
        environment.filters[name] = getattr(formats, name)
    environment.globals.update(
        badges=formats.BADGES,
        kinds=formats.KINDS,
        interval_bar=_interval_bar,
        size_class=formats.size_class,
        size_words=formats.size_words,
    )
    return environment


def _interval_bar(low: float, value: float, high: float) -> Markup:
    return Markup(charts.interval_bar(low, value, high))
