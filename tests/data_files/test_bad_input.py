"""Files that people hand in wrongly: one sentence each, whichever door they come through."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest

from t2po_gym import read_traces
from t2po_gym.cli.main import main
from t2po_gym.data.json_text import parse_json
from t2po_gym.envs.alfworld.data.game_file import read_content
from t2po_gym.envs.searchqa.data.panels import read_manifest
from t2po_gym.envs.searchqa.data.row_files import read_rows
from t2po_gym.envs.webshop.data.json_stream import stream_list, stream_object
from t2po_gym.envs.webshop.data.readers import read_json

DEEP = b"[" * 100_000 + b"]" * 100_000
BAD = {
    "deep list": DEEP,
    "deep object": b'{"a":' + DEEP + b"}",
    "deep in list": b"[" + DEEP + b"]",
    "utf-16": "{}".encode("utf-16"),
    "not utf-8": b'{"a": "\xff\xfe"}',
    "NUL": b'{"a": "\x00"}',
    "cut off": b'{"a": ',
    "empty": b"",
    "mark alone": b"\xef\xbb\xbf",
}
DOORS: dict[str, Callable[[Path], Any]] = {
    "webshop list": lambda path: read_json(path, list),
    "webshop object": lambda path: read_json(path, dict),
    "webshop list stream": lambda path: list(stream_list(path)),
    "webshop object stream": lambda path: list(stream_object(path)),
    "alfworld game": lambda path: read_content(path.read_bytes()),
    "searchqa panel": read_manifest,
    "searchqa rows": lambda path: list(read_rows(path)),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", BAD)
def test_bad_json_is_one_sentence(kind: str, door: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(BAD[kind])
    with pytest.raises(ValueError, match=r"\w+ \w+ \w+") as caught:
        DOORS[door](path)
    assert "\n" not in str(caught.value).strip()
    assert "RecursionError" not in str(caught.value)
    assert len(str(caught.value)) < 500 + len(str(path))


def test_a_byte_order_mark_is_read_over(tmp_path: Path) -> None:
    path = tmp_path / "mark.json"
    for content, doors in (
        ([{"a": 1}], ("webshop list", "webshop list stream")),
        ({"a": [1]}, ("webshop object", "webshop object stream", "alfworld game", "searchqa rows")),
    ):
        plain = json.dumps(content).encode()
        for door in doors:
            path.write_bytes(plain)
            expected = DOORS[door](path)
            path.write_bytes(b"\xef\xbb\xbf" + plain)
            assert DOORS[door](path) == expected, door
    assert parse_json("\ufeff[1]") == parse_json(b"[1]") == [1]


def test_traces_name_the_line_that_is_nested_too_deeply(tmp_path: Path) -> None:
    path = tmp_path / "traces.jsonl"
    path.write_bytes(DEEP + b"\n")
    with pytest.raises(ValueError, match="line 1"):
        list(read_traces(path))


@pytest.mark.parametrize("kind", BAD)
def test_the_command_line_says_it_in_one_line(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "corpus.jsonl"
    path.write_bytes(BAD[kind])
    assert main(["data", "searchqa", str(path)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("t2po-gym: ")
    assert said.count("\n") == 1


@pytest.mark.parametrize("inside", ["", "deeper/still"])
def test_a_cache_that_is_a_file_is_one_sentence(
    inside: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path / "file" / inside))
    for env_id in ("t2po/WebShop-v0", "t2po/SearchQA-v0"):
        with pytest.raises(ValueError, match=r"file is a file, .* set T2PO_GYM_CACHE to one"):
            gym.make(env_id)


def test_the_benchmark_asks_for_nouns(tmp_path: Path) -> None:
    script = Path(__file__).resolve().parents[2] / "benchmarks" / "webshop.py"
    done = subprocess.run(
        [sys.executable, str(script), "--data", str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("--data needs --nouns")
    assert done.stderr.count("\n") == 1
