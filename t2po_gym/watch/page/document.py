"""One page with episodes in it: it asks for nothing, and runs nothing but its own script.

The page's policy allows the script and the style sheet by their digests. The episodes are JSON in
ASCII in which no `<` is left, so no text of an episode can end the element that holds it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from itertools import groupby
from typing import Any

from t2po_gym.watch.episodes import LEVELS
from t2po_gym.watch.library import Library
from t2po_gym.watch.page.data import episode_data, head_data, part_names
from t2po_gym.watch.page.shared import Markup, make_environment, static_text, text_in_page
from t2po_gym.watch.sources.entry import Entry

__all__ = ["MOST_ON_PAGE", "document"]

MOST_ON_PAGE = 500
"""Most episodes of one page."""
MOST_BYTES = 128 * 1024 * 1024
"""Most bytes of the episodes of one page."""


def document(library: Library, number: int | None = None) -> bytes:
    """Return a page as bytes; equal episodes give equal bytes.

    Args:
        library: the episodes of a place.
        number: the only one to show, from 1; None for all.

    Raises:
        ValueError: If there is none of this number, there are too many for a page, or one does not
            replay as recorded.
    """
    chosen = library.entries if number is None else [library.entry(number)]
    if len(chosen) > MOST_ON_PAGE:
        raise ValueError(
            f"A page holds at most {MOST_ON_PAGE} episodes, and here are {len(chosen):,}; name one "
            "by --episode, or a step of a training run by --step."
        )
    grouped = [(source, list(group)) for source, group in groupby(chosen, _source)]
    names = part_names(library.title, [source for source, _ in grouped])
    titles = [{"name": n, "title": s} for n, (s, _) in zip(names, grouped, strict=True)]
    data = _data(
        {"name": name, **_part(entries)} for name, (_, entries) in zip(names, grouped, strict=True)
    )
    script, style = _script(), _style()
    page = (
        make_environment()
        .get_template("watch.html")
        .render(
            title=library.title,
            parts=titles,
            levels=LEVELS,
            data=Markup(data),
            script=Markup(script),
            script_hash=_digest(script),
            style=Markup(style),
            style_hash=_digest(style),
        )
    )
    return page.encode("utf-8", "replace")


def _source(entry: Entry) -> str:
    return entry.head.source


def _part(entries: list[Entry]) -> dict[str, Any]:
    return {
        "heads": [head_data(entry.head) for entry in entries],
        "episodes": [episode_data(entry.load()) for entry in entries],
    }


def _data(parts: Iterator[dict[str, Any]]) -> str:
    """Return the parts as JSON that can stand within an element.

    Raises:
        ValueError: If it is too much for a page.
    """
    found, size = [], 0
    for part in parts:
        found.append(text_in_page(part))
        size += len(found[-1])
        if size > MOST_BYTES:
            raise ValueError(
                f"The episodes take more than {MOST_BYTES:,} bytes; name one by --episode."
            )
    return f"[{','.join(found)}]"


@cache
def _script() -> str:
    return "\n".join(map(static_text, ("inline.js", "curve.js", "details.js", "viewer.js")))


@cache
def _style() -> str:
    return "\n".join(map(static_text, ("page.css", "watch.css")))


def _digest(text: str) -> str:
    """Return a text's digest as a page's policy names it."""
    digest = base64.b64encode(sha256(text.encode()).digest()).decode("ascii")
    return f"sha256-{digest}"
