"""Numbers at the edge in goals and products: what a purchase earns, and that play goes on."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import pytest
from webshop_envs import make
from webshop_golden import mini_catalogue

from t2po_gym.envs.webshop.data.catalogue_writer import compile_catalogue
from t2po_gym.envs.webshop.data.goals import NO_CAP, Goal, synthetic_goal
from t2po_gym.envs.webshop.data.memory_catalogue import MemoryCatalogue
from t2po_gym.envs.webshop.data.product import Product
from t2po_gym.envs.webshop.world.errors import OriginalWouldRaise
from t2po_gym.envs.webshop.world.reward import reward
from t2po_gym.envs.webshop.world.reward_cache import RewardCache
from t2po_gym.envs.webshop.world.winnable import is_winnable

MUG = Product(
    asin="T1",
    title="Blue Mug",
    attributes=("dishwasher safe",),
    instruction="Find me dishwasher safe mugs",
    instruction_attributes=("dishwasher safe",),
    query="mugs",
    product_category="Home › Mugs",
)
CAPS = {
    # cap of the goal -> whether the original computes a price term at all
    20.0: True,
    NO_CAP: True,
    math.inf: True,
    5e-324: True,
    0.0: False,
    -5.0: False,
    math.nan: False,
    None: False,
}
PRICES = (0.0, -3.0, 5.0, 20.0, 20.01, 1e308, math.inf, -math.inf, math.nan)


def goal(cap: Any) -> Goal:
    return dataclasses.replace(synthetic_goal(MUG, 0, NO_CAP), price_upper=cap)


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("price", PRICES)
@pytest.mark.parametrize("cap", CAPS)
def test_the_price_term(cap: Any, price: float, symmetric: bool) -> None:
    """A cap that is not above 0 is no cap: the original then adds None and fails."""
    judge = RewardCache(MemoryCatalogue([MUG], {"T1": ["mug"]}), symmetric)
    wanted = goal(cap)
    if not CAPS[cap]:
        with pytest.raises(OriginalWouldRaise) as caught:
            reward(wanted, MUG, price, {}, ["mug"], ["mug"], symmetric)
        assert caught.value.kind == "TypeError"
        with pytest.raises(OriginalWouldRaise):
            judge.detail(wanted, 0, price, {})
        return
    detail = reward(wanted, MUG, price, {}, ["mug"], ["mug"], symmetric)
    assert detail.price_ok == (price <= cap)
    assert detail.total == (1.0 if price <= cap else 0.5)
    assert judge.detail(wanted, 0, price, {}).total == detail.total


EDGES = [(0.0,), (-4.0,), (1e308,), (math.inf,), (-1.0, 0.0), (0.0, 1e9)]


@pytest.mark.parametrize("rules", ["fixed", "exact"])
@pytest.mark.parametrize("prices", EDGES)
def test_products_with_prices_at_the_edge_can_be_played(
    rules: str, prices: tuple[float, ...], tmp_path: Path
) -> None:
    mini = mini_catalogue()
    products = [dataclasses.replace(mini.product(i), prices=prices) for i in range(len(mini))]
    rows = ((product, ("thing",)) for product in products)
    path = tmp_path / "catalogue"
    compile_catalogue(rows, path, fingerprint="f", source="test", is_winnable=is_winnable)
    env = make(rules=rules, catalogue=str(path), split="all", max_turns=20)
    for seed in range(5):
        _, info = env.reset(seed=seed)
        for action in ("search[mug]", f"click[{products[seed].asin}]", "click[buy now]", "x"):
            _, earned, terminated, truncated, info = env.step(action)
            assert 0.0 <= earned <= 1.0
            assert 0.0 <= info["progress"] <= 1.0
            if terminated or truncated:
                break
