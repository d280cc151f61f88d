"""Progress of shopping sessions: the definition, milestones, and that nothing leaks."""

import random
from dataclasses import replace
from itertools import product as every_choice

import pytest
from webshop_envs import make

from t2po_gym.envs.webshop.agents.shopper import ScriptedShopper
from t2po_gym.envs.webshop.progress import MILESTONES, SessionProgress
from t2po_gym.envs.webshop.world.pages import option_groups
from t2po_gym.envs.webshop.world.session import Session


def buying(session, index, options):
    """Official reward of buying a product."""
    shop = session.shop
    return shop.judge.detail(session.goal, index, shop.price_of(index), options).total


def best_by_trying(session, index):
    """The best reward over every choice of at most one value per group."""
    product = session.shop.catalogue.product(index)
    groups = option_groups(product, session.shop.rules)
    choices = every_choice(*[[None, *values] for values in groups])
    return max(
        buying(
            session,
            index,
            {name: v for name, v in zip(product.options, choice, strict=True) if v is not None},
        )
        for choice in choices
    )


def defined_progress(session):
    """The definition, written down once more without any cache."""
    if session.kind == "search":
        return 0.0
    if session.kind == "done":
        return session.detail.total
    sigma = max((best_by_trying(session, i) for i in session.results), default=0.0)
    if session.kind == "results":
        return 0.25 * sigma
    best = best_by_trying(session, session.index)
    return 0.25 * sigma + 0.25 * best + 0.4 * buying(session, session.index, session.options)


@pytest.mark.parametrize("rules", ["fixed", "exact"])
def test_progress_is_the_definition_in_every_state_of_random_play(rules):
    env = make(rules=rules, split="all", catalogue="compact:200", max_turns=12)
    rng = random.Random(0)
    kinds = set()
    for episode in range(12):
        _, info = env.reset(seed=episode)
        ended = False
        while not ended:
            action = rng.choice(info["admissible_actions"])
            if action.startswith("search") or rng.random() < 0.1:
                action = f"search[{env.goal.query}]"
            _, _, terminated, truncated, info = env.step(action)
            ended = terminated or truncated
            kinds.add(env.session.kind)
            assert info["progress"] == pytest.approx(defined_progress(env.session), abs=1e-12)
    assert kinds == {"search", "results", "item", "sub", "done"}


def test_a_winning_episode_rises_to_one_and_reaches_every_milestone():
    env = make(split="test")
    for index in range(40):
        _, info = env.reset(seed=0, options={"task_index": index})
        values = [info["progress"]]
        assert not any(info["milestones"].values())
        shopper = ScriptedShopper(env, random.Random(index))
        ended = False
        while not ended:
            _, reward, ended, _, info = env.step(shopper.turn().action)
            values.append(info["progress"])
        assert values[0] == 0.0
        assert values == sorted(values)
        assert values[-1] == reward == 1.0
        assert info["milestones"] == dict.fromkeys(MILESTONES, 1.0)


@pytest.mark.parametrize("rules", ["fixed", "exact"])
def test_the_best_of_a_page_is_the_best_of_its_products(rules):
    env = make(rules=rules, split="all", catalogue="generated:400")
    shop, rng = env._tasks.shop, random.Random(5)
    below = 0
    for number in range(400):
        goal = env._tasks.goal(rng.randrange(env.num_tasks()))
        page = env.catalogue.search(goal.query)[:10]
        if number % 2:
            page = rng.sample(range(len(env.catalogue)), 10)
        quick = shop.judge.best_of(goal, tuple(page), shop.price_of)
        assert quick == max(shop.judge.best(goal, i, shop.price_of(i)) for i in page)
        below += quick < 1.0
    assert below > 100


def test_going_back_loses_progress_but_not_its_maximum():
    env = make(split="test")
    env.reset(seed=0)
    shopper = ScriptedShopper(env, random.Random(0))
    for _ in range(2):
        *_, info = env.step(shopper.turn().action)
    reached = info["progress"]
    assert reached > 0.25
    *_, info = env.step("click[back to search]")
    assert (info["progress"], info["progress_delta"], info["progress_max"]) == (
        0,
        -reached,
        reached,
    )


def test_a_wrong_option_lowers_progress():
    env = make(split="all")
    for index in range(env.num_tasks()):
        goal = env._tasks.goal(index)
        product = env.catalogue.product(env.catalogue.index_of(goal.asin))
        if goal.goal_options and min(len(v) for v in product.options.values()) > 1:
            break
    env.reset(seed=0, options={"task_index": index})
    shopper = ScriptedShopper(env, random.Random(0))
    while True:
        *_, info = env.step(shopper.turn().action)
        if env.session.options:
            break
    right = info["progress"]
    (group, chosen), *_ = env.session.options.items()
    offered = env.session.product().options[group]
    losses = []
    for value in offered:
        *_, info = env.step(f"click[{value}]")
        losses.append(info["progress"] < right)
    assert losses[offered.index(chosen)] is False
    assert any(losses)


def test_observations_are_the_same_with_progress_off():
    plain, told = make(split="test", progress=False), make(split="test")
    for index in range(5):
        options = {"task_index": index}
        told.reset(seed=0, options=options)
        actions = [turn.action for turn in ScriptedShopper(told, random.Random(0), 0.3).play()]
        pages = []
        for env in (told, plain):
            seen = [env.reset(seed=0, options=options)]
            for action in actions:
                observation, reward, *ends, info = env.step(action)
                seen.append((observation, reward, *ends, info["observation_hash"]))
            pages.append([entry[0] for entry in seen] + seen[1:])
        assert pages[0] == pages[1]
        assert not any("progress" in key or key == "milestones" for key in info)


def test_another_hidden_goal_behind_the_same_words_shows_the_same_pages():
    """Gold swapped, visible state equal: only what follows a purchase may differ."""
    env = make(split="all")
    goal = env._tasks.goal(0)
    other = env._tasks.goal(1)
    swapped = replace(other, instruction_text=goal.instruction_text)
    assert other.asin != goal.asin
    sessions = [Session(env._tasks.shop, hidden) for hidden in (goal, swapped)]
    trackers = [SessionProgress(session) for session in sessions]
    rng = random.Random(3)
    differed = False
    for _ in range(300):
        clicks = [a for a in sessions[0].click_actions() if a != "click[buy now]"]
        query = rng.choice((goal.query, other.query, "gift"))
        action = rng.choice([*clicks, f"search[{query}]"])
        seen = [
            (s.step(action), s.url(), s.available(), s.observation("text_rich")) for s in sessions
        ]
        assert seen[0] == seen[1]
        values = [tracker.now().value for tracker in trackers]
        differed = differed or values[0] != values[1]
    assert differed


def test_remembered_states_stay_bounded():
    env = make(rules="exact", split="all", catalogue="compact:200")
    env.reset(seed=0)
    for _ in range(600):
        env.step("search[<r>]")
    assert len(env._session_progress._known) <= 256
