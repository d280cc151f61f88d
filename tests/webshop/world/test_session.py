"""Sessions against every recorded episode, and the rules one by one."""

import json
import random
import re
from dataclasses import replace

import pytest
from webshop_golden import (
    goal_as_json,
    goal_table,
    golden,
    mini_catalogue,
    mini_nouns,
    mini_with_nouns,
    real_catalogue,
)

from t2po_gym.envs.webshop.data.memory_catalogue import MemoryCatalogue
from t2po_gym.envs.webshop.data.product import Product
from t2po_gym.envs.webshop.originals.history import ObservationHistory
from t2po_gym.envs.webshop.rules import RULES
from t2po_gym.envs.webshop.world.session import (
    MODES,
    OriginalWouldRaise,
    Session,
    SessionRules,
    Shop,
)

RANDOM_STREAM = 1
"""Seed of the stream the recorder gave to random results pages."""

FIXED = replace(RULES["fixed"].session, lenient=False)


EPISODES = [
    *(("mini", episode) for episode in golden("mini_episodes.json")),
    *(("real1k", episode) for episode in golden("real1k_episodes.json.gz")),
]
CATALOGUES = {"mini": mini_with_nouns(), "real1k": real_catalogue()}


def known_nouns(size, session):
    """Tell whether the recorded reward can depend on nouns no file tells."""
    asins = {session.goal.asin, session.product().asin}
    return size != "mini" or len(asins) == 1 or asins <= set(mini_nouns())


def hide_random(value):
    """Replace what a random results page shows at random."""
    text = json.dumps(value)
    return re.sub(r"Next >.*|[bt]\d{9}", "*", text)


def check_step(size, session, step, got):
    """Compare a record with what the session shows, where both have a value."""
    recorded = {key: step[key] for key in got if key in step}
    got = {key: got[key] for key in recorded}
    query = session.query or ""
    if query.split(" ")[0] == "<r>" and got != recorded:
        got, recorded = hide_random(got), hide_random(recorded)
    if step.get("done") and not known_nouns(size, session):
        for values in (got, recorded):
            values.pop("reward")
            values.pop("reward_info", None)
            values.pop("observation")
    assert got == recorded


@pytest.mark.parametrize(
    ("size", "episode"), EPISODES, ids=[f"{size}-{e['name']}-{e['mode']}" for size, e in EPISODES]
)
def test_episodes_equal_the_recorded_ones(size, episode):
    if episode["mode"] not in MODES:
        pytest.skip("html pages are not made")
    table = goal_table(size, episode["human_goals"], episode["seed_before_construct"])
    arguments = episode.get("env_kwargs") or {}
    rules = SessionRules(show_attributes=arguments.get("show_attrs", False))
    shop = Shop(CATALOGUES[size], table.prices.__getitem__, rules)
    number = episode["session"]
    session_id = f"{arguments.get('session_prefix') or ''}{number}"
    goal = table.goals[number]
    assert goal_as_json(goal) == episode["goal"]
    if "price_of_goal" in episode:
        assert shop.price_of(CATALOGUES[size].index_of(goal.asin)) == episode["price_of_goal"]
    stream = random.Random(RANDOM_STREAM)
    session = Session(shop, goal, session_id, stream, mode=episode["mode"])
    history = ObservationHistory(
        session.observation(),
        arguments.get("num_prev_obs", 0),
        arguments.get("num_prev_actions", 0),
    )
    for step in episode["steps"]:
        if step["action"] is None:
            got = {"observation": session.observation()}
        else:
            try:
                observation, reward, done = session.step(step["action"])
            except OriginalWouldRaise as error:
                got = {"raises": error.kind, "message": error.message, "session": error.session}
                assert got == {key: step[key] for key in got}
                continue
            assert "raises" not in step
            got = {
                "observation": history.add(step["action"], observation),
                "reward": reward,
                "done": done,
                "session": session.server_state(),
            }
            if done:
                got["reward_info"] = session.detail.as_info()
        got |= {"url": session.url(), "available": session.available()}
        check_step(size, session, step, got)


def test_random_results_follow_the_stream():
    for size, episode in EPISODES:
        if episode["name"] not in ("prefix query <r>", "prefix query <r> x"):
            continue
        table = goal_table(size, episode["human_goals"], episode["seed_before_construct"])
        shop = Shop(CATALOGUES[size], table.prices.__getitem__)
        session = Session(shop, table.goals[0], rng=RANDOM_STREAM)
        for step in episode["steps"][1:]:
            session.step(step["action"])
            assert session.available() == step["available"]


