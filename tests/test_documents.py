"""What the sources and pages point to exists: documents, numbered sections, links and anchors."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("t2po_gym", "baselines", "benchmarks", "docker", "leaderboards", "tests")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
PAGES = sorted(
    page for place in ("*.md", "docs/**/*.md", "leaderboards/**/*.md") for page in ROOT.glob(place)
)

DOCUMENT = re.compile(r"(?<![\w./*-])((?:docs|facts|golden)/[\w./*-]*\w\*?|[\w./-]*\w\.md)\b")
FACTS = re.compile(r"\(facts[:,]|\bfacts[:,]? sections?\b|\bfacts \d")
SECTIONS = re.compile(r"\bsections? (\d+(?:(?:, | and |-)\d+)*)")
HEADING = re.compile(r"^(#{1,6}) +(.*?)\s*$", re.MULTILINE)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(r"`((?:t2po_gym|baselines|benchmarks|leaderboards|tests|docs|docker)/[\w./*-]+)`")
FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)


def prose_of_code(source: str) -> Iterator[tuple[int, str]]:
    """Yield docstrings, texts under assignments, and blocks of comments, each with its line."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield node.lineno, text
    block: list[str] = []
    first = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            if block and token.start[0] != last + 1:
                yield first, "\n".join(block)
                block = []
            first = first if block else token.start[0]
            last = token.start[0]
            block.append(token.string.lstrip("# "))
    if block:
        yield first, "\n".join(block)


def numbered_sections(page: Path) -> set[int]:
    """Return the numbers of a page's headings such as ``## 5. Actions``."""
    titles = (title for _, title in HEADING.findall(without_code(page.read_text("utf-8"))))
    return {int(found.group(1)) for t in titles if (found := re.match(r"(\d+)\. ", t))}


def without_code(text: str) -> str:
    """Leave out fenced blocks, which may hold lines that look like headings or links."""
    return FENCE.sub("", text)


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the anchors that GitHub gives a page's headings, repetitions numbered."""
    seen: dict[str, int] = {}
    found = set()
    for _, title in HEADING.findall(without_code(page.read_text("utf-8"))):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).replace("`", "").lower()
        slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if slug in seen else slug)
        seen[slug] = seen.get(slug, 0) + 1
    return frozenset(found)


def wrong_pointers(text: str, root: Path = ROOT) -> list[str]:
    """Say which documents named in a text are missing, and which sections their pages lack."""
    text = " ".join(re.sub(r"https?://\S+", "", text).split())
    wrong = [f"unknown document: {found.group(0)}" for found in FACTS.finditer(text)]
    page: Path | None = None
    events = [*DOCUMENT.finditer(text), *SECTIONS.finditer(text)]
    for event in sorted(events, key=lambda match: match.start()):
        name = event.group(1)
        if event.re is DOCUMENT:
            page = root / name
            if not page.exists():
                wrong.append(f"no such document: {name}")
                page = None
        elif page is None:
            wrong.append(f"a section of no document: {event.group(0)}")
        elif missing := {int(n) for n in re.findall(r"\d+", name)} - numbered_sections(page):
            wrong.append(f"{page.name} has no section {sorted(missing)}")
    return wrong


def wrong_links(page: Path, root: Path = ROOT) -> list[str]:
    """Say which relative links, anchors and paths of the repository in a page lead nowhere."""
    paths = PATH.findall(page.read_text("utf-8"))
    wrong = [f"no such path: {path}" for path in paths if not any(root.glob(path))]
    for match in LINK.finditer(without_code(page.read_text("utf-8"))):
        target = match.group(1) or match.group(2)
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        aim = (page.parent / name).resolve() if name else page
        if not aim.exists() or not aim.is_relative_to(root):
            wrong.append(f"no such file: {target}")
        elif anchor and aim.suffix == ".md" and anchor not in anchors(aim):
            wrong.append(f"no such heading: {target}")
    return wrong


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_named_in_code_exist(path: Path) -> None:
    prose = prose_of_code(path.read_text(encoding="utf-8"))
    wrong = [f"line {line}: {fault}" for line, text in prose for fault in wrong_pointers(text)]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_pages_lead_somewhere(page: Path) -> None:
    assert wrong_links(page) == []


def test_every_page_of_the_originals_is_linked_and_numbered() -> None:
    for page in sorted((ROOT / "docs" / "originals").glob("*.md")):
        numbers = numbered_sections(page)
        assert numbers == set(range(1, len(numbers) + 1)) != set(), page.name
        assert f"originals/{page.name}" in (ROOT / "README.md").read_text("utf-8"), page.name


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("See docs/originals/webshop.md, section 5.", 0),
        ("See docs/originals/webshop.md, sections 5, 6\nand 7.", 0),
        ("(docs/originals/webshop.md,\nsection 99)", 1),
        ("docs/originals/webshop.md, sections 1-99", 1),
        ("Source: facts/peers.md section 5.", 2),
        ("(facts: section 6, history)", 2),
        ("described in facts section 5", 2),
        ("against recordings (golden/webshop/wrapper_*).", 1),
        ("docs/no-such-page.md", 1),
        ("NOTES.md says so", 1),
        ("the facts of a world, its golden answers, https://example.org/a.md", 0),
    ],
)
def test_wrong_pointers_are_found(text: str, faults: int) -> None:
    assert len(wrong_pointers(text)) == faults, wrong_pointers(text)


def test_wrong_links_are_found(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text("# A `b`: c/d\n## Twice\n## Twice\n```\n# no heading\n```\n")
    page = tmp_path / "a.md"
    page.write_text(
        "# Here\n[1](b.md#a-b-cd) [2](b.md#twice-1) [3](#here) [4](https://x.org/q#z) ![5](b.md)\n"
        "[6](c.md) [7](b.md#twice-2) [8](#there) [9](b.md#no-heading) ![10](c.png) [11](../up.md)\n"
        "`tests/gone.py`, but `other/gone.py` is none of ours.\n"
    )
    assert len(wrong_links(page, tmp_path)) == 7


def test_comments_and_docstrings_are_read() -> None:
    source = '"""One."""\nx = 1  # two\n# three\n\n# four\nX = 2\n"""Five."""\ny = "six"\n'
    assert [text for _, text in prose_of_code(source)] == ["One.", "Five.", "two\nthree", "four"]
