import dataclasses
import itertools
import random

import pytest
from webshop_golden import goal_from_json, goal_table, golden, mini_catalogue, real_catalogue

from t2po_gym.envs.webshop.errors import OriginalWouldRaise
from t2po_gym.envs.webshop.goals import Goal
from t2po_gym.envs.webshop.judge import Judge
from t2po_gym.envs.webshop.product import Product
from t2po_gym.envs.webshop.reward import best, best_option_count, reward


def product_from_json(data):
    return Product(
        asin=data["asin"],
        title=data["Title"],
        description=data["Description"],
        bullets=tuple(data["BulletPoints"]),
        attributes=tuple(data["Attributes"]),
        query=data["query"],
        product_category=data["product_category"],
    )


def test_mini_rewards_equal_the_recorded_ones():
    for case in golden("mini_rewards.json"):
        detail = reward(
            goal_from_json(case["goal"]),
            product_from_json(case["product"]),
            case["price"],
            case["options"],
            case["nouns_goal"],
            case["nouns_product"],
        )
        assert detail.total == case["reward"], case["why"]
        assert detail.as_info() == case["info"], case["why"]
        assert detail.attributes_matched == case["n_attr"], case["why"]
        assert detail.options_matched == case["n_opt"], case["why"]


def real_cases():
    catalogue = real_catalogue()
    for case in golden("real1k_rewards.json")["cases"]:
        goal_index = catalogue.index_of(case["goal"]["asin"])
        wanted = catalogue.product(goal_index)
        goal = goal_from_json(
            {
                "query": wanted.query,
                "name": wanted.title,
                "product_category": wanted.product_category,
                **case["goal"],
            }
        )
        yield case, goal, goal_index, catalogue.index_of(case["product_asin"])


def test_real_rewards_equal_the_recorded_ones():
    catalogue = real_catalogue()
    judge = Judge(catalogue)
    for case, goal, goal_index, index in real_cases():
        detail = reward(
            goal,
            catalogue.product(index),
            case["price"],
            case["options"],
            catalogue.nouns(goal_index),
            catalogue.nouns(index),
        )
        assert detail.total == case["reward"]
        assert detail.as_info() == case["info"]
        assert judge.detail(goal, index, case["price"], case["options"]) == detail
        assert judge.reward(goal, index, case["price"], case["options"]) == detail.total


def exact_purchases(seed):
    """Each goal with its own product, price and options."""
    catalogue = real_catalogue()
    table = goal_table("real1k", human=False, seed=seed)
    for number, goal in enumerate(table.goals):
        index = catalogue.index_of(goal.asin)
        yield number, goal, index, table.prices[index]


def test_unwinnable_goals_are_the_recorded_ones():
    recorded = golden("real1k_unwinnable_goals_seed0.json")
    judge = Judge(real_catalogue())
    lost = []
    for number, goal, index, price in exact_purchases(recorded["seed"]):
        total = judge.reward(goal, index, price, goal.goal_options)
        if total < 1.0:
            lost.append([number, goal.asin, dict(goal.goal_options), total])
    assert lost == recorded["goals"]


def test_symmetric_colours_make_every_goal_winnable():
    judge = Judge(real_catalogue(), symmetric_colours=True)
    for _, goal, index, price in exact_purchases(0):
        assert judge.reward(goal, index, price, goal.goal_options) == 1.0
        assert judge.best(goal, index, price) == 1.0


@pytest.mark.parametrize("symmetric", [False, True])
def test_judge_equals_the_pure_functions(symmetric):
    catalogue = real_catalogue()
    judge = Judge(catalogue, symmetric)
    table = goal_table("real1k", human=False, seed=1)
    rng = random.Random(5)
    with_options = [i for i in range(len(catalogue)) if catalogue.product(i).options]
    for _ in range(300):
        goal = rng.choice(table.goals)
        same_query = [i for i in with_options if catalogue.product(i).query == goal.query]
        index = rng.choice(same_query or with_options)
        product, price = catalogue.product(index), table.prices[index]
        groups = list(product.options.values())
        chosen = {name: rng.choice(values) for name, values in product.options.items()}
        nouns = catalogue.nouns(catalogue.index_of(goal.asin)), catalogue.nouns(index)
        detail = reward(goal, product, price, chosen, *nouns, symmetric)
        assert judge.detail(goal, index, price, chosen) == detail
        highest = best(goal, product, price, groups, *nouns, symmetric)
        assert judge.best(goal, index, price) == highest
        if len(list(itertools.islice(itertools.product(*groups), 301))) <= 300:
            tried = (
                reward(goal, product, price, dict(enumerate(choice)), *nouns, symmetric).total
                for choice in itertools.product(*groups)
            )
            assert highest == max(tried)


