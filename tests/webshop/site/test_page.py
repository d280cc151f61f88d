"""Pages as HTML: they hold the text observation and every action, and nothing hidden."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from shop_pages import pressable, text_nodes, text_of, tree, visited_pages
from webshop_envs import MINI, make, real_files

from t2po_gym.envs.webshop.data.memory_catalogue import MemoryCatalogue
from t2po_gym.envs.webshop.data.product import Product
from t2po_gym.envs.webshop.data.readers import load_products
from t2po_gym.envs.webshop.env import HTML_OBSERVATION_CHARS
from t2po_gym.envs.webshop.site.page import page_html, page_id
from t2po_gym.envs.webshop.site.templating import node, survivable
from t2po_gym.envs.webshop.world.session import Session
from t2po_gym.envs.webshop.world.session_rules import SessionRules
from t2po_gym.envs.webshop.world.shop import Shop

SHOPS: list[dict[str, Any]] = [
    {},
    {"rules": "exact"},
    {"show_attributes": True, "title_words": 3, "max_bullets": 1, "max_description_chars": 20},
]
QUOTED_NUL = '"\0'
HOSTILE = "<script>alert(1)</script> \"'&amp; ]]> --> \r\n\t\x0b\x1f\x85 \x00 \ud800 \ufeff"


@pytest.mark.parametrize("settings", SHOPS, ids=["fixed", "exact", "short"])
def test_a_page_holds_the_text_and_the_actions(settings: dict[str, Any]) -> None:
    env = make(**settings)
    for info in visited_pages(env, episodes=25, steps=15):
        page = tree(page_html(env.session))
        assert text_of(page) == env.observation
        listed = {a for a in info["admissible_actions"] if not a.startswith("search[")}
        assert pressable(page) == listed


def test_the_mini_catalogue_too() -> None:
    nouns = {product.asin: product.title.lower().split() for product in mini_products()}
    catalogue = MemoryCatalogue(mini_products(), nouns)
    env = make(rules="exact", catalogue=catalogue, split="all")
    for _ in visited_pages(env, episodes=25, steps=15):
        assert text_of(tree(page_html(env.session))) == env.observation


def mini_products() -> list[Product]:
    return list(load_products(MINI / "items_shuffle.json", MINI / "items_ins_v2.json"))


@pytest.mark.parametrize("rules", ["fixed", "exact"])
def test_real_products_too(rules: str) -> None:
    env = make(rules=rules, **real_files())
    for info in visited_pages(env, episodes=40, steps=15):
        page = tree(page_html(env.session))
        assert text_of(page) == env.observation
        assert pressable(page) == {a for a in info["admissible_actions"] if a[:7] != "search["}


def test_each_page_has_its_frame() -> None:
    env = make()
    kinds = set()
    for _ in visited_pages(env, episodes=20, steps=15):
        html = page_html(env.session)
        page = tree(html)
        kinds.add(env.session.kind)
        root = page.find("html")[0]
        assert root.attributes["data-page"] == page_id(env.session)
        assert re.fullmatch("[0-9a-f]{16}", page_id(env.session))
        for form in page.find("form"):
            assert (form.attributes["method"], form.attributes["action"]) == ("post", "act")
            hidden = [i for i in form.find("input") if i.attributes["name"] == "page"]
            assert [i.attributes["value"] for i in hidden] == [page_id(env.session)]
        searches = [b for b in page.find("button") if b.attributes.get("value") == "search"]
        boxes = [i for i in page.find("input") if i.attributes.get("id") == "query"]
        assert len(searches) == len(boxes) == (0 if env.session.kind == "done" else 1)
        assert len(page.find("h1")) == 1
        assert page.find("script") == []
        assert not re.search(r'(?:src|href|action)="(?:/|[a-z]+:)', html)  # all are relative
    assert kinds == {"search", "results", "item", "sub", "done"}


def test_the_same_state_gives_the_same_page() -> None:
    first, second = make(), make()
    for action in ("search[lamp]", "click[next >]", "click[< prev]", "nonsense"):
        for env in (first, second):
            if action == "search[lamp]":
                env.reset(seed=3)
            env.step(action)
        assert page_html(first.session) == page_html(second.session)
    states = {page_id(env.session) for env in (first, second)}
    assert len(states) == 1
    first.step("click[back to search]")
    assert page_id(first.session) not in states


def test_a_notice_is_the_first_node_and_no_state() -> None:
    env = make()
    env.reset(seed=0)
    before = page_html(env.session)
    env.step("search[]")
    assert env.session.notice
    assert text_nodes(tree(page_html(env.session)))[0] == env.session.notice
    assert page_html(env.session, with_notice=False) == before


def test_a_message_is_no_part_of_the_text() -> None:
    env = make()
    observation, _ = env.reset(seed=0)
    page = tree(page_html(env.session, message="This page is <old>."))
    assert text_of(page) == observation
    assert [e.text for e in page.find("p", class_="message")] == ["This page is <old>."]


def hostile_session() -> Session:
    """A session in a shop whose every text is hostile."""
    product = Product(
        asin="B<1>/..'\"",
        title=HOSTILE + " title",
        description=HOSTILE,
        bullets=(HOSTILE, "", " ", HOSTILE),
        price_tag=HOSTILE,
        options={
            HOSTILE: (HOSTILE, "", " ", "\n", "search", "buy now", "red"),
            "": ("red ", "x\r"),
        },
        attributes=(HOSTILE,),
    )
    catalogue = MemoryCatalogue([product], nouns={product.asin: ()})
    goal = replace(make_goal(), asin=product.asin, instruction_text=HOSTILE)
    rules = SessionRules(show_selected=True, show_attributes=True, first_bracket=True)
    return Session(Shop(catalogue, lambda _: 1.0, rules), goal)


def make_goal() -> Any:
    env = make()
    env.reset(seed=0)
    return env.goal


def test_hostile_texts_are_inert_and_exact() -> None:
    session = hostile_session()
    seen = set()
    actions = ["search[title]", "click[b<1>/..'\"]", f"click[{HOSTILE}]", "click[red ]"]
    actions += ["click[x\r]", "click[description]", "click[< prev]", "click[features]"]
    actions += ["click[< prev]", "click[attributes]", "click[< prev]", "click[buy now]"]
    for action in actions:
        session.step(action)
        html = page_html(session)
        html.encode("utf-8")  # no lone surrogate is left in it
        page = tree(html)
        assert text_of(page) == session.observation("text")
        assert page.find("script") == []
        assert "\0" not in html
        assert "\r" not in html
        seen.add(session.kind)
    assert seen == {"search", "results", "item", "sub", "done"} - {"search"}


def test_characters_that_html_cannot_hold() -> None:
    assert str(survivable("a\rb")) == "a&#13;b"
    assert str(survivable("<\0\ud800\r&")) == "&lt;\ufffd\ufffd&#13;&amp;"
    assert survivable("plain <") == "plain <"  # left to the template's own escaping
    assert node("plain") == " data-node"
    spelled = tree(f"<p{node(QUOTED_NUL)}></p>")
    assert json.loads(spelled.find("p")[0].attributes["data-text"]) == QUOTED_NUL


def test_chosen_options_are_marked() -> None:
    env = make()
    for seed in range(50):
        env.reset(seed=seed)
        env.step(f"search[{env.goal.instruction_text}]")
        env.step(f"click[{env.goal.asin.lower()}]")
        options = env.session.product().options if env.session.kind == "item" else {}
        if options:
            break
    group, values = next(iter(options.items()))
    env.step(f"click[{values[0]}]")
    pressed = [
        button.attributes["value"]
        for button in tree(page_html(env.session)).find("button")
        if button.attributes.get("aria-pressed") == "true"
    ]
    assert pressed == [f"click[{values[0]}]"]
    assert env.session.options == {group: values[0]}


def test_a_page_shows_nothing_of_the_goal_but_its_words() -> None:
    """Pages of two goals with the same words are the same."""
    env = make()
    env.reset(seed=5)
    twin = Session(
        env.session.shop,
        replace(
            env.goal, asin="OTHER", attributes=("secret",), price_upper=1.0, goal_options={"a": "b"}
        ),
    )
    for action in ("search[lamp]", "click[next >]", "click[]"):
        env.step(action)
        twin.step(action)
        assert page_html(env.session) == page_html(twin)


def test_hidden_attributes_stay_hidden() -> None:
    hidden = Product(
        asin="A1",
        title="Thing",
        attributes=("zebra striped",),
        query="zebra query",
        product_category="zebra path",
    )
    session = Session(Shop(MemoryCatalogue([hidden], nouns={"A1": ()}), lambda _: 1.0), make_goal())
    for action in ("search[thing]", "click[a1]", "click[features]"):
        session.step(action)
        assert "zebra" not in page_html(session)


def test_html_observations_fit_their_space() -> None:
    env = make(observation_mode="html")
    assert env.observation_space.max_length == HTML_OBSERVATION_CHARS
    for _ in visited_pages(env, episodes=10, steps=15):
        assert env.observation_space.contains(env.observation)
        assert env.observation == page_html(env.session)


def test_a_long_html_page_is_whole() -> None:
    product = Product(
        asin="A1",
        title="Long thing",
        description="&" * 40_000,
        instruction="Find me a thing",
        attributes=("soft",),
        instruction_attributes=("soft",),
    )
    catalogue = MemoryCatalogue([product], nouns={"A1": ("thing",)})
    env = make(observation_mode="html", catalogue=catalogue, rules="exact", split="all")
    env.reset(seed=0)
    for action in ("search[thing]", "click[a1]", "click[description]"):
        observation, *_ = env.step(action)
    assert len(observation) > 200_000
    assert observation.endswith("</html>")
    assert observation in env.observation_space


def test_html_mode_keeps_hashes_flags_and_snapshots() -> None:
    env, text = make(observation_mode="html"), make()
    saved = b""
    for twin in (env, text):
        twin.reset(seed=1)
    actions = ["search[]", "click[nothing]", f"search[{text.goal.query}]", "click[next >]"]
    for action in actions:
        _, reward, *_, info = env.step(action)
        _, text_reward, *_, text_info = text.step(action)
        same = ("action_valid", "state_repeated", "action_repeated", "progress", "task_id")
        assert [info[key] for key in same] == [text_info[key] for key in same]
        assert reward == text_reward
        saved = env.snapshot()
    other = make(observation_mode="html")
    observation, restored = other.restore(saved)
    assert (observation, restored["observation_hash"]) == (
        env.observation,
        info["observation_hash"],
    )
    assert other.step("click[< prev]")[0] == env.step("click[< prev]")[0]
