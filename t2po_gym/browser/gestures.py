"""Actions by position: what a person does with mouse and keyboard, as text.

=====================  =============================================================================
``click_at[x,y]``      a click with the left button, in pixels from the window's top left corner
``type[text]``         keys, into the text field that has the focus
``press[key]``         one key; `KEYS` names them
``scroll[pixels]``     down, or up if negative
=====================  =============================================================================
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["KEYS", "Click", "Gesture", "Key", "Scroll", "Type", "read_gesture"]

KEYS = (
    *("enter", "tab", "shift+tab", "space", "backspace", "delete", "escape"),
    *("up", "down", "left", "right", "home", "end", "page up", "page down"),
)
"""Keys that can be pressed."""

MOST_PIXELS = 100_000
_FORM = re.compile(r"\s*(click_at|type|press|scroll)\[(.*)\][^\]]*", re.DOTALL | re.IGNORECASE)
_POINT = re.compile(r"\s*(\d{1,6})\s*,\s*(\d{1,6})\s*", re.ASCII)
_PIXELS = re.compile(r"\s*([+-]?\d{1,6})\s*", re.ASCII)


class Click(NamedTuple):
    """A click. Example: ``Click(640, 96)``."""

    x: int
    """Pixels from the left."""

    y: int
    """Pixels from the top."""


class Type(NamedTuple):
    """Keys. Example: ``Type("blue mug")``."""

    text: str
    """What to type."""


class Key(NamedTuple):
    """One key. Example: ``Key("enter")``."""

    name: str
    """One of `KEYS`."""


class Scroll(NamedTuple):
    """Scrolling. Example: ``Scroll(400)``."""

    pixels: int
    """Down, or up if negative."""


Gesture = Click | Type | Key | Scroll


def read_gesture(action: str) -> Gesture | None:
    """Read an action by position; None for any other text, malformed ones included.

    Example:
        >>> read_gesture("click_at[640, 96]"), read_gesture("press[Enter]")
        (Click(x=640, y=96), Key(name='enter'))
    """
    match = _FORM.fullmatch(action)
    if match is None:
        return None
    verb, argument = match[1].lower(), match[2]
    if verb == "type":
        return Type(argument) if argument else None
    if verb == "press":
        name = " ".join(argument.lower().split())
        return Key(name) if name in KEYS else None
    if verb == "scroll":
        pixels = _PIXELS.fullmatch(argument)
        bounded = pixels is not None and abs(int(pixels[1])) <= MOST_PIXELS
        return Scroll(int(pixels[1])) if pixels and bounded else None
    point = _POINT.fullmatch(argument)
    return Click(int(point[1]), int(point[2])) if point else None
