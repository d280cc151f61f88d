"""A scripted shopper that knows the hidden goal: expert play and demonstrations.

It wins in about as few steps as the shop allows and explains each step in short sentences. The
sentences use only what the instruction and the page show, so a policy trained on them learns
nothing it could not see; only the choice of the product uses the hidden goal.

``noise`` adds detours: with that probability per turn it opens a wrong product, tries a wrong
option, reads a sub page, goes a page too far or searches too vaguely, and then recovers. It never
buys by accident.

``vague`` makes it hasty: with that probability per episode it leaves the options out of its search
and takes the best product on the first page. Such episodes are won less often; a policy that learns
from the won ones has something to unlearn.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from t2po_gym.core.agent.demonstration import ExpertTurn, check_chances, play_out
from t2po_gym.envs.webshop.agents.shopper_words import ThinkingAloud, spoken_wishes
from t2po_gym.envs.webshop.data.goals import Goal
from t2po_gym.envs.webshop.env import WebShopEnv
from t2po_gym.envs.webshop.world.pages import BACK_TO_SEARCH, NEXT, PREV, option_groups, shown_title
from t2po_gym.envs.webshop.world.session import Session

BUY = "click[buy now]"
READABLE = ("description", "features", "reviews")
MOST_MATCHES = 6
"""Values per option group to try in the search for the best choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to find the product to buy."""

    query: str
    """What to search for."""

    page: int
    """Results page of the product, from 1."""

    index: int
    """Product to buy."""

    options: Mapping[str, str]
    """Options to choose, by group, in the order of the request."""


class ScriptedShopper:
    """Play the current episode of an environment: call `turn`, then step with its action.

    It works from any state, so it can take over an episode that something else started.

    Args:
        env: The bare environment; reset it before calling `turn`.
        rng: Draws wording and noise.
        noise: Probability per turn of a detour, from 0 to 1.
        vague: Probability per episode of searching without the options, from 0 to 1.
        reasons: Maximum number of reasons before a decision.
    """

    def __init__(
        self,
        env: WebShopEnv,
        rng: random.Random,
        noise: float = 0.0,
        vague: float = 0.0,
        reasons: int = 2,
    ) -> None:
        check_chances(noise=noise, vague=vague)
        self._env = env
        self._rng = rng
        self._noise = noise
        self._vague = vague
        self._reasons = reasons
        self._goal: Goal | None = None
        self._plan: Plan | None = None

    def turn(self) -> ExpertTurn:
        """Return the next action and the reason for it."""
        session = self._env.session
        plan = self.plan()
        words = ThinkingAloud(session, self._rng, self._reasons)
        if self._noise and self._rng.random() < self._noise:
            detour = self._detour(session, words)
            if detour is not None:
                return detour
        return self._next(session, plan, words)

    def plan(self) -> Plan:
        """Return the plan for the current goal, made once per episode."""
        goal = self._env.session.goal
        if self._plan is None or self._goal is not goal:
            vague = self._vague > 0.0 and self._rng.random() < self._vague
            self._goal, self._plan = goal, (hasty_plan if vague else make_plan)(self._env.session)
        return self._plan

    def play(self) -> list[ExpertTurn]:
        """Play the current episode to its end and return the turns."""
        return play_out(self._env, self.turn)

    def _next(self, session: Session, plan: Plan, words: ThinkingAloud) -> ExpertTurn:
        """Return the next step of the plan from the session's current page."""
        if session.kind == "search":
            whole = plan.query == candidate_queries(session.goal)[0]
            return _turn(words.search(whole), f"search[{plan.query}]")
        if session.kind == "sub":
            return _turn(words.leave_sub_page(), f"click[{PREV}]")
        if session.kind == "results":
            return self._on_results(session, plan, words)
        return self._on_product(session, plan, words)

    def _on_results(self, session: Session, plan: Plan, words: ThinkingAloud) -> ExpertTurn:
        if plan.index in session.results:
            product = session.shop.catalogue.product(plan.index)
            title = shown_title(product, session.shop.rules)
            place = session.results.index(plan.index)
            return _turn(words.open_product(place, title), f"click[{product.asin.lower()}]")
        assert session.page is not None
        if session.query != plan.query:
            return _turn(words.search_again(), f"click[{BACK_TO_SEARCH}]")
        if session.page < plan.page:
            return _turn(words.next_page(), f"click[{NEXT}]")
        return _turn(words.previous_page(), f"click[{PREV}]")

    def _on_product(self, session: Session, plan: Plan, words: ThinkingAloud) -> ExpertTurn:
        if session.index != plan.index:
            if plan.index in session.results or session.query == plan.query:
                return _turn(words.wrong_product(), f"click[{PREV}]")
            return _turn(words.wrong_product(), f"click[{BACK_TO_SEARCH}]")
        for group, value in plan.options.items():
            if session.options.get(group) != value:
                return _turn(words.choose(group, value), f"click[{value}]")
        return _turn(words.buy(plan.options), BUY)

    def _detour(self, session: Session, words: ThinkingAloud) -> ExpertTurn | None:
        """Return something else that a shopper might do here; None if there is nothing."""
        pick = self._rng.choice
        if session.kind == "search":
            return _turn(words.search(False), f"search[{session.goal.query}]")
        if session.kind == "results":
            leave = f"click[{BACK_TO_SEARCH}]"
            action = pick([click for click in session.click_actions() if click != leave])
            return _turn(words.look_around(action), action)
        if session.kind == "item":
            assert session.index is not None
            product = session.shop.catalogue.product(session.index)
            values = [v for g in option_groups(product, session.shop.rules) for v in g]
            if values and self._rng.random() < 0.6:
                value = pick(values)
                return _turn(words.try_option(value), f"click[{value}]")
            page = pick(READABLE)
            return _turn(words.read(page), f"click[{page}]")
        return None


