"""Goals of the repaired shop: independent of the order of draws, and without stored lists.

Hidden prices and price caps are hashes of what they belong to, so that a goal is the same in every
split, process and worker.
"""

from __future__ import annotations

from hashlib import blake2b

from t2po_gym.data.bounded_cache import BoundedCache
from t2po_gym.data.permutation import Permutation
from t2po_gym.envs.webshop.data.goal_tables import SPLITS, GoalRef, GoalTables, GoalTasks, split_key
from t2po_gym.envs.webshop.data.goals import (
    NO_CAP,
    Goal,
    human_goal,
    price_cap_choices,
    synthetic_goal,
)
from t2po_gym.envs.webshop.data.product import DEFAULT_PRICES, Catalogue, HumanInstruction
from t2po_gym.envs.webshop.task_lists import Tasks
from t2po_gym.envs.webshop.world.shop import Shop

GOALS_KEPT = 1024
"""Goals cached per task list; episodes of one task then share the judge's data on its goal."""

PRICES_KEPT = 1 << 16
"""Hidden prices cached."""

_TENTH_OF_KEYS = 2**128 // 10 + 1


def hashed_below(key: str, bound: int) -> int:
    """Return an integer in ``range(bound)`` as a pure function of a text key."""
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") * bound >> 64


class HiddenPrices:
    """Hidden price by product: the single price, or a fixed one within its range.

    It is a pure function of ``shop_seed`` and the product's ASIN, in whole cents.
    """

    def __init__(self, catalogue: Catalogue, shop_seed: int) -> None:
        self._catalogue = catalogue
        self._shop_seed = shop_seed
        self._known: BoundedCache[int, float] = BoundedCache(PRICES_KEPT)

    def __call__(self, index: int) -> float:
        """Return the price of a product in dollars."""
        price = self._known.get(index)
        if price is None:
            price = self._known.put(index, self._draw(index))
        return price

    def _draw(self, index: int) -> float:
        product = self._catalogue.product(index)
        prices = product.prices or DEFAULT_PRICES
        if len(prices) == 1:
            return prices[0]
        low, high = sorted(round(100 * price) for price in prices)
        key = f"price/{self._shop_seed}/{product.asin}"
        return (low + hashed_below(key, high - low + 1)) / 100


def draw_cap(price: float, key: str) -> float:
    """Draw a price cap from a text key, with the original's probabilities.

    It is the larger of two of the next four multiples of ten: the second, third or fourth with
    probability 1/6, 2/6 and 3/6. There is no cap if fewer than two of them are above the price.
    """
    choices = price_cap_choices(price)
    if len(choices) < 2:
        return NO_CAP
    larger_of_pairs = [high for high in range(1, len(choices)) for _ in range(high)]
    return choices[larger_of_pairs[hashed_below(key, len(larger_of_pairs))]]


