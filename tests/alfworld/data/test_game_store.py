"""Compiled collections: what goes in comes out, whatever the order and the number of games."""

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from alfworld_games import content, old_dialect, tiny

from t2po_gym.data.arrayfile import write_arrays
from t2po_gym.envs.alfworld.data.errors import GameDataError, GameFileError
from t2po_gym.envs.alfworld.data.game import Phrases
from t2po_gym.envs.alfworld.data.game_file import parse_game
from t2po_gym.envs.alfworld.data.game_record import TextNumbers, decode_game, encode_game
from t2po_gym.envs.alfworld.data.game_store import CompiledGames, GameFile, compile_games
from t2po_gym.envs.alfworld.generate.collection import generated_games

GENERATED = [generated_games("train").game_data(index) for index in range(6)]


def same(first, second):
    """Whether two games are equal in all they hold, wording included."""
    for name in (field.name for field in fields(first)):
        mine, other = getattr(first, name), getattr(second, name)
        if isinstance(mine, Phrases):
            assert {f.name: getattr(mine, f.name) for f in fields(mine)} == {
                f.name: getattr(other, f.name) for f in fields(other)
            }
        else:
            assert mine == other, name
    return True


def game_files():
    for number, data in enumerate(GENERATED):
        split = "valid_seen" if number % 3 == 0 else "train"
        name = f"task-{5 - number}/trial_{number}"
        yield GameFile(split=split, name=name, content=json.dumps(data).encode())
    old = json.dumps(old_dialect(content())).encode()
    yield GameFile(split="train", name="task-old/trial", content=old)


@pytest.fixture
def compiled(tmp_path):
    path = tmp_path / "games.arrays"
    compile_games(game_files(), path, fingerprint="f", source="some games")
    return CompiledGames.open(path)


def test_every_game_comes_out_as_it_went_in(compiled):
    seen = 0
    for file in game_files():
        split = compiled.split(file.split)
        names = [split.task_id(index).split("/", 1)[1] for index in range(len(split))]
        assert names == sorted(names)
        index = names.index(file.name)
        assert same(split.game(index), parse_game(file.content, file.name))
        seen += 1
    assert seen == sum(compiled.splits.values()) == 7


def test_games_of_a_dialect_share_its_wording(compiled):
    split = compiled.split("train")
    wordings = {split.game(index).phrases for index in range(len(split))}
    assert len(wordings) == 2


def test_names_and_indexes(compiled):
    split = compiled.split("train")
    for index in range(len(split)):
        assert split.index_of(split.task_id(index)) == index
    digest = compiled.digests["train"][:12]
    other = compiled.split("valid_seen").task_id(0)
    for wrong in ("", "x", other, f"train-{digest}/", f"train-{digest}/zzz", "train-0/task-1"):
        assert split.index_of(wrong) is None
    with pytest.raises(IndexError, match="there is no game 5; there are 5"):
        split.game(5)


def test_the_order_of_files_does_not_matter(tmp_path):
    paths = [tmp_path / "a", tmp_path / "b"]
    for path, files in zip(paths, (game_files(), reversed(list(game_files()))), strict=True):
        compile_games(files, path, fingerprint="f", source="some games")
    first, second = (CompiledGames.open(path) for path in paths)
    assert first.digests == second.digests
    for split in first.splits:
        for index in range(first.splits[split]):
            assert same(first.split(split).game(index), second.split(split).game(index))


def test_a_digest_tells_contents_apart(tmp_path, compiled):
    files = list(game_files())
    changed = replace(files[0], content=files[0].content + b" ")
    compile_games([changed, *files[1:]], tmp_path / "b", fingerprint="f", source="s")
    other = CompiledGames.open(tmp_path / "b")
    assert other.digests["valid_seen"] != compiled.digests["valid_seen"]
    assert other.digests["train"] == compiled.digests["train"]
    assert other.split("train").fingerprint == compiled.split("train").fingerprint


def test_one_bad_game_is_named(tmp_path):
    bad = GameFile(split="train", name="task/trial_bad", content=b"{")
    with pytest.raises(GameFileError, match=r"^train/task/trial_bad: the file is not whole JSON"):
        compile_games([*game_files(), bad], tmp_path / "x", fingerprint="f", source="s")
    assert list(tmp_path.iterdir()) == []


def test_no_games_and_two_of_one_name(tmp_path):
    with pytest.raises(GameDataError, match="no game was found in nowhere"):
        compile_games([], tmp_path / "x", fingerprint="f", source="nowhere")
    twice = [*game_files(), *game_files()]
    with pytest.raises(GameDataError, match="occurs twice"):
        compile_games(twice, tmp_path / "x", fingerprint="f", source="s")


def test_other_files_are_refused(tmp_path, compiled):
    other = tmp_path / "other.arrays"
    write_arrays(other, {"a": np.arange(3)}, {"format": "else"})
    with pytest.raises(GameDataError, match="not one of compiled games"):
        CompiledGames.open(other)
    with pytest.raises(GameDataError, match="No such file"):
        CompiledGames.open(tmp_path / "none")
    with pytest.raises(GameDataError, match="has no 'test'"):
        compiled.split("test")
    data = bytearray(Path(compiled.path).read_bytes())
    data[200] ^= 255
    other.write_bytes(bytes(data))
    with pytest.raises(GameDataError, match="does not match its checksum"):
        CompiledGames.open(other, verify=True)


def test_masks_places_and_contents_of_any_size():
    """More objects than bits in a machine word, objects noted at several places, odd masks."""
    game = tiny()
    many = 200
    names = tuple(f"mug {number}" for number in range(many))
    large = replace(
        game,
        object_names=names,
        object_types=("mug",) * many,
        places=tuple((1 << number % 6) | (number % 3 == 0) for number in range(many)),
        pickupable=(1 << many) - 1,
        hot=1 << many - 1 | 1,
        fits=tuple((1 << many) - 1 - number for number in range(6)),
        contents=(tuple(range(many)), (), (), (), (), ()),
        nested={3: tuple(range(100)), 7: ()},
    )
    texts = TextNumbers()
    row = encode_game(large, texts, 0)
    assert same(decode_game(row, list(texts), [game.phrases], "tiny", ()), large)


def test_a_game_too_large_for_a_row():
    with pytest.raises(GameDataError, match="more than 65535 of something"):
        encode_game(replace(tiny(), start_location=70_000), TextNumbers(), 0)
