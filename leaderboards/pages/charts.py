"""Charts as inline SVG: drawn in classes, so that the style sheet colours them for day and night.

All values are shares in [0, 1].
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

__all__ = ["interval_bar", "line_chart"]

WIDTH, HEIGHT = 480, 250
LEFT, RIGHT, TOP, BOTTOM = 58, 466, 12, 206
MOST_LABELS = 11
LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)


def interval_bar(low: float, value: float, high: float) -> str:
    """Return a bar from 0 to 1 with an interval and its middle. The numbers stand beside it."""
    return (
        '<svg class="interval" viewBox="0 0 104 12" aria-hidden="true" focusable="false">'
        '<line class="rail" x1="2" y1="6" x2="102" y2="6"/>'
        f'<rect class="span" x="{2 + 100 * low:.1f}" y="3" '
        f'width="{max(100 * (high - low), 0.5):.1f}" height="6" rx="1"/>'
        f'<line class="mean" x1="{2 + 100 * value:.1f}" y1="0.5" x2="{2 + 100 * value:.1f}" '
        'y2="11.5"/></svg>'
    )


def line_chart(name: str, title: str, values: Sequence[float], first_turn: int) -> str:
    """Return a curve over turns.

    Args:
        name: unique on its page, without spaces.
        title: read out by screen readers.
        values: one per turn, in [0, 1].
        first_turn: number of the first value's turn.

    Raises:
        ValueError: If there are no values.
    """
    if not values:
        raise ValueError(f"The chart {title!r} has no values; leave it out.")
    turns = range(first_turn, first_turn + len(values))
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="{name}-title {name}-text">',
        f'<title id="{name}-title">{escape(title)}</title>',
        f'<desc id="{name}-text">From {100 * values[0]:.1f} % at turn {turns[0]} '
        f"to {100 * values[-1]:.1f} % at turn {turns[-1]}.</desc>",
        *_levels(),
        *_turn_labels(turns),
        *_curve(turns, values),
        "</svg>",
    ]
    return "".join(parts)


def _levels() -> Iterator[str]:
    for level in LEVELS:
        y = _y(level)
        kind = "axis" if level == 0 else "grid"
        yield f'<line class="{kind}" x1="{LEFT}" y1="{y:.1f}" x2="{RIGHT}" y2="{y:.1f}"/>'
        yield f'<text class="level" x="{LEFT - 8}" y="{y + 4:.1f}">{100 * level:.0f} %</text>'


def _turn_labels(turns: range) -> Iterator[str]:
    step = next(s for s in _steps() if len(turns) <= s * (MOST_LABELS - 1) + 1)
    for turn in turns:
        if turn % step == 0 or len(turns) == 1:
            x = _x(turn, turns)
            yield f'<line class="axis" x1="{x:.1f}" y1="{BOTTOM}" x2="{x:.1f}" y2="{BOTTOM + 4}"/>'
            yield f'<text class="turn" x="{x:.1f}" y="{BOTTOM + 19}">{turn}</text>'
    yield f'<text class="turn" x="{(LEFT + RIGHT) / 2:.0f}" y="{HEIGHT - 6}">Turn</text>'


def _curve(turns: range, values: Sequence[float]) -> Iterator[str]:
    places = [(_x(turn, turns), _y(value)) for turn, value in zip(turns, values, strict=True)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    area = f"{places[0][0]:.1f},{BOTTOM} {line} {places[-1][0]:.1f},{BOTTOM}"
    yield f'<polygon class="area" points="{area}"/><polyline class="curve" points="{line}"/>'
    for turn, value, (x, y) in zip(turns, values, places, strict=True):
        words = f"Turn {turn}: {100 * value:.1f} %"
        yield f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{words}</title></circle>'


def _steps() -> Iterator[int]:
    unit = 1
    while True:
        yield from (unit, 2 * unit, 5 * unit)
        unit *= 10


def _x(turn: int, turns: range) -> float:
    return LEFT + (RIGHT - LEFT) * (turn - turns[0]) / max(1, len(turns) - 1)


def _y(value: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * value
