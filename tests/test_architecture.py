"""The picture of folders in docs/architecture.md is the tree, and no room is a pile."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
MOST_MODULES = 15
TOPS = ("t2po_gym", "baselines", "leaderboards", "benchmarks", "docker", "tests", "docs")


def drawn_folders() -> dict[str, str]:
    """Return the folders of the page's picture and what it says of each."""
    picture = PAGE.read_text(encoding="utf-8").split("```text\n", 1)[1].split("```", 1)[0]
    found, stack = {}, []
    for line in picture.splitlines():
        match = re.match(r"( *)([\w.]+)/ +(.+)", line)
        if match is None:
            continue
        depth = len(match[1]) // 2
        stack = [*stack[:depth], match[2]]
        found["/".join(stack)] = match[3]
    return found


def real_folders() -> set[str]:
    """Return the folders of sources, down to the rooms."""
    found = set()
    for top in TOPS:
        for path in [ROOT / top, *(ROOT / top).rglob("*")]:
            relative = path.relative_to(ROOT)
            deep = {"tests": 1, "benchmarks": 1}.get(top, 9)
            sources = any(path.glob("*.py")) or (top == "docs" and any(path.glob("*.md")))
            if path.is_dir() and sources and len(relative.parts) <= deep:
                found.add(relative.as_posix())
    return found


def modules_in(folder: str) -> int:
    return sum(path.name != "__init__.py" for path in (ROOT / folder).glob("*.py"))


def test_the_picture_is_the_tree() -> None:
    assert set(drawn_folders()) == real_folders()


def test_every_folder_is_explained() -> None:
    assert [name for name, words in drawn_folders().items() if len(words) < 10] == []


@pytest.mark.parametrize("folder", sorted(real_folders()))
def test_a_room_is_not_a_pile(folder: str) -> None:
    named = f"`{folder}` holds {modules_in(folder)}" in PAGE.read_text(encoding="utf-8")
    assert modules_in(folder) <= MOST_MODULES or named


@pytest.mark.parametrize("top", ["t2po_gym", "baselines"])
def test_the_tests_mirror_the_rooms(top: str) -> None:
    """A test folder below an environment or a package is named like the room it tests."""
    places = {"core", "retrieval"} if top == "t2po_gym" else {"baselines"}
    environments = {"webshop", "alfworld", "searchqa"} if top == "t2po_gym" else set()
    for name in places | environments:
        base = {"baselines": "baselines"}.get(name, f"t2po_gym/{name}")
        source = ROOT / (f"t2po_gym/envs/{name}" if name in environments else base)
        for folder in (ROOT / "tests" / name).iterdir():
            if folder.is_dir() and any(folder.glob("test_*.py")):
                assert (source / folder.name).is_dir(), folder
