"""The examples in docstrings, which the reference shows, print what they say."""

from __future__ import annotations

import ast
import doctest
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("t2po_gym", "baselines", "leaderboards")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def module_of(path: Path) -> str:
    """Return the dotted name of a source file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def examples_in(source: str) -> int:
    """Count the statements of a file's examples, without those marked as skipped."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, DOCUMENTED)]
    texts = [ast.get_docstring(node) or "" for node in nodes]
    found = [example for text in texts for example in doctest.DocTestParser().get_examples(text)]
    return sum(not example.options.get(doctest.SKIP, False) for example in found)


EXAMPLES = {
    module_of(path): count
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if (count := examples_in(path.read_text(encoding="utf-8")))
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_print_what_they_say(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    module = pytest.importorskip(name, reason=f"{name} needs an extra", exc_type=ImportError)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    failed, tried = doctest.testmod(module, optionflags=flags)
    assert failed == 0, capsys.readouterr().out
    assert tried == EXAMPLES[name]


def test_examples_are_counted() -> None:
    source = 'def f():\n    """One.\n\n    >>> 1\n    1\n    >>> 2  # doctest: +SKIP\n    """\n'
    assert examples_in(source) == 1
    assert sum(EXAMPLES.values()) > 60
