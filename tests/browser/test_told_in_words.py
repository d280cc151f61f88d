"""Pages seen as pictures are played and watched in the terminal, where they are told in words."""

from __future__ import annotations

import sys
from io import StringIO
from pathlib import Path

import pytest

from t2po_gym.cli import main as cli

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

WORDS = "(the agent sees this page as a picture of 400 x 300 pixels)"


def test_screenshots_are_played_and_watched(
    chromium_there: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    trace, page = tmp_path / "a.jsonl", tmp_path / "a.html"
    monkeypatch.setattr(sys, "stdin", StringIO("search[boots]\nclick_at[3,3]\n"))
    sizes = ["--set", "observation_mode=screenshot", "--set", "width=400", "--set", "height=300"]
    assert cli.main(["play", "t2po/WebShopBrowser-v0", *sizes, "--record", str(trace)]) == 0
    played = capsys.readouterr().out
    assert "Page 1 (Total results:" in played
    assert played.count(WORDS) == 3
    assert cli.main(["watch", str(trace)]) == 0
    watched = capsys.readouterr().out
    assert "Page 1 (Total results:" in watched
    assert watched.count(WORDS) == 3
    assert cli.main(["watch", str(trace), "--html", str(page)]) == 0
    assert page.read_text(encoding="utf-8").count(WORDS) == 3
