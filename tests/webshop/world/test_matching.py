import random
from difflib import SequenceMatcher

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz

from t2po_gym.envs.webshop.world.matching import (
    MATCH_ABOVE,
    PreparedTexts,
    _ratio,
    matches,
    matching_positions,
    prepare,
    token_set_ratio,
)


def test_prepare():
    prepared = {
        "  Navy-Blue! ": "navy blue",
        "café naïve": "caf nave",
        "under_score": "under_score",
        "('color', 'Red 2')": "color    red 2",
        "★ ☆": "",
    }
    assert {text: prepare(text) for text in prepared} == prepared


@pytest.mark.parametrize(
    ("left", "right", "ratio"),
    [
        ("", "a", 0),
        ("a", "", 0),
        ("red", "red", 100),
        ("red", "color red", 100),
        ("b a", "a b a", 100),
        ("large", "x large", 100),
        ("abcd", "efgh", 0),
        ("9 wide", "9 width", 77),
    ],
)
def test_token_set_ratio(left, right, ratio):
    assert token_set_ratio(left, right) == ratio


words = st.lists(st.text("abcde", min_size=1, max_size=6), max_size=6).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(words, words)
def test_rapidfuzz_never_rules_out_a_match(left, right):
    assert token_set_ratio(left, right) <= fuzz.token_set_ratio(left, right) + 0.5
    assert matches(left, right) == (token_set_ratio(left, right) > MATCH_ABOVE)


def test_matching_positions_are_those_that_match():
    rng = random.Random(3)
    pool = ["small", "x-large", "large", "9 wide", "9", "navy blue", "blue", "", "★", "red 2"]
    values = [" ".join(rng.sample(pool, rng.randint(1, 3))) for _ in range(60)]
    for wanted in [*pool, "('size', 'large')", "color blue"]:
        expected = [i for i, value in enumerate(values) if matches(value, wanted)]
        got = matching_positions([prepare(value) for value in values], wanted)
        assert sorted(got) == expected


PAIRS = st.lists(st.text("abcdeé- ", max_size=12), max_size=6)


@settings(max_examples=300, deadline=None)
@given(PAIRS, st.text("abcdeé- ", max_size=12))
def test_prepared_texts_are_ruled_out_only_when_they_do_not_match(values, wanted):
    found = PreparedTexts(values).matching(wanted)
    assert [bool(found >> i & 1) for i in range(len(values))] == [
        matches(value, wanted) for value in values
    ]


@settings(max_examples=300, deadline=None)
@given(st.text("ab ", max_size=30), st.text("ab ", max_size=230))
def test_ratio_of_a_text_and_its_beginning_is_difflibs(left, rest):
    expected = round(100 * SequenceMatcher(None, left, left + rest).ratio()) if left else 0
    assert _ratio(left, left + rest) == (expected if rest or left else 100)


def test_prepared_texts_of_any_length_match_alike():
    """Words that differ in length alone: the shortest and longest that can match are found."""
    values = ["a" * length for length in range(60)]
    for wanted in values:
        found = PreparedTexts(values).matching(wanted)
        assert found == sum(1 << i for i, value in enumerate(values) if matches(value, wanted))
