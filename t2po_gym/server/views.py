"""How environments are shown: WebShop as the shop itself, any other as a plain page."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from t2po_gym.core.env import TextEnv
from t2po_gym.envs.webshop.env import WebShopEnv
from t2po_gym.envs.webshop.site.page import page_html, page_id
from t2po_gym.envs.webshop.site.templating import make_environment
from t2po_gym.server.env_seat import Moment, View

__all__ = ["PlainView", "ShopView", "render", "view_of"]

TEMPLATES = Path(__file__).parent / "templates"
PAGE_ID_CHARS = 16


class Choice(NamedTuple):
    """An action as a button, or a pattern such as ``search[<query>]`` as a text box."""

    action: str
    """The action or pattern."""

    verb: str
    """What stands before the bracket of a pattern; empty for an action."""

    label: str
    """What is to be filled in."""


def view_of(env: TextEnv, *, show_progress: bool = False) -> tuple[str, View]:
    """Return the folder of an environment's pages (``shop`` or ``play``) and how it is shown.

    Args:
        env: the environment.
        show_progress: whether a plain page tells the player its progress, which agents never see.
    """
    if isinstance(env, WebShopEnv):
        return "shop", ShopView()
    return "play", PlainView(show_progress)


class ShopView:
    """The shop; its pages are those of the observation mode ``html``."""

    def html(self, env: TextEnv, moment: Moment) -> str:
        """Return the session's page."""
        assert isinstance(env, WebShopEnv)
        return page_html(env.session, message=moment.message, again=moment.over)

    def page_id(self, env: TextEnv, moment: Moment) -> str:
        """Return the name of the session's visible state."""
        assert isinstance(env, WebShopEnv)
        return page_id(env.session)


class PlainView:
    """Task, observation and actions of any environment.

    Args:
        show_progress: whether the player is told the progress.
    """

    def __init__(self, show_progress: bool = False) -> None:
        self._show_progress = show_progress

    def html(self, env: TextEnv, moment: Moment) -> str:
        """Return the page."""
        choices = [] if moment.over else [choice_of(a) for a in moment.info["admissible_actions"]]
        return render(
            "plain.html",
            page_id=self.page_id(env, moment),
            moment=moment,
            info=moment.info,
            observation=env.observation,
            max_turns=env.max_turns,
            buttons=[choice.action for choice in choices if not choice.verb],
            boxes=[choice for choice in choices if choice.verb],
            progress=moment.info.get("progress") if self._show_progress else None,
        )

    def page_id(self, env: TextEnv, moment: Moment) -> str:
        """Return the name of the page: that of everything seen so far."""
        digest: str = moment.info["observation_hash"]
        return digest[:PAGE_ID_CHARS]


def choice_of(action: str) -> Choice:
    """Read a listed action.

    Example:
        >>> choice_of("search[<query>]")
        Choice(action='search[<query>]', verb='search', label='query')
        >>> choice_of("look")
        Choice(action='look', verb='', label='')
    """
    verb, bracket, rest = action.partition("[<")
    if bracket and verb.isidentifier() and rest.endswith(">]"):
        return Choice(action, verb, rest[:-2])
    return Choice(action, "", "")


@cache
def _template(name: str) -> Any:
    return make_environment(TEMPLATES).get_template(name)


def render(template: str, **values: Any) -> str:
    """Return a page of the server."""
    page: str = _template(template).render(**values)
    return page
