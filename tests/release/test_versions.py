"""One version, wherever it is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import t2po_gym

ROOT = Path(__file__).resolve().parents[2]
PLACES = {
    "pyproject.toml": r'^version = "(.+)"$',
    "CITATION.cff": r"^version: (.+)$",
    "CHANGELOG.md": r"^## (\S+) \(\d{4}-\d\d-\d\d\)$",
}
"""Beside the labels of images, which tests/docker compares."""


@pytest.mark.parametrize("place", PLACES)
def test_the_version_is_the_package_s(place: str) -> None:
    text = (ROOT / place).read_text(encoding="utf-8")
    found = re.search(PLACES[place], text, re.MULTILINE)
    assert found is not None
    assert found[1] == t2po_gym.__version__


def test_the_day_of_the_release_is_the_changelog_s() -> None:
    cited = re.search(r"^date-released: (\S+)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    newest = re.search(r"^## \S+ \((\S+)\)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert cited is not None
    assert newest is not None
    assert cited[1] == newest[1]
