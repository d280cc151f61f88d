"""One headless Chromium and one copy of the pages for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from board_fixture import site
from chromium import chromium


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of the fixture in a folder below another, so that no path can start at the root."""
    folder = tmp_path_factory.mktemp("site") / "sub path" / "board"
    for path, content in site().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


@pytest.fixture(scope="session")
def driver() -> Iterator[Any]:
    """A browser that logs its console and its requests."""
    yield from chromium()
