import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from t2po_gym.envs.webshop.world.action_syntax import parse_action

ORIGINAL = re.compile(r"(.+)\[(.+)\]")
"""The original's reading (docs/originals/webshop.md, section 5): greedy, within one line."""


@settings(max_examples=1000, deadline=None)
@given(st.text("ab[] \n\r", max_size=14))
def test_equals_the_greedy_pattern(action):
    match = ORIGINAL.match(action)
    assert parse_action(action) == (match.groups() if match else (action, None))


@pytest.mark.parametrize(
    ("action", "parsed"),
    [
        ("click[[new] sand]", ("click", "[new] sand")),
        ("click[a]b]", ("click", "a]b")),
        ("search[x] please", ("search", "x")),
        ("search[]", ("search[]", None)),
        ("[x]", ("[x]", None)),
        ("click", ("click", None)),
    ],
)
def test_first_bracket(action, parsed):
    assert parse_action(action, first_bracket=True) == parsed