class FixedTasks(Tasks):
    """Synthetic goals of the repaired shop: one split, or all three in sequence."""

    def __init__(
        self, shop: Shop, tables: GoalTables, split: str, difficulty: str, shop_seed: int
    ) -> None:
        super().__init__(shop, "fixed", shop_seed)
        self._tables = tables
        names = SPLITS if split == "all" else (split,)
        self._parts: list[GoalTasks] = [tables.tasks(name, difficulty) for name in names]
        self._length = sum(len(part) for part in self._parts)
        self._shop_seed = shop_seed
        self._refs: BoundedCache[int, GoalRef] = BoundedCache(GOALS_KEPT)
        self._goals: BoundedCache[int, Goal] = BoundedCache(GOALS_KEPT)
        if not len(self):
            raise ValueError(
                f"This catalogue has no goals in split {split!r} with difficulty {difficulty!r}; "
                "use a larger catalogue, another split, or all difficulties."
            )

    def __len__(self) -> int:
        return self._length

    def goal(self, index: int) -> Goal:
        """Return the goal of a task; its cap comes from the goal's own key."""
        goal = self._goals.get(index)
        if goal is None:
            ref = self._ref(index)
            product = self.shop.catalogue.product(ref.product)
            key = f"cap/{self._shop_seed}/{product.asin}/{ref.combination}"
            cap = draw_cap(self.shop.price_of(ref.product), key)
            goal = self._goals.put(index, synthetic_goal(product, ref.combination, cap))
        return goal

    def number(self, index: int) -> int:
        """Return the number of a task's goal in the whole catalogue."""
        return self._ref(index).number

    def difficulty(self, index: int) -> str:
        """Return the difficulty class of a task's goal."""
        return self._tables.difficulty_class(self._ref(index).product)

    def _ref(self, index: int) -> GoalRef:
        ref = self._refs.get(index)
        if ref is None:
            part, inside = self._locate(index)
            ref = self._refs.put(index, part.goal(inside))
        return ref

    def _locate(self, index: int) -> tuple[GoalTasks, int]:
        for part in self._parts:
            if index < len(part):
                return part, index
            index -= len(part)
        raise IndexError(f"there is no task {index}")

    def find(self, number: int) -> int | None:
        """Return the task whose goal has this number; None when it is not in this split."""
        before = 0
        for part in self._parts:
            inside = part.task(number)
            if inside is not None:
                return before + inside
            before += len(part)
        return None


class FixedHumanTasks(Tasks):
    """Human-written requests under the repaired rules, numbered in catalogue order."""

    def __init__(self, shop: Shop, tables: GoalTables, split: str, shop_seed: int) -> None:
        super().__init__(shop, "fixed-human", shop_seed)
        self._shop_seed = shop_seed
        self._requests = _human_requests(shop.catalogue)
        numbers = [
            number
            for number, (index, request) in enumerate(self._requests)
            if split in ("all", _split_of(tables, index, request.asin))
        ]
        if not numbers:
            raise ValueError(
                f"This catalogue has no human goals in split {split!r}; use another split, or "
                "original files with items_human_ins.json."
            )
        shuffled = Permutation(len(numbers), f"human/{split}")
        self._numbers = [numbers[shuffled(i)] for i in range(len(numbers))]
        self._place = {number: place for place, number in enumerate(self._numbers)}
        self._goals: BoundedCache[int, Goal] = BoundedCache(GOALS_KEPT)

    def __len__(self) -> int:
        return len(self._numbers)

    def goal(self, index: int) -> Goal:
        """Return the goal of a task; its cap comes from the goal's own key."""
        goal = self._goals.get(index)
        if goal is None:
            number = self._numbers[index]
            product_index, request = self._requests[number]
            key = f"human cap/{self._shop_seed}/{number}"
            cap = draw_cap(self.shop.price_of(product_index), key)
            product = self.shop.catalogue.product(product_index)
            goal = self._goals.put(index, human_goal(product, request, cap))
        return goal

    def number(self, index: int) -> int:
        """Return the number of a task's goal among all human goals."""
        return self._numbers[index]

    def find(self, number: int) -> int | None:
        """Return the task whose goal has this number; None when it is not in this split."""
        return self._place.get(number)


def _human_requests(catalogue: Catalogue) -> list[tuple[int, HumanInstruction]]:
    """Return the product index and request of every human goal, in catalogue order."""
    found = [
        (index, request)
        for asin, requests in catalogue.human_instructions.items()
        if (index := catalogue.index_of(asin)) is not None
        for request in requests
        if request.attributes
    ]
    return sorted(found, key=lambda entry: entry[0])


def _split_of(tables: GoalTables, index: int, asin: str) -> str:
    """Return the split of a product: that of its synthetic goals if any, else by its hash."""
    split = tables.split_of(index)
    if split is None:
        tenth = int.from_bytes(split_key(asin), "big") // _TENTH_OF_KEYS
        split = ("test", "dev")[tenth] if tenth < 2 else "train"
    return split
