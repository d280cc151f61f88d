"""Lines that no test can run here are at least commands that exist, with words that they take."""

from __future__ import annotations

import importlib
import io
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path

import pytest
from page_blocks import blocks_of

from t2po_gym.cli.main import make_parser

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    page for place in ("*.md", "docs/**/*.md", "leaderboards/*.md") for page in ROOT.glob(place)
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OTHERS = {"apt-get", "cd", "git"}
"""Programs that are not ours."""


def commands() -> list[str]:
    """Commands of all marked shell blocks, each once; what && joins is apart."""
    blocks = [block for page in PAGES for block in blocks_of(page.read_text(encoding="utf-8"))]
    shell = [block for block in blocks if block.mark and block.language == "sh"]
    lines = [line for block in shell for line in block.text.splitlines()]
    parts = [part.strip() for line in lines for part in re.split(r" && ", line.split("  #")[0])]
    return list(dict.fromkeys(parts))


def checked(words: Sequence[str]) -> None:
    """Assert that a command would be understood."""
    while re.fullmatch(r"[A-Z_0-9]+=\S*", words[0]):
        words = words[1:]
    program, *rest = words
    if program in OTHERS:
        return
    check = {
        "pip": check_pip,
        "make": check_make,
        "docker": check_docker,
        "t2po-gym": check_ours,
        "python": check_python,
        "torchrun": check_torchrun,
        "sh": lambda rest: check_file(rest[0]),
    }
    check[program](rest)


def check_pip(words: Sequence[str]) -> None:
    """The extras exist."""
    assert words[0] in ("install", "uninstall")
    for extras in re.findall(r"(?:t2po-gym|\.)\[([a-z,]+)\]", " ".join(words)):
        assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"])


def check_make(words: Sequence[str]) -> None:
    """There is such a target, and what it runs can be told."""
    subprocess.run(["make", "-n", *words], cwd=ROOT, check=True, capture_output=True)


def check_docker(words: Sequence[str]) -> None:
    """The files are there."""
    if "-f" in words:
        check_file(words[words.index("-f") + 1])
    if "python3" in words:
        check_python(words[words.index("python3") + 1 :])


def check_ours(words: Sequence[str]) -> None:
    """The command takes these words."""
    make_parser(words[0]).parse_args(list(words))


def check_python(words: Sequence[str], processes: int = 1) -> None:
    """There is such a module; a trainer plans what it is told to run."""
    if words[0] == "-m":
        assert find_spec(words[1]) is not None
        return
    check_file(words[0])
    if "..." in words or find_spec("torch") is None:
        return
    if "$(t2po-gym data smollm2 --path)" in words:  # a plan of that model has tests of its own
        words = [word for word in words if not word.startswith(("--model", "$("))]
        words = [*words, "--model", "Qwen/Qwen3-4B"]
    trainer = importlib.import_module(f"baselines.{Path(words[0]).stem}")
    said = io.StringIO()
    with redirect_stdout(said):
        assert trainer.main([*words[1:], "--dry-run", str(processes)]) == 0
    assert "A step: " in said.getvalue()


def check_torchrun(words: Sequence[str]) -> None:
    """As for python, behind torchrun's own words."""
    own = [word.startswith("--") for word in words].index(False)
    check_python(words[own:], processes=8)


def check_file(name: str) -> None:
    """There is such a file in the repository."""
    assert (ROOT / name).is_file()


@pytest.mark.parametrize("command", commands())
def test_a_marked_line_is_a_command_that_exists(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    checked(shlex.split(command.replace("<your fork>", "FORK")))


WRONG = (
    "pip install 't2po-gym[nothing]'",
    "make trian",
    "docker build -f docker/none.Dockerfile .",
    "t2po-gym eval t2po/WebShop-v0 --policies random",
    "python baselines/none_train.py",
    "python -m baselines.none",
    "sh baselines/none.sh",
    "magic",
)


@pytest.mark.parametrize("command", WRONG)
def test_a_wrong_line_is_noticed(command: str) -> None:
    with pytest.raises((AssertionError, SystemExit, KeyError, subprocess.CalledProcessError)):
        checked(shlex.split(command))
