"""Goals: what a shopper is asked to buy, with the original's random draws.

Rules and order of the draws: docs/originals/webshop.md, section 3. The original draws hidden
prices, price caps and the order of goals from Python's global random stream. Here every function
takes a ``random.Random``; with the same seed and order of calls it gives the same numbers.
"""

import random
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import prod

from t2po_gym.envs.webshop.data.product import DEFAULT_PRICES, HumanInstruction, Product

NO_CAP = 1000000
"""``price_upper`` of a goal without a price limit."""

PRICE_CAPS = tuple(10.0 * step for step in range(1, 100))
"""Possible price caps in dollars."""

SHUFFLE_SEED = 233
"""Seed of the goal order in the original (verl-agent and T2PO use the worker's own seed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One shopping task.

    Example:
        >>> goal = Goal(asin="T1", category="garden", query="mugs", name="Blue Mug",
        ...             product_category="Home › Mugs", attributes=("dishwasher safe",),
        ...             instruction_text="Find me dishwasher safe mugs with size: small",
        ...             price_upper=20.0, goal_options={"size": "small"})
        >>> goal.num_parts
        3
    """

    asin: str
    """Product the goal was made from; another product can also be correct."""

    category: str
    """Department of that product."""

    query: str
    """Search phrase of that product."""

    name: str
    """Title of that product."""

    product_category: str
    """Category path of that product."""

    instruction_text: str
    """What the shopper reads."""

    attributes: tuple[str, ...]
    """Wanted attributes."""

    price_upper: float
    """Price cap in dollars; :data:`NO_CAP` if there is none."""

    goal_options: Mapping[str, str] | tuple[str, ...]
    """Wanted options: group -> value for a synthetic goal, only values for a human one."""

    weight: float = 1.0
    """Weight of the goal in a random draw."""

    @property
    def num_parts(self) -> int:
        """Number of parts the reward counts: attributes, options and the price."""
        return len(self.attributes) + len(self.goal_options) + 1


