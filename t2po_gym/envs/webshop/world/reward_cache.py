"""Rewards of the products of one catalogue, from bounded caches.

Every number equals that of the pure functions in ``reward.py``; a test compares them. The caches
hold what episodes share: the type part and the matched attributes for each pair of a goal's product
and another product, and the bit set of a product's values that match a wanted option text. They are
dictionaries from integers to integers, which Python's garbage collector does not traverse.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from t2po_gym.data.bounded_cache import BoundedCache
from t2po_gym.envs.webshop.data.goals import Goal
from t2po_gym.envs.webshop.data.product import Catalogue, Product
from t2po_gym.envs.webshop.world.prepared_product import OptionGroups, PreparedProduct
from t2po_gym.envs.webshop.world.reward import (
    R_TYPES,
    RewardDetail,
    TypeReward,
    best_option_count,
    check_goal,
    make_detail,
    title_score,
    total_reward,
    type_factor,
    type_reward,
    wanted_option_texts,
)

PAIRS_LIMIT = 1 << 16
"""Entries per pair cache (about 8 MB each when full)."""

PRODUCTS_LIMIT = 1 << 12
"""Prepared products and goal families in the caches."""

GOALS_LIMIT = 512
"""Prepared goals in the cache."""


@dataclass(slots=True)
class _Siblings:
    """Data shared by goals of one product with the same attributes and number of options."""

    offer: PreparedProduct
    """The product."""
    nouns: frozenset[str]
    """Nouns of its title, each once."""
    attributes: tuple[str, ...]
    """The wanted attributes."""
    num_parts: int
    """Number of parts the reward counts."""
    first: int
    """Number of the pair of this family and product 0; other products follow."""
    limits: tuple[float, ...]
    """Highest reward by the code of a pair, see `_limits`."""


@dataclass(slots=True)
class _Wanted:
    """A goal prepared for judging."""

    goal: Goal
    index: int
    """Catalogue index of the product the goal was made from."""
    family: _Siblings
    texts: tuple[str, ...]
    """Option texts."""
    firsts: tuple[int, ...]
    """Numbers of the pairs of each option text and product 0; other products follow."""


class Opened:
    """A product on the screen, judged for one goal; made by :meth:`RewardCache.opened`.

    Attributes:
        best: reward with the best choice of options that its page allows.
        price_ok: whether the hidden price is within the cap.
    """

    __slots__ = ("_attributes", "_bits", "_hits", "_num_parts", "_r_type", "best", "price_ok")

    def __init__(
        self,
        num_parts: int,
        r_type: float,
        attributes: int,
        hits: Sequence[int],
        offer: PreparedProduct,
        price_ok: bool,
    ) -> None:
        self._num_parts = num_parts
        self._r_type = r_type
        self._attributes = attributes
        self._hits = hits
        self._bits = offer.bits
        self.price_ok = price_ok
        self.best = self._total(best_option_count(hits, offer.groups) if hits else 0)

    def buying(self, options: Mapping[str, str]) -> tuple[float, int]:
        """Return the reward of buying it with these options, and how many of them are wanted."""
        count = _count(self._hits, self._bits, options) if options else 0
        return self._total(count), count

    def _total(self, count: int) -> float:
        return total_reward(self._num_parts, self._r_type, self._attributes, count, self.price_ok)


def all_groups(product: Product) -> Sequence[Sequence[str]]:
    """Return the values of every option group."""
    return list(product.options.values())


class RewardCache:
    """Memoised rewards; one per process and catalogue, shared by all sessions.

    Args:
        catalogue: source of products and their title nouns.
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
        self._size = len(catalogue)
        self._option_groups = option_groups
        self._goals: BoundedCache[int, _Wanted] = BoundedCache(GOALS_LIMIT)
        self._families: BoundedCache[tuple[int, tuple[str, ...], int], _Siblings] = BoundedCache(
            PRODUCTS_LIMIT
        )
        self._texts: BoundedCache[str, int] = BoundedCache(PAIRS_LIMIT)
        self._numbered = 0
        self._offers: BoundedCache[int, PreparedProduct] = BoundedCache(PRODUCTS_LIMIT)
        self._pairs: BoundedCache[int, int] = BoundedCache(PAIRS_LIMIT)
        self._hits: BoundedCache[int, int] = BoundedCache(PAIRS_LIMIT)

    def detail(
        self, goal: Goal, index: int, price: float, options: Mapping[str, str]
    ) -> RewardDetail:
        """Return the full reward of buying product ``index`` with these options.

        Raises:
            OriginalWouldRaise: If the original cannot compute a reward for this goal.
            LookupError: If the goal's product is not in the catalogue, or title nouns are unknown.
        """
        wanted = self._wanted(goal)
        attributes = self._pair(wanted.family, index) >> 3
        offer = self._offer(index)
        count = _count(self._hits_of(wanted, index, offer), offer.bits, options)
        price_ok = bool(price <= goal.price_upper)  # a price from an array compares as numpy's bool
        return make_detail(goal, _kind(wanted.family.offer, offer), attributes, count, price_ok)

    def reward(self, goal: Goal, index: int, price: float, options: Mapping[str, str]) -> float:
        """Return ``detail(...).total``, but faster."""
        return self.opened(goal, index, price).buying(options)[0]

    def best(self, goal: Goal, index: int, price: float) -> float:
        """Return the reward with the best choice of options that the product's page allows."""
        wanted = self._wanted(goal)
        return self._best(wanted, index, self._pair(wanted.family, index), price)

    def opened(self, goal: Goal, index: int, price: float) -> Opened:
        """Return product ``index``, whose hidden price is ``price`` dollars, judged for a goal.

        Raises:
            OriginalWouldRaise: See :meth:`detail`.
            LookupError: See :meth:`detail`.
        """
        wanted = self._wanted(goal)
        pair = self._pair(wanted.family, index)
        offer = self._offer(index)
        hits = self._hits_of(wanted, index, offer)
        price_ok = bool(price <= goal.price_upper)
        return Opened(wanted.family.num_parts, R_TYPES[pair & 3], pair >> 3, hits, offer, price_ok)

    def best_of(
        self, goal: Goal, indexes: Sequence[int], price_of: Callable[[int], float]
    ) -> float:
        """Return the highest :meth:`best` of several products; 0 if there are none.

        Args:
            goal: what is wanted.
            indexes: the products.
            price_of: hidden price in dollars by product index.
        """
        wanted = self._wanted(goal)
        family = wanted.family
        highest = 0.0
        # The product the goal was made from nearly always earns everything: try it first.
        if wanted.index in indexes:
            index = wanted.index
            highest = self._best(wanted, index, self._pair(family, index), price_of(index))
            if highest == 1.0:
                return highest
        # Try the others by what they can earn, highest first, until no other can earn more.
        for limit, index, pair in self._candidates(family, indexes, highest):
            if limit <= highest:
                break
            if pair < 0:
                pair = self._pair(family, index)
                if family.limits[pair] <= highest:
                    continue
            highest = max(highest, self._best(wanted, index, pair, price_of(index)))
        return highest

    def _candidates(
        self, family: _Siblings, indexes: Sequence[int], least: float
    ) -> list[tuple[float, int, int]]:
        """Return the products that might earn more than ``least``.

        Returns:
            The maximum each can earn, highest first, its index, and the code of its pair.
        """
        pairs, first, limits = self._pairs, family.first, family.limits
        found = []
        for index in indexes:
            pair = pairs.get(first + index)
            if pair is None:
                pair = self._judge_pair(family, index)
            if limits[pair] > least:
                found.append((limits[pair], index, pair))
        found.sort(reverse=True)
        return found

    def _best(self, wanted: _Wanted, index: int, pair: int, price: float) -> float:
        count = 0
        if pair & 4:
            offer = self._offer(index)
            count = best_option_count(self._hits_of(wanted, index, offer), offer.groups)
        price_ok = bool(price <= wanted.goal.price_upper)
        return total_reward(wanted.family.num_parts, R_TYPES[pair & 3], pair >> 3, count, price_ok)

    def _wanted(self, goal: Goal) -> _Wanted:
        wanted = self._goals.get(id(goal))
        # An id can be reused after its goal is gone, so the goal itself is compared too.
        if wanted is None or wanted.goal is not goal:
            wanted = self._goals.put(id(goal), self._prepare(goal))
        return wanted

    def _prepare(self, goal: Goal) -> _Wanted:
        check_goal(goal)
        index = self._catalogue.index_of(goal.asin)
        if index is None:
            raise LookupError(
                f"the goal's product {goal.asin} is not in this catalogue; "
                "use goals and products of one catalogue"
            )
        key = (index, goal.attributes, len(goal.goal_options))
        family = self._families.get(key) or self._families.put(key, self._make_family(goal, index))
        texts = wanted_option_texts(goal, self.symmetric_colours)
        firsts = tuple([self._texts.get(text) or self._number_text(text) for text in texts])
        return _Wanted(goal, index, family, texts, firsts)

    def _make_family(self, goal: Goal, index: int) -> _Siblings:
        offer = self._offer(index)
        return _Siblings(
            offer=offer,
            nouns=frozenset(offer.nouns),
            attributes=goal.attributes,
            num_parts=goal.num_parts,
            first=self._next_first(),
            limits=_limits(len(goal.attributes), len(goal.goal_options)),
        )

    def _number_text(self, text: str) -> int:
        return self._texts.put(text, self._next_first())

    def _next_first(self) -> int:
        """Return an unused number, followed by enough unused ones for a pair per product."""
        self._numbered += 1
        return self._numbered * self._size

    def _pair(self, family: _Siblings, index: int) -> int:
        """Return the full code of a pair; see `_limits`."""
        pair = self._pairs.get(family.first + index)
        if pair is None:
            pair = self._judge_pair(family, index)
        return pair if pair >= 0 else self._count_pair(family, index, -1 - pair)

    def _judge_pair(self, family: _Siblings, index: int) -> int:
        """Judge the type of a product, and the rest at once if the type fully matches."""
        wanted, offer = family.offer, self._offer(index)
        factor = type_factor(
            wanted.query == offer.query,
            len(wanted.categories & offer.categories) >= 2,
            title_score(len(family.nouns.intersection(offer.nouns)), len(wanted.nouns)),
        )
        if factor == 1.0:
            return self._count_pair(family, index, R_TYPES.index(factor))
        return self._pairs.put(family.first + index, -1 - R_TYPES.index(factor))

    def _count_pair(self, family: _Siblings, index: int, kind: int) -> int:
        offer = self._offer(index)
        attributes = offer.count_attributes(family.attributes)
        pair = 8 * attributes + 4 * bool(offer.groups) + kind
        return self._pairs.put(family.first + index, pair)

    def _offer(self, index: int) -> PreparedProduct:
        offer = self._offers.get(index)
        if offer is None:
            product, nouns = self._catalogue.product(index), self._catalogue.nouns(index)
            offer = self._offers.put(index, PreparedProduct(product, nouns, self._option_groups))
        return offer

    def _hits_of(self, wanted: _Wanted, index: int, offer: PreparedProduct) -> list[int]:
        """Return the bit set of the product's matching values for each goal option."""
        if not offer.bits:  # most products have no options
            return []
        hits = []
        for place, first in enumerate(wanted.firsts):
            hit = self._hits.get(first + index)
            if hit is None:
                hit = offer.option_hits(wanted.texts[place], self.symmetric_colours)
                self._hits.put(first + index, hit)
            hits.append(hit)
        return hits


def _count(hits: Sequence[int], bits: Mapping[str, int], options: Mapping[str, str]) -> int:
    """Count the goal options that the chosen values satisfy."""
    chosen = 0
    for value in options.values():
        chosen |= bits[value]
    return sum([1 for hit in hits if hit & chosen])


def _kind(wanted: PreparedProduct, bought: PreparedProduct) -> TypeReward:
    return type_reward(
        query_match=wanted.query == bought.query,
        category_match=len(wanted.categories & bought.categories) >= 2,
        goal_nouns=wanted.nouns,
        product_nouns=bought.nouns,
    )


@lru_cache(maxsize=256)
def _limits(num_attributes: int, num_options: int) -> tuple[float, ...]:
    """Return the highest reward of a product by its code, which states what is known about it.

    The code is 8 * (number of matched attributes) + 4 * (it has options) + (index in `R_TYPES`),
    or -1 - (index in `R_TYPES`) while nothing else is known.
    """
    counted = [
        total_reward(num_attributes + num_options + 1, r_type, attributes, options, True)
        for attributes in range(num_attributes + 1)
        for options in (0, num_options)
        for r_type in R_TYPES
    ]
    return (*counted, *reversed(R_TYPES))
