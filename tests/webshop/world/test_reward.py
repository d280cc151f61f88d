import dataclasses

import pytest
from webshop_golden import goal_from_json, golden

from t2po_gym.envs.webshop.data.goals import Goal
from t2po_gym.envs.webshop.data.product import Product
from t2po_gym.envs.webshop.world.errors import OriginalWouldRaise
from t2po_gym.envs.webshop.world.reward import best_option_count, reward

SOME_GOAL = {
    "asin": "T1",
    "query": "mugs",
    "name": "Blue Mug",
    "product_category": "Home › Mugs",
    "attributes": ["dishwasher safe"],
    "goal_options": {},
    "price_upper": 20.0,
}
SOME_PRODUCT = {
    "asin": "T1",
    "Title": "Blue Mug",
    "Description": "",
    "BulletPoints": [],
    "Attributes": ["dishwasher safe"],
    "query": "mugs",
    "product_category": "Home › Mugs",
}


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


def assert_raises_as_recorded(case):
    """A case that holds ``raises`` names the exception; what the original needs may be left out."""
    goal = {**SOME_GOAL, **case["goal"]}
    product = {**SOME_PRODUCT, **case.get("product", {})}
    with pytest.raises(OriginalWouldRaise) as caught:
        reward(
            goal_from_json(goal),
            product_from_json(product),
            case.get("price", 5.0),
            case.get("options", {}),
            case.get("nouns_goal", ["mug"]),
            case.get("nouns_product", ["mug"]),
        )
    raised = case["raises"]
    assert caught.value.kind in (raised if isinstance(raised, str) else str(raised)), case


def test_mini_rewards_equal_the_recorded_ones():
    for case in golden("mini_rewards.json"):
        if "raises" in case:
            assert_raises_as_recorded(case)
            continue
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
