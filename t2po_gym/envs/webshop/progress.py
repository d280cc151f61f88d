"""Progress of a shopping session: how much of the reward is in reach.

Let ``r(P)`` be the reward of buying product P with the options chosen now, ``best(P)`` its reward
with the best options its page offers, and ``sigma`` the largest ``best`` on the last results page:

=====================  =====================================================
page                   progress
=====================  =====================================================
search                 0
results                0.25 sigma
product, its sub pages 0.25 sigma + 0.25 best(P) + 0.40 r(P)   (0.90 at most)
after ``Buy Now``      the official reward
=====================  =====================================================

Going back to the search page resets the value to 0: this is a potential, not a high-water mark. It
reads the hidden goal and the hidden price; it never affects an observation.

The definition is this project's own; docs/originals/webshop.md, section 12, names related work. It
builds on the official reward (https://github.com/princeton-nlp/WebShop) and on potential-based
shaping: Ng, Harada and Russell, "Policy Invariance under Reward Transformations", ICML 1999.
"""

from __future__ import annotations

from collections.abc import Mapping

from t2po_gym.core.progress import Progress
from t2po_gym.data.bounded_cache import BoundedCache
from t2po_gym.envs.webshop.world.reward_cache import Opened
from t2po_gym.envs.webshop.world.session import Session

PROGRESS_VERSION = "webshop-1"
"""Increased whenever a value of the definition above changes."""

MILESTONES = ("results_has_goal", "on_goal_item", "options_ok", "price_ok", "bought")
"""
``results_has_goal``: the last results page shows a product that can win (best = 1);
``on_goal_item``: the open product can win; ``options_ok``: every wanted option is chosen on it;
``price_ok``: its hidden price is within the cap; ``bought``: something was bought.
"""

SEEN_WEIGHT = 0.25
"""Weight of the best product on the results page."""

OPEN_WEIGHT = 0.25
"""Weight of the best reward of the open product."""

CHOSEN_WEIGHT = 0.40
"""Weight of the reward of buying it now."""

REMEMBERED_STATES = 256
"""States of an episode whose progress is cached, so that memory stays bounded."""

REMEMBERED_PRODUCTS = 32
"""Products of an episode whose judgement for its goal is cached."""

_START = Progress(0.0, dict.fromkeys(MILESTONES, 0.0))

_Key = tuple[tuple[int, ...], int | None, tuple[tuple[str, str], ...], bool]


class SessionProgress:
    """Progress of one session, cached by state.

    Args:
        session: read but never changed; it may advance between calls.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: BoundedCache[_Key, Progress] = BoundedCache(REMEMBERED_STATES)
        self._sigmas: BoundedCache[tuple[int, ...], float] = BoundedCache(REMEMBERED_STATES)
        self._opened: BoundedCache[int, Opened] = BoundedCache(REMEMBERED_PRODUCTS)

    def now(self) -> Progress:
        """Return the progress of the session's current state."""
        session = self._session
        if session.kind == "search":
            return _START
        options = tuple(session.options.items()) if session.options else ()
        key = (session.results, session.index, options, session.kind == "done")
        known = self._known.get(key)
        if known is None:
            known = self._known.put(key, self._compute())
        return known

    def _compute(self) -> Progress:
        session = self._session
        sigma = self._sigma(session.results)
        if session.kind == "results":
            return Progress(SEEN_WEIGHT * sigma, _milestones(results_has_goal=sigma == 1.0))
        assert session.index is not None
        bought = session.kind == "done"
        opened = self._open(session.index)
        value, chosen = opened.buying(session.options)
        if not bought:
            value = SEEN_WEIGHT * sigma + OPEN_WEIGHT * opened.best + CHOSEN_WEIGHT * value
        return Progress(
            value,
            _milestones(
                results_has_goal=sigma == 1.0,
                on_goal_item=opened.best == 1.0,
                options_ok=chosen == len(session.goal.goal_options),
                price_ok=opened.price_ok,
                bought=bought,
            ),
        )

    def _open(self, index: int) -> Opened:
        opened = self._opened.get(index)
        if opened is None:
            shop = self._session.shop
            opened = shop.judge.opened(self._session.goal, index, shop.price_of(index))
            self._opened.put(index, opened)
        return opened

    def _sigma(self, results: tuple[int, ...]) -> float:
        """Return the largest attainable reward among these products; 0 for an empty page."""
        sigma = self._sigmas.get(results)
        if sigma is None:
            shop = self._session.shop
            sigma = shop.judge.best_of(self._session.goal, results, shop.price_of)
            self._sigmas.put(results, sigma)
        return sigma


def _milestones(
    results_has_goal: bool,
    on_goal_item: bool = False,
    options_ok: bool = False,
    price_ok: bool = False,
    bought: bool = False,
) -> Mapping[str, float]:
    return {
        "results_has_goal": 1.0 if results_has_goal else 0.0,
        "on_goal_item": 1.0 if on_goal_item else 0.0,
        "options_ok": 1.0 if options_ok else 0.0,
        "price_ok": 1.0 if price_ok else 0.0,
        "bought": 1.0 if bought else 0.0,
    }
