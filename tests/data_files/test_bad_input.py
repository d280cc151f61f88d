"""Files that people hand in wrongly: one sentence each, whichever door they come through."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest
from alfworld_games import content as game_content

from t2po_gym import PromptedEnv, read_traces
from t2po_gym.cli.main import main
from t2po_gym.data.json_text import parse_json
from t2po_gym.data.locate import file_digest
from t2po_gym.envs.alfworld.data.game_file import read_content
from t2po_gym.envs.alfworld.originals import textworld_games
from t2po_gym.envs.searchqa.data.panels import read_manifest
from t2po_gym.envs.searchqa.data.registry import write_questions_of
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
    "blank": b"\n\n \n",
    "NULs": b"\0" * 50,
    "open brackets": b"[" * 100_000,
    "long number": b'{"a": ' + b"1" * 5000 + b"}",
    "long number in list": b"[" + b"1" * 5000 + b"]",
    "number": b"3",
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


PRODUCT = {
    "asin": "B000000001",
    "name": "green tea",
    "full_description": "tea",
    "small_description": ["tea"],
    "pricing": "$3.00",
    "customization_options": {},
    "category": "grocery",
    "query": "tea",
    "product_category": "grocery",
    "images": ["image"],
}
SHOP = {
    "items_shuffle.json": [PRODUCT],
    "items_ins_v2.json": {"B000000001": {"attributes": ["green"], "instruction": "find tea"}},
    "items_human_ins.json": {},
    "title_nouns.json": {"nouns": {"B000000001": ["tea"]}},
}


def shop_with(name: str) -> Callable[[Path, bytes], list[str]]:
    def make(folder: Path, bad: bytes) -> list[str]:
        for each, good in SHOP.items():
            (folder / each).write_bytes(bad if each == name else json.dumps(good).encode())
        return ["data", "webshop", str(folder)]

    return make


def file_of(environment: str, name: str) -> Callable[[Path, bytes], list[str]]:
    def make(folder: Path, bad: bytes) -> list[str]:
        (folder / name).write_bytes(bad)
        return ["data", environment, str(folder / name)]

    return make


def games_folder(folder: Path, bad: bytes) -> list[str]:
    place = folder / "train" / "task" / "trial"
    place.mkdir(parents=True)
    (place / "game.tw-pddl").write_bytes(bad)
    return ["data", "alfworld", str(folder)]


def games_archive(folder: Path, bad: bytes) -> list[str]:
    with zipfile.ZipFile(folder / "games.zip", "w") as archive:
        archive.writestr("train/task/trial/game.tw-pddl", bad)
    return ["data", "alfworld", str(folder / "games.zip")]


def second_line(folder: Path, bad: bytes) -> list[str]:
    good = json.dumps({"id": "1", "contents": '"A"\nA text.'}).encode()
    (folder / "corpus.jsonl").write_bytes(good + b"\n" + (bad.strip() or b"[]"))
    return ["data", "searchqa", str(folder)]


COMMANDS: dict[str, Callable[[Path, bytes], list[str]]] = {
    **{f"webshop {name}": shop_with(name) for name in SHOP},
    "webshop compiled": file_of("webshop", "mine"),
    "alfworld folder": games_folder,
    "alfworld archive": games_archive,
    "alfworld compiled": file_of("alfworld", "mine"),
    "searchqa corpus": file_of("searchqa", "corpus.jsonl"),
    "searchqa questions": file_of("searchqa", "train.jsonl"),
    "searchqa second line": second_line,
}


def one_sentence(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run the command line in-process; it fails, and what it says is one line and nothing else."""
    assert main(words) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("t2po-gym: ")
    assert said.err.count("\n") == 1
    assert "recursion" not in said.err
    assert "Errno" not in said.err
    return said.err


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", BAD)
def test_the_command_line_says_it_in_one_line(
    kind: str,
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("T2PO_GYM_DATA", raising=False)
    place = tmp_path / "given"
    place.mkdir()
    said = one_sentence(COMMANDS[command](place, BAD[kind]), capsys)
    # Inside an archive or a folder of games the name is told as it is from there.
    assert any(part in said for part in (str(place), "game.tw-pddl"))


@pytest.mark.parametrize("kind", BAD)
def test_other_readers_say_it_in_one_sentence(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("yaml")
    (tmp_path / "config.yaml").write_bytes(BAD[kind])
    jar, wheel = tmp_path / "anserini.jar", tmp_path / "pyserini.whl"
    with zipfile.ZipFile(jar, "w") as inner:
        inner.writestr("topics-and-qrels/topics.dpr.nq.dev.txt", BAD[kind])
    with zipfile.ZipFile(wheel, "w") as outer:
        outer.write(jar, "anserini.jar")
    body = BAD[kind]
    state = b"\n".join((b"t2po-gym snapshot 1", hashlib.sha256(body).hexdigest().encode(), body))
    env: Any = gym.make("t2po/ToyKeys-v0").unwrapped
    env.reset(seed=0)
    readers: list[Callable[[], object]] = [
        lambda: textworld_games._read(tmp_path / "config.yaml"),
        lambda: write_questions_of(wheel, tmp_path / "questions"),
        lambda: env.restore(state),
        lambda: env.restore(BAD[kind]),
    ]
    if kind != "empty":  # no lines are no traces
        (tmp_path / "traces.jsonl").write_bytes(BAD[kind])
        readers.append(lambda: list(read_traces(tmp_path / "traces.jsonl")))
    for read in readers:
        with pytest.raises(ValueError, match=r"\w+ \w+ \w+") as caught:
            read()
        assert "\n" not in str(caught.value)
        assert "recursion" not in str(caught.value)


@pytest.mark.parametrize("kind", BAD)
def test_a_damaged_memory_of_digests_counts_as_empty(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path))
    (tmp_path / "digests.json").write_bytes(BAD[kind])
    (tmp_path / "file").write_bytes(b"content")
    assert file_digest(tmp_path / "file") == hashlib.sha256(b"content").hexdigest()


def test_a_snapshot_of_a_wrapper_is_refused_by_the_environment_beneath() -> None:
    prompted = PromptedEnv(gym.make("t2po/ToyKeys-v0"))
    prompted.reset(seed=0)
    with pytest.raises(ValueError, match="not of a bare environment; restore it in the wrapper"):
        prompted.env.get_wrapper_attr("restore")(prompted.snapshot())


@pytest.mark.parametrize("inside", ["", "deeper/still"])
def test_a_cache_that_is_a_file_is_one_sentence(
    inside: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path / "file" / inside))
    for env_id in ("t2po/WebShop-v0", "t2po/SearchQA-v0"):
        with pytest.raises(ValueError, match=r"file is a file, .* set T2PO_GYM_CACHE to one"):
            gym.make(env_id)


