"""Rewards of the products of one catalogue, from bounded caches.

Every number equals the one of the pure functions in ``reward.py``; a test compares them. The caches
hold what episodes share: the type part per pair of products, matched attributes per attribute list
and product, and per wanted option text a bit set of the product's matching values.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

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
    check_goal,
    count_attributes,
    make_detail,
    total_reward,
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

    groups: list[int]
    """Bit set of the values that can be chosen, per option group that has any."""

    nouns: tuple[str, ...]
    """Nouns of the title."""

    categories: frozenset[str]
    """Parts of the category path."""

    query: str
    """Search phrase."""


@dataclass(slots=True)
class _Base:
    """What a product earns for a family of goals, options and price aside."""

    r_type: float
    kind: TypeReward
    offer: _Offer
    attributes: int | None = None
    """Number of matched attributes, once asked for."""


@dataclass(slots=True)
class _Parts:
    """What a product earns for a goal, price aside."""

    base: _Base
    hits: list[int]
    """Per goal option, the bit set of matching values."""
    best_count: int | None = None
    """Most goal options that can be chosen, once asked for."""


@dataclass(slots=True)
class _Prepared:
    """A goal as the judge sees it."""

    goal: Goal
    wanted: tuple[str, ...]
    index: int
    """Catalogue index of the product the goal was made from."""
    family: int
    """Number shared by the goals of one product with equal attributes and numbers of options."""
    num_parts: int
    parts: BoundedCache[int, _Parts] = field(default_factory=lambda: BoundedCache(PARTS_LIMIT))
    """Parts by product index."""


class Standing(NamedTuple):
    """How a product stands with a choice of options."""

    reward: float
    """Reward of buying it now."""
    best: float
    """Reward with the best choice of options that its page allows."""
    options_ok: bool
    """Every wanted option is chosen."""
    price_ok: bool
    """The hidden price is within the cap."""


def all_groups(product: Product) -> Sequence[Sequence[str]]:
    """Return the values of every option group."""
    return list(product.options.values())


class Judge:
    """Memoised rewards; one per process and catalogue, shared by all sessions.

    Args:
        catalogue: where products and their title nouns come from.
        symmetric_colours: normalise colours on the goal's side too, so that buying the goal's
            product with the goal's options always counts in full.
        option_groups: the values that can be chosen on a product's page, per group; no value in
            two groups.
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
        self._families: BoundedCache[tuple[int, tuple[str, ...], int], int] = BoundedCache(
            PAIRS_LIMIT
        )
        self._next_family = 0
        self._offers: BoundedCache[int, _Offer] = BoundedCache(PRODUCTS_LIMIT)
        self._bases: BoundedCache[tuple[int, int], _Base] = BoundedCache(PAIRS_LIMIT)
        self._hits: BoundedCache[tuple[str, int], int] = BoundedCache(PAIRS_LIMIT)

    def detail(
        self, goal: Goal, index: int, price: float, options: Mapping[str, str]
    ) -> RewardDetail:
        """Return the full reward of buying product ``index`` with these options.

        Raises:
            OriginalWouldRaise: the original cannot compute a reward for this goal.
            LookupError: the goal's product is not in the catalogue, or title nouns are not known.
        """
        parts = self._parts(self._prepared(goal), index)
        attributes = self._attributes(goal, index, parts.base)
        count = _count(parts, options)
        price_ok = bool(price <= goal.price_upper)  # a price from an array compares as numpy's bool
        return make_detail(goal, parts.base.kind, attributes, count, price_ok)

    def reward(self, goal: Goal, index: int, price: float, options: Mapping[str, str]) -> float:
        """Return ``detail(...).total``, quicker."""
        prepared = self._prepared(goal)
        parts = self._parts(prepared, index)
        attributes = self._attributes(goal, index, parts.base)
        count = _count(parts, options) if options else 0
        price_ok = bool(price <= goal.price_upper)
        return total_reward(prepared.num_parts, parts.base.r_type, attributes, count, price_ok)

    def best(self, goal: Goal, index: int, price: float) -> float:
        """Return the reward with the best choice of options that the product's page allows."""
        return self._best(self._prepared(goal), index, price)

    def standing(
        self, goal: Goal, index: int, price: float, options: Mapping[str, str]
    ) -> Standing:
        """Return how product ``index`` stands with these options."""
        prepared = self._prepared(goal)
        best = self._best(prepared, index, price)
        parts = self._parts(prepared, index)
        base = parts.base
        attributes = self._attributes(goal, index, base)
        count = _count(parts, options) if options else 0
        price_ok = bool(price <= goal.price_upper)
        total = total_reward(prepared.num_parts, base.r_type, attributes, count, price_ok)
        return Standing(total, best, count == len(prepared.wanted), price_ok)

    def best_of(
        self, goal: Goal, indexes: Sequence[int], price_of: Callable[[int], float]
    ) -> float:
        """Return the highest :meth:`best` of several products; 0 without any.

        Args:
            goal: what is wanted.
            indexes: the products.
            price_of: hidden price in dollars by product index.
        """
        prepared = self._prepared(goal)
        # The product the goal was made from nearly always earns everything: ask it first.
        if prepared.index in indexes:
            highest = self._best(prepared, prepared.index, price_of(prepared.index))
            if highest == 1.0:
                return highest
        else:
            highest = 0.0
        # The type is cheap to judge and often rules a product out: the best types go first.
        bases = [(self._base(prepared, index), index) for index in indexes]
        bases.sort(key=_type_of_base, reverse=True)
        for base, index in bases:
            if base.r_type <= highest:
                break
            # With the price and every option right it might still not be the best.
            attributes = self._attributes(goal, index, base)
            options = len(prepared.wanted) if base.offer.groups else 0
            limit = total_reward(prepared.num_parts, base.r_type, attributes, options, True)
            if limit > highest:
                highest = max(highest, self._best(prepared, index, price_of(index)))
        return highest

    def _best(self, prepared: _Prepared, index: int, price: float) -> float:
        parts = self._parts(prepared, index)
        base = parts.base
        count = parts.best_count
        if count is None:
            count = parts.best_count = best_option_count(parts.hits, base.offer.groups)
        attributes = self._attributes(prepared.goal, index, base)
        price_ok = bool(price <= prepared.goal.price_upper)
        return total_reward(prepared.num_parts, base.r_type, attributes, count, price_ok)

    def _prepared(self, goal: Goal) -> _Prepared:
        prepared = self._goals.get(id(goal))
        # An id can be used again after its goal is gone, so the goal itself is compared too.
        if prepared is None or prepared.goal is not goal:
            prepared = self._goals.put(id(goal), self._prepare(goal))
        return prepared

    def _prepare(self, goal: Goal) -> _Prepared:
        check_goal(goal)
        index = self._catalogue.index_of(goal.asin)
        if index is None:
            raise LookupError(
                f"the goal's product {goal.asin} is not in this catalogue; "
                "use goals and products of one catalogue"
            )
        key = (index, goal.attributes, len(goal.goal_options))
        family = self._families.get(key)
        if family is None:
            family = self._families.put(key, self._next_family)
            self._next_family += 1
        wanted = wanted_option_texts(goal, self.symmetric_colours)
        return _Prepared(goal, wanted, index, family, goal.num_parts)

    def _parts(self, prepared: _Prepared, index: int) -> _Parts:
        parts = prepared.parts.get(index)
        if parts is None:
            base = self._base(prepared, index)
            # A product without options needs no look-ups, and most have none.
            hits = [self._option_hits(t, index) for t in prepared.wanted] if base.offer.bits else []
            parts = prepared.parts.put(index, _Parts(base, hits))
        return parts

    def _base(self, prepared: _Prepared, index: int) -> _Base:
        base = self._bases.get((prepared.family, index))
        if base is None:
            key = (prepared.family, index)
            base = self._bases.put(key, self._make_base(prepared.goal, index))
        return base

    def _make_base(self, goal: Goal, index: int) -> _Base:
        goal_index = self._catalogue.index_of(goal.asin)
        assert goal_index is not None
        wanted, bought = self._offer(goal_index), self._offer(index)
        kind = type_reward(
            query_match=wanted.query == bought.query,
            category_match=len(wanted.categories & bought.categories) >= 2,
            goal_nouns=wanted.nouns,
            product_nouns=bought.nouns,
        )
        return _Base(kind.r_type, kind, bought)

    def _attributes(self, goal: Goal, index: int, base: _Base) -> int:
        count = base.attributes
        if count is None:
            product = self._catalogue.product(index)
            count = base.attributes = count_attributes(goal.attributes, product)
        return count

    def _offer(self, index: int) -> _Offer:
        offer = self._offers.get(index)
        if offer is None:
            offer = self._offers.put(index, self._make_offer(index))
        return offer

    def _make_offer(self, index: int) -> _Offer:
        product = self._catalogue.product(index)
        values = dict.fromkeys(v for group in product.options.values() for v in group)
        bits = {value: 1 << number for number, value in enumerate(values)}
        masks = [sum({bits[v] for v in group}) for group in self._option_groups(product)]
        normalised = [normalise_colour(value) for value in values]
        return _Offer(
            bits=bits,
            normalised=normalised,
            prepared=[prepare(value) for value in normalised],
            groups=[mask for mask in masks if mask],
            nouns=self._catalogue.nouns(index),
            categories=category_parts(product.product_category),
            query=product.query,
        )

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


def _count(parts: _Parts, options: Mapping[str, str]) -> int:
    """Count the goal options that the chosen values satisfy."""
    chosen = 0
    for value in options.values():
        chosen |= parts.base.offer.bits[value]
    return sum([1 for hit in parts.hits if hit & chosen])


def _type_of_base(entry: tuple[_Base, int]) -> float:
    return entry[0].r_type
