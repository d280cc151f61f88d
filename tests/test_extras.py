"""The extras of pyproject.toml name what the code imports, and nothing else.

An import inside a function or through `import_module` counts as any other.
"""

from __future__ import annotations

import ast
import re
import sys
from functools import cache
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("t2po_gym", "baselines", "leaderboards")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MODULES = {
    "faiss-cpu": "faiss",
    "pillow": "PIL",
    "pyyaml": "yaml",
    "websocket-client": "websocket",
}
"""Distributions that are imported under another name."""
NEVER_IMPORTED = {
    "pyserini": "its jar is what is used",
    "tensorboard": "torch.utils.tensorboard writes with it",
}
BROUGHT_ALONG = {
    "huggingface_hub": "transformers",
    "starlette": "fastapi",
    "h11": "uvicorn",
    "mcp_types": "mcp",
    "anyio": "starlette, which fastapi brings along",
    "markupsafe": "jinja2",
    "urllib3": "selenium",
    "jnius": "pyserini",
    "jnius_config": "pyserini",
    "fast_downward": "textworld",
    "tomllib": "in the standard library from Python 3.11 on; tomli before",
    "spacy": "used where it is, for title nouns; no extra",
}
"""Imported, and part of something else that is named."""
FOR_DEVELOPERS = ("test", "dev", "docker", "docs", "study")
"""Extras of tests and tools, whose needs are no imports of the packages."""


def name_of(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    assert found is not None
    return found[0].lower()


@cache
def imported() -> frozenset[str]:
    """Top modules that the packages import, with those named in `import_module("...")`."""
    found = set()
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Import(names=names):
                    found |= {alias.name for alias in names}
                case ast.ImportFrom(module=str(module), level=0):
                    found.add(module)
                case ast.Call(func=function, args=[ast.Constant(value=str(module)), *_]):
                    found |= {module} if "import_module" in ast.unparse(function) else set()
    return frozenset(name.partition(".")[0] for name in found)


EXTRAS = PROJECT["optional-dependencies"]
NEEDED = [
    (extra, requirement)
    for extra, requirements in EXTRAS.items()
    if extra not in FOR_DEVELOPERS
    for requirement in requirements
    if not requirement.startswith("t2po-gym")
]


@pytest.mark.parametrize(("extra", "requirement"), NEEDED, ids=[r for _, r in NEEDED])
def test_what_an_extra_names_is_used(extra: str, requirement: str) -> None:
    name = name_of(requirement)
    assert name in NEVER_IMPORTED or MODULES.get(name, name.replace("-", "_")) in imported()


def test_what_is_imported_is_named() -> None:
    requirements = [*PROJECT["dependencies"], *(r for all_of in EXTRAS.values() for r in all_of)]
    named = {MODULES.get(name_of(r), name_of(r).replace("-", "_")) for r in requirements}
    known = named | set(sys.stdlib_module_names) | set(PACKAGES) | set(BROUGHT_ALONG)
    assert imported() - known == set()


def test_every_extra_that_a_sentence_names_exists() -> None:
    named = set()
    for folder in (*PACKAGES, "docs", "docker"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".md", ".Dockerfile"):
                text = path.read_text(encoding="utf-8")
                found = re.findall(r"(?:t2po-gym|['\"]\.)\[([\w,]+)\]", text)
                named |= {name for names in found for name in names.split(",")}
    assert {"train", "data", "eval"} <= named <= set(EXTRAS)