def _turn(think: str, action: str) -> ExpertTurn:
    return ExpertTurn(think=think, action=action)


def make_plan(session: Session) -> Plan:
    """Find the fastest way to the best purchase that searching by the instruction allows.

    Queries are tried from the longest to the simplest. The first one with a winning product on the
    first page is chosen, else the one with the best product on the earliest page.

    Raises:
        LookupError: If no query finds a product.
    """
    return best_plan(session, candidate_queries(session.goal), session.shop.rules.max_results)


def hasty_plan(session: Session) -> Plan:
    """Choose the best product on the first page for the request without its options.

    Raises:
        LookupError: If nothing is found.
    """
    query = " ".join(spoken_wishes(session.goal)[0].lower().split())
    return best_plan(session, [query], session.shop.rules.page_size)


def best_plan(session: Session, queries: Sequence[str], depth: int) -> Plan:
    """Compare the first ``depth`` results of each query; see `make_plan`."""
    rules = session.shop.rules
    best: tuple[float, int, Plan] | None = None
    for query in queries:
        hits = session.shop.catalogue.search(query, rules.max_results)[:depth]
        ratings = [session.best(index) for index in hits]
        if not ratings:
            continue
        place = ratings.index(max(ratings))
        page = place // rules.page_size + 1
        if best is None or (ratings[place], -page) > best[:2]:
            options = best_options(session, hits[place])
            plan = Plan(query=query, page=page, index=hits[place], options=options)
            best = (ratings[place], -page, plan)
        if ratings[place] == 1.0 and page == 1:
            break
    if best is None:
        raise LookupError(
            f"no query made from {session.goal.instruction_text!r} finds a product; "
            "the catalogue's search index and its goals do not belong together"
        )
    return best[2]


def candidate_queries(goal: Goal) -> Sequence[str]:
    """Return lower-case queries a shopper could make from the instruction, longest first."""
    options = goal.goal_options
    values = " ".join(options.values() if isinstance(options, Mapping) else options)
    wish, with_options = spoken_wishes(goal)
    # A request in a person's own words may not name the search phrase.
    phrase = goal.query if goal.query in wish.lower() else wish
    queries = (with_options, f"{phrase} {values}", wish, phrase)
    return list(dict.fromkeys(" ".join(query.lower().split()) for query in queries))


def best_options(session: Session, index: int) -> dict[str, str]:
    """Return the options of a product, by group, with the highest reward its page allows.

    Groups that the request names come first, in its order.
    """
    shop, goal = session.shop, session.goal
    price = shop.price_of(index)
    product = shop.catalogue.product(index)
    wanted = goal.goal_options
    texts = set(wanted.values() if isinstance(wanted, Mapping) else wanted)
    target = shop.judge.best(goal, index, price)
    bare = shop.judge.reward(goal, index, price, {})
    useful: list[tuple[str, list[str]]] = []
    for group, values in zip(product.options, option_groups(product, shop.rules), strict=True):
        gains = [
            value
            for value in values
            if shop.judge.reward(goal, index, price, {group: value}) > bare
        ]
        gains.sort(key=lambda value: value not in texts)
        if gains:
            useful.append((group, gains[:MOST_MATCHES]))
    chosen = _choose(session, index, price, useful, {}, target) or {}
    named = [group for group in (wanted if isinstance(wanted, Mapping) else ()) if group in chosen]
    return {group: chosen[group] for group in dict.fromkeys([*named, *chosen])}


def _choose(
    session: Session,
    index: int,
    price: float,
    groups: Sequence[tuple[str, list[str]]],
    chosen: dict[str, str],
    target: float,
) -> dict[str, str] | None:
    """Search depth-first for a choice that earns ``target``; None if there is none."""
    if session.shop.judge.reward(session.goal, index, price, chosen) >= target:
        return chosen
    for position, (group, values) in enumerate(groups):
        for value in values:
            found = _choose(
                session, index, price, groups[position + 1 :], {**chosen, group: value}, target
            )
            if found is not None:
                return found
    return None
