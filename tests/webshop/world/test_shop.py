import random

import pytest
from webshop_golden import goal_table, mini_catalogue

from t2po_gym.envs.webshop.world.session import SessionRules, Shop


def no_stream():
    raise AssertionError("a plain query draws nothing")


def make_shop(rules=None):
    return Shop(mini_catalogue(), goal_table("mini", False, 0).prices.__getitem__, rules)


def test_pages_are_made_once():
    shop = make_shop()
    assert shop.product_view(3) is shop.product_view(3)
    assert shop.sub_page_view(3, "Features") is shop.sub_page_view(3, "Features")
    assert shop.results_view("tea", 1, no_stream) is shop.results_view("tea", 1, no_stream)


def test_random_pages_are_new_every_time():
    shop = make_shop()
    stream = random.Random(0)
    pages = [shop.results_view("<r>", 1, lambda: stream).products for _ in range(5)]
    assert len(set(pages)) == 5


def test_hostile_queries_are_not_kept():
    shop = make_shop(SessionRules(prefix_queries=False))
    for i in range(3):
        shop.results_view("x" * 600 + str(i), 1, no_stream)
    assert len(shop._results) == 0


@pytest.mark.parametrize("page", [0, 7, 10**9])
def test_pages_beyond_the_hits_are_empty(page):
    assert make_shop().results_view("apparel", page, no_stream).products == ()