def make_session(rules=None, mode="text", goal=0, catalogue=None):
    table = goal_table("mini", human=False, seed=0)
    shop = Shop(catalogue or CATALOGUES["mini"], table.prices.__getitem__, rules)
    return Session(shop, table.goals[goal], str(goal), 7, mode=mode)


def play(session, *actions):
    result = None
    for action in actions:
        result = session.step(action)
        assert session.action_valid, action
    return result


def goal_number(asin):
    goals = goal_table("mini", human=False, seed=0).goals
    return next(i for i, goal in enumerate(goals) if goal.asin == asin)


def test_a_wrong_mode_is_named():
    with pytest.raises(ValueError, match="mode is 'html'; expected one of text, text_rich, url"):
        make_session(mode="html")


@pytest.mark.parametrize("rules", [SessionRules(), FIXED], ids=["exact", "fixed"])
@pytest.mark.parametrize("mode", MODES)
def test_save_and_load_branch_an_episode_exactly(rules, mode):
    """At every step a fresh session that loads the state goes on in the same way."""
    rng = random.Random(0)
    session = make_session(rules, mode)
    words = ["tea", "apparel", "<r>", "<q> mens sneakers", "table lamp", "", "zzz"]
    for _ in range(400):
        saved = json.loads(json.dumps(session.save()))
        twin = make_session(rules, mode)
        twin.load(saved)
        assert twin.save() == session.save()
        assert twin.observation() == session.observation()
        actions = [f"search[{rng.choice(words)}]", *session.click_actions()]
        action = rng.choice(actions if rng.random() < 0.9 else ["nonsense", "click[x]"])
        assert twin.step(action) == session.step(action)
        assert twin.server_state() == session.server_state()
        assert twin.available() == session.available()
        assert twin.url() == session.url()
        assert twin.detail == session.detail
        assert twin.action_valid == session.action_valid


def test_what_the_original_raises_leaves_the_session_alone():
    session = make_session()
    play(session, "search[tea]", "click[t000000001]")
    before = session.save()
    for action in ("search[<c>]", "search[<a> red]", "search[" + " ".join(map(str, range(1100)))):
        with pytest.raises(OriginalWouldRaise):
            session.step(action + ("" if action.endswith("]") else "]"))
        assert not session.action_valid
        after = session.save()
        assert {**after, "action_valid": True} == {**before, "action_valid": True}


def test_random_results_need_fifty_products():
    catalogue = mini_catalogue()
    few = MemoryCatalogue([catalogue.product(i) for i in range(49)])
    session = make_session(catalogue=few)
    with pytest.raises(OriginalWouldRaise, match="ValueError"):
        session.step("search[<r>]")


def test_prefix_queries_are_words_under_fixed_rules():
    session = make_session(FIXED)
    for query in ("<r>", "<c>", "<a> tea", "<q> tea"):
        play(session, f"search[{query}]")
    assert session.total_results > 0


def test_fixed_rules_know_the_page_they_are_on():
    for rules, page in ((SessionRules(), 0), (FIXED, 1)):
        session = make_session(rules)
        play(session, "search[search_results tea]", "click[t000000001]", "click[< prev]")
        assert session.page == page
    for rules, kind in ((SessionRules(), "results"), (FIXED, "item")):
        session = make_session(rules)
        play(session, "search[item_page tea]", "click[t000000001]", "click[features]")
        play(session, "click[< prev]")
        assert session.kind == kind


def test_bracketed_option_values_can_be_chosen_under_fixed_rules():
    actions = ("search[canvas sneakers]", "click[t000000007]")
    session = make_session(FIXED)
    play(session, *actions, "click[[new] sand]")
    assert session.options == {"color": "[new] sand"}
    session = make_session()
    play(session, *actions)
    session.step("click[[new] sand]")
    assert not session.action_valid


def test_selected_options_are_named_under_fixed_rules():
    session = make_session(FIXED)
    play(session, "search[green tea]", "click[t000000001]")
    plain = make_session()
    play(plain, "search[green tea]", "click[t000000001]")
    assert session.observation().replace("Selected: none [SEP] ", "") == plain.observation()
    play(session, "click[mint]", "click[40 count (pack of 6)]")
    shown = " [SEP] Selected: flavor name: mint, size: 40 count (pack of 6) [SEP] Northwind "
    assert shown in session.observation()


def test_nothing_is_said_of_options_where_there_are_none():
    session = make_session(FIXED)
    play(session, "search[matcha]", "click[t000000010]")
    assert "Selected" not in session.observation()


