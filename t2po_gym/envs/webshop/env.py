"""``t2po/WebShop-v0``: buy what an instruction asks for in a simulated shop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from t2po_gym.core.env import Outcome, TextEnv
from t2po_gym.core.progress import Progress
from t2po_gym.data.bounded_cache import BoundedCache
from t2po_gym.envs.webshop.data.goals import Goal
from t2po_gym.envs.webshop.data.product import Catalogue
from t2po_gym.envs.webshop.progress import MILESTONES, PROGRESS_VERSION, SessionProgress
from t2po_gym.envs.webshop.rules import rule_set
from t2po_gym.envs.webshop.tasks import open_tasks
from t2po_gym.envs.webshop.world.errors import OriginalWouldRaise
from t2po_gym.envs.webshop.world.pages import SEPARATOR
from t2po_gym.envs.webshop.world.session import MODES, Mode, Session

ObservationMode = Literal["text", "text_rich", "url", "html"]
OBSERVATION_MODES: tuple[ObservationMode, ...] = (*MODES, "html")

HTML_OBSERVATION_CHARS = 524_288
"""Longest observation of the mode ``html``, whose pages are longer than their texts."""

TYPES_KEPT = 4_096
"""Task types that an environment caches."""

SEARCH_ACTION = "search[<your query>]"
"""How the search box is listed among the admissible actions."""


class WebShopEnv(TextEnv):
    """A shopping episode: search, look at products, choose options, buy.

    Actions are ``search[words]`` and ``click[button]``, with a button listed in
    ``info["admissible_actions"]``. Any other action changes nothing and is reported as invalid.
    The reward is 0 until ``click[buy now]``, which ends the episode with a reward from 0 to 1. The
    episode is a success if the reward is 1.

    Args:
        rules: ``fixed`` (default, the repaired shop) or ``exact`` (the original with its quirks);
            docs/webshop.md lists the differences.
        catalogue: The products. ``default`` is a generated catalogue of 1,000 products, compiled
            into the user's cache on first use; see `open_catalogue` for the other forms (other
            sizes and seeds, the original files). An object with the `Catalogue` methods works too.
        nouns: Noun file of original data (``{"nouns": {ASIN: [noun, ...]}}``), for the type part
            of the reward; by default one in the data folder, else spaCy if it is installed.
        split: ``train``, ``dev``, ``test`` or ``all``.
        observation_mode: ``text``, ``text_rich``, ``url``, or ``html`` (the page of the web site;
            needs the extra ``site``).
        max_turns: Steps until truncation; None for the rules' own limit (fixed 15, exact none).
        progress: Whether info has the progress keys. Never changes an observation.
        human_goals: Use goals from human-written requests instead of the synthetic ones.
        difficulty: ``easy``, ``medium`` or ``hard`` to keep only such goals (fixed rules); None
            for all.
        shop_seed: Seed of hidden prices and price caps, an integer of at least 0.
        page_size: Products per results page; 10 in the original.
        title_words: Cut titles on pages to this many words; None for whole titles.
        max_bullets: Maximum number of feature lines shown; None for all.
        max_description_chars: Cut the description page to this length; None for all of it.
        show_attributes: Offer the sub page that lists a product's hidden attributes.
        render_mode: None, ``ansi`` (``render()`` returns text) or ``human`` (text is printed).
    """

    PROGRESS_VERSION: ClassVar[str] = PROGRESS_VERSION
    MILESTONES: ClassVar[tuple[str, ...]] = MILESTONES
    SPLITS: ClassVar[tuple[str, ...]] = ("train", "dev", "test", "all")
    MAX_ACTION_CHARS: ClassVar[int] = 8_192
    ACTION_FORMAT: ClassVar[str] = (
        "Actions: search[words] on the search page, for example search[red running shoes]; "
        "click[button] with a button or product of the page, for example click[buy now]."
    )

    def __init__(
        self,
        *,
        rules: str = "fixed",
        catalogue: str | Catalogue = "default",
        nouns: str | None = None,
        split: str = "train",
        observation_mode: ObservationMode = "text",
        max_turns: int | None = None,
        progress: bool = True,
        human_goals: bool = False,
        difficulty: str | None = None,
        shop_seed: int = 0,
        page_size: int = 10,
        title_words: int | None = None,
        max_bullets: int | None = None,
        max_description_chars: int | None = None,
        show_attributes: bool = False,
        render_mode: str | None = None,
    ) -> None:
        if observation_mode not in OBSERVATION_MODES:
            raise ValueError(
                f"observation_mode must be one of {', '.join(OBSERVATION_MODES)}; "
                f"got {observation_mode!r}."
            )
        chosen = rule_set(
            rules,
            page_size=page_size,
            title_words=title_words,
            max_bullets=max_bullets,
            max_description_chars=max_description_chars,
            show_attributes=show_attributes,
        )
        limit = chosen.max_turns if max_turns is None else max_turns
        if observation_mode == "html":
            self.MAX_OBSERVATION_CHARS = HTML_OBSERVATION_CHARS
            self._page_html = page_maker()
        super().__init__(split=split, max_turns=limit, progress=progress, render_mode=render_mode)
        self._mode = observation_mode
        self._tasks = open_tasks(
            catalogue,
            chosen,
            nouns=nouns,
            split=split,
            human_goals=human_goals,
            difficulty=difficulty,
            shop_seed=shop_seed,
        )
        self._types: BoundedCache[int, str] = BoundedCache(TYPES_KEPT)
        self._session: Session
        self._session_progress: SessionProgress
        self._stream_seed = 0

    @property
    def catalogue(self) -> Catalogue:
        """The shop's catalogue."""
        return self._tasks.shop.catalogue

    @property
    def goal(self) -> Goal:
        """The hidden goal of the current episode; for experts and analysis, never for agents."""
        return self._session.goal

    @property
    def session(self) -> Session:
        """The session of the current episode; for experts and analysis, never for agents."""
        return self._session

    def num_tasks(self) -> int:
        """Return the number of goals in the split."""
        return len(self._tasks)

    def task_id(self, index: int) -> str:
        """Return the public name of a goal: rules, catalogue and number of the goal."""
        return self._tasks.task_id(index)

    def task_index(self, task_id: str) -> int:
        """Return the index of the named goal; ValueError if it is not in this split."""
        return self._tasks.task_index(task_id)

    def _begin(self, index: int, rng: np.random.Generator) -> str:
        # Within an episode, only the prefix query <r> of the exact rules is random.
        random_pages = self._tasks.shop.rules.prefix_queries
        self._stream_seed = int(rng.integers(2**63)) if random_pages else 0
        self._open(index)
        return self._page()

    def _open(self, index: int) -> None:
        goal = self._tasks.goal(index)
        name = str(self._tasks.number(index))  # the original's session name, shown in url
        mode: Mode = "text" if self._mode == "html" else self._mode
        self._session = Session(self._tasks.shop, goal, name, self._stream_seed, mode=mode)
        self._session_progress = SessionProgress(self._session)

    def _act(self, action: str) -> Outcome:
        session = self._session
        try:
            observation, reward, done = session.step(action)
        except OriginalWouldRaise:
            return Outcome(self._page(), 0.0, False, False)
        if self._mode == "html":
            observation = self._page()
        elif session.notice and self._mode != "url":
            observation = f"{session.notice}{SEPARATOR}{observation}"
        return Outcome(observation, reward, done, session.action_valid)

    def _page(self) -> str:
        """Return the current page in the mode of observation."""
        return (
            self._page_html(self._session) if self._mode == "html" else self._session.observation()
        )

    def _observable_state(self) -> str:
        # A notice about an action is not part of the state, which the action did not change.
        if not self._session.notice:
            return self._observation
        if self._mode == "html":
            return self._page_html(self._session, with_notice=False)
        return self._session.observation()

    def _task_text(self, first_observation: str) -> str:
        return self._session.goal.instruction_text

    def _task_type(self, index: int) -> str:
        known = self._types.get(index)
        if known is None:
            category = self._tasks.goal(index).category or "all"
            difficulty = self._tasks.difficulty(index)
            known = f"{category}/{difficulty}" if difficulty else category
            self._types.put(index, known)
        return known

    def _task_difficulty(self, index: int) -> str:
        return self._tasks.difficulty(index)

    def _progress(self) -> Progress:
        return self._session_progress.now()

    def _score(self) -> float:
        detail = self._session.detail
        return 0.0 if detail is None else detail.total

    def _success(self) -> bool:
        detail = self._session.detail
        return detail is not None and detail.total == 1.0

    def _admissible_actions(self) -> tuple[str, ...]:
        session = self._session
        if session.kind == "search":
            return (SEARCH_ACTION, *session.click_actions())
        return session.click_actions()

    def _identity(self) -> Mapping[str, Any]:
        return {"observation_mode": self._mode, **self._tasks.identity}

    def _save(self) -> dict[str, Any]:
        return {"stream_seed": self._stream_seed, "session": self._session.save()}

    def _load(self, state: Mapping[str, Any]) -> None:
        self._stream_seed = state["stream_seed"]
        self._open(self._task)
        self._session.load(state["session"])


def page_maker() -> Callable[..., str]:
    """Return the function that writes a session's page as HTML.

    Raises:
        ValueError: If the extra ``site`` is missing.
    """
    from t2po_gym.envs.webshop.site.page import page_html  # no other mode needs Jinja2

    return page_html
