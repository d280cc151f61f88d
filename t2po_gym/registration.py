"""Environment ids, and how Gymnasium makes them: one at a time or in batches.

Environments are registered as entry-point strings, so registering them imports none of them.
Gymnasium's order-enforcing and checking wrappers are disabled: `TextEnv` itself rejects a step
without a reset, and ``gym.make`` returns the environment with its ``snapshot`` and ``restore``.
"""

from __future__ import annotations

from typing import Any

import gymnasium as gym
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv

from t2po_gym.core.many.vector import BatchedTextEnv

__all__ = ["BROWSER_IDS", "ENV_IDS", "register_all"]

SEARCHQA_LEVELS: dict[str, dict[str, Any]] = {
    "t2po/SearchQA-v0": {},  # 1 to 3 hops of generated questions, all of real ones
    "t2po/SearchQA-Easy-v0": {"hops": 1},
    "t2po/SearchQA-Medium-v0": {"hops": 2},
    "t2po/SearchQA-Hard-v0": {"hops": 3},
    # Four searches and the answer need five turns; the sixth is spare.
    "t2po/SearchQA-Expert-v0": {"hops": 4, "max_turns": 6},
}
"""Search QA ids by the number of passages to combine."""

ENTRY_POINTS = {
    "t2po/ToyKeys-v0": "t2po_gym.envs.toy.env:ToyKeysEnv",
    "t2po/ALFWorld-v0": "t2po_gym.envs.alfworld.env:ALFWorldEnv",
    **dict.fromkeys(SEARCHQA_LEVELS, "t2po_gym.envs.searchqa.env:SearchQAEnv"),
    "t2po/WebShop-v0": "t2po_gym.envs.webshop.env:WebShopEnv",
}
ENV_IDS = tuple(ENTRY_POINTS)
"""Ids that need nothing but the package."""

BROWSER_ENTRY_POINTS = {"t2po/WebShopBrowser-v0": "t2po_gym.browser.env:WebShopBrowserEnv"}
BROWSER_IDS = tuple(BROWSER_ENTRY_POINTS)
"""Ids that need the extra ``browser``, Chromium and chromedriver."""


def register_all() -> None:
    """Register every id that is not registered yet."""
    for env_id, entry_point in {**ENTRY_POINTS, **BROWSER_ENTRY_POINTS}.items():
        if env_id not in gym.registry:
            gym.register(
                id=env_id,
                entry_point=entry_point,
                vector_entry_point=f"{__name__}:{_batch_function(env_id)}",
                order_enforce=False,
                disable_env_checker=True,
                kwargs=SEARCHQA_LEVELS.get(env_id, {}),
            )


def _batch_function(env_id: str) -> str:
    """Return an id's function name: ``batch_searchqa_easy`` for ``t2po/SearchQA-Easy-v0``."""
    name = env_id.removeprefix("t2po/").removesuffix("-v0")
    return f"batch_{name.lower().replace('-', '_')}"


def batch_toykeys(num_envs: int = 1, **kwargs: Any) -> BatchedTextEnv:
    """Make ``num_envs`` ToyKeys environments in one process."""
    return BatchedTextEnv.from_id("t2po/ToyKeys-v0", num_envs, **kwargs)


def batch_webshop(num_envs: int = 1, **kwargs: Any) -> BatchedTextEnv:
    """Make ``num_envs`` WebShop environments in one process."""
    return BatchedTextEnv.from_id("t2po/WebShop-v0", num_envs, **kwargs)


def batch_webshopbrowser(num_envs: int = 1, **kwargs: Any) -> VectorEnv[Any, Any, Any]:
    """Make ``num_envs`` WebShopBrowser environments in one process, which share a browser."""
    env_id = "t2po/WebShopBrowser-v0"
    if kwargs.get("observation_mode") != "screenshot":
        return BatchedTextEnv.from_id(env_id, num_envs, **kwargs)
    mode = AutoresetMode(kwargs.pop("autoreset_mode", AutoresetMode.NEXT_STEP))
    makers = [lambda: gym.make(env_id, **kwargs)] * num_envs
    return SyncVectorEnv(makers, autoreset_mode=mode)


def batch_searchqa(num_envs: int = 1, **kwargs: Any) -> BatchedTextEnv:
    """Make ``num_envs`` Search QA environments in one process."""
    return BatchedTextEnv.from_id("t2po/SearchQA-v0", num_envs, **kwargs)


def batch_searchqa_easy(num_envs: int = 1, **kwargs: Any) -> BatchedTextEnv:
    """Make ``num_envs`` Search QA environments of level Easy in one process."""
    return BatchedTextEnv.from_id("t2po/SearchQA-Easy-v0", num_envs, **kwargs)


def batch_searchqa_medium(num_envs: int = 1, **kwargs: Any) -> BatchedTextEnv:
    """Make ``num_envs`` Search QA environments of level Medium in one process."""
    return BatchedTextEnv.from_id("t2po/SearchQA-Medium-v0", num_envs, **kwargs)


def batch_searchqa_hard(num_envs: int = 1, **kwargs: Any) -> BatchedTextEnv:
    """Make ``num_envs`` Search QA environments of level Hard in one process."""
    return BatchedTextEnv.from_id("t2po/SearchQA-Hard-v0", num_envs, **kwargs)


def batch_searchqa_expert(num_envs: int = 1, **kwargs: Any) -> BatchedTextEnv:
    """Make ``num_envs`` Search QA environments of level Expert in one process."""
    return BatchedTextEnv.from_id("t2po/SearchQA-Expert-v0", num_envs, **kwargs)


def batch_alfworld(num_envs: int = 1, **kwargs: Any) -> BatchedTextEnv:
    """Make ``num_envs`` ALFWorld environments in one process."""
    return BatchedTextEnv.from_id("t2po/ALFWorld-v0", num_envs, **kwargs)
