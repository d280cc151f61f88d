"""The reward of a purchase and its parts (docs/originals/webshop.md, section 7).

    reward = r_type x (matched attributes + matched options + price ok) / (attributes + options + 1)

:func:`reward` judges one purchase, :func:`best` the best choice of options on a product's page.
``judge.py`` gives the same numbers for the products of a catalogue, quickly.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from t2po_gym.envs.webshop.data.goals import Goal
from t2po_gym.envs.webshop.data.product import Product
from t2po_gym.envs.webshop.world.colours import normalise_colour, normalise_colour_pair
from t2po_gym.envs.webshop.world.errors import OriginalWouldRaise
from t2po_gym.envs.webshop.world.matching import matches, matching_positions, prepare

NO_NOUNS_SCORE = 0.2
"""Title score when the goal's title has no nouns."""

R_TYPES = (0.0, 0.1, 0.5, 1.0)
"""Factors of the type part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeReward:
    """How well the bought product matches the wanted kind."""

    r_type: float
    """Factor on the reward: 1, 0.5, 0.1 or 0."""

    query_match: bool
    """Both products were collected under the same search phrase."""

    category_match: bool
    """The category paths have at least two parts in common."""

    title_score: float
    """Share of the goal title's nouns that the bought title has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardDetail:
    """A reward and its parts."""

    total: float
    """The reward, 0..1."""

    kind: TypeReward
    """The type part."""

    attributes_matched: int
    """Number of goal attributes the product has."""

    num_attributes: int
    """Number of goal attributes."""

    options_matched: int
    """Number of goal options that were chosen."""

    num_options: int
    """Number of goal options."""

    price_ok: bool
    """The hidden price is at most the cap."""

    @property
    def r_type(self) -> float:
        """Factor of the type part."""
        return self.kind.r_type

    def as_info(self) -> dict[str, Any]:
        """Return the parts under the original's names; ``w_*`` are the shares of the parts."""
        parts = self.num_attributes + self.num_options + 1
        info: dict[str, Any] = {
            "r_type": self.kind.r_type,
            "r_att": self.attributes_matched / self.num_attributes,
            "w_att": self.num_attributes / parts,
            "query_match": self.kind.query_match,
            "category_match": self.kind.category_match,
            "title_score": self.kind.title_score,
        }
        if self.num_options:
            info["r_option"] = self.options_matched / self.num_options
            info["w_option"] = self.num_options / parts
        info["r_price"] = self.price_ok
        info["w_price"] = 1 / parts
        return info


def category_parts(product_category: str) -> frozenset[str]:
    """Return the parts of a category path."""
    return frozenset(part.strip() for part in product_category.split("›"))


def title_score(num_shared: int, num_nouns: int) -> float:
    """Return the share of the goal title's nouns that another title has."""
    return num_shared / num_nouns if num_nouns else NO_NOUNS_SCORE


def type_factor(query_match: bool, category_match: bool, score: float) -> float:
    """Return which of `R_TYPES` a product gets; the title score overrules query and category."""
    if score == 0.0:
        return 0.0
    if score < 0.1:
        return 0.1
    return 1.0 if query_match or category_match or score > 0.2 else 0.5


def type_reward(
    *,
    query_match: bool,
    category_match: bool,
    goal_nouns: Sequence[str],
    product_nouns: Collection[str],
) -> TypeReward:
    """Judge the kind of a product; nouns of the titles overrule query and category.

    Args:
        query_match: see :class:`TypeReward`.
        category_match: see :class:`TypeReward`.
        goal_nouns: nouns of the goal's title, duplicates kept (they count in the denominator).
        product_nouns: nouns of the bought product's title.
    """
    score = title_score(len(set(goal_nouns).intersection(product_nouns)), len(goal_nouns))
    r_type = type_factor(query_match, category_match, score)
    return TypeReward(
        r_type=r_type,
        query_match=query_match,
        category_match=category_match,
        title_score=score,
    )


def count_attributes(wanted: Iterable[str], product: Product) -> int:
    """Count the wanted attributes that a product has or that its texts mention."""
    texts = (
        product.title.lower(),
        " ".join(product.bullets).lower(),
        product.description.lower(),
    )
    prepared = [prepare(attribute) for attribute in product.attributes]
    count = 0
    for wanted_one in wanted:
        told = wanted_one in texts[0] or wanted_one in texts[1] or wanted_one in texts[2]
        if told or matching_positions(prepared, wanted_one):
            count += 1
    return count


def wanted_option_texts(goal: Goal, symmetric_colours: bool) -> tuple[str, ...]:
    """Return the goal side of the option comparison, one text per goal option.

    Args:
        goal: the goal.
        symmetric_colours: False as the original (the name counts as well and colours are hardly
            ever normalised); True to normalise the value alone, as the chosen side is.
    """
    options = goal.goal_options
    if not isinstance(options, Mapping):
        return tuple(normalise_colour(value) for value in options)
    if symmetric_colours:
        return tuple(normalise_colour(value) for value in options.values())
    return tuple(normalise_colour_pair(name, value) for name, value in options.items())


def count_options(
    wanted: Iterable[str], chosen: Iterable[str], symmetric_colours: bool = False
) -> int:
    """Count the wanted option texts that some chosen value matches."""
    values = [normalise_colour(value) for value in chosen]
    return sum(
        any(
            matches(value, wanted_one) or (symmetric_colours and value == wanted_one)
            for value in values
        )
        for wanted_one in wanted
    )


