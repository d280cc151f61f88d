"""One shopping session: the state machine behind the pages.

Its behaviour is described in docs/originals/webshop.md, section 5. A session holds its page, the
chosen options and the ASINs it has visited. Everything that does not change belongs to the shop.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Literal

from t2po_gym.core.action_text import read_call, without_full_stop
from t2po_gym.envs.webshop.data.goals import Goal
from t2po_gym.envs.webshop.data.product import Product
from t2po_gym.envs.webshop.world.action_syntax import NOTICES, parse_action
from t2po_gym.envs.webshop.world.addresses import PageKind, address_of, page_named
from t2po_gym.envs.webshop.world.errors import OriginalWouldRaise
from t2po_gym.envs.webshop.world.pages import (
    NEXT,
    Do,
    Node,
    View,
    done_nodes,
    done_text,
    head_nodes,
    head_text,
    render_rich,
    search_nodes,
    search_text,
)
from t2po_gym.envs.webshop.world.product_page import ProductView
from t2po_gym.envs.webshop.world.reward import RewardDetail, TypeReward
from t2po_gym.envs.webshop.world.session_rules import SessionRules
from t2po_gym.envs.webshop.world.shop import Shop

__all__ = [
    "MODES",
    "Mode",
    "OriginalWouldRaise",
    "PageKind",
    "Session",
    "SessionRules",
    "Shop",
    "parse_action",
]

Mode = Literal["text", "text_rich", "url"]
MODES: tuple[Mode, ...] = ("text", "text_rich", "url")


class Session:
    """Mutable state of one session.

    Args:
        shop: state shared by the sessions of a shop.
        goal: what is wanted; its text heads every page, and its values decide the reward.
        session_id: name of the session in addresses (the original uses the goal's index).
        rng: stream for random results pages (query ``<r>``), or a seed for one.
        mode: how observations are rendered.

    Attributes:
        kind: page the session is on.
        query: lower-case words of the last search; None on the start page at first.
        page: number of the results page; None before the first search.
        index: product on the item, sub or done page; None elsewhere.
        sub_page: name of the sub page the session is on.
        options: chosen value per option group.
        visited: ASINs of the product pages visited since the last visit of the start page.
        results: products on the last results page; kept while looking at products.
        total_results: number of hits of the last search.
        bought: whether something was bought in this session.
        detail: parts of the reward of the last purchase.
        action_valid: whether the last action was accepted (it did something).
    """

    __slots__ = (
        "_head",
        "_rng",
        "_rng_used",
        "_view",
        "action_valid",
        "bought",
        "detail",
        "goal",
        "index",
        "kind",
        "mode",
        "notice",
        "options",
        "page",
        "query",
        "results",
        "session_id",
        "shop",
        "sub_page",
        "total_results",
        "visited",
    )

    def __init__(
        self,
        shop: Shop,
        goal: Goal,
        session_id: str = "0",
        rng: random.Random | int = 0,
        mode: Mode = "text",
    ) -> None:
        if mode not in MODES:
            raise ValueError(f"mode is {mode!r}; expected one of {', '.join(MODES)}")
        self.shop = shop
        self.goal = goal
        self.session_id = session_id
        self.mode = mode
        self.bought = False
        self.detail: RewardDetail | None = None
        self.action_valid = True
        self.notice = ""
        self._rng = rng
        self._rng_used = False
        self._head = head_text(goal.instruction_text)
        self._open_search()

    # --- what the session shows ---

    def observation(self, mode: Mode | None = None) -> str:
        """Return the current page, by default in the session's mode."""
        mode = mode or self.mode
        if mode != "text":
            if mode == "url":
                return self.url()
            return render_rich(self._nodes(), self.url(), self.visited)
        if self.kind == "search":
            return search_text(self.goal.instruction_text)
        if self.kind == "done":
            return done_text(self.product().asin, self.options, self._reward_shown())
        view = self._view
        if isinstance(view, ProductView) and self.shop.rules.show_selected:
            return self._head + view.text_with(self.options)
        return self._head + view.text

    def _nodes(self) -> list[Node]:
        if self.kind == "search":
            return search_nodes(self.goal.instruction_text)
        if self.kind == "done":
            return done_nodes(self.product().asin, self.options, self._reward_shown())
        return [*head_nodes(self.goal.instruction_text), *self._view.nodes]

    def _reward_shown(self) -> float:
        assert self.detail is not None
        return self.detail.total

    def url(self) -> str:
        """Return the address of the current page as the original writes it."""
        return address_of(self)

    def available(self) -> dict[str, Any]:
        """Return ``{"has_search_bar": bool, "clickables": [...]}`` as the original lists them."""
        return {
            "has_search_bar": self.kind == "search",
            "clickables": list(self._view.clickables),
        }

    def click_actions(self) -> tuple[str, ...]:
        """Return the listed clickables as actions (made once per page)."""
        return self._view.actions

    def product(self) -> Product:
        """Return the product on the page.

        Raises:
            LookupError: If the session is on the start page or a results page.
        """
        if self.index is None:
            raise LookupError(f"there is no product on the {self.kind} page")
        return self.shop.catalogue.product(self.index)

    def server_state(self) -> dict[str, Any]:
        """Return the original server's record of the session."""
        return {
            "done": self.bought,
            "keywords": None if self.query is None else self.query.split(" "),
            "page": self.page,
            "asin": None if self.index is None else self.product().asin,
            "asins": sorted(self.visited),
            "options": dict(self.options),
        }

    # --- acting ---

    def step(self, action: str) -> tuple[str, float, bool]:
        """Take an action.

        Returns:
            The observation, the reward, and whether this action bought something. An action that
            is not accepted changes nothing and repeats the observation.

        Raises:
            OriginalWouldRaise: If the original fails on this action (exact rules only); the
                session is unchanged and ``action_valid`` is False.
        """
        self.action_valid = False
        self.notice = ""
        reward, done = 0.0, False
        name, argument = self._read(action)
        if argument is None:
            return self.observation(), reward, done
        argument = argument.lower()
        if name == "click":
            click = self._view.clicks.get(argument)
            if click is not None:
                effect, value = click
                if effect is Do.BUY_NOW:
                    reward, done = self._buy(), True
                else:
                    _EFFECTS[effect](self, value, argument)
                self.action_valid = True
        elif name == "search":
            self._search(argument)
            self.action_valid = True
        return self.observation(), reward, done

    def called(self, action: str) -> tuple[str, str] | None:
        """Return verb and lower-case argument of an action; None if `step` would not accept it."""
        notice = self.notice
        name, argument = self._read(action)
        self.notice = notice
        if argument is None:
            return None
        argument = argument.lower()
        accepted = name == "search" or (name == "click" and argument in self._view.clicks)
        return (name, argument) if accepted else None

    def _read(self, action: str) -> tuple[str, str | None]:
        """Return verb and argument of an action; the argument is None if there is none."""
        rules = self.shop.rules
        if not rules.lenient:
            return parse_action(action, rules.first_bracket)
        if action[-1:] == "]":  # nearly every action
            verb, _, argument = action[:-1].partition("[")
            if verb == "click" and argument.lower() in self._view.clicks:
                return verb, argument
            if verb == "search" and argument[:1].isalnum() and argument[-1:].isalnum():
                return verb, argument  # nothing to strip
        call = read_call(action)
        if call is None:
            return action, None
        verb, argument = call
        if not argument:
            self.notice = NOTICES.get(verb, "")
            return verb, None
        if verb == "click" and argument.lower() not in self._view.clicks:
            return verb, without_full_stop(argument)
        return verb, argument

    def _search(self, query: str) -> None:
        query = query[: self.shop.rules.max_query_chars]
        try:
            self._open_results(query, 1)
        except OriginalWouldRaise as error:
            error.session = {
                **self.server_state(),
                "keywords": query.split(" "),
                "page": 1,
                "asin": None,
                "options": {},
            }
            raise

    def _open_search(self) -> None:
        self.kind: PageKind = "search"
        self.query: str | None = None
        self.page: int | None = None
        self.index: int | None = None
        self.sub_page: str | None = None
        self.options: dict[str, str] = {}
        self.visited: set[str] = set()
        self.results: tuple[int, ...] = ()
        self.total_results = 0
        self._view: View = self.shop.search_view

    def _open_results(self, query: str, page: int) -> None:
        view = self.shop.results_view(query, page, self._stream)
        self.kind = "results"
        self.query = query
        self.page = page
        self.index = None
        self.sub_page = None
        self.options = {}
        self.results = view.products
        self.total_results = view.total
        self._view = view

    def _open_product(self, index: int) -> None:
        self.kind = "item"
        self.index = index
        self.sub_page = None
        self._view = self.shop.product_view(index)

    def _page_name(self) -> PageKind:
        """Return the page that the original assumes when ``< prev`` is clicked.

        It looks for page names anywhere in the address, which includes the query.
        """
        if not self.shop.rules.url_page_logic:
            return self.kind
        return page_named(self.url())

    def _click_back_to_search(self, _: int | str, __: str) -> None:
        self._open_search()

    def _click_prev(self, _: int | str, __: str) -> None:
        name = self._page_name()
        assert self.query is not None
        assert self.page is not None
        if name == "results":
            self._open_results(self.query, self.page - 1)
        elif name == "item":
            self._open_results(self.query, self.page)
        else:
            assert self.index is not None
            self._open_product(self.index)

    def _click_next(self, _: int | str, __: str) -> None:
        assert self.query is not None
        assert self.page is not None
        self._open_results(self.query, self.page + 1)

    def _click_sub_page(self, name: int | str, _: str) -> None:
        assert self.index is not None
        self.kind = "sub"
        self.sub_page = str(name)
        self._view = self.shop.sub_page_view(self.index, self.sub_page)

    def _click_product(self, index: int | str, _: str) -> None:
        self._open_product(int(index))
        self.visited.add(self.product().asin)

    def _click_option(self, group: int | str, value: str) -> None:
        if value == NEXT and self._page_name() == "results":
            self._click_next(group, value)
        else:
            self.options[str(group)] = value

    def _buy(self) -> float:
        assert self.index is not None
        shop = self.shop
        price = shop.price_of(self.index)
        self.detail = shop.judge.detail(self.goal, self.index, price, self.options)
        self.kind = "done"
        self.bought = True
        self._view = shop.done_view
        return self.detail.total

    # --- judging, for progress signals ---

    def reward_now(self) -> float:
        """Return the reward of buying the product on the page now."""
        assert self.index is not None
        price = self.shop.price_of(self.index)
        return self.shop.judge.reward(self.goal, self.index, price, self.options)

    def best(self, index: int) -> float:
        """Return the reward of a product with the best choice of options its page allows."""
        return self.shop.judge.best(self.goal, index, self.shop.price_of(index))

    def best_visible(self) -> float:
        """Return the highest :meth:`best` of the products on the last results page; 0 if none."""
        return self.shop.judge.best_of(self.goal, self.results, self.shop.price_of)

    # --- saving ---

    def _stream(self) -> random.Random:
        self._rng_used = True
        if not isinstance(self._rng, random.Random):
            self._rng = random.Random(self._rng)
        return self._rng

    def save(self) -> dict[str, Any]:
        """Return the state as JSON-able values, without the constructor's arguments."""
        return {
            "kind": self.kind,
            "query": self.query,
            "page": self.page,
            "index": self.index,
            "sub_page": self.sub_page,
            "options": dict(self.options),
            "visited": sorted(self.visited),
            "results": list(self.results),
            "total_results": self.total_results,
            "bought": self.bought,
            "action_valid": self.action_valid,
            "detail": None if self.detail is None else asdict(self.detail),
            "rng": self._stream().getstate() if self._rng_used else None,
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Restore a saved state of a session made with the same arguments."""
        self.kind = state["kind"]
        self.query = state["query"]
        self.page = state["page"]
        self.index = state["index"]
        self.sub_page = state["sub_page"]
        self.options = dict(state["options"])
        self.visited = set(state["visited"])
        self.results = tuple(state["results"])
        self.total_results = state["total_results"]
        self.bought = state["bought"]
        self.action_valid = state["action_valid"]
        detail = state["detail"]
        if detail is not None:
            detail = RewardDetail(**{**detail, "kind": TypeReward(**detail["kind"])})
        self.detail = detail
        if state["rng"] is not None:
            version, numbers, gauss = state["rng"]
            self._stream().setstate((version, tuple(numbers), gauss))
        self._view = self._view_of_state()

    def _view_of_state(self) -> View:
        if self.kind == "search":
            return self.shop.search_view
        if self.kind == "results":
            assert self.page is not None
            return self.shop.make_results(self.total_results, self.results, self.page)
        if self.kind == "done":
            return self.shop.done_view
        assert self.index is not None
        if self.kind == "item":
            return self.shop.product_view(self.index)
        return self.shop.sub_page_view(self.index, str(self.sub_page))


_EFFECTS: dict[Do, Callable[[Session, int | str, str], None]] = {
    Do.BACK_TO_SEARCH: Session._click_back_to_search,
    Do.PREV: Session._click_prev,
    Do.NEXT: Session._click_next,
    Do.SUB_PAGE: Session._click_sub_page,
    Do.PRODUCT: Session._click_product,
    Do.OPTION: Session._click_option,
}
