from __future__ import annotations

import pytest

from t2po_gym.core.agent.history import HistoryWindow, PastTurn, render_turns


def filled(length: int) -> HistoryWindow:
    window = HistoryWindow(length)
    for number in range(1, 5):
        window.append(f"page {number}", f"act {number}")
    return window


def test_window_shows_the_most_recent_turns_with_their_numbers() -> None:
    assert filled(2).shown() == (
        PastTurn(number=3, observation="page 3", action="act 3"),
        PastTurn(number=4, observation="page 4", action="act 4"),
    )
    assert filled(2).render() == "[3] page 3\n> act 3\n[4] page 4\n> act 4"


@pytest.mark.parametrize(("length", "shown"), [(0, 0), (1, 1), (4, 4), (9, 4)])
def test_window_lengths(length: int, shown: int) -> None:
    assert len(filled(length).shown()) == shown


def test_clear_starts_anew() -> None:
    window = filled(3)
    window.clear()
    assert window.shown() == ()
    window.append("p", "a")
    assert window.shown()[0].number == 1


def test_hostile_texts_are_not_read_as_formats() -> None:
    turn = PastTurn(number=1, observation="{number} {0} %s", action="{x}")
    assert render_turns([turn], line="{action}/{observation}") == "{x}/{number} {0} %s"


def test_negative_length_is_named() -> None:
    with pytest.raises(ValueError, match="at least 0"):
        HistoryWindow(-1)
