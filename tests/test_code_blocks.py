"""Code in README and docs is true: every block runs, or says what it needs or what runs it.

A block that no test can run stands under a comment, invisible to readers, such as
``<!-- needs: a GPU -->``, or ``<!-- run by: tests/test_it.py -->`` where another test runs it.
Tutorials have a test of their own.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from threading import Timer

import pytest
from page_blocks import Block, blocks_of
from page_process import play_page

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    page
    for place in ("*.md", "docs/**/*.md", "leaderboards/*.md")
    for page in ROOT.glob(place)
    if page.parent.name != "tutorials"
)
LANGUAGES = {"python", "sh", "toml", "text"}
REASONS = {
    "a GPU",
    "a key",
    "a release",
    "another framework",
    "Docker",
    "a terminal of its own",
    "root",
    "the original data",
}
EXAMPLES = (ROOT / "tests" / "support" / "adapter_servers.py").read_text(encoding="utf-8")
TORCH = re.compile(r"\bbaselines?\b")
LIMIT_S = 300


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def runs(block: Block) -> bool:
    return not block.needs and block.language != "text"


def pages_that_run() -> list[Path]:
    return [page for page in PAGES if any(map(runs, blocks_of(page.read_text("utf-8"))))]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_is_one_that_somebody_runs(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    blocks = blocks_of(text)
    assert {block.language for block in blocks} <= LANGUAGES
    fences = re.findall(r"^ *```", text, re.MULTILINE)
    assert len(fences) == 2 * len(blocks)  # none is indented, or marked by something else
    without = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    assert re.findall(r"\n\n {4,}\S.*", without) == []  # such a block has no language and no mark


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_marks_tell_the_truth(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    blocks = [block for block in blocks_of(text) if block.mark]
    assert len(re.findall(r"^<!-- (?:needs|run by):", text, re.MULTILINE)) == len(blocks)
    for block in blocks:
        kind, _, what = block.mark.partition(": ")
        if kind == "needs":
            assert what in REASONS, f"line {block.line}"
            continue
        runner = ROOT / what
        assert runner.is_file(), f"line {block.line}"
        told = runner.read_text(encoding="utf-8")
        lines = [line.split("#")[0].strip() for line in block.text.splitlines()]
        reads_it = page.name in EXAMPLES and "examples(" in told
        reads_it |= f'"{block.mark}"' in told
        assert reads_it or all(line in told for line in lines), f"line {block.line}"


@pytest.mark.parametrize("page", pages_that_run(), ids=name_of)
def test_a_page_runs_as_it_stands(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    code = "".join(block.text for block in blocks_of(text) if runs(block))
    if TORCH.search(code) and find_spec("torch") is None:
        pytest.skip(f"{name_of(page)} needs torch")
    done = play_page(page, tmp_path, cache=None, limit_s=LIMIT_S)
    assert done == sum(map(runs, blocks_of(text)))


def servers() -> list[str]:
    """Commands of the pages that serve until Ctrl-C, and need no data of their own."""
    blocks = [block for page in PAGES for block in blocks_of(page.read_text("utf-8"))]
    apart = [block for block in blocks if block.mark == "needs: a terminal of its own"]
    lines = [line.split("  #")[0].strip() for block in apart for line in block.text.splitlines()]
    commands = [line for line in lines if line.startswith("t2po-gym ")]
    assert len(commands) >= 4
    return [command for command in commands if "original" not in command]


@pytest.mark.parametrize("command", servers())
def test_a_server_of_a_page_starts_and_ends_at_ctrl_c(command: str, tmp_path: Path) -> None:
    words = shlex.split(command.replace(" --open", ""))
    if "--port" in words:  # a free one, for another test may have the page's
        del words[words.index("--port") : words.index("--port") + 2]
    words += ["--port", "0"]
    server = subprocess.Popen(
        [sys.executable, "-m", "t2po_gym.cli.main", *words[1:]],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # In a job of the background a shell ignores Ctrl-C, which children inherit.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    limit = Timer(60, server.kill)
    limit.start()
    try:
        assert server.stdout is not None
        said = next((line for line in server.stdout if "http://127.0.0.1:" in line), "")
        assert said, "it ended without an address"
        server.send_signal(signal.SIGINT)
        assert server.wait() in (0, 130)
    finally:
        limit.cancel()
        server.kill()
        server.communicate()


def test_marks_are_not_the_rule() -> None:
    blocks = [block for page in PAGES for block in blocks_of(page.read_text("utf-8"))]
    code = [block for block in blocks if block.language != "text"]
    assert sum(map(runs, code)) > len(code) / 4
