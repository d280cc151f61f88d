"""Colours of the terminal view. What a colour says, a word or a mark says too."""

from __future__ import annotations

from rich.console import Console
from rich.style import Style
from rich.text import Text
from rich.theme import Theme

from t2po_gym.core.rendering import printable
from t2po_gym.watch.episodes import LEVELS

__all__ = ["THEME", "as_ansi", "clean", "legend", "shade"]

BACKGROUNDS = ("", "", "#ffffd7", "#ffffaf", "#ffff87", "#ffd787", "#ffaf5f", "#ff875f", "#ff5f5f")
"""From sure to unsure; the surest tokens look like any text."""


def _shade(level: int) -> Style:
    colour = BACKGROUNDS[level * (len(BACKGROUNDS) - 1) // (LEVELS - 1)]
    return Style(color="#000000", bgcolor=colour) if colour else Style()


THEME = Theme(
    {
        **{f"level{level}": _shade(level) for level in range(LEVELS)},
        "title": Style(bold=True),
        "label": Style(bold=True, color="cyan"),
        "quiet": Style(dim=True),
        "good": Style(color="green"),
        "bad": Style(color="red"),
        "chosen": Style(reverse=True, bold=True),
        "tti": Style(bold=True, color="magenta"),
    }
)


def shade(level: int | None) -> str:
    """Return the style of a token by its shade of uncertainty."""
    return "" if level is None else f"level{level}"


def clean(text: str) -> str:
    """Return a text that is safe on a terminal: strangers wrote it."""
    return printable(text).replace("\t", "    ")


def legend() -> Text:
    """Return the shades from sure to unsure."""
    shades = [(str(level), shade(level)) for level in range(LEVELS)]
    return Text.assemble(("M: sure ", "quiet"), *shades, (" unsure", "quiet"))


def as_ansi(lines: list[Text], width: int) -> list[str]:
    """Return lines as a terminal of this width takes them, wrapped."""
    console = Console(
        width=width, theme=THEME, force_terminal=True, color_system="256", highlight=False
    )
    with console.capture() as captured:
        for line in lines:
            console.print(line)
    return captured.get().rstrip("\n").split("\n")
