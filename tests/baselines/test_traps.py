"""Each of the 22 traps of docs/originals/algorithms.md has a test that is named after it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "originals" / "algorithms.md").read_text(encoding="utf-8")
TRAPS = re.findall(r"^(\d+)\. ", PAGE.split("## 17. Traps")[1].split("\n## ")[0], re.MULTILINE)
TESTS = "".join(
    path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "baselines").rglob("test_*.py")
)


def test_there_are_22():
    assert [int(number) for number in TRAPS] == list(range(1, 23))


@pytest.mark.parametrize("number", TRAPS)
def test_a_trap_has_a_test_of_its_name(number):
    assert len(re.findall(rf"^def test_trap_{int(number):02d}_\w+\(", TESTS, re.MULTILINE)) == 1
