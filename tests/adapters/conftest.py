"""Tests beside real frameworks: `make test-adapters`. A folder is named like its framework."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


class Absent(pytest.Module):
    """The tests of a framework that is not installed: one skip that says so."""

    def collect(self) -> Iterator[Any]:
        framework = self.path.parent.name
        pytest.skip(
            f"{framework} is not installed: make test-adapters ADAPTERS={framework} installs it",
            allow_module_level=True,
        )


def pytest_pycollect_makemodule(module_path: Path, parent: Any) -> pytest.Module | None:
    folder = module_path.parent
    if folder.parent == HERE and find_spec(folder.name) is None:
        module: pytest.Module = Absent.from_parent(parent, path=module_path)
        return module
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.adapters)