def games_of(folder: Path) -> list[str]:
    games_folder(folder / "games", json.dumps(game_content()).encode())
    return ["data", "alfworld", str(folder / "games")]


USERS: dict[str, Callable[[Path], list[str]]] = {
    "webshop": lambda folder: ["data", "webshop", "generated:30:3"],
    "searchqa": lambda folder: ["data", "searchqa", "generated:300:3"],
    "alfworld": games_of,
}


def a_broken_link(folder: Path) -> Path:
    (folder / "link").symlink_to(folder / "nowhere")
    return folder / "link"


def a_circle_of_links(folder: Path) -> Path:
    (folder / "link").symlink_to(folder / "link")
    return folder / "link" / "below"


def files_inside(folder: Path) -> Path:
    (folder / "cache").mkdir()
    for name in USERS:
        (folder / "cache" / name).write_text("x")
    return folder / "cache"


def too_long(folder: Path) -> Path:
    return folder / ("a" * 300)


@pytest.mark.skipif(os.name != "posix", reason="needs symbolic links")
@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize(
    "make", [a_broken_link, a_circle_of_links, files_inside, too_long], ids=lambda f: f.__name__
)
def test_a_cache_that_is_no_folder_says_what_to_set(
    make: Callable[[Path], Path],
    user: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("T2PO_GYM_CACHE", str(make(tmp_path)))
    assert "set T2PO_GYM_CACHE to" in one_sentence(USERS[user](tmp_path), capsys)


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EIO])
def test_a_cache_that_cannot_be_written_says_what_to_set(
    number: int,
    user: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words, make = USERS[user](tmp_path), Path.mkdir

    def refuse(path: Path, *rest: Any, **named: Any) -> None:
        if "cache" in str(path):
            raise OSError(number, os.strerror(number), str(path))
        make(path, *rest, **named)

    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(Path, "mkdir", refuse)  # Python 3.10's keeps the os.mkdir it started with
    assert "set T2PO_GYM_CACHE to" in one_sentence(words, capsys)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--data", "{}"], "--data needs --nouns"),
        (["--data", "{}/nowhere", "--nouns", "{}/nouns"], "neither a file nor a folder"),
        (["--data", "{}", "--nouns", "{}/nouns"], "has no items_shuffle"),
    ],
)
def test_the_benchmark_says_it_in_one_line(words: list[str], said: str, tmp_path: Path) -> None:
    script = Path(__file__).resolve().parents[2] / "benchmarks" / "webshop.py"
    command = [sys.executable, str(script), *(word.format(tmp_path) for word in words)]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "T2PO_GYM_CACHE": str(tmp_path)}
    )
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
