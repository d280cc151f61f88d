"""Goals: what a shopper is asked to buy (signatures; bodies follow)."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from t2po_gym.envs.webshop.product import HumanInstruction, Product

NO_CAP = 1000000
"""``price_upper`` of a goal without a price limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One shopping task.

    ``goal_options`` is a mapping (option group -> value) for a synthetic goal and a tuple of
    values for a goal written by a person.
    """

    asin: str
    category: str
    query: str
    name: str
    product_category: str
    instruction_text: str
    attributes: tuple[str, ...]
    price_upper: float
    goal_options: Mapping[str, str] | tuple[str, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalTable:
    """Everything the original draws when a server starts."""

    prices: tuple[float, ...]
    """Hidden price per product index."""
    goals: tuple[Goal, ...]
    cum_weights: tuple[float, ...]
    rng: random.Random
    """The stream as the constructor leaves it (before any reset)."""

    def draw(self, rng: random.Random) -> int:
        """Return a goal index drawn by weight, off by one as in the original."""
        raise NotImplementedError


def draw_prices(products: Sequence[Product], rng: random.Random) -> list[float]:
    """Draw the hidden price of every product, in order."""
    raise NotImplementedError


def draw_price_cap(price: float, rng: random.Random) -> float:
    """Draw ``price_upper`` for a product of this price; ``NO_CAP`` when there is no limit."""
    raise NotImplementedError


def num_combinations(product: Product) -> int:
    """Number of synthetic goals of a product (0 without an instruction)."""
    raise NotImplementedError


def synthetic_goal(product: Product, combination: int, price_upper: float, weight: float = 1.0) -> Goal:
    """Build goal number ``combination`` of a product (mixed radix over sorted option names)."""
    raise NotImplementedError


def human_goal(product: Product, instruction: HumanInstruction, price_upper: float) -> Goal:
    """Build the goal of one human instruction."""
    raise NotImplementedError


def exact_goal_table(
    products: Sequence[Product],
    human: Mapping[str, Sequence[HumanInstruction]] | None,
    seed: int,
    shuffle_seed: int = 233,
    limit_goals: int | None = None,
) -> GoalTable:
    """Draw prices, caps and order as the original does after ``random.seed(seed)``."""
    raise NotImplementedError
