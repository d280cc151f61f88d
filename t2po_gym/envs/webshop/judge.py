"""Rewards of the products of one catalogue, from bounded caches.

Every number equals the one of the pure functions in ``reward.py``; a test compares them. The caches
hold what episodes share: the type part per pair of products, matched attributes per attribute list
and product, and per wanted option text a bit set of the product's matching values.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from t2po_gym.envs.webshop.cache import BoundedCache
from t2po_gym.envs.webshop.colours import normalise_colour
from t2po_gym.envs.webshop.goals import Goal
from t2po_gym.envs.webshop.matching import matching_positions, prepare
from t2po_gym.envs.webshop.product import Catalogue, Product
from t2po_gym.envs.webshop.reward import (
    RewardDetail,
    TypeReward,
    best_option_count,
    category_parts,
    count_attributes,
    make_detail,
    price_is_ok,
    type_reward,
    wanted_option_texts,
)

OptionGroups = Callable[[Product], Sequence[Sequence[str]]]

PAIRS_LIMIT = 1 << 16
"""Entries kept per pair cache (about 10 MB each when full)."""

PRODUCTS_LIMIT = 1 << 13
"""Products kept prepared."""

GOALS_LIMIT = 512
"""Goals kept prepared."""

PARTS_LIMIT = 512
"""Products remembered per goal."""


@dataclass(slots=True)
class _Offer:
    """A product as the judge sees it."""

    bits: dict[str, int]
    """Option value -> its bit (a power of two)."""

    normalised: list[str]
    """Value per bit number, colours normalised."""

    prepared: list[str]
    """The same, prepared for matching."""

    groups: list[list[int]]
    """Bit numbers of the values that can be chosen, per option group."""

    nouns: tuple[str, ...]
    """Nouns of the title."""

    categories: frozenset[str]
    """Parts of the category path."""

    query: str
    """Search phrase."""


@dataclass(slots=True)
class _Parts:
    """The parts of a reward that do not depend on the chosen options."""

    kind: TypeReward
    attributes: int
    hits: tuple[int, ...]
    """Per goal option, the bit set of matching values."""
    price_ok: bool
    best: float | None = None
    """Reward of the best choice, once asked for."""


@dataclass(slots=True)
class _Prepared:
    """A goal as the judge sees it."""

    goal: Goal
    wanted: tuple[str, ...]
    index: int
    """Catalogue index of the product the goal was made from."""
    parts: BoundedCache[tuple[int, float], _Parts] = field(
        default_factory=lambda: BoundedCache(PARTS_LIMIT)
    )
    """Parts by product index and hidden price."""


def all_groups(product: Product) -> Sequence[Sequence[str]]:
    """Return the values of every option group."""
    return list(product.options.values())


class Judge:
    """Memoised rewards; one per process and catalogue, shared by all sessions.

    Args:
        catalogue: where products and their title nouns come from.
        symmetric_colours: normalise colours on the goal's side too, so that buying the goal's
            product with the goal's options always counts in full.
        option_groups: the values that can be chosen on a product's page, per group.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        symmetric_colours: bool = False,
        option_groups: OptionGroups = all_groups,
    ) -> None:
        self.symmetric_colours = symmetric_colours
        self._catalogue = catalogue
        self._option_groups = option_groups
        self._goals: BoundedCache[int, _Prepared] = BoundedCache(GOALS_LIMIT)
        self._offers: BoundedCache[int, _Offer] = BoundedCache(PRODUCTS_LIMIT)
        self._kinds: BoundedCache[tuple[int, int], TypeReward] = BoundedCache(PAIRS_LIMIT)
        self._attributes: BoundedCache[tuple[tuple[str, ...], int], int] = BoundedCache(PAIRS_LIMIT)
        self._hits: BoundedCache[tuple[str, int], int] = BoundedCache(PAIRS_LIMIT)

    def detail(
        self, goal: Goal, index: int, price: float, options: Mapping[str, str]
    ) -> RewardDetail:
        """Return the full reward of buying product ``index`` with these options."""
        parts = self._parts(goal, index, price)
        count = self._count(parts.hits, index, options)
        return make_detail(goal, parts.kind, parts.attributes, count, parts.price_ok)

    def reward(self, goal: Goal, index: int, price: float, options: Mapping[str, str]) -> float:
        """Return ``detail(...).total``, quicker."""
        parts = self._parts(goal, index, price)
        count = self._count(parts.hits, index, options) if options else 0
        matched = parts.attributes + count + parts.price_ok
        return matched / goal.num_parts * parts.kind.r_type

    def best(self, goal: Goal, index: int, price: float) -> float:
        """Return the reward with the best choice of options that the product's page allows."""
        parts = self._parts(goal, index, price)
        if parts.best is None:
            count = best_option_count(parts.hits, self._offer(index).groups)
            detail = make_detail(goal, parts.kind, parts.attributes, count, parts.price_ok)
            parts.best = detail.total
        return parts.best

    def _parts(self, goal: Goal, index: int, price: float) -> _Parts:
        prepared = self._goals.get(id(goal))
        # An id can be used again after its goal is gone, so the goal itself is compared too.
        if prepared is None or prepared.goal is not goal:
            prepared = self._goals.put(id(goal), self._prepare(goal))
        parts = prepared.parts.get((index, price))
        if parts is None:
            parts = prepared.parts.put(
                (index, price),
                _Parts(
                    self._kind(prepared.index, index),
                    self._attribute_count(goal.attributes, index),
                    tuple(self._option_hits(text, index) for text in prepared.wanted),
                    price_is_ok(goal, price),
                ),
            )
        return parts

    def _prepare(self, goal: Goal) -> _Prepared:
        index = self._catalogue.index_of(goal.asin)
        if index is None:
            raise LookupError(
                f"the goal's product {goal.asin} is not in this catalogue; "
                "use goals and products of one catalogue"
            )
        return _Prepared(goal, wanted_option_texts(goal, self.symmetric_colours), index)

    def _offer(self, index: int) -> _Offer:
        offer = self._offers.get(index)
        if offer is None:
            offer = self._offers.put(index, self._make_offer(index))
        return offer

    def _make_offer(self, index: int) -> _Offer:
        product = self._catalogue.product(index)
        values = dict.fromkeys(v for group in product.options.values() for v in group)
        numbers = {value: number for number, value in enumerate(values)}
        normalised = [normalise_colour(value) for value in values]
        return _Offer(
            bits={value: 1 << number for value, number in numbers.items()},
            normalised=normalised,
            prepared=[prepare(value) for value in normalised],
            groups=[[numbers[v] for v in group] for group in self._option_groups(product)],
            nouns=self._catalogue.nouns(index),
            categories=category_parts(product.product_category),
            query=product.query,
        )

    def _kind(self, goal_index: int, index: int) -> TypeReward:
        kind = self._kinds.get((goal_index, index))
        if kind is None:
            goal, bought = self._offer(goal_index), self._offer(index)
            kind = type_reward(
                query_match=goal.query == bought.query,
                category_match=len(goal.categories & bought.categories) >= 2,
                goal_nouns=goal.nouns,
                product_nouns=bought.nouns,
            )
            self._kinds.put((goal_index, index), kind)
        return kind

    def _attribute_count(self, attributes: tuple[str, ...], index: int) -> int:
        count = self._attributes.get((attributes, index))
        if count is None:
            count = count_attributes(attributes, self._catalogue.product(index))
            self._attributes.put((attributes, index), count)
        return count

    def _option_hits(self, text: str, index: int) -> int:
        hits = self._hits.get((text, index))
        if hits is None:
            offer = self._offer(index)
            positions = set(matching_positions(offer.prepared, text))
            if self.symmetric_colours:
                equal = (i for i, value in enumerate(offer.normalised) if value == text)
                positions.update(equal)
            hits = self._hits.put((text, index), sum(1 << position for position in positions))
        return hits

    def _count(self, hits: Sequence[int], index: int, options: Mapping[str, str]) -> int:
        bits = self._offer(index).bits
        chosen = 0
        for value in options.values():
            chosen |= bits[value]
        return sum(1 for hit in hits if hit & chosen)
