"""What the tests in Chromium share: skipped where it is missing, closed after each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gymnasium as gym
import pytest
from chromium import need_browser_env

import t2po_gym  # noqa: F401 - registers the ids

ID = "t2po/WebShopBrowser-v0"


@pytest.fixture(scope="session")
def chromium_there() -> None:
    """Skip a test where a browser cannot run."""
    need_browser_env()


@pytest.fixture
def make(chromium_there: None) -> Iterator[Callable[..., Any]]:
    """Make browser environments that are closed after the test."""
    made: list[Any] = []

    def make_one(**kwargs: Any) -> Any:
        made.append(gym.make(ID, **kwargs).unwrapped)
        return made[-1]

    yield make_one
    for env in made:
        env.close()
