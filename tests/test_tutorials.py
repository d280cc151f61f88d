"""Every tutorial runs as it stands: its blocks, in order, in a fresh process and folder."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from page_blocks import LANGUAGES, PageError, blocks_of, run_page
from page_process import play_page

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "tutorials"
PAGES = sorted(FOLDER.glob("[0-9]*.md"))
LIMIT_S = 1500
NEEDED = {"3": ("torch", "transformers"), "4": ("httpx",)}
"""Modules that a page's extras bring, by the page's number."""
SLOW = "3"


def parameters() -> list[object]:
    return [
        pytest.param(page, id=page.stem, marks=[pytest.mark.slow] if page.stem[0] == SLOW else [])
        for page in PAGES
    ]


@pytest.mark.parametrize("page", parameters())
def test_a_page_runs_as_it_stands(page: Path, tmp_path: Path) -> None:
    missing = [name for name in NEEDED.get(page.stem[0], ()) if find_spec(name) is None]
    if missing:
        pytest.skip(f"{page.name} needs {' and '.join(missing)}")
    folder = tmp_path / "reader"
    folder.mkdir()
    done = play_page(page, folder, cache=tmp_path / "cache", limit_s=LIMIT_S)
    runnable = [block for block in blocks_of(page.read_text("utf-8")) if not block.needs]
    assert done == len(runnable)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_can_be_read_in_one_sitting(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    assert 60 <= len(lines) <= 250
    assert lines[0].startswith("# ")
    blocks = blocks_of(page.read_text("utf-8"))
    assert {block.language for block in blocks} <= set(LANGUAGES)
    assert not any(line.startswith("    ") for line in without_blocks(page))  # no hidden block


def without_blocks(page: Path) -> list[str]:
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return text.splitlines()


def test_the_index_has_every_page_and_the_readme_the_index() -> None:
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert len(PAGES) == 5
    assert [f"({page.name})" in index for page in PAGES] == [True] * len(PAGES)
    assert "docs/tutorials/README.md" in (ROOT / "README.md").read_text(encoding="utf-8")


class TestTheRunner:
    """A page that says something false does not pass."""

    def test_a_page_is_run_in_order_in_one_interpreter(self, tmp_path, monkeypatch) -> None:
        monkeypatch.chdir(tmp_path)
        page = (
            "```python\n# mine.py\nprint('mine', end='!')\n```\n"
            "```python\nx = 3\n```\n```python\nprint(x + 1)\n```\n```text\n4\n```\n"
            "```sh\necho hello $((1 + 1)); python3 mine.py\n```\n```text\nhello ...!\n```\n"
            "```sh\n# Needs a GPU\nfalse\n```\n"
        )
        assert run_page(page) == 6

    @pytest.mark.parametrize(
        "page",
        [
            "```python\nprint(1)\n```\n```text\n2\n```\n",
            "```sh\nfalse | cat\n```\n",
            "```\nls\n```\n",
            "```yaml\na: b\n```\n",
        ],
    )
    def test_a_wrong_page_is_named_by_its_line(self, page, tmp_path, monkeypatch) -> None:
        monkeypatch.chdir(tmp_path)
        with pytest.raises(PageError, match=r"line \d"):
            run_page(page)

    def test_an_exception_of_a_block_ends_the_page(self) -> None:
        with pytest.raises(ZeroDivisionError):
            run_page("```python\n1 / 0\n```\n")
