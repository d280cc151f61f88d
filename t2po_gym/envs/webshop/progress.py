"""Progress of a shopping session: how much of the reward is in sight, on the page, in the basket.

With ``r(P)`` the reward of buying product P with the options chosen now, ``best(P)`` its reward
with the best options its page offers, and ``sigma`` the largest ``best`` on the last results page:

=====================  =====================================================
page                   progress
=====================  =====================================================
search                 0
results                0.25 sigma
product, its sub pages 0.25 sigma + 0.25 best(P) + 0.40 r(P)   (0.90 at most)
after ``Buy Now``      the official reward
=====================  =====================================================

Going back to the search page gives the value 0 again: this is a potential, not a high-water mark.
It reads the hidden goal and the hidden price; no observation is ever made from it.

Source: facts/peers.md section 5.
"""

from __future__ import annotations

from collections.abc import Mapping

from t2po_gym.core.progress import Progress
from t2po_gym.envs.webshop.cache import BoundedCache
from t2po_gym.envs.webshop.session import Session

PROGRESS_VERSION = "webshop-1"
"""Raised whenever a value of the definition above changes."""

MILESTONES = ("results_has_goal", "on_goal_item", "options_ok", "price_ok", "bought")
"""
``results_has_goal``: the last results page shows a product that can win (best = 1);
``on_goal_item``: the open product can win; ``options_ok``: every wanted option is chosen on it;
``price_ok``: its hidden price is within the cap; ``bought``: something was bought.
"""

SEEN_WEIGHT = 0.25
"""Weight of the best product on the results page."""

OPEN_WEIGHT = 0.25
"""Weight of what the open product can give at best."""

CHOSEN_WEIGHT = 0.40
"""Weight of what buying it now would give."""

REMEMBERED_STATES = 256
"""States of an episode whose progress is kept; an endless episode must not grow."""

_START = Progress(0.0, dict.fromkeys(MILESTONES, 0.0))

_Key = tuple[tuple[int, ...], int | None, tuple[tuple[str, str], ...], bool]


class SessionProgress:
    """Progress of one session, remembered by state.

    Args:
        session: read, never changed; may move between calls.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: BoundedCache[_Key, Progress] = BoundedCache(REMEMBERED_STATES)
        self._sigmas: BoundedCache[tuple[int, ...], float] = BoundedCache(REMEMBERED_STATES)

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
        shop = session.shop
        standing = shop.judge.standing(
            session.goal, session.index, shop.price_of(session.index), session.options
        )
        value = standing.reward
        if not bought:
            value = (
                SEEN_WEIGHT * sigma + OPEN_WEIGHT * standing.best + CHOSEN_WEIGHT * standing.reward
            )
        return Progress(
            value,
            _milestones(
                results_has_goal=sigma == 1.0,
                on_goal_item=standing.best == 1.0,
                options_ok=standing.options_ok,
                price_ok=standing.price_ok,
                bought=bought,
            ),
        )

    def _sigma(self, results: tuple[int, ...]) -> float:
        """Largest attainable reward among these products; 0 for an empty page."""
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
        "results_has_goal": float(results_has_goal),
        "on_goal_item": float(on_goal_item),
        "options_ok": float(options_ok),
        "price_ok": float(price_ok),
        "bought": float(bought),
    }
