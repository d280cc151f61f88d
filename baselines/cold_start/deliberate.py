"""Experts that deliberate: the scripted experts with long thoughts and turns that lead nowhere.

Named by the presets `webshop-deliberate`, `alfworld-deliberate` and `searchqa-deliberate`
(`baselines.cold_start.deliberation` says what their thoughts are made of).
"""

from __future__ import annotations

import random
from typing import Any

from baselines.cold_start.deliberation import Deliberation, Thought
from baselines.cold_start.experts import Expert, ExplorerExpert, SearcherExpert, ShopperExpert
from t2po_gym.envs.webshop.env import WebShopEnv
from t2po_gym.envs.webshop.world.pages import BACK_TO_SEARCH, PREV

__all__ = ["DeliberateExplorer", "DeliberateSearcher", "DeliberateShopper"]


class _Deliberate(Expert):
    """An expert whose thoughts are drawn out and who stalls now and then.

    Args:
        rng: decides about thoughts and stalls.
        expert: what is really done, and why.
        stall: chance per turn after the first one of an action that leads nowhere.
        how: how long thoughts are drawn out.
    """

    QUOTE = "The task: {}."

    def __init__(self, rng: random.Random, expert: Expert, stall: float, how: Deliberation) -> None:
        self._rng, self._expert, self._stall, self._how = rng, expert, stall, how
        self._begun = False
        self.thought = Thought(text="", boundary=0)
        """The latest thought, and where its last informative step ends."""

    def act(self, env: Any) -> tuple[str, str]:
        """Return the next turn, its thought drawn out."""
        action = ""
        if self._begun and self._rng.random() < self._stall:
            action = self.stalled(env)
        if action:
            decision = "I look at this once more."
            self._expert.played(action)
        else:
            decision, action = self._expert.act(env)
        self._begun = True
        steps = [self.QUOTE.format(self.quoted(env)), decision]
        self.thought = self._how.draw_out(self._rng, steps)
        return self.thought.text, action

    def played(self, action: str) -> None:
        """Hear of a slip."""
        self._expert.played(action)

    def quoted(self, env: Any) -> str:
        """What the thought begins with: the task, or what of it matters now."""
        return str(env.instruction).rstrip(".?")

    def stalled(self, env: Any) -> str:
        """An action that shows again what was seen; empty where there is none."""
        raise NotImplementedError


class DeliberateShopper(_Deliberate):
    """Shops; stalls by leaving a page that it has to come back to.

    Args:
        rng: decides about everything.
        stall: chance of a stall per turn.
        noise: chance of a detour per turn.
        vague: chance per episode of leaving the options out of the search.
        calm: share of thoughts that are not drawn out.
    """

    def __init__(
        self,
        rng: random.Random,
        stall: float = 0.0,
        noise: float = 0.0,
        vague: float = 0.0,
        calm: float = 0.1,
    ) -> None:
        expert = ShopperExpert(rng, noise=noise, vague=vague, reasons=1)
        super().__init__(rng, expert, stall, Deliberation(calm=calm))

    def quoted(self, env: Any) -> str:
        """The request."""
        return str(env.instruction).removeprefix("Find me ").rstrip(".")

    def stalled(self, env: WebShopEnv) -> str:
        """Back to the results from a product, back to the search from results."""
        kind = env.session.kind
        return {"item": f"click[{PREV}]", "results": f"click[{BACK_TO_SEARCH}]"}.get(kind, "")


class DeliberateExplorer(_Deliberate):
    """Does household tasks; stalls by looking around again.

    Args:
        rng: decides about everything.
        stall: chance of a stall per turn.
        noise: chance of a detour per turn.
        tour: chance per episode of walking past the first receptacles before the task is begun.
        calm: share of thoughts that are not drawn out.
    """

    def __init__(
        self,
        rng: random.Random,
        stall: float = 0.0,
        noise: float = 0.0,
        tour: float = 0.0,
        calm: float = 0.1,
    ) -> None:
        expert = ExplorerExpert(rng, noise=noise, tour=tour)
        super().__init__(rng, expert, stall, Deliberation(calm=calm))

    def stalled(self, env: Any) -> str:
        """Look: it shows what is here."""
        return "look"


class DeliberateSearcher(_Deliberate):
    """Answers questions; stalls by sending the latest search again.

    Args:
        rng: decides about everything.
        stall: chance of a stall per turn.
        noise: chance of a search beside the point per turn.
        hasty: chance per episode of answering from the first page.
        calm: share of thoughts that are not drawn out.
    """

    QUOTE = "The question: {}?"

    def __init__(
        self,
        rng: random.Random,
        stall: float = 0.0,
        noise: float = 0.0,
        hasty: float = 0.0,
        calm: float = 0.1,
    ) -> None:
        expert = SearcherExpert(rng, noise=noise, hasty=hasty)
        super().__init__(rng, expert, stall, Deliberation(calm=calm))
        self._latest = ""

    def act(self, env: Any) -> tuple[str, str]:
        """Return the next turn and remember its search."""
        think, action = super().act(env)
        self._latest = action if action.startswith("search[") else self._latest
        return think, action

    def stalled(self, env: Any) -> str:
        """The same search again, as long as a turn is left for the answer."""
        return self._latest if env.max_turns - env.episode.turn > 2 else ""
