"""No single flipped bit, lost or added byte of a compiled file goes unnoticed."""

from __future__ import annotations

import json
import random
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from alfworld_games import content

from t2po_gym.data import arrayfile
from t2po_gym.data.arrayfile import ArrayFile, ArrayFileError, write_arrays
from t2po_gym.data.compiling import compile_once
from t2po_gym.envs.alfworld.data.game_store import CompiledGames
from t2po_gym.envs.alfworld.data.official import open_games
from t2po_gym.envs.searchqa.worlds import open_corpus, open_questions
from t2po_gym.envs.webshop.catalogues import open_catalogue
from t2po_gym.envs.webshop.data.catalogue_file import CompiledCatalogue

FLIPS = 200


def catalogue(folder: Path) -> Path:
    return open_catalogue("generated:30:3").path


def corpus(folder: Path) -> Path:
    opened: Any = open_corpus("generated:300:3")[0]
    return Path(opened.path)


def questions(folder: Path) -> Path:
    opened: Any = open_questions("generated:300:3", "train")
    return Path(opened.path)


def games(folder: Path) -> Path:
    for number in range(3):
        place = folder / "games" / "train" / f"task-{number}" / "trial"
        place.mkdir(parents=True)
        (place / "game.tw-pddl").write_text(json.dumps(content()))
    return open_games(folder / "games").path


def arrays(folder: Path) -> Path:
    path = folder / "arrays"
    write_arrays(path, {"a": np.arange(3), "b": np.zeros(0), "c": np.ones((5, 7))}, {"x": 1})
    return path


