"""One shopping session (signatures; bodies follow)."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from t2po_gym.envs.webshop.goals import Goal
from t2po_gym.envs.webshop.product import Catalogue
from t2po_gym.envs.webshop.reward import Judge, RewardDetail

Mode = Literal["text", "text_rich", "url"]
PageKind = Literal["search", "results", "item", "sub", "done"]


class OriginalWouldRaise(Exception):  # noqa: N818
    """The original program raises here; the session is unchanged, treat it as an invalid no-op."""

    kind: str
    message: str
    session: dict[str, Any]
    """What the original's session would hold afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRules:
    """Switches between the original's behaviour (defaults) and the repaired shop."""

    page_size: int = 10
    max_results: int = 50
    advertise_search: bool = True
    show_selected: bool = False
    symmetric_colours: bool = False
    prefix_queries: bool = True
    url_page_logic: bool = True
    first_bracket: bool = False
    show_attributes: bool = False
    max_query_chars: int | None = None
    title_words: int | None = None
    max_bullets: int | None = None
    max_description_chars: int | None = None


class Shop:
    """What all sessions share: catalogue, rules, hidden prices, bounded page caches, judge."""

    catalogue: Catalogue
    rules: SessionRules
    judge: Judge

    def __init__(
        self,
        catalogue: Catalogue,
        price_of: Callable[[int], float],
        rules: SessionRules | None = None,
        mode: Mode = "text",
    ) -> None:
        raise NotImplementedError


class Session:
    """Mutable state of one session: small, JSON-able, everything else is in the shop."""

    kind: PageKind
    query: str | None
    page: int | None
    index: int | None
    """Product on the item, sub or done page."""
    options: dict[str, str]
    results: tuple[int, ...]
    """Products of the results page last seen (kept on item and sub pages, cleared on search)."""
    total_results: int
    action_valid: bool
    """Whether the last step changed the page (accepted action)."""
    detail: RewardDetail | None
    """Reward of the last purchase."""

    def __init__(
        self, shop: Shop, goal: Goal, session_id: str = "0", rng: random.Random | int = 0
    ) -> None:
        raise NotImplementedError

    def step(self, action: str) -> tuple[str, float, bool]:
        """Do an action: (observation, reward, done). Raises OriginalWouldRaise (rules exact)."""
        raise NotImplementedError

    def observation(self, mode: Mode | None = None) -> str:
        """The current page."""
        raise NotImplementedError

    def available(self) -> dict[str, Any]:
        """``{"has_search_bar": bool, "clickables": [str, ...]}``."""
        raise NotImplementedError

    def url(self) -> str:
        """Address of the current page, as the original writes it."""
        raise NotImplementedError

    def price(self) -> float | None:
        """Hidden price of the product on the page."""
        raise NotImplementedError

    def save(self) -> dict[str, Any]:
        """JSON-able state."""
        raise NotImplementedError

    def load(self, state: Mapping[str, Any]) -> None:
        """Restore a saved state (same shop, goal and session id)."""
        raise NotImplementedError
