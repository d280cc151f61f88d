import itertools
import operator
import random
import re
from collections import Counter

import pytest
from webshop_golden import (
    goal_as_json,
    golden,
    mini_catalogue,
    real_catalogue,
    sha256_canonical,
)

from t2po_gym.envs.webshop.data.goals import (
    NO_CAP,
    combination_options,
    draw_price_cap,
    draw_weighted,
    exact_goal_table,
    num_combinations,
    price_cap_choices,
    synthetic_goals,
)
from t2po_gym.envs.webshop.data.product import Product

COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def products_of(catalogue):
    return [catalogue.product(i) for i in range(len(catalogue))]


def filter_of(text):
    """Goal filter written as e.g. ``price_upper<60``."""
    if text is None:
        return None
    name, sign, number = re.fullmatch(r"(\w+)([<>]=?)([\d.]+)", text).groups()
    return lambda _, goal: COMPARE[sign](getattr(goal, name), float(number))


def test_mini_goal_lists_equal_the_recorded_ones():
    catalogue = mini_catalogue()
    for case in golden("mini_goals.json"):
        table = exact_goal_table(
            products_of(catalogue),
            catalogue.human_instructions if case["human_goals"] else None,
            case["seed_before_construct"],
            shuffle_seed=case.get("shuffle_seed", 233),
            limit_goals=case.get("limit_goals"),
            goal_filter=filter_of(case.get("filter")),
        )
        assert len(table.goals) == case["n"]
        assert [goal_as_json(goal) for goal in table.goals] == case["goals"]
        if "cum_weights_last" in case:
            assert table.cum_weights[-1] == case["cum_weights_last"]


def hashed_cases():
    yield from (("real1k", "real1k_goals.json", case) for case in golden("real1k_goals.json"))
    for size in ("mini", "real1k"):
        name = f"wrapper_goals_{size}.json"
        yield from ((size, name, case) for case in golden(name))


def test_hashed_goal_lists_equal_the_recorded_ones():
    for size, name, case in hashed_cases():
        catalogue = mini_catalogue() if size == "mini" else real_catalogue()
        products = products_of(catalogue)
        human = catalogue.human_instructions if case.get("human_goals") else None
        # verl-agent and T2PO order the goals by the worker's own seed.
        shuffle_seed = case["seed"] if name.startswith("wrapper") else 233
        table = exact_goal_table(products, human, case["seed"], shuffle_seed=shuffle_seed)
        goals = [goal_as_json(goal) for goal in table.goals]
        prices = {p.asin: price for p, price in zip(products, table.prices, strict=True)}
        assert len(goals) == case["n"]
        assert goals[: len(case["first"])] == case["first"]
        assert sha256_canonical(goals) == case["sha256_canonical"]
        assert sha256_canonical(prices) == case["prices_sha256"]
        if case.get("asin_order_first500"):
            order = case["asin_order_first500"]
            assert [goal["asin"] for goal in goals[: len(order)]] == order
        if "sum_weights" in case:
            assert table.cum_weights[-1] == pytest.approx(case["sum_weights"], rel=1e-12)


@pytest.mark.parametrize(
    ("price", "choices"),
    [
        (0.5, (10.0, 20.0, 30.0, 40.0)),
        (10.0, (20.0, 30.0, 40.0, 50.0)),
        (965.0, (970.0, 980.0, 990.0)),
        (979.99, (980.0, 990.0)),
        (980.0, (990.0,)),
        (2000.0, ()),
    ],
)
def test_price_cap_choices(price, choices):
    assert price_cap_choices(price) == choices


def test_caps_have_the_stated_weights():
    rng = random.Random(0)
    counts = Counter(draw_price_cap(25.0, rng) for _ in range(12_000))
    assert set(counts) == {40.0, 50.0, 60.0}
    for cap, share in ((40.0, 1 / 6), (50.0, 2 / 6), (60.0, 3 / 6)):
        assert counts[cap] / 12_000 == pytest.approx(share, abs=0.015)
    state = rng.getstate()
    assert draw_price_cap(985.0, rng) == NO_CAP
    assert rng.getstate() == state  # no cap, no draw


def test_combinations_are_the_cartesian_product_over_sorted_names():
    options = {"size": ("s", "m"), "color": ("red", "blue", "tan"), "a": ("x",)}
    product = Product(asin="T1", title="t", options=options, instruction="Find me t")
    names = sorted(options)
    expected = [
        dict(zip(names, values, strict=True))
        for values in itertools.product(*(options[name] for name in names))
    ]
    got = [combination_options(product, i) for i in range(num_combinations(product))]
    assert got == expected
    assert [list(choice) for choice in got] == [names] * 6
    with pytest.raises(IndexError):
        combination_options(product, 6)


def test_an_empty_option_group_leaves_no_combination():
    product = Product(asin="T1", title="t", options={"size": ()}, instruction="Find me t")
    assert num_combinations(product) == 0
    assert num_combinations(Product(asin="T2", title="t", instruction="Find me t")) == 1
    assert num_combinations(Product(asin="T3", title="t")) == 0


def test_weighted_draw_is_off_by_one():
    rng = random.Random(0)
    counts = Counter(draw_weighted((0, 1, 2, 3, 4), rng) for _ in range(8_000))
    assert 0 not in counts
    for index, share in ((1, 0.25), (2, 0.25), (3, 0.5)):
        assert counts[index] / 8_000 == pytest.approx(share, abs=0.02)


def test_a_synthetic_goal_needs_attributes():
    product = Product(asin="T1", title="t", instruction="Find me t")
    with pytest.raises(ValueError, match="needs at least one instruction attribute"):
        synthetic_goals([product], [1.0], random.Random(0))