KINDS: dict[str, tuple[Callable[[Path], Path], Callable[[Path], Any]]] = {
    "arrays": (arrays, ArrayFile.open),
    "webshop catalogue": (catalogue, CompiledCatalogue.open),
    "searchqa corpus and index": (corpus, ArrayFile.open),
    "searchqa questions": (questions, ArrayFile.open),
    "alfworld games": (games, CompiledGames.open),
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize("kind", KINDS)
def test_no_flipped_bit_is_accepted(kind: str, tmp_path: Path) -> None:
    make, open_file = KINDS[kind]
    whole = make(tmp_path).read_bytes()
    draw, damaged, accepted = random.Random(kind), tmp_path / "damaged", list[int]()
    told: list[str] = []
    places = [*range(64), *(draw.randrange(len(whole)) for _ in range(FLIPS - 64))]
    for place in places:
        data = bytearray(whole)
        data[place] ^= 1 << draw.randrange(8)
        damaged.write_bytes(data)
        try:
            open_file(damaged)
        except ValueError as error:
            told.append(str(error))
        else:
            accepted.append(place)
    assert accepted == []
    assert all("again" in sentence and "\n" not in sentence for sentence in told)


@pytest.mark.parametrize("kind", KINDS)
def test_no_lost_or_added_byte_is_accepted(kind: str, tmp_path: Path) -> None:
    make, open_file = KINDS[kind]
    whole = make(tmp_path).read_bytes()
    for number, data in enumerate((whole[:-1], whole + b"\0", whole[:100], whole[:64], b"", b"x")):
        damaged = tmp_path / f"damaged-{number}"
        damaged.write_bytes(data)
        with pytest.raises(ValueError, match=r"again|compiled by t2po-gym"):
            open_file(damaged)


def flip_in_the_middle(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


def test_a_damaged_cache_file_is_built_again_with_one_warning(cache: Path) -> None:
    env = gym.make("t2po/WebShop-v0", catalogue="generated:30:3")
    first = env.reset(seed=0)[0]
    path = open_catalogue("generated:30:3").path
    flip_in_the_middle(path)
    with pytest.warns(UserWarning, match="Doing so now") as caught:
        again = gym.make("t2po/WebShop-v0", catalogue="generated:30:3")
    assert len(caught) == 1
    assert again.reset(seed=0)[0] == first
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gym.make("t2po/WebShop-v0", catalogue="generated:30:3").close()


def test_a_damaged_file_of_the_user_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "mine"
    path.write_bytes(catalogue(tmp_path).read_bytes())
    flip_in_the_middle(path)
    with pytest.raises(ValueError, match=r"mine .*compile .* again") as caught:
        gym.make("t2po/WebShop-v0", catalogue=str(path))
    assert "\n" not in str(caught.value)


def test_a_process_checks_a_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = arrays(tmp_path)
    ArrayFile.open(path)
    monkeypatch.setattr(ArrayFile, "verify", lambda self: pytest.fail("checked twice"))
    ArrayFile.open(path)


def open_shop(verify: bool) -> Path:
    return open_catalogue("generated:30:3", verify=verify).path


def open_passages(verify: bool) -> Path:
    opened: Any = open_corpus("generated:300:3", verify=verify)[0]
    return Path(opened.path)


def open_asked(verify: bool) -> Path:
    opened: Any = open_questions("generated:300:3", "train", verify=verify)
    return Path(opened.path)


@pytest.mark.parametrize("kept", [True, False], ids=["still open", "let go"])
@pytest.mark.parametrize("open_file", [open_shop, open_passages, open_asked])
def test_verification_builds_a_large_damaged_cache_file_again(
    open_file: Callable[[bool], Path], kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrayfile, "CHECKED_WHOLE", 0)
    monkeypatch.setattr(arrayfile, "CHECKED_ON_USE", 0)
    holder = open_catalogue("generated:30:3") if kept else None
    path = open_file(False)
    whole = path.read_bytes()
    flip_in_the_middle(path)
    with pytest.warns(UserWarning, match="Doing so now") as caught:
        assert open_file(True) == path
    assert len(caught) == 1
    assert path.read_bytes() == whole
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        open_file(True)
    del holder


def test_a_corpus_that_was_built_again_is_read_from_the_new_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(arrayfile, "CHECKED_WHOLE", 0)
    before = open_corpus("generated:300:3")[0]
    assert open_corpus("generated:300:3")[0] is before
    flip_in_the_middle(before.path)
    with pytest.warns(UserWarning, match="Doing so now"):
        after = open_corpus("generated:300:3", verify=True)[0]
    assert after is not before
    assert after is open_corpus("generated:300:3")[0]
    assert after.identity == arrayfile.file_identity(after.path, after.path.stat())


def test_what_was_checked_is_the_file_that_was_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, damaged = arrays(tmp_path), tmp_path / "damaged"
    damaged.write_bytes(path.read_bytes())
    flip_in_the_middle(damaged)
    verify = ArrayFile.verify

    def replaced_meanwhile(self: ArrayFile) -> None:
        damaged.replace(path)
        verify(self)

    with monkeypatch.context() as context:
        context.setattr(ArrayFile, "verify", replaced_meanwhile)
        ArrayFile.open(path)
    with pytest.raises(ArrayFileError, match="again"):
        ArrayFile.open(path)


def test_small_arrays_of_large_files_are_checked_on_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrayfile, "CHECKED_WHOLE", 0)
    monkeypatch.setattr(arrayfile, "CHECKED_ON_USE", 100)
    path = tmp_path / "large"
    write_arrays(path, {"large": np.arange(1000), "small": np.arange(3)}, {"fingerprint": "f"})
    data = bytearray(path.read_bytes())
    for name in ("large", "small"):
        data[ArrayFile.open(path).section(name).offset] ^= 1
    path.write_bytes(data)
    opened = ArrayFile.open(path)
    assert opened["large"][0] == 1, "told in the documentation: large arrays only on request"
    with pytest.raises(ArrayFileError, match="'small'"):
        opened["small"]
    with pytest.raises(ArrayFileError, match="'large'"):
        ArrayFile.open(path, verify=True)
    with pytest.warns(UserWarning, match="Doing so now"):
        compile_once(
            path,
            "f",
            lambda new: write_arrays(new, {"large": np.arange(1000)}, {"fingerprint": "f"}),
            verify=True,
        )
