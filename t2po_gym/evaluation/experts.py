"""The scripted experts as a policy. Marked privileged: some of them read the state of the world."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from t2po_gym.core.env import TextEnv
from t2po_gym.envs.alfworld.agents.explorer import Explorer
from t2po_gym.envs.alfworld.env import ALFWorldEnv
from t2po_gym.envs.searchqa.agents.searcher import ScriptedSearcher
from t2po_gym.envs.searchqa.env import SearchQAEnv
from t2po_gym.envs.toy import ToyKeysEnv, expert_action
from t2po_gym.envs.webshop.agents.shopper import ScriptedShopper
from t2po_gym.envs.webshop.env import WebShopEnv
from t2po_gym.evaluation.policies import Agent, Reply, Seen, as_reply

__all__ = ["ExpertPolicy"]


class ExpertPolicy:
    """Plays every environment of this package with its scripted expert."""

    privileged = True

    def describe(self) -> dict[str, Any]:
        """Return its name."""
        return {"kind": "built-in", "name": "expert"}

    def start(self, env: TextEnv, seed: int) -> Agent:
        """Start the expert of an environment.

        Raises:
            ValueError: If there is none.
        """
        rng = random.Random(seed)
        if isinstance(env, WebShopEnv):
            return _Turns(ScriptedShopper(env, rng).turn)
        if isinstance(env, SearchQAEnv):
            return _Turns(ScriptedSearcher(env, rng).turn)
        if isinstance(env, ALFWorldEnv):
            return _Exploring(rng)
        if isinstance(env, ToyKeysEnv):
            return _Keys(env)
        raise ValueError(f"There is no scripted expert for {type(env).__name__}.")


class _Turns:
    """An expert that is asked for its next turn."""

    def __init__(self, turn: Callable[[], Any]) -> None:
        self._turn = turn

    def reply(self, seen: Seen) -> Reply:
        """Answer with what it thinks and does."""
        turn = self._turn()
        return as_reply(turn.action, turn.think)


class _Exploring:
    """The explorer of ALFWorld, which only reads what every agent reads."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._explorer: Explorer | None = None
        self._action = ""

    def reply(self, seen: Seen) -> Reply:
        """Read the page and answer."""
        if self._explorer is None:
            self._explorer = Explorer(seen.observation, self._rng)
        else:
            self._explorer.observe(self._action, seen.observation)
        turn = self._explorer.turn(seen.info["admissible_actions"])
        self._action = turn.action
        return as_reply(turn.action, turn.think)


class _Keys:
    """The expert of ToyKeys."""

    def __init__(self, env: ToyKeysEnv) -> None:
        self._env = env

    def reply(self, seen: Seen) -> Reply:
        """Answer with the next step of a shortest solution."""
        return as_reply(expert_action(self._env))
