"""WebShop environments for the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium as gym
from shared import shared_path

import t2po_gym  # noqa: F401 - registers the ids
from t2po_gym.envs.webshop.env import WebShopEnv

MINI = Path(__file__).parents[1] / "data" / "webshop_mini"


def make(**kwargs: Any) -> WebShopEnv:
    """Make a WebShop environment."""
    env = gym.make("t2po/WebShop-v0", **kwargs).unwrapped
    assert isinstance(env, WebShopEnv)
    return env


def real_files() -> dict[str, str]:
    """Arguments for the original's 1,000 products; skips the test where they are not there."""
    return {
        "catalogue": str(shared_path("data", "webshop")),
        "nouns": str(shared_path("golden", "webshop", "real1k_title_nouns.json")),
    }
