"""What the tests in Chromium share: skipped where it is missing, closed after each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gymnasium as gym
import pytest

import t2po_gym  # noqa: F401 - registers the ids

ID = "t2po/WebShopBrowser-v0"


@pytest.fixture(scope="session")
def chromium_there() -> None:
    """Skip a test where a browser cannot run."""
    chromium = pytest.importorskip(
        "t2po_gym.browser.chromium", reason="extra `browser`", exc_type=ImportError
    )
    try:
        chromium.installed()
    except chromium.BrowserError as error:
        pytest.skip(str(error))


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
