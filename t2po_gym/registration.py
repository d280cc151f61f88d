"""Ids of the environments and how Gymnasium makes them, singly and in batches.

Environments are named by entry-point strings, so registering them imports none of them. Gymnasium's
order-enforcing and checking wrappers are left off: `TextEnv` itself refuses a step without a reset,
and ``gym.make`` so returns the environment whose ``snapshot`` and ``restore`` are at hand.
"""

from __future__ import annotations

from typing import Any

import gymnasium as gym

from t2po_gym.core.many.vector import BatchedTextEnv

__all__ = ["ENV_IDS", "register_all"]

SEARCHQA_LEVELS: dict[str, dict[str, Any]] = {
    "t2po/SearchQA-v0": {},  # 1 to 3 hops of generated questions, all of real ones
    "t2po/SearchQA-Easy-v0": {"hops": 1},
    "t2po/SearchQA-Medium-v0": {"hops": 2},
    "t2po/SearchQA-Hard-v0": {"hops": 3},
    # Four searches and the answer need five turns; one is to spare.
    "t2po/SearchQA-Expert-v0": {"hops": 4, "max_turns": 6},
}
"""Questions by the number of passages to combine."""

ENTRY_POINTS = {
    "t2po/ToyKeys-v0": ("t2po_gym.envs.toy.env:ToyKeysEnv", "batch_toykeys"),
    "t2po/ALFWorld-v0": ("t2po_gym.envs.alfworld.env:ALFWorldEnv", "batch_alfworld"),
    **dict.fromkeys(SEARCHQA_LEVELS, ("t2po_gym.envs.searchqa.env:SearchQAEnv", "batch_searchqa")),
    "t2po/WebShop-v0": ("t2po_gym.envs.webshop.env:WebShopEnv", "batch_webshop"),
}
ENV_IDS = tuple(ENTRY_POINTS)


def register_all() -> None:
    """Register every id that is not registered yet."""
    for env_id, (entry_point, vector_function) in ENTRY_POINTS.items():
        if env_id not in gym.registry:
            gym.register(
                id=env_id,
                entry_point=entry_point,
                vector_entry_point=f"{__name__}:{vector_function}",
                order_enforce=False,
                disable_env_checker=True,
                kwargs=SEARCHQA_LEVELS.get(env_id, {}),
            )


def batch_toykeys(num_envs: int = 1, **kwargs: Any) -> BatchedTextEnv:
    """``num_envs`` ToyKeys episodes in one process."""
    return BatchedTextEnv.from_id("t2po/ToyKeys-v0", num_envs, **kwargs)


def batch_webshop(num_envs: int = 1, **kwargs: Any) -> BatchedTextEnv:
    """``num_envs`` WebShop episodes in one process."""
    return BatchedTextEnv.from_id("t2po/WebShop-v0", num_envs, **kwargs)


def batch_searchqa(num_envs: int = 1, **kwargs: Any) -> BatchedTextEnv:
    """``num_envs`` Search QA episodes in one process; ``kwargs`` hold the level's own arguments."""
    return BatchedTextEnv.from_id("t2po/SearchQA-v0", num_envs, **kwargs)


def batch_alfworld(num_envs: int = 1, **kwargs: Any) -> BatchedTextEnv:
    """``num_envs`` ALFWorld episodes in one process."""
    return BatchedTextEnv.from_id("t2po/ALFWorld-v0", num_envs, **kwargs)