def test_search_is_not_advertised_under_fixed_rules():
    assert make_session(FIXED).click_actions() == ()
    assert make_session().click_actions() == ("click[search]",)
    session = make_session()
    session.step("click[search]")
    assert not session.action_valid


def test_compact_pages():
    rules = SessionRules(page_size=3, title_words=2, max_bullets=1, max_description_chars=7)
    session = make_session(rules)
    assert len(play(session, "search[apparel]")[0].split(" [SEP] ")) == 5 + 3 * 3
    text = play(session, "search[green tea]", "click[t000000001]")[0]
    assert "Northwind Organic [SEP] Price" in text
    assert play(session, "click[features]")[0].endswith(
        "< Prev [SEP] ORGANIC: certified organic leaves"
    )
    assert play(session, "click[< prev]", "click[description]")[0].endswith("[SEP] A gentl")


def test_queries_can_be_cut():
    session = make_session(SessionRules(max_query_chars=5))
    play(session, "search[TEA and a lot more]")
    assert session.query == "tea a"


def test_wrong_sizes_are_named():
    with pytest.raises(ValueError, match="page_size is 0; expected at least 1"):
        SessionRules(page_size=0)


def test_attributes_page():
    session = make_session(SessionRules(show_attributes=True))
    text = play(session, "search[green tea]", "click[t000000001]", "click[attributes]")[0]
    assert text.endswith(
        "< Prev [SEP] organic [SEP] caffeine free [SEP] green tea [SEP] grocery [SEP] green tea "
        "[SEP] Grocery › Beverages › Tea"
    )
    session.step("click[< prev]")
    assert session.kind == "item"


def test_an_option_named_as_a_button_does_what_the_button_does():
    options = {
        "style": ("attributes", "back to search", "search", "next >"),
        "width": ("next >", "wide"),
    }
    products = [Product(asin=f"T{i:09}", title="Odd Mug", options=options) for i in range(3)]
    session = make_session(catalogue=MemoryCatalogue(products, {p.asin: ["mug"] for p in products}))
    play(session, "search[mug]", "click[t000000001]", "click[next >]")
    assert session.options == {"width": "next >"}  # the last group that has it
    session.step("click[search]")
    assert not session.action_valid
    play(session, "click[attributes]")
    assert (session.kind, session.sub_page) == ("sub", "Attributes")
    play(session, "click[< prev]", "click[back to search]")
    assert session.kind == "search"
    play(session, "search[search_results mug]", "click[t000000001]", "click[next >]")
    assert (session.kind, session.page) == ("results", 2)


def test_every_goal_with_ordinary_options_can_be_bought_for_its_best_reward():
    """Playing the goal's own options earns what ``best`` promises, under both sets of rules."""
    table = goal_table("real1k", human=False, seed=0)
    for rules in (SessionRules(), FIXED):
        shop = Shop(real_catalogue(), table.prices.__getitem__, rules)
        for goal in table.goals[::97]:
            session = Session(shop, goal)
            play(session, f"search[{goal.name}]", f"click[{goal.asin.lower()}]")
            promised = session.best(session.index)
            assert session.best_visible() >= promised
            assert session.reward_now() < promised or not goal.goal_options
            for value in goal.goal_options.values():
                play(session, f"click[{value}]")
            now = session.reward_now()
            assert play(session, "click[buy now]")[1:] == (now, True)
            if rules is FIXED:
                assert now == promised == 1.0


def test_long_hostile_actions_take_linear_time():
    session = make_session()
    for text in ("[", "]", "a[", "[]", "\x00\ud800é"):
        session.step(text * 50_000)
        assert not session.action_valid
    session.step("search[" + "é " * 50_000 + "]")
    assert session.action_valid
    assert session.total_results == 0


@pytest.mark.parametrize("rules", [SessionRules(), RULES["fixed"].session])
def test_what_is_called_is_what_would_be_accepted(rules):
    """`Session.called` foretells `step`, changes nothing, and names what comes to the same."""
    session, other = make_session(rules), make_session(rules)
    rng = random.Random(0)
    spellings = (str, str.upper, " {}. ".format, "{} x".format, "{}{{}}".format, "x{}".format)
    for _ in range(400):
        actions = [*session.click_actions(), "search[tea]", "search[]", "click[]", "search[ ]"]
        action = rng.choice(spellings)(rng.choice(actions))
        notice, before = session.notice, session.save()
        called = session.called(action)
        assert (session.notice, session.save()) == (notice, before)
        result = session.step(action)
        assert session.action_valid is (called is not None), action
        if called is not None:
            assert other.step("{}[{}]".format(*called)) == result
            assert other.action_valid
