"""The quick renderings equal the general one."""

import pytest

from t2po_gym.envs.webshop.world.pages import (
    SEPARATOR,
    done_nodes,
    done_text,
    head_nodes,
    head_text,
    render_text,
    search_nodes,
    search_text,
)

TEXTS = ("Find me tea", " padded\t", "a\nb", "", " ", "\n", "\xa0", "\x00", "<&'>\ud800é", "0.0")


@pytest.mark.parametrize("text", TEXTS)
def test_search_page_and_head(text):
    assert search_text(text) == render_text(search_nodes(text))
    assert head_text(text) == render_text(head_nodes(text)) + SEPARATOR


@pytest.mark.parametrize("asin", ["B000000001", "0.0", "options"])
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("reward", [0.0, 1.0, 0.6666666666666666])
def test_last_page(asin, text, reward):
    for options in ({}, {text: "red"}, {"size": text, "color": "<b>"}):
        expected = render_text(done_nodes(asin, options, reward))
        assert done_text(asin, options, reward) == expected
