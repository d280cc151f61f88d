"""Finding games in folders and archives; the official collection, whole."""

import json
import os
import tarfile
import time
import zipfile
from itertools import islice
from pathlib import Path

import pytest
from alfworld_games import content
from shared import shared_path

from t2po_gym.envs.alfworld.data import official as official_module
from t2po_gym.envs.alfworld.data.errors import GameDataError
from t2po_gym.envs.alfworld.data.game_file import parse_game
from t2po_gym.envs.alfworld.data.official import (
    OFFICIAL_COUNTS,
    OFFICIAL_DIGESTS,
    deviations,
    game_files,
    open_games,
)
from t2po_gym.envs.alfworld.world.engine import Engine
from t2po_gym.envs.alfworld.world.game_tables import Tables

ARCHIVE = ("data", "alfworld", "alfworld_json_2.1.2.tar.xz")
SPLIT_OF = {"a": "train", "b": "valid_seen", "c": "valid_unseen"}


pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.fixture
def folder(tmp_path):
    """A small collection in the official layout, with what the original leaves out."""
    root = tmp_path / "data" / "json_2.1.1"
    for name, split in SPLIT_OF.items():
        write(root / split / f"pick-{name}" / "trial_1", content())
    write(root / "train" / "pick_movable-x" / "trial_1", content())
    write(root / "train" / "pick-AppleSliced-x" / "trial_1", content())
    write(root / "train" / "unsolvable" / "trial_1", {**content(), "solvable": False})
    unmarked = content()
    del unmarked["solvable"]
    write(root / "train" / "unmarked" / "trial_1", unmarked)
    return root


def write(place, data):
    place.mkdir(parents=True)
    (place / "game.tw-pddl").write_text(json.dumps(data))
    (place / "traj_data.json").write_text("{}")


def packed(folder, name):
    """The folder as an archive of this name beside it."""
    path = folder.parent.parent / name
    if name.endswith(".zip"):
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted(folder.rglob("*.*")):
                archive.write(file, file.relative_to(folder.parent))
    else:
        with tarfile.open(path, f"w:{name.rsplit('.', 1)[1]}") as archive:
            archive.add(folder, folder.name)
    return path


def test_a_folder(folder):
    games = open_games(folder)
    assert games.splits == {"train": 1, "valid_seen": 1, "valid_unseen": 1}
    assert games.split("train").task_id(0).endswith("/pick-a/trial_1")
    assert games.split("valid_seen").game(0).goal.object_type == "mug"
    assert open_games(folder.parent).splits == games.splits
    assert open_games(folder / "valid_seen").splits == {"valid_seen": 1}


@pytest.mark.parametrize("name", ["games.zip", "games.tar.xz", "games.tar.gz"])
def test_archives_hold_the_same(folder, name):
    games = open_games(packed(folder, name))
    assert games.digests == open_games(folder).digests


def test_games_outside_any_split_count_as_training(tmp_path):
    write(tmp_path / "mine" / "task" / "trial", content())
    assert open_games(tmp_path / "mine").splits == {"train": 1}


def test_a_compiled_file_opens_by_its_path(folder):
    games = open_games(folder)
    assert open_games(games.path).digests == games.digests


def test_compiling_happens_once_and_again_after_a_change(folder, monkeypatch):
    first = open_games(folder)
    monkeypatch.setattr(official_module, "compile_games", None)  # would fail if called
    assert open_games(folder).path == first.path
    monkeypatch.undo()
    monkeypatch.setenv("T2PO_GYM_CACHE", str(folder.parent / "cache"))
    write(folder / "train" / "pick-z" / "trial_1", content())
    assert open_games(folder).splits["train"] == 2


def test_the_folder_that_the_environment_names(folder, monkeypatch):
    with pytest.raises(GameDataError, match="T2PO_GYM_DATA is not set"):
        open_games("official")
    monkeypatch.setenv("T2PO_GYM_DATA", str(folder.parent))
    assert open_games("official").splits == {"train": 1, "valid_seen": 1, "valid_unseen": 1}


def test_an_archive_in_the_folder_serves_too(folder, tmp_path):
    place = tmp_path / "downloads"
    place.mkdir()
    with pytest.raises(GameDataError, match="and no archive"):
        open_games(place)
    os.replace(packed(folder, "games.zip"), place / "games.zip")
    assert open_games(place).splits["train"] == 1
    (place / "other.tar.xz").write_bytes(b"")
    with pytest.raises(GameDataError, match="2 archives"):
        open_games(place)


def test_nothing_there(tmp_path):
    with pytest.raises(GameDataError, match="does not exist"):
        open_games(tmp_path / "none")


@pytest.mark.parametrize("name", ["games.zip", "games.tar.xz", "games.tar.gz"])
def test_damaged_archives(folder, name):
    path = packed(folder, name)
    data = path.read_bytes()
    for cut in (0, len(data) // 2, len(data) - 30):
        path.write_bytes(data[:cut])
        with pytest.raises(GameDataError) as caught:
            open_games(path)
        assert "\n" not in str(caught.value)


def test_a_file_too_large_for_a_game(folder, monkeypatch):
    monkeypatch.setattr(official_module, "MAX_GAME_BYTES", 1000)
    for place in (folder, packed(folder, "games.zip"), packed(folder, "games.tar.xz")):
        with pytest.raises(GameDataError, match="a game file has at most"):
            open_games(place)


def test_deviations_from_the_official_games(folder, monkeypatch):
    games = open_games(folder)
    assert deviations(games) == [
        "train has 1 games; the official one has 3553.",
        "valid_seen has 1 games; the official one has 140.",
        "valid_unseen has 1 games; the official one has 134.",
    ]
    counts = dict.fromkeys(OFFICIAL_COUNTS, 1)
    monkeypatch.setattr(official_module, "OFFICIAL_COUNTS", counts)
    assert deviations(games)[0] == "train has 1 games, but not the content of the official ones."
    monkeypatch.setattr(official_module, "OFFICIAL_DIGESTS", games.digests)
    assert deviations(games) == []


def wins(game):
    """Whether the stored walkthrough wins with its last command, and each is open in its turn."""
    engine = Engine(Tables(game))
    for command in game.walkthrough:
        if engine.won or command not in engine.admissible:
            return False
        engine.step(command)
    return engine.won


def test_a_sample_of_the_stored_walkthroughs_wins(tmp_path):
    """A hundred games from the beginning of the archive, which takes a while to unpack whole."""
    files = islice(game_files(shared_path(*ARCHIVE)), 0, 800, 8)
    games = [parse_game(file.content, file.name) for file in files]
    assert len({game.goal.task_type for game in games}) >= 2
    assert all(map(wins, games))


@pytest.mark.slow
def test_the_official_archive_whole():
    started = time.process_time()
    games = open_games(shared_path(*ARCHIVE))
    seconds = time.process_time() - started
    assert {name: games.splits[name] for name in OFFICIAL_COUNTS} == OFFICIAL_COUNTS
    assert {name: games.digests[name] for name in OFFICIAL_DIGESTS} == OFFICIAL_DIGESTS
    assert deviations(games) == []
    lost = [
        split.task_id(index)
        for split in map(games.split, games.splits)
        for index in range(len(split))
        if not wins(split.game(index))
    ]
    assert lost == []
    assert sum(games.splits.values()) == 4027
    assert seconds < 60  # a third of it on an idle machine; docs/alfworld.md has the figure
    assert Path(games.path).stat().st_size < 6e6
