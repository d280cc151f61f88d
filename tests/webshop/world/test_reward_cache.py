import dataclasses
import itertools
import random

import numpy as np
import pytest
from webshop_golden import goal_from_json, goal_table, golden, mini_catalogue, real_catalogue

from t2po_gym.envs.webshop.world.reward import best, reward
from t2po_gym.envs.webshop.world.reward_cache import RewardCache


def real_cases():
    """Recorded purchases with their goal and the indexes of both products."""
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
    judge = RewardCache(catalogue)
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
    judge = RewardCache(real_catalogue())
    lost = []
    for number, goal, index, price in exact_purchases(recorded["seed"]):
        total = judge.reward(goal, index, price, goal.goal_options)
        if total < 1.0:
            lost.append([number, goal.asin, dict(goal.goal_options), total])
    assert lost == recorded["goals"]


def test_symmetric_colours_make_every_goal_winnable():
    judge = RewardCache(real_catalogue(), symmetric_colours=True)
    for _, goal, index, price in exact_purchases(0):
        assert judge.reward(goal, index, price, goal.goal_options) == 1.0
        assert judge.best(goal, index, price) == 1.0


@pytest.mark.parametrize("symmetric", [False, True])
def test_judge_equals_the_pure_functions(symmetric):
    catalogue = real_catalogue()
    judge = RewardCache(catalogue, symmetric)
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
    judge = RewardCache(real_catalogue())
    table = goal_table("real1k", human=False, seed=1)
    goal, indexes = table.goals[3], range(40)
    each = [judge.best(goal, index, table.prices[index]) for index in indexes]
    assert judge.best_of(goal, indexes, table.prices.__getitem__) == max(each)
    assert judge.best_of(goal, (), table.prices.__getitem__) == 0.0


def test_array_prices_give_plain_numbers():
    catalogue = real_catalogue()
    table = goal_table("real1k", human=False, seed=1)
    prices = np.array(table.prices)
    goal, judge = table.goals[3], RewardCache(catalogue)
    index = catalogue.index_of(goal.asin)
    assert type(judge.detail(goal, index, prices[index], {}).price_ok) is bool
    assert type(judge.reward(goal, index, prices[index], {})) is float
    assert type(judge.best_of(goal, range(5), prices.__getitem__)) is float


def test_a_foreign_goal_is_named():
    goal = dataclasses.replace(goal_table("mini", human=False, seed=0).goals[0], asin="T1")
    with pytest.raises(LookupError, match="T1 is not in this catalogue"):
        RewardCache(mini_catalogue()).best(goal, 0, 1.0)
