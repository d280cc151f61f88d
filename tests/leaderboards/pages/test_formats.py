"""Numbers as words, and the marks of the axes."""

from __future__ import annotations

import re

import pytest

from leaderboards.pages.charts import interval_bar, line_chart
from leaderboards.pages.formats import count, decimal, percent, size_class, size_words


@pytest.mark.parametrize(
    ("parameters", "words", "group"),
    [
        (999, "999", "below-100M"),
        (800_000, "800 k", "below-100M"),
        (99_999_999, "100 M", "below-100M"),
        (100_000_000, "100 M", "100M-2B"),
        (1_543_000_000, "1.5 B", "100M-2B"),
        (2_000_000_000, "2 B", "2B-10B"),
        (7_620_000_000, "7.6 B", "2B-10B"),
        (10_000_000_000, "10 B", "from-10B"),
        (1_040_000_000_000, "1 T", "from-10B"),
    ],
)
def test_sizes(parameters: int, words: str, group: str) -> None:
    model = {"parameters": parameters}
    assert size_words(model) == words
    assert size_class(model) == group


def test_sizes_that_are_not_known() -> None:
    assert (size_words(None), size_class(None)) == ("no model", "none")
    unknown = {"parameters": None}
    assert (size_words(unknown), size_class(unknown)) == ("not stated", "unknown")


def test_numbers() -> None:
    assert [percent(0.7349), percent(0.0), percent(1.0), percent(None)] == [
        "73.5",
        "0.0",
        "100.0",
        "–",
    ]
    assert [decimal(1115.4, 0), decimal(4.66), decimal(None)] == ["1,115", "4.7", "–"]
    assert [count(1234567), count(None)] == ["1,234,567", "–"]


def labels(chart: str) -> list[int]:
    return [int(number) for number in re.findall(r'class="turn"[^>]*>(\d+)<', chart)]


@pytest.mark.parametrize(
    ("turns", "first", "expected"),
    [
        (1, 1, [1]),
        (8, 1, list(range(1, 9))),
        (11, 0, list(range(11))),
        (15, 1, [2, 4, 6, 8, 10, 12, 14]),
        (51, 0, [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50]),
        (1000, 1, [100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]),
    ],
)
def test_turns_are_labelled_in_round_steps(turns: int, first: int, expected: list[int]) -> None:
    assert labels(line_chart("c", "Title", [0.5] * turns, first)) == expected


def test_a_curve_goes_through_its_values() -> None:
    chart = line_chart("c", "A < B", [0.0, 1.0, 0.5], 1)
    assert '<polyline class="curve" points="58.0,206.0 262.0,12.0 466.0,109.0"/>' in chart
    assert "A &lt; B" in chart


def test_a_chart_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="has no values"):
        line_chart("c", "Title", [], 1)


def test_an_interval_spans_its_ends() -> None:
    bar = interval_bar(0.25, 0.5, 0.75)
    assert 'class="span" x="27.0" y="3" width="50.0"' in bar
    assert 'class="mean" x1="52.0"' in bar
