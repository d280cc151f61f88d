"""The documentation site: links of pages become links of the site, and it loads nothing else."""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

pytest.importorskip("mkdocs", reason="needs the extra docs: make docs")

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "build" / "docs"


@cache
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_hook", ROOT / "tools" / "docs_hook.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("index.md", "[a](docs/webshop.md#actions)", "[a](webshop.md#actions)"),
        ("index.md", "![a](docs/img/webshop_learning.png)", "![a](img/webshop_learning.png)"),
        ("webshop.md", "[a](../README.md)", "[a](index.md)"),
        ("webshop.md", "[a](alfworld.md)", "[a](alfworld.md)"),
        ("tutorials/README.md", "[a](../../leaderboards/README.md)", "[a](../leaderboards.md)"),
        ("leaderboards.md", "[a](../docs/submitting.md)", "[a](submitting.md)"),
        ("index.md", "[Apache](LICENSE)", "Apache"),
        ("index.md", "[a](https://example.org) [b](#use)", "[a](https://example.org) [b](#use)"),
        ("index.md", "```sh\n[a](docs/webshop.md)\n```", "```sh\n[a](docs/webshop.md)\n```"),
        (
            "index.md",
            "[![a](docs/img/webshop_learning.png)](docs/t2po.md)",
            "[![a](img/webshop_learning.png)](t2po.md)",
        ),
    ],
)
def test_links_become_those_of_the_site(name: str, text: str, expected: str) -> None:
    assert hook().site_links(text, name) == expected


def test_other_files_are_linked_where_the_repository_is() -> None:
    linked = hook().site_links("[a](../Makefile)", "t2po.md", "https://example.org/x/")
    assert linked == "[a](https://example.org/x/blob/main/Makefile)"


def test_a_link_to_nothing_ends_the_build() -> None:
    with pytest.raises(FileNotFoundError, match=r"docs/t2po\.md links to nowhere\.md"):
        hook().site_links("[a](nowhere.md)", "t2po.md")


def test_numbers_keep_together_outside_code() -> None:
    text = "| 24.7 % (23.1-26.0) `3 % 2` |\n```text\n3 % 2 (1-2)\n```\n"
    page = SimpleNamespace(file=SimpleNamespace(src_uri="t2po.md"))
    changed = hook().on_page_markdown(text, page, SimpleNamespace(repo_url=""), None)
    kept = '| 24.7&nbsp;% <span class="whole">(23.1-26.0)</span> `3 % 2` |'
    assert changed == f"{kept}\n```text\n3 % 2 (1-2)\n```\n"


def test_a_link_to_the_repository_is_just_a_link() -> None:
    link = '<a href="https://github.com/x/y" class="md-source" data-md-component="source">y</a>'
    plain = '<a href="https://github.com/x/y" class="md-source">y</a>'
    assert hook().on_post_page(link, page=None, config=None) == plain
    assert hook().on_post_template(link, template_name="404.html", config=None) == plain


@pytest.mark.parametrize("place", ["Makefile", ".github/workflows/docs.yml"])
def test_warnings_end_the_build(place: str) -> None:
    lines = (ROOT / place).read_text(encoding="utf-8").splitlines()
    builds = [line.split() for line in lines if "mkdocs build" in line]
    assert builds
    for words in builds:
        assert "--strict" in words
        assert not {"--quiet", "-q"} & set(words)  # quiet, MkDocs counts no warnings


def pages() -> list[Path]:
    found = sorted(SITE.rglob("*.html"))
    if not found:
        pytest.skip("the site is not built: make docs")
    return found


def test_every_page_of_the_repository_is_in_the_site() -> None:
    built = {str(page.relative_to(SITE)) for page in pages()}
    sources = {path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")}
    wanted = {
        str(path.with_name("index.html" if path.stem == "README" else f"{path.stem}.html"))
        for path in sources
    }
    wanted |= {name.replace(".md", ".html") for name in hook().ELSEWHERE.values()}
    assert wanted <= built


def test_pages_load_nothing_from_elsewhere() -> None:
    loading = re.compile(r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"(?:https?:)?//[^\"]*\"")
    styles = re.compile(r"<link\b[^>]*rel=\"(?:stylesheet|preconnect|preload)\"[^>]*//[^>]*>")
    for page in pages():
        text = page.read_text(encoding="utf-8")
        assert loading.findall(text) + styles.findall(text) == [], page
        assert 'data-md-component="source"' not in text  # asks GitHub


def test_the_reference_has_parameters_errors_and_examples() -> None:
    assert pages()
    page = (SITE / "reference" / "core.html").read_text(encoding="utf-8")
    assert 'id="t2po_gym.check_text_env"' in page
    assert "Parameters:" in page
    assert "Raises:" in page
    assert "Examples:" in page
    assert "<blockquote>" not in page  # an example read as a quotation
    algorithms = (SITE / "reference" / "algorithms.html").read_text(encoding="utf-8")
    assert 'id="baselines.advantages.gigpo_advantages"' in algorithms
