import pytest

from t2po_gym.envs.webshop.world.colours import (
    COLOUR_WORDS,
    normalise_colour,
    normalise_colour_pair,
)


def test_the_colour_list_is_the_described_one():
    assert len(COLOUR_WORDS) == 102
    assert list(COLOUR_WORDS) == sorted(set(COLOUR_WORDS))


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("navy blue", "blue"),
        ("rectangular", "tan"),
        ("standard", "tan"),
        ("228black", "black"),
        ("x-large", "x-large"),
        ("dark red", "dark"),
    ],
)
def test_normalise_colour(text, colour):
    assert normalise_colour(text) == colour


def test_a_pair_is_normalised_only_where_it_is_a_colour_word():
    assert normalise_colour_pair("color", "blue") == "blue"
    assert normalise_colour_pair("red", "x") == "red"
    assert normalise_colour_pair("color", "navy blue") == "('color', 'navy blue')"
    assert normalise_colour_pair("color", "it's") == "('color', \"it's\")"
