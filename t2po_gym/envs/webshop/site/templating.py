"""Jinja2 as the shop uses it: every text is escaped so that a browser reads back what was meant."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

try:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup, escape
except ModuleNotFoundError as error:
    raise ValueError(
        "The shop as HTML needs the extra `site`: pip install 't2po-gym[site]'"
    ) from error

__all__ = ["STATIC", "make_environment", "render"]

HERE = Path(__file__).parent
STATIC = HERE / "static"
"""Folder of the stylesheet and the icon."""

# A parser turns a bare carriage return into a line feed, and no HTML can hold the other two.
_FRAGILE = re.compile("[\r\0\ud800-\udfff]")
_LOST = re.compile("[\0\ud800-\udfff]")
_NODE = Markup(" data-node")


def make_environment(*folders: Path) -> Environment:
    """Return an environment of templates: escaped, strict, each template compiled once."""
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=survivable,
    )
    environment.globals["node"] = node
    return environment


def survivable(value: Any) -> Any:
    """Return a text so that a parser's result is the text; what no HTML can hold becomes U+FFFD."""
    if isinstance(value, Markup) or not isinstance(value, str) or not _FRAGILE.search(value):
        return value
    escaped = str(escape(_LOST.sub("\ufffd", value)))  # Markup would escape the "&" below again
    return Markup(escaped.replace("\r", "&#13;"))


def node(text: str) -> Markup:
    """Return the attributes of the element that holds a node of the text observation.

    A text with characters that no HTML can hold is spelled out once more, as JSON.
    """
    if not _LOST.search(text):
        return _NODE
    return _NODE + Markup(' data-text="{}"').format(json.dumps(text))


@cache
def _environment() -> Environment:
    return make_environment(HERE / "templates")


@cache
def _template(name: str) -> Any:
    return _environment().get_template(name)


def render(template: str, **values: Any) -> str:
    """Return a page of the shop."""
    page: str = _template(template).render(**values)
    return page
