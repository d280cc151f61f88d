"""Malformed game files are one clear sentence, whichever way they come in."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from alfworld_games import content, make

from t2po_gym.cli import main as cli
from t2po_gym.envs.alfworld.data.errors import GameDataError, GameFileError
from t2po_gym.envs.alfworld.data.game_file import parse_game, read_game
from t2po_gym.envs.alfworld.data.official import open_games
from t2po_gym.envs.alfworld.originals.textworld_backend import TextWorldEngine

INSTALLED = find_spec("textworld") is not None and find_spec("alfworld") is not None
SIZE = 100_000_000


def replaced(old: str, new: str, key: str = "pddl_problem") -> bytes:
    """The small kitchen with a text replaced."""
    data = content()
    assert old in data[key]
    return json.dumps({**data, key: data[key].replace(old, new)}).encode()


CIRCLE = (
    ("inReceptacleObject", "Mug_bar_1", "Mug_bar_2"),
    ("inReceptacleObject", "Mug_bar_2", "Apple_bar_1"),
    ("inReceptacleObject", "Apple_bar_1", "Mug_bar_1"),
)
WHOLE = json.dumps(content()).encode()
MALFORMED: dict[str, tuple[bytes, str]] = {
    "cut off before its mark": (WHOLE[: len(WHOLE) // 2], "not whole JSON"),
    "cut off at its end": (WHOLE[:-2], "not whole JSON"),
    "wrong predicate": (
        replaced("(inReceptacle Mug_bar_1", "(inRecepticle Mug_bar_1"),
        "predicate that the domain does not declare",
    ),
    "unknown type": (replaced("Mug_bar_1 - object", "Mug_bar_1 - thing"), "unknown type 'thing'"),
    "cyclic containment": (
        json.dumps(content(extra=CIRCLE)).encode(),
        "is inside itself by way of others",
    ),
    "100 MB": (b"", "has 100 MB; a game file has at most 17 MB"),
    "another action": (replaced("(:action look", "(:action dance", "pddl_domain"), "'dance'"),
    "another goal": (replaced("(isHot ?o)", "(isClean ?o)"), "none of ALFWorld's six tasks"),
    "other sentences": (
        replaced("Next to it, you see", "Beside it is", "grammar"),
        "of the grammar differs from ALFWorld's",
    ),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A collection of one good game."""
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path / "cache"))
    write(tmp_path / "data", "good", WHOLE)
    return tmp_path / "data"


def write(folder: Path, trial: str, data: bytes) -> Path:
    path = folder / "train" / "task" / trial / "game.tw-pddl"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        file.write(data)
        file.truncate(len(data) or SIZE)
    return path


def packed(folder: Path) -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("game.tw-pddl")):
            archive.write(file, file.relative_to(folder.parent))
    return path


ROUTES: dict[str, Callable[[Path, Path], object]] = {
    "file": lambda folder, bad: read_game(bad),
    "folder": lambda folder, bad: open_games(folder),
    "archive": lambda folder, bad: open_games(packed(folder)),
    "environment": lambda folder, bad: make(games=folder),
    "the real TextWorld": lambda folder, bad: TextWorldEngine().open(bad),
}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("kind", MALFORMED)
def test_one_sentence(kind, route, folder):
    if route == "the real TextWorld" and not INSTALLED:
        pytest.skip("needs the original packages: pip install 't2po-gym[alfworld]'")
    data, words = MALFORMED[kind]
    bad = write(folder, "bad", data)
    with pytest.raises((GameFileError, GameDataError)) as caught:
        ROUTES[route](folder, bad)
    message = str(caught.value)
    assert words in message
    assert "bad" in message
    assert "\n" not in message
    assert len(message) < 500


@pytest.mark.parametrize("kind", MALFORMED)
def test_one_sentence_on_the_command_line(kind, folder, capsys):
    data, words = MALFORMED[kind]
    write(folder, "bad", data)
    assert cli.main(["data", "alfworld", str(folder)]) == 1
    *_, last = capsys.readouterr().err.strip().splitlines()
    assert last.startswith("t2po-gym: ")
    assert words in last


def test_a_game_that_is_whole_but_another_is_not_promised_to_play():
    """The real TextWorld's backend reads with the same reader, so it is no way out."""
    for kind in ("another action", "another goal", "other sentences"):
        assert "neither backend plays such a game" in refusal(MALFORMED[kind][0])


def refusal(data: bytes) -> str:
    with pytest.raises(GameFileError) as caught:
        parse_game(data, "bad")
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({**content(), "walkthrough": ["look\ninventory"]}, "line break"),
        ({**content(), "walkthrough": "look"}, "list of commands"),
        ([content()], "one JSON object"),
    ],
)
def test_other_damage_in_a_collection(data, words, folder):
    write(folder, "bad", json.dumps(data).encode())
    with pytest.raises(GameFileError, match=words):
        open_games(folder)


def test_names_and_texts_that_are_no_unicode(folder):
    """Half a surrogate pair is allowed in JSON, and any byte but two in the name of a folder."""
    write(folder, "a\udcff", json.dumps({**content(), "walkthrough": ["look \ud800"]}).encode())
    split = open_games(folder).split("train")
    assert split.task_id(0).endswith("/task/a\udcff")
    assert split.index_of(split.task_id(0)) == 0
    assert split.game(0).walkthrough == ("look \ud800",)
    write(folder, "a\nb", WHOLE)
    with pytest.raises(GameDataError, match="line break in its name"):
        open_games(folder)
