import dataclasses

import pytest

from t2po_gym.envs.webshop.data.product import Product
from t2po_gym.envs.webshop.world.pages import (
    Kind,
    Node,
    done_nodes,
    option_groups,
    render_rich,
    render_text,
    visible,
)
from t2po_gym.envs.webshop.world.product_page import ProductView, sub_page_nodes
from t2po_gym.envs.webshop.world.results_page import ResultsView, result_line
from t2po_gym.envs.webshop.world.session_rules import SessionRules

LAMP = Product(
    asin="T000000003",
    title='Lumen "Aurora" Lamp',
    description="Warm\n\nlight",
    bullets=("Steel frame ", "", " \n"),
    price_tag="$5.0",
    options={"color": ("brass", "black"), "style": ("brass", "2-pack", "buy now", "[x]", "a\nb")},
)


def test_blank_nodes_follow_the_html_parser():
    texts = ["", " ", "\n", " \t ", " \n ", "\u00a0", "x"]
    assert [node.text for node in visible(*map(Node, texts))] == [" ", " ", "\u00a0", "x"]


def test_empty_bullets_leave_a_node_and_line_feeds_do_not():
    nodes = sub_page_nodes(LAMP, "Features", SessionRules())
    assert [node.text for node in nodes] == [" Steel frame ", " "]
    empty = dataclasses.replace(LAMP, description="", bullets=())
    assert sub_page_nodes(empty, "Description", SessionRules()) == []
    assert sub_page_nodes(empty, "Reviews", SessionRules()) == []


def test_rich_marks():
    nodes = [Node("mint", Kind.OPTION), Node("T1", Kind.LINK), Node("Go", Kind.BUTTON), Node(" x ")]
    assert render_text(nodes) == "mint [SEP] T1 [SEP] Go [SEP] x"
    plain = "  [button] mint [button_]\n\n[button] T1 [button_]\n[button] Go [button_]\n x \n"
    assert render_rich(nodes, "", ()) == plain
    assert render_rich(nodes, '{"a": "mint"}', {"T1"}) == (
        "You have clicked mint.\n  [clicked button] mint [clicked button_]\n"
        "\n[clicked button] T1 [clicked button_]\n[button] Go [button_]\n x \n"
    )


def test_clickables_list_a_value_once_and_keep_buttons_first():
    view = ProductView(LAMP, SessionRules())
    assert view.clickables == (
        "back to search", "< prev", "description", "features", "reviews", "buy now",
        "brass", "black", "2-pack", "[x]", "a\nb",
    )  # fmt: skip


@pytest.mark.parametrize("options", [LAMP.options, {}])
def test_product_pages_in_text_are_their_nodes(options):
    product, rules = dataclasses.replace(LAMP, options=options), SessionRules(show_attributes=True)
    view = ProductView(product, rules)
    assert view.text == render_text(view.nodes)
    assert [node.text for node in view.nodes][-6:] == [
        "Rating: N.A.", "Description", "Features", "Reviews", "Attributes", "Buy Now",
    ]  # fmt: skip
    title = view.text.index(product.title)
    named = view.text[:title] + "Selected: style: [x] [SEP] " + view.text[title:]
    assert view.text_with({"style": "[x]"}) == (named if options else view.text)


@pytest.mark.parametrize("page", [0, 1, 2])
@pytest.mark.parametrize("asins", [(), ("T1", "T2"), ("T1", "t1", "NEXT >")])
def test_results_pages_in_text_are_their_nodes(page, asins):
    blank = {"title": "", "price_tag": ""}
    products = [dataclasses.replace(LAMP, asin=asin) for asin in asins]
    products += [dataclasses.replace(LAMP, asin="", **blank)]
    lines = [result_line(product, i, SessionRules()) for i, product in enumerate(products)]
    view = ResultsView(7, lines, tuple(range(len(lines))), page)
    assert view.text == render_text(view.nodes)
    assert view.text.startswith(f"Page {page} (Total results: 7) [SEP] ")
    assert ("< prev" in view.clicks) == (page > 1)
    assert view.clickables == tuple(view.clicks)
    assert view.actions == tuple(f"click[{name}]" for name in view.clicks)


def test_option_groups_hold_what_a_click_can_choose():
    assert option_groups(LAMP, SessionRules()) == [["black"], ["brass", "2-pack"]]
    fixed = SessionRules(first_bracket=True)
    assert option_groups(LAMP, fixed) == [["black"], ["brass", "2-pack", "[x]"]]


def test_options_on_the_done_page_are_sorted_and_escaped():
    texts = [node.text for node in done_nodes("T1", {"b": "<&'>", "a": "é"}, 0.5)]
    assert '{"a": "\\u00e9", "b": "\\u003c\\u0026\\u0027\\u003e"}' in texts
    assert "0.5" in texts
