from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared import shared_path

from t2po_gym.core.agent.actions import ParsedAction, parse_tagged, project_webshop

WHOLE = "<think>I need it.</think><action>take[red key]</action>"


def test_docstring_example() -> None:
    expected = ParsedAction(think="I need it.", action="take[red key]", format_ok=True)
    assert parse_tagged(WHOLE) == expected


@pytest.mark.parametrize(
    ("reply", "think", "action", "format_ok"),
    [
        (" <think>a</think>\n<action> Go[Hall] </action>\n", "a", "Go[Hall]", True),
        ("a</think><action>x</action>", "a", "x", True),
        ("<think></think><action></action>", "", "", True),
        ("<think>a</think> so <action>x</action>", "a", "x", False),
        ("<think>a</think><action>x</action> done", "a", "x", False),
        ("<think>a</think><action>x</action><action>y</action>", "a", "x", False),
        ("<think><action>x</action></think><action>y</action>", "<action>x</action>", "y", False),
        ("<think>a<think>b</think><action>x</action>", "a<think>b", "x", False),
        ("<think>a</think>b</think><action>x</action>", "a", "x", False),
        ("<think>a</think><action><action>x</action>", "a", "x", False),
        ("<think>a</think><action>x", "a", "", False),
        ("<think>a</think>x</action>", "a", "", False),
        ("<think>a</think>go[hall]", "a", "", False),
        ("<think>never closed <action>x</action>", None, "x", False),
        ("<action>x</action>", None, "x", False),
        ("</action><action>x</action>", None, "x", False),
        ("go[hall]", None, "", False),
        ("", None, "", False),
    ],
)
def test_parse_tagged(reply: str, think: str | None, action: str, format_ok: bool) -> None:
    assert parse_tagged(reply) == ParsedAction(think=think, action=action, format_ok=format_ok)


def test_recorded_projections() -> None:
    cases = json.loads(shared_path("golden", "webshop", "wrapper_projection.json").read_text())
    assert cases
    for case in cases:
        parsed = project_webshop(case["response"])
        assert parsed.action == case["action"], case
        assert parsed.format_ok == bool(case["valid"]), case
        if "format_valid" in case:
            assert parsed.format_ok == bool(case["format_valid"]), case


@pytest.mark.parametrize(
    ("reply", "action", "format_ok"),
    [
        ("<think>a</think><action>Click[Buy Now]</action>", "click[buy now]", True),
        ("\n <Think>a</tHINK>\n<ACTION>X</action>\t", "x", True),
        ("<think>a</think><action>x</action><action>y</action>", "x", False),
        ("</action><action>x</action>", "x", False),
        ("<action>x", "<action>x", False),
        ("<think>a</think><action>搜</action>", "搜", False),
        ("A" * 40, "A" * 30, False),
        ("<think>a</think>< action >x</ action >", "x", False),
        ("< think >a</ think ><action>x</action>", "x", False),
        ("<think>a</think><action\n>Look</action >", "look", False),
        ("<think>a</think><action>x< / action>", "x", False),
        ("<think>a</think>< action>x</action><action>y</action>", "x", False),
        ("<think>a</think><ac tion>x</action>", "<think>a</think><ac tion>x</action>"[-30:], False),
    ],
)
def test_project_webshop(reply: str, action: str, format_ok: bool) -> None:
    parsed = project_webshop(reply)
    assert (parsed.action, parsed.format_ok) == (action, format_ok)


BLANKS = st.text(" \t\n", max_size=2)


@given(before=BLANKS, after=BLANKS, slash=BLANKS, action=st.text("abc[]. ", max_size=6))
def test_white_space_inside_tags_is_read_but_not_well_formed(before, after, slash, action):
    reply = f"<think>a</think><{before}action{after}>{action}<{slash}/{before}action{after}>"
    parsed = project_webshop(reply)
    assert parsed.action == action.strip()
    assert parsed.format_ok == (not (before or after or slash))


@pytest.mark.parametrize("parser", [parse_tagged, project_webshop])
@given(
    reply=st.lists(
        st.sampled_from(["<think>", "</think>", "<action>", "</ACTION>", "</action>", " ", "x[é]"])
        | st.text(st.characters(codec=None, exclude_categories=()), max_size=4)
    ).map("".join)
)
def test_every_string_is_parsed(parser: object, reply: str) -> None:
    parsed = parser(reply)  # type: ignore[operator]
    assert parsed.action == parsed.action.strip() or not parsed.format_ok
    if parsed.format_ok:
        assert parsed.think is not None


@pytest.mark.parametrize("parser", [parse_tagged, project_webshop])
@pytest.mark.parametrize(
    "piece",
    [
        "< ",
        "</ ",
        "< / ",
        "<think>",
        "</think>",
        "<action>",
        "</action>",
        " ",
        "<",
        "<think></think><action>",
    ],
)
def test_long_replies_take_linear_time(parser: object, piece: str) -> None:
    start = time.process_time()
    parser("<think>" + piece * 40_000 + "<action>")  # type: ignore[operator]
    parser("</action>" + piece * 40_000)  # type: ignore[operator]
    assert time.process_time() - start < 1.0
