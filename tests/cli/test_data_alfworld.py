"""``t2po-gym data alfworld``."""

import json

import pytest
from alfworld_games import content

from t2po_gym.cli import main as cli
from t2po_gym.cli.data.alfworld import report_table
from t2po_gym.envs.alfworld.data import official as official_module
from t2po_gym.envs.alfworld.data.official import open_games

pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.fixture
def folder(tmp_path):
    for split in ("train", "valid_seen", "valid_unseen"):
        place = tmp_path / "data" / split / "task" / "trial"
        place.mkdir(parents=True)
        (place / "game.tw-pddl").write_text(json.dumps(content()))
    return tmp_path / "data"


def test_it_says_where_games_come_from(capsys):
    assert cli.main(["data", "alfworld"]) == 0
    out = capsys.readouterr().out
    assert "alfworld-download" in out
    assert "T2PO_GYM_DATA" in out


def test_it_compiles_and_says_what_is_missing(folder, capsys):
    assert cli.main(["data", "alfworld", str(folder), "--verify"]) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "train has 1 games; the official one has 3553." in out
    assert "0 pick_and_place_simple" in out


def test_the_official_collection_is_recognised(folder, capsys, monkeypatch):
    games = open_games(folder)
    monkeypatch.setattr(official_module, "OFFICIAL_COUNTS", dict.fromkeys(games.splits, 1))
    monkeypatch.setattr(official_module, "OFFICIAL_DIGESTS", games.digests)
    monkeypatch.setenv("T2PO_GYM_DATA", str(folder))
    assert cli.main(["data", "alfworld"]) == 0
    assert "All official games are here, to the byte." in capsys.readouterr().out


def test_other_collections_are_not_measured_by_the_official_one(tmp_path):
    place = tmp_path / "mine" / "test" / "task" / "trial"
    place.mkdir(parents=True)
    (place / "game.tw-pddl").write_text(json.dumps(content()))
    assert cli.main(["data", "alfworld", str(tmp_path / "mine")]) == 0


@pytest.mark.parametrize("what", ["nothing", "empty", "broken"])
def test_errors_are_one_sentence(what, tmp_path, capsys):
    place = tmp_path / what
    if what != "nothing":
        place.mkdir()
    if what == "broken":
        (place / "task" / "trial").mkdir(parents=True)
        (place / "task" / "trial" / "game.tw-pddl").write_text('{"solvable": true')
    assert cli.main(["data", "alfworld", str(place)]) == 1
    error = capsys.readouterr().err
    assert error.strip().splitlines()[-1].startswith("t2po-gym: ")
    assert "Traceback" not in error


def test_the_table_names_every_split(folder):
    table = report_table(open_games(folder), 1.0)
    cells = [str(cell) for column in table.columns for cell in column.cells]
    assert "train: games" in cells
    assert any(cell == "1 (official: 140)" for cell in cells)
