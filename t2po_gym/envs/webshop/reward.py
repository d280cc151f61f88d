"""The reward of a purchase (signatures; bodies follow)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from t2po_gym.envs.webshop.goals import Goal
from t2po_gym.envs.webshop.product import Catalogue, Product


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardDetail:
    """The reward and its parts."""

    total: float
    r_type: float
    query_match: bool
    category_match: bool
    title_score: float
    attributes_matched: int
    num_attributes: int
    options_matched: int
    num_options: int
    price_ok: bool

    def as_info(self) -> dict[str, Any]:
        """The original's ``verbose_info`` keys: r_type, r_att, w_att, query_match, ..."""
        raise NotImplementedError


def reward(
    goal: Goal,
    product: Product,
    price: float,
    options: Mapping[str, str],
    nouns_goal: tuple[str, ...],
    nouns_product: tuple[str, ...],
    symmetric_colours: bool = False,
) -> RewardDetail:
    """Judge buying ``product`` at ``price`` with these chosen options for ``goal``."""
    raise NotImplementedError


class Judge:
    """Memoised rewards of one catalogue (bounded caches, shared by all sessions of a process)."""

    def __init__(self, catalogue: Catalogue, symmetric_colours: bool = False) -> None:
        raise NotImplementedError

    def detail(self, goal: Goal, index: int, price: float, options: Mapping[str, str]) -> RewardDetail:
        """Full reward of buying product ``index``."""
        raise NotImplementedError

    def reward(self, goal: Goal, index: int, price: float, options: Mapping[str, str]) -> float:
        """The number alone (same as ``detail(...).total``), quicker."""
        raise NotImplementedError

    def best(self, goal: Goal, index: int, price: float) -> float:
        """Reward with the best option choice the product page allows."""
        raise NotImplementedError
