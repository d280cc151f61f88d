"""Actions by position, read from text."""

import pytest

from t2po_gym.browser.gestures import KEYS, Click, Key, Scroll, Type, read_gesture
from t2po_gym.core.many.checker import HOSTILE_ACTIONS

READ = {
    "click_at[640,96]": Click(640, 96),
    " Click_At[ 640 , 96 ]. ": Click(640, 96),
    "click_at[0,0]": Click(0, 0),
    "type[blue mug]": Type("blue mug"),
    "type[ a]b ]": Type(" a]b "),
    "press[Enter]": Key("enter"),
    "press[ page  down ]": Key("page down"),
    "press[shift+tab]": Key("shift+tab"),
    "scroll[400]": Scroll(400),
    "scroll[-12]": Scroll(-12),
    "scroll[+7]": Scroll(7),
}
MALFORMED = (
    *("click_at[]", "click_at[1]", "click_at[1,2,3]", "click_at[-1,2]", "click_at[1.5,2]"),
    *("click_at[a,b]", "click_at[1234567,1]", "click_at[٣,٤]", "click_at 1,2", "click_at[1,2"),
    *("type[]", "type", "press[]", "press[f1]", "press[enter enter]", "press[ctrl+w]"),
    *("scroll[]", "scroll[1.5]", "scroll[999999]", "scroll[٣]", "scroll[--1]"),
    *("click[buy now]", "search[mug]", "", "nonsense"),
)


@pytest.mark.parametrize("action", READ)
def test_reading(action: str) -> None:
    assert read_gesture(action) == READ[action]


@pytest.mark.parametrize("action", [*MALFORMED, *HOSTILE_ACTIONS])
def test_malformed_actions_are_none(action: str) -> None:
    assert read_gesture(action) is None


@pytest.mark.parametrize("key", KEYS)
def test_every_key_can_be_named(key: str) -> None:
    assert read_gesture(f"press[{key.upper()}]") == Key(key)
