"""A page of the documentation in a process and a folder of its own, as a reader would have it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def play_page(page: Path, folder: Path, cache: Path | None, limit_s: float) -> int:
    """Run the blocks of a page; returns how many were run, saved, parsed or compared.

    Args:
        page: Markdown.
        folder: an empty one, the reader's.
        cache: where generated data are kept; None takes the tests' own.
        limit_s: after so many seconds the page has failed.
    """
    (folder / "baselines").symlink_to(ROOT / "baselines")  # the reader stands in the repository
    made = subprocess.Popen(
        [sys.executable, ROOT / "tests" / "support" / "page_blocks.py", page],
        cwd=folder,
        env=_environment(cache),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = made.communicate(timeout=limit_s)
    finally:
        _end_session(made)
    assert made.returncode == 0, said[-6000:]
    return int(said.split()[-1])


def _environment(cache: Path | None) -> dict[str, str]:
    """A terminal after the README's installation."""
    commands = Path(sys.executable).parent
    own = {} if cache is None else {"T2PO_GYM_CACHE": str(cache)}
    return {
        **os.environ,
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "100",
        "NO_COLOR": "1",
        **own,
    }


def _end_session(made: subprocess.Popen[str]) -> None:
    """End what a page left running: servers in the background, or the page itself."""
    try:
        os.killpg(made.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    made.wait()
