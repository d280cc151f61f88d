"""Experts that deliberate: the scripted experts with long thoughts and turns that lead nowhere.

Named by the presets `webshop-deliberate`, `alfworld-deliberate` and `searchqa-deliberate`
(`baselines.cold_start.deliberation` says what their thoughts are made of).
"""

from __future__ import annotations

import random
from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar

from t2po_gym.envs.webshop.env import WebShopEnv
from t2po_gym.envs.webshop.world.pages import BACK_TO_SEARCH, PREV

from .deliberation import Deliberation, Thought
from .experts import Expert, ExplorerExpert, SearcherExpert, ShopperExpert

__all__ = ["DeliberateExplorer", "DeliberateSearcher", "DeliberateShopper"]


class _Deliberate(Expert):
    """An expert whose thoughts are drawn out and who stalls now and then.

    Args:
        rng: decides about everything.
        stall: chance per turn after the first one of an action that leads nowhere.
        calm: share of thoughts that are not drawn out.
        count: fewest and most hesitations of those that are.
        manner: of the expert that decides what is really done (noise, vague, tour, hasty).
    """

    EXPERT: ClassVar[Callable[..., Expert]]
    """Who decides what is really done, and why."""
    QUOTE: ClassVar[str] = "The task: {}."

    def __init__(
        self,
        rng: random.Random,
        stall: float = 0.0,
        calm: float = 0.1,
        count: Sequence[int] = (2, 7),
        **manner: float,
    ) -> None:
        self._rng, self._stall = rng, stall
        self._expert = type(self).EXPERT(rng, **manner)
        fewest, most = count
        self._how = Deliberation(calm=calm, count=(fewest, most))
        self._latest = ""
        self.thought = Thought(text="", boundary=0)
        """The latest thought, and where its last informative step ends."""

    def act(self, env: Any) -> tuple[str, str]:
        """Return the next turn, its thought drawn out."""
        action = ""
        if self._latest and self._rng.random() < self._stall:
            action = self.stalled(env)
        if action:
            decision = "I look at this once more."
            self._expert.played(action)
        else:
            decision, action = self._expert.act(env)
        self._latest = action
        steps = [self.QUOTE.format(self.quoted(env)), decision]
        self.thought = self._how.draw_out(self._rng, steps)
        return self.thought.text, action

    def played(self, action: str) -> None:
        """Hear of a slip."""
        self._expert.played(action)

    def quoted(self, env: Any) -> str:
        """What the thought begins with: the task, as the agent reads it."""
        return str(env.instruction).rstrip(".?")

    @abstractmethod
    def stalled(self, env: Any) -> str:
        """An action that shows again what was seen; empty where there is none."""


class DeliberateShopper(_Deliberate):
    """Shops; stalls by leaving a page that it has to come back to."""

    EXPERT: ClassVar[Callable[..., Expert]] = partial(ShopperExpert, reasons=1)

    def quoted(self, env: Any) -> str:
        """The request."""
        return super().quoted(env).removeprefix("Find me ")

    def stalled(self, env: WebShopEnv) -> str:
        """Back to the results from a product, back to the search from results."""
        kind = env.session.kind
        return {"item": f"click[{PREV}]", "results": f"click[{BACK_TO_SEARCH}]"}.get(kind, "")


class DeliberateExplorer(_Deliberate):
    """Does household tasks; stalls by looking around again."""

    EXPERT: ClassVar[Callable[..., Expert]] = ExplorerExpert

    def stalled(self, env: Any) -> str:
        """Look: it shows what is here."""
        return "look"


class DeliberateSearcher(_Deliberate):
    """Answers questions; stalls by sending the latest search again."""

    EXPERT: ClassVar[Callable[..., Expert]] = SearcherExpert
    QUOTE: ClassVar[str] = "The question: {}?"

    def stalled(self, env: Any) -> str:
        """The same search again, as long as a turn is left for the answer."""
        again = self._latest.startswith("search[") and env.max_turns - env.episode.turn > 2
        return self._latest if again else ""