def test_best_of_is_the_highest_best():
    judge = Judge(real_catalogue())
    table = goal_table("real1k", human=False, seed=1)
    goal, indexes = table.goals[3], range(40)
    each = [judge.best(goal, index, table.prices[index]) for index in indexes]
    assert judge.best_of(goal, indexes, table.prices.__getitem__) == max(each)
    assert judge.best_of(goal, (), table.prices.__getitem__) == 0.0


@pytest.mark.parametrize(
    ("hits", "groups", "count"),
    [
        ([], [0b1], 0),
        ([0, 0], [0b1], 0),
        ([0b1], [], 0),
        ([0b1, 0b1], [0b1], 2),  # one value may satisfy two wanted options
        ([0b01, 0b10], [0b11], 1),  # two values of one group cannot both be chosen
        ([0b01, 0b10], [0b01, 0b10], 2),
        ([0b101, 0b010], [0b011, 0b100], 2),  # the greedy choice of value 0 would lose one
        ([0b0101, 0b0110, 0b1000], [0b0011, 0b1100], 2),
    ],
)
def test_best_option_count(hits, groups, count):
    assert best_option_count(hits, groups) == count


GOAL = Goal(
    asin="T1",
    category="garden",
    query="mugs",
    name="Blue Mug",
    product_category="Home › Kitchen › Mugs",
    instruction_text="",
    attributes=("dishwasher safe",),
    price_upper=20.0,
    goal_options={"size": "small"},
)
MUG = Product(
    asin="T1",
    title="Blue Mug",
    options={"size": ("small", "large")},
    attributes=("dishwasher safe",),
    query="mugs",
    product_category="Home › Kitchen › Mugs",
)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [({"price_upper": 0.0}, "TypeError"), ({"attributes": ()}, "ZeroDivisionError")],
)
def test_goals_the_original_cannot_judge(changes, kind):
    goal = dataclasses.replace(GOAL, **changes)
    with pytest.raises(OriginalWouldRaise) as caught:
        reward(goal, MUG, 5.0, {}, ["mug"], ["mug"])
    assert caught.value.kind == kind


@pytest.mark.parametrize(
    ("goal_nouns", "product_nouns", "query", "category", "r_type"),
    [
        (["mug"], ["mug"], "x", "y", 1.0),
        (["a", "b", "c", "d", "e"], ["a"], "x", "y", 0.5),
        (["a", "b", "c", "d", "e"], ["a"], "mugs", "y", 1.0),
        (["a", "b", "c", "d", "e"], ["a"], "x", "Home › Kitchen", 1.0),
        (["a", "b", "c", "d", "e"], ["a"], "x", "Home", 0.5),
        (list("abcdefghijk"), ["a"], "mugs", "Home › Kitchen", 0.1),
        (["a"], ["b"], "mugs", "Home › Kitchen", 0.0),
        ([], ["b"], "x", "y", 0.5),
        (["a", "a", "a", "a", "a", "a"], ["a"], "x", "y", 0.5),
    ],
)
def test_type_reward(goal_nouns, product_nouns, query, category, r_type):
    product = dataclasses.replace(MUG, query=query, product_category=category)
    detail = reward(GOAL, product, 5.0, {"size": "small"}, goal_nouns, product_nouns)
    assert detail.r_type == r_type
    assert detail.total == r_type


def test_a_foreign_goal_is_named():
    with pytest.raises(LookupError, match="T1 is not in this catalogue"):
        Judge(mini_catalogue()).best(dataclasses.replace(GOAL, asin="T1"), 0, 1.0)
