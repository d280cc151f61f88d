"""The page as a file: one element per part, nothing from outside, no text that becomes HTML."""

from __future__ import annotations

import base64
import json
import re
from hashlib import sha256
from pathlib import Path

import pytest
from html_tree import parse
from watch_runs import HARM, library, solved, stopped, training_run

from leaderboards.pages.pages import build_pages
from t2po_gym.cli import main as cli
from t2po_gym.core.many.trace import write_traces
from t2po_gym.watch.page import document as page
from t2po_gym.watch.page.data import part_names
from t2po_gym.watch.page.document import document
from t2po_gym.watch.page.shared import static_text


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return training_run(tmp_path / "run")


def element(text: str, start: str) -> str:
    """Return what stands within an element that starts so."""
    return text.split(start, 1)[1].split("</", 1)[0]


def test_equal_episodes_give_equal_bytes(run: Path) -> None:
    assert document(library(run)) == document(library(run))


def test_the_policy_allows_this_script_and_style_alone(run: Path) -> None:
    text = document(library(run)).decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)
    for name, start in (("script", "<script>"), ("style", "<style>")):
        inner = text.split(start, 1)[1].split(f"</{name}>", 1)[0]
        digest = base64.b64encode(sha256(inner.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
        assert f"</{name}" not in inner
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert not re.findall(r'(?:src|href)="(?!data:)', text.split("<script", 1)[0])
    assert "http" not in text.split("<body>")[0].replace("http-equiv", "")


def test_hostile_texts_stay_texts(run: Path) -> None:
    text = document(library(run)).decode()
    data = element(text, '<script type="application/json" id="data">')
    assert not set("<>&") & set(data)
    assert data.isascii()
    parts = json.loads(data)
    tried = parts[0]["episodes"][0]["turns"][1]["tries"][0]
    assert HARM in tried["text"]
    assert "\u2028" in tried["text"]
    assert parse(text.encode()).find("img") == []


def test_a_title_is_a_text(tmp_path: Path) -> None:
    folder = training_run(tmp_path / "<b>&x")
    text = document(library(folder)).decode()
    assert "<b>" not in text.split("<script", 1)[0]
    assert 'value="-b-x/train-000001"' in text


def test_the_parts_are_named_and_told_apart(run: Path) -> None:
    parts = json.loads(
        element(document(library(run)).decode(), '<script type="application/json" id="data">')
    )
    assert [part["name"] for part in parts] == [
        "run/train-000001",
        "run/test-000002",
        "run/train-000002",
    ]
    assert [len(part["heads"]) for part in parts] == [2, 1, 1]
    assert part_names("a b", ["x/y", "x y", "x-y"]) == ["a-b/x-y", "a-b/x-y-2", "a-b/x-y-3"]


def test_one_episode_alone(run: Path) -> None:
    data = element(document(library(run), 4).decode(), '<script type="application/json" id="data">')
    (part,) = json.loads(data)
    assert part["name"] == "run/train-000002"
    assert len(part["episodes"]) == 1


def test_too_many_episodes_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_traces(tmp_path / "t.jsonl", [solved(), stopped(), stopped()])
    monkeypatch.setattr(page, "MOST_ON_PAGE", 2)
    with pytest.raises(ValueError, match="at most 2 episodes, and here are 3; name one by --ep"):
        document(library(tmp_path / "t.jsonl"))
    monkeypatch.setattr(page, "MOST_BYTES", 1_000)
    with pytest.raises(ValueError, match="take more than 1,000 bytes"):
        document(library(tmp_path / "t.jsonl"), 1)


def test_the_command_writes_a_file(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.html"
    assert cli.main(["watch", str(run), "--step", "1", "--html", str(target)]) == 0
    assert target.read_bytes() == document(library(run, 1))
    assert "works without a network" in capsys.readouterr().out


def test_a_folder_is_no_page(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["watch", str(run), "--html", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"t2po-gym: {tmp_path} is a folder; name a file in it.\n"


def test_the_board_has_the_same_viewer() -> None:
    empty = {"format": 1, "tracks": [], "submissions": [], "results": [], "reported": []}
    pages = build_pages(empty)
    for name in ("viewer.js", "curve.js"):
        assert pages[f"assets/{name}"].decode() == static_text(name)
    assert pages["assets/style.css"].decode().startswith(static_text("page.css"))
