"""Scripted experts that demonstrate an environment, found by environment id.

An expert is made for one episode by a factory `factory(rng, **kwargs)` and asked for one turn at a
time. `EXPERTS` lists the factories; `cold_start.expert` may name any other as `module:factory`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from t2po_gym.core.env import TextEnv
from t2po_gym.envs.alfworld.agents.explorer import Explorer
from t2po_gym.envs.searchqa.agents.searcher import ScriptedSearcher
from t2po_gym.envs.searchqa.env import SearchQAEnv
from t2po_gym.envs.toy import ToyKeysEnv, expert_action
from t2po_gym.envs.webshop.agents.shopper import ScriptedShopper
from t2po_gym.envs.webshop.env import WebShopEnv

from ..sampling.prompting import load_attribute

__all__ = [
    "EXPERTS",
    "Expert",
    "ExplorerExpert",
    "KeysExpert",
    "SearcherExpert",
    "ShopperExpert",
    "find_expert",
]


TOUR_STOPS = 4
"""Receptacles that an explorer on tour walks past."""


class Expert(Protocol):
    """Plays one episode."""

    def act(self, env: Any) -> tuple[str, str]:
        """Return what it thinks and the bare action it takes in the state `env` is in."""
        ...

    def played(self, action: str) -> None:
        """Hear that another action was played than the one it took; only the forgetful need it."""
        return


class KeysExpert(Expert):
    """Plays ToyKeys by the shortest way and says where it is going.

    Args:
        rng: unused; there is one way to say it.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def act(self, env: ToyKeysEnv) -> tuple[str, str]:
        """Return the next step of a shortest solution."""
        action = expert_action(env)
        task = env.house
        if action.startswith("go["):
            held = env.key_place(task.colour) not in task.exits
            goal = task.chest_room if held else env.key_place(task.colour)
            what = "chest" if held else f"{task.colour} key"
            return f"The {what} is in the {goal}. I am in the {env.room}.", action
        return f"I am in the {env.room}.", action


class ShopperExpert(Expert):
    """Plays WebShop with the scripted shopper.

    Args:
        rng: chooses wording and detours.
        noise: chance of a detour per turn.
        vague: chance per episode of leaving the options out of the search.
        reasons: at most so many reasons are given before a decision.
    """

    def __init__(
        self, rng: random.Random, noise: float = 0.0, vague: float = 0.0, reasons: int = 2
    ) -> None:
        self._rng = rng
        self._manner = {"noise": noise, "vague": vague}
        self._reasons = reasons
        self._shopper: ScriptedShopper | None = None

    def act(self, env: WebShopEnv) -> tuple[str, str]:
        """Return the shopper's next turn."""
        if self._shopper is None:
            self._shopper = ScriptedShopper(env, self._rng, reasons=self._reasons, **self._manner)
        turn = self._shopper.turn()
        return turn.think, turn.action


class ExplorerExpert(Expert):
    """Plays ALFWorld with the scripted explorer, which knows only what it has read.

    Args:
        rng: chooses detours and tours.
        noise: chance of a detour per turn.
        tour: chance per episode of walking past the first receptacles of the room, whatever is
            there, before the task is begun.
    """

    def __init__(self, rng: random.Random, noise: float = 0.0, tour: float = 0.0) -> None:
        self._rng, self._noise = rng, noise
        self._stops = TOUR_STOPS if tour > 0.0 and rng.random() < tour else 0
        self._explorer: Explorer | None = None
        self._action = ""

    def act(self, env: TextEnv) -> tuple[str, str]:
        """Return the explorer's next turn."""
        if self._explorer is None:
            self._explorer = Explorer(env.observation, self._rng, self._noise)
        else:
            self._explorer.observe(self._action, env.observation)
        places = self._explorer.knowledge.receptacles
        if self._stops and len(places) > TOUR_STOPS:
            place = places[TOUR_STOPS - self._stops]
            self._stops -= 1
            self._action = f"go to {place}"
            return f"First I look around. I go to {place}.", self._action
        turn = self._explorer.turn(env.admissible_actions)
        self._action = turn.action
        return turn.think, turn.action

    def played(self, action: str) -> None:
        """Remember what the next observation is the answer to."""
        self._action = action


class SearcherExpert(Expert):
    """Plays Search QA with the scripted searcher.

    Args:
        rng: chooses wording, detours and haste.
        noise: chance of a search beside the point per turn.
        hasty: chance per episode of answering from the first page.
    """

    def __init__(self, rng: random.Random, noise: float = 0.0, hasty: float = 0.0) -> None:
        self._rng, self._manner = rng, {"noise": noise, "hasty": hasty}
        self._searcher: ScriptedSearcher | None = None

    def act(self, env: SearchQAEnv) -> tuple[str, str]:
        """Return the searcher's next turn."""
        if self._searcher is None:
            self._searcher = ScriptedSearcher(env, self._rng, **self._manner)
        turn = self._searcher.turn()
        return turn.think, turn.action


ExpertFactory = Callable[..., Expert]

EXPERTS: Mapping[str, ExpertFactory] = {
    "t2po/ToyKeys-v0": KeysExpert,
    "t2po/WebShop-v0": ShopperExpert,
    "t2po/ALFWorld-v0": ExplorerExpert,
    "t2po/SearchQA-v0": SearcherExpert,
    "t2po/SearchQA-Easy-v0": SearcherExpert,
    "t2po/SearchQA-Medium-v0": SearcherExpert,
    "t2po/SearchQA-Hard-v0": SearcherExpert,
    "t2po/SearchQA-Expert-v0": SearcherExpert,
}


def find_expert(env_id: str, spec: str = "") -> ExpertFactory:
    """Return the expert factory of an environment.

    Args:
        env_id: registered id.
        spec: `module:factory` to use instead of the listed one.

    Raises:
        ValueError: if there is no expert for the environment and none was named.
    """
    if spec:
        factory: ExpertFactory = load_attribute(spec)
        return factory
    if env_id not in EXPERTS:
        raise ValueError(
            f"there is no scripted expert for {env_id}; name one with --cold-start.expert "
            "module:factory, or start from a pretrained --model."
        )
    return EXPERTS[env_id]
