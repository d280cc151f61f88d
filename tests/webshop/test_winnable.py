"""How many goals can be won by buying their own product with their own options."""

import pytest
from webshop_envs import make, real_files
from webshop_golden import golden


def own_purchase(env, index):
    """Reward of buying exactly what a goal was made from."""
    goal, shop = env._tasks.goal(index), env._tasks.shop
    product = env.catalogue.index_of(goal.asin)
    return shop.judge.reward(goal, product, shop.price_of(product), goal.goal_options)


def lost_tasks(env):
    return [i for i in range(env.num_tasks()) if own_purchase(env, i) < 1.0]


def test_under_the_exact_rules_the_recorded_goals_cannot_be_won():
    recorded = golden("real1k_unwinnable_goals_seed0.json")
    env = make(rules="exact", split="all", shop_seed=recorded["seed"], **real_files())
    assert env.num_tasks() == recorded["n_goals"]
    lost = []
    for index in lost_tasks(env):
        goal = env._tasks.goal(index)
        lost.append([index, goal.asin, dict(goal.goal_options), own_purchase(env, index)])
    assert lost == recorded["goals"]
    counted = recorded["n_not_1_when_buying_the_goal_product_with_the_exact_options"]
    assert len(lost) == counted


def test_under_the_fixed_rules_every_goal_can_be_won():
    env = make(split="all", **real_files())
    assert env.num_tasks() == 6910  # none was left out to get there
    assert lost_tasks(env) == []


@pytest.mark.parametrize("catalogue", ["default", "compact:500", "generated:700:3"])
def test_every_goal_of_an_invented_catalogue_can_be_won(catalogue):
    assert lost_tasks(make(split="all", catalogue=catalogue)) == []
