"""Reading actions: every recorded text in both dialects, and the fixed grammar."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from searchqa_envs import recorded

from t2po_gym.core.many.checker import HOSTILE_ACTIONS
from t2po_gym.envs.searchqa.originals import search_r1, t2po
from t2po_gym.envs.searchqa.world.actions import (
    ACTION_ERRORS,
    MAX_TEXT_CHARS,
    parse_fixed,
    parse_tagged_search,
)

CASES = recorded("action_parsing.json", "cases")


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_recorded_text(case):
    text = case["text"]
    projected = t2po.project(text)
    assert projected.action == case["t2po_action"]
    assert projected.format_ok == case["t2po_valid"]
    cut = search_r1.cut_reply(text)
    assert cut == case["t2po_trimmed"] == case["search_r1_cut"]
    assert search_r1.parse_action(cut) == (case["search_r1_action"], case["search_r1_content"])
    uncut = search_r1.parse_action(text)
    assert uncut == (case["search_r1_action_uncut"], case["search_r1_content_uncut"])
    assert search_r1.reply_parser(text).action == cut
    assert search_r1.reply_parser(text).format_ok == (case["search_r1_action"] is not None)


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_projecting_twice_is_projecting_once(case):
    once = t2po.project(case["text"]).action
    assert t2po.project(once).action == once


READABLE = {
    "search": {
        "search[river Ulm]": "river Ulm",
        "<search>river Ulm</search>": "river Ulm",
        "  Search[ river\n Ulm ]\n": "river Ulm",
        "<SEARCH> q </search>": "q",
        "search[a [b] c]": "a [b] c",
        "search[<b>x</b>]": "<b>x</b>",
        f"search[{'x' * MAX_TEXT_CHARS}]": "x" * MAX_TEXT_CHARS,
    },
    "answer": {
        "answer[Paris]": "Paris",
        "<answer>Paris</answer>": "Paris",
        "ANSWER[ The  Hague ]": "The  Hague",
        "answer[:]]": ":]",
        "answer[a < b > c]": "a < b > c",
        "answer[東京]": "東京",
        "answer[\ud800]": "\ud800",
        "<answer>[x]</answer>": "[x]",
    },
}


@pytest.mark.parametrize("kind", READABLE)
def test_fixed_grammar_takes(kind):
    for action, text in READABLE[kind].items():
        assert parse_fixed(action) == (kind, text, "")


@pytest.mark.parametrize(
    ("action", "error"),
    [
        ("", "not_an_action"),
        ("search", "not_an_action"),
        ("search[", "not_an_action"),
        ("search[x", "not_an_action"),
        ("<search>x", "not_an_action"),
        ("<search>x</answer>", "not_an_action"),
        ("search [x]", "not_an_action"),
        ("click[x]", "not_an_action"),
        ("please search[x]", "not_an_action"),
        ("search[x] please", "not_an_action"),
        ("ſearch[x]", "not_an_action"),
        ("search[]", "empty_query"),
        ("search[ \n ]", "empty_query"),
        ("<search></search>", "empty_query"),
        ("answer[]", "empty_answer"),
        ("<answer> </answer>", "empty_answer"),
        ("search[a] answer[b]", "several_actions"),
        ("search[a]\nsearch[b]", "several_actions"),
        ("<search>a</search><answer>b</answer>", "several_actions"),
        ("<search><answer>Paris</answer></search>", "several_actions"),
        ("<answer>Paris</answer><search>q</search>", "several_actions"),
        ("search[<answer>Paris</answer>]", "several_actions"),
        (f"search[{'x' * (MAX_TEXT_CHARS + 1)}]", "too_long"),
    ],
)
def test_fixed_grammar_refuses(action, error):
    assert parse_fixed(action) == ("", "", error)
    assert error in ACTION_ERRORS


@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_any_text_is_read_one_way_by_all(text):
    for action in (text, f"search[{text}]", f"<answer>{text}</answer>", text + "<search>"):
        kind, inside, error = parse_fixed(action)
        assert bool(kind) == bool(inside) == (not error)
        assert t2po.project(t2po.project(action).action).action == t2po.project(action).action
        search_r1.parse_action(search_r1.cut_reply(action))


TAGS = ("<search>", "</search>", "<answer>", "</answer>", "<SEARCH>", "search[", "]", "] ")


@pytest.mark.parametrize("piece", TAGS)
def test_long_texts_take_linear_time(piece):
    started = time.process_time()
    for text in (piece * 20_000, *HOSTILE_ACTIONS):
        parse_fixed(text)
        t2po.project(text)
        search_r1.parse_action(text)
    assert time.process_time() - started < 3.0


def test_reply_with_reasoning():
    parsed = parse_tagged_search("<think>why</think>\n<search>river</search>")
    assert (parsed.think, parsed.action, parsed.format_ok) == (
        "why",
        "<search>river</search>",
        True,
    )
    parsed = parse_tagged_search("why</think>answer[x]")  # the prompt ended with the opening tag
    assert (parsed.think, parsed.action, parsed.format_ok) == ("why", "answer[x]", True)


def test_a_search_tag_in_the_reasoning_does_not_count():
    parsed = parse_tagged_search("<think>I could <search> but</think><answer>a</answer>")
    assert parsed.format_ok
    assert parse_fixed(parsed.action) == ("answer", "a", "")
    assert not t2po.project("<think>I could <search> but</think><answer>a</answer>").format_ok


@pytest.mark.parametrize(
    "reply", ["search[x]", "<think>a</think>b", "<think><think>a</think>search[x]", ""]
)
def test_reply_without_the_asked_form(reply):
    assert not parse_tagged_search(reply).format_ok