GoalFilter = Callable[[int, Goal], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalTable:
    """Everything that the original draws when a server starts."""

    prices: tuple[float, ...]
    """Hidden price by product index, in dollars."""

    goals: tuple[Goal, ...]
    """Goals in their final order."""

    cum_weights: tuple[float, ...]
    """0 and the running sums of the goal weights, ``[num_goals + 1]``."""

    rng: random.Random
    """The random stream after the goals; the original continues to draw from it."""

    def draw(self, rng: random.Random) -> int:
        """Return a goal index drawn by weight; see :func:`draw_weighted`."""
        return draw_weighted(self.cum_weights, rng)


def draw_price(product: Product, rng: random.Random) -> float:
    """Draw the hidden price: the single price, or a uniform draw from the range."""
    prices = product.prices or DEFAULT_PRICES
    return prices[0] if len(prices) == 1 else rng.uniform(prices[0], prices[1])


def draw_prices(products: Sequence[Product], rng: random.Random) -> list[float]:
    """Draw the hidden price of every product, in order."""
    return [draw_price(product, rng) for product in products]


def price_cap_choices(price: float) -> tuple[float, ...]:
    """Return the next (at most four) multiples of ten strictly above a price, up to 990."""
    return PRICE_CAPS[bisect(PRICE_CAPS, price) :][:4]


def draw_price_cap(price: float, rng: random.Random) -> float:
    """Draw a cap: the larger of two of :func:`price_cap_choices`; ``NO_CAP`` with fewer than two.

    With four choices, the 2nd, 3rd and 4th have probability 1/6, 2/6 and 3/6.
    """
    choices = price_cap_choices(price)
    return max(rng.sample(choices, 2)) if len(choices) >= 2 else NO_CAP


def price_cap_text(price_upper: float) -> str:
    """Return the part of an instruction that states the cap; empty for ``NO_CAP``."""
    return "" if price_upper == NO_CAP else f", and price lower than {price_upper:.2f} dollars"


def num_combinations(product: Product) -> int:
    """Return the number of synthetic goals of a product (0 without an instruction)."""
    if product.instruction is None:
        return 0
    return prod(len(values) for values in product.options.values())


def combination_options(product: Product, combination: int) -> dict[str, str]:
    """Return option choice number ``combination``: groups sorted by name, last one fastest.

    Raises:
        IndexError: If there is no such combination.
    """
    chosen: dict[str, str] = {}
    rest = combination
    for name in sorted(product.options, reverse=True):
        rest, digit = divmod(rest, len(product.options[name]))
        chosen[name] = product.options[name][digit]
    if rest:
        raise IndexError(f"product {product.asin} has no option combination {combination}")
    return dict(reversed(chosen.items()))


def synthetic_goal(
    product: Product, combination: int, price_upper: float, weight: float = 1.0
) -> Goal:
    """Build synthetic goal number ``combination`` of a product that has an instruction."""
    options = combination_options(product, combination)
    option_text = ", and ".join(f"{name}: {value}" for name, value in options.items())
    with_text = f" with {option_text}" if option_text else ""
    words = f"{product.instruction}{with_text}"
    return _goal(product, words, product.instruction_attributes, price_upper, options, weight)


def human_goal(product: Product, instruction: HumanInstruction, price_upper: float) -> Goal:
    """Build the goal of one request written by a person."""
    words = instruction.text.strip(".")
    return _goal(product, words, instruction.attributes, price_upper, instruction.options, 1)


def _goal(
    product: Product,
    words: str,
    attributes: tuple[str, ...],
    price_upper: float,
    options: Mapping[str, str] | tuple[str, ...],
    weight: float,
) -> Goal:
    return Goal(
        asin=product.asin,
        category=product.category,
        query=product.query,
        name=product.title,
        product_category=product.product_category,
        instruction_text=f"{words}{price_cap_text(price_upper)}",
        attributes=attributes,
        price_upper=price_upper,
        goal_options=options,
        weight=weight,
    )


def human_goals(
    products: Sequence[Product],
    instructions: Mapping[str, Sequence[HumanInstruction]],
    prices: Sequence[float],
    rng: random.Random,
) -> list[Goal]:
    """Build the human goals in product order; a cap is drawn for each goal."""
    return [
        human_goal(product, instruction, draw_price_cap(price, rng))
        for product, price in zip(products, prices, strict=True)
        for instruction in instructions.get(product.asin, ())
        if instruction.attributes
    ]


def synthetic_goals(
    products: Sequence[Product], prices: Sequence[float], rng: random.Random
) -> list[Goal]:
    """Build the synthetic goals in product order; one cap is drawn per product.

    The weight of a goal is the mean over its attributes of 1 / (number of goals with it).
    """
    goals: list[Goal] = []
    uses: Counter[str] = Counter()
    for product, price in zip(products, prices, strict=True):
        if product.instruction is None:
            continue
        price_upper = draw_price_cap(price, rng)
        combinations = num_combinations(product)
        goals.extend(synthetic_goal(product, i, price_upper) for i in range(combinations))
        for attribute in product.instruction_attributes:
            uses[attribute] += combinations
    return [replace(goal, weight=_weight(goal.attributes, uses)) for goal in goals]


def _weight(attributes: tuple[str, ...], uses: Mapping[str, int]) -> float:
    if not attributes:
        raise ValueError("a synthetic goal needs at least one instruction attribute; it has none")
    total = 0.0
    for attribute in attributes:  # not sum(): from Python 3.12 on it rounds differently
        total += 1.0 / uses[attribute]
    return total / len(attributes)


def cumulative_weights(goals: Sequence[Goal]) -> tuple[float, ...]:
    """Return 0 and the running sums of the weights, ``[len(goals) + 1]``."""
    return (0, *accumulate(goal.weight for goal in goals))


def draw_weighted(cum_weights: Sequence[float], rng: random.Random) -> int:
    """Draw a goal index by weight, off by one as in the original.

    Goal 0 is never drawn. Goal i has the weight of goal i - 1, and the last goal also its own.
    """
    position = rng.uniform(0, cum_weights[-1])
    return min(bisect(cum_weights, position), len(cum_weights) - 2)


def exact_goal_table(
    products: Sequence[Product],
    human: Mapping[str, Sequence[HumanInstruction]] | None,
    seed: int,
    *,
    shuffle_seed: int = SHUFFLE_SEED,
    limit_goals: int | None = None,
    goal_filter: GoalFilter | None = None,
) -> GoalTable:
    """Draw prices, caps and goal order as the original does after ``random.seed(seed)``.

    Args:
        products: the loaded products, in order.
        human: requests by ASIN for human goals; None for synthetic goals.
        seed: seed of the stream just before the original's constructor runs.
        shuffle_seed: seed of the goal order; verl-agent and T2PO set it to ``seed``.
        limit_goals: keep this many distinct goals, drawn by weight.
        goal_filter: keep the goals for which ``goal_filter(index, goal)`` is true.
    """
    rng = random.Random(seed)
    prices = draw_prices(products, rng)
    if human is None:
        goals = synthetic_goals(products, prices, rng)
    else:
        goals = human_goals(products, human, prices, rng)
    rng.seed(shuffle_seed)
    rng.shuffle(goals)
    if goal_filter is not None:
        goals = [goal for index, goal in enumerate(goals) if goal_filter(index, goal)]
    if limit_goals is not None and limit_goals < len(goals):
        chosen = draw_distinct(goals, limit_goals, rng)
        goals = [goals[index] for index in chosen]
    return GoalTable(
        prices=tuple(prices), goals=tuple(goals), cum_weights=cumulative_weights(goals), rng=rng
    )


def draw_distinct(goals: Sequence[Goal], count: int, rng: random.Random) -> list[int]:
    """Draw the indexes of distinct goals by weight, in the order in which they are first drawn.

    ``count`` must be below the number of goals, as goal 0 is never drawn.
    """
    cum_weights = cumulative_weights(goals)
    chosen: dict[int, None] = {}
    while len(chosen) < count:
        chosen[draw_weighted(cum_weights, rng)] = None
    return list(chosen)