def total_reward(
    num_parts: int, r_type: float, attributes: int, options: int, price_ok: bool
) -> float:
    """Return the reward from counts of matched attributes and options."""
    return (attributes + options + price_ok) / num_parts * r_type


def make_detail(
    goal: Goal, kind: TypeReward, attributes: int, options: int, price_ok: bool
) -> RewardDetail:
    """Put the counted parts together."""
    return RewardDetail(
        total=total_reward(goal.num_parts, kind.r_type, attributes, options, price_ok),
        kind=kind,
        attributes_matched=attributes,
        num_attributes=len(goal.attributes),
        options_matched=options,
        num_options=len(goal.goal_options),
        price_ok=price_ok,
    )


def check_goal(goal: Goal) -> None:
    """Refuse a goal whose reward the original cannot compute.

    Raises:
        OriginalWouldRaise: the goal has no attributes, or no positive price cap.
    """
    if not goal.attributes:
        raise OriginalWouldRaise("ZeroDivisionError", "division by zero")
    cap: float | None = goal.price_upper
    if cap is None or not cap > 0:  # 0, negative, not a number: the original has no price term then
        raise OriginalWouldRaise(
            "TypeError", "unsupported operand type(s) for +: 'int' and 'NoneType'"
        )


def reward(
    goal: Goal,
    product: Product,
    price: float,
    options: Mapping[str, str],
    nouns_goal: Sequence[str],
    nouns_product: Sequence[str],
    symmetric_colours: bool = False,
) -> RewardDetail:
    """Judge buying ``product`` at the hidden ``price`` with the chosen ``options`` for ``goal``.

    Args:
        goal: what was wanted.
        product: what was bought.
        price: hidden price in dollars.
        options: chosen value per option group.
        nouns_goal: nouns of the goal's title, in order.
        nouns_product: nouns of the product's title.
        symmetric_colours: see :func:`wanted_option_texts`.

    Raises:
        OriginalWouldRaise: the goal has no attributes, or no positive price cap.
    """
    check_goal(goal)
    shared = category_parts(goal.product_category) & category_parts(product.product_category)
    kind = type_reward(
        query_match=goal.query == product.query,
        category_match=len(shared) >= 2,
        goal_nouns=nouns_goal,
        product_nouns=nouns_product,
    )
    wanted = wanted_option_texts(goal, symmetric_colours)
    return make_detail(
        goal,
        kind,
        count_attributes(goal.attributes, product),
        count_options(wanted, options.values(), symmetric_colours),
        price <= goal.price_upper,
    )


def best_option_count(hits: Sequence[int], groups: Sequence[int]) -> int:
    """Return how many goal options one value per group can satisfy at most.

    Args:
        hits: per goal option, the bit set of a product's values that match it.
        groups: per option group, the bit set of its values; no value is in two groups.

    Example:
        Values 0 and 1 are in one group, 2 in another; the first goal option is matched by 0 or 2,
        the second by 1, so choosing 1 and 2 satisfies both.

        >>> best_option_count([0b101, 0b010], [0b011, 0b100])
        2
    """
    reachable_hits = [hit for hit in hits if hit]
    if not reachable_hits:
        return 0
    if _each_has_its_group(reachable_hits, groups):
        return len(reachable_hits)
    reachable = {0}
    for group in groups:
        covers = _covers([hit & group for hit in hits])
        if covers:
            reachable |= {done | cover for done in reachable for cover in covers}
    return max(done.bit_count() for done in reachable)


def _each_has_its_group(hits: Sequence[int], groups: Sequence[int]) -> bool:
    """Tell whether a group can be found for each goal option that no other one needs.

    Takes the first free group, so it may miss a way; the full search then finds it.
    """
    free = list(groups)
    for hit in hits:
        for position, group in enumerate(free):
            if hit & group:
                del free[position]
                break
        else:
            return False
    return True


def _covers(hits: Sequence[int]) -> set[int]:
    """Return the distinct sets of goal options that one value satisfies, except the empty one."""
    union = 0
    for hit in hits:
        union |= hit
    covers = set()
    while union:
        value = union & -union
        union ^= value
        covers.add(sum([1 << option for option, hit in enumerate(hits) if hit & value]))
    return covers


def best(
    goal: Goal,
    product: Product,
    price: float,
    groups: Sequence[Sequence[str]],
    nouns_goal: Sequence[str],
    nouns_product: Sequence[str],
    symmetric_colours: bool = False,
) -> float:
    """Return the reward of a product with the best choice of one value per group.

    Args:
        goal: what is wanted.
        product: what would be bought.
        price: its hidden price in dollars.
        groups: per option group, the values that can be chosen on the product's page.
        nouns_goal: nouns of the goal's title, in order.
        nouns_product: nouns of the product's title.
        symmetric_colours: see :func:`wanted_option_texts`.
    """
    values = list(dict.fromkeys(value for group in groups for value in group))
    wanted = wanted_option_texts(goal, symmetric_colours)
    hits = [
        sum(
            1 << bit
            for bit, value in enumerate(values)
            if count_options((text,), (value,), symmetric_colours)
        )
        for text in wanted
    ]
    masks = [sum(1 << values.index(value) for value in set(group)) for group in groups]
    bare = reward(goal, product, price, {}, nouns_goal, nouns_product, symmetric_colours)
    count = best_option_count(hits, masks)
    return make_detail(goal, bare.kind, bare.attributes_matched, count, bare.price_ok).total
