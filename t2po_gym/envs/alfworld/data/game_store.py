"""Thousands of games in one memory-mapped file, shared by every process that opens it.

Opening reads the table of contents and the list of texts. A game is decoded on demand, in tens of
microseconds; nothing else is kept in memory.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from t2po_gym.data.arrayfile import ArrayFile, ArrayFileError, ArrayFileWriter
from t2po_gym.data.compiled_file import CompiledFile
from t2po_gym.data.compiling import FINGERPRINT_KEY
from t2po_gym.envs.alfworld.data.errors import GameDataError
from t2po_gym.envs.alfworld.data.game import Game, Op, Phrases, Template
from t2po_gym.envs.alfworld.data.game_file import parse_game
from t2po_gym.envs.alfworld.data.game_record import TextNumbers, decode_game, encode_game

__all__ = ["STORE_VERSION", "CompiledGames", "GameFile", "SplitGames", "compile_games"]

FORMAT = "t2po-gym/alfworld-games"
"""``meta["format"]`` of a compiled file."""

STORE_VERSION = 2
"""Version of reader and layout; part of a compiled file's fingerprint."""

SPLITS = ("train", "valid_seen", "valid_unseen", "valid_train", "dev", "test")
"""Splits of game files in storage order, the official ones first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GameFile:
    """One game file of a collection.

    Example: ``GameFile(split="train", name="<task>-..-7/trial_T2019..", content=b"{...")``
    """

    split: str
    """The split it belongs to."""

    name: str
    """The names of its two folders."""

    content: bytes
    """Content of the file."""


def compile_games(files: Iterable[GameFile], path: Path, *, fingerprint: str, source: str) -> None:
    """Read game files and write the compiled file.

    Games are ordered by name within each split, whatever the order of ``files``.

    Args:
        files: the games.
        path: the file to write.
        fingerprint: what the result is made from.
        source: a one-line description of the source for people.

    Raises:
        GameFileError: If one of the games cannot be used.
        GameDataError: If there is no game, or two games have the same name.
    """
    texts = TextNumbers()
    dialects: dict[Phrases, int] = {}
    rows: dict[tuple[str, str], tuple[str, Any, str]] = {}
    for file in files:
        game = parse_game(file.content, file.name, f"{file.split}/{file.name}")
        dialect = dialects.setdefault(game.phrases, len(dialects))  # compared by identity
        if "\n" in file.name:
            raise GameDataError(
                f"the folder of the game {file.name!r} has a line break in its name"
            )
        if (file.split, file.name) in rows:
            raise GameDataError(f"the game {file.split}/{file.name} occurs twice in {source}")
        rows[file.split, file.name] = (
            hashlib.sha256(file.content).hexdigest(),
            encode_game(game, texts, dialect),
            "\n".join((file.name, *game.walkthrough)),
        )
    if not rows:
        raise GameDataError(f"no game was found in {source}")
    keys = sorted(rows, key=lambda key: (_split_order(key[0]), key[1]))
    splits, digests = _splits(keys, {key: row[0] for key, row in rows.items()})
    meta = {
        "format": FORMAT,
        FINGERPRINT_KEY: fingerprint,
        "source": source,
        "splits": splits,
        "digests": digests,
        "dialects": [_phrases_to_json(phrases) for phrases in dialects],
    }
    written = [rows[key][2].encode("utf-8", "surrogatepass") for key in keys]
    with ArrayFileWriter(path, meta) as writer:
        writer.write("rows/numbers", np.concatenate([rows[key][1] for key in keys]))
        writer.write("rows/offsets", _offsets([len(rows[key][1]) for key in keys]))
        writer.write("names/bytes", np.frombuffer(b"".join(written), np.uint8))
        writer.write("names/offsets", _offsets([len(text) for text in written]))
        writer.write("texts", np.frombuffer(json.dumps(list(texts)).encode(), np.uint8))


def _split_order(split: str) -> tuple[int, str]:
    return (SPLITS.index(split) if split in SPLITS else len(SPLITS), split)


def _splits(
    keys: list[tuple[str, str]], hashes: Mapping[tuple[str, str], str]
) -> tuple[dict[str, list[int]], dict[str, str]]:
    """Return the first and last-plus-one game of each split, and a digest of names and files."""
    splits: dict[str, list[int]] = {}
    digests = {}
    for number, (split, _) in enumerate(keys):
        splits.setdefault(split, [number, number])[1] = number + 1
    for split, (start, stop) in splits.items():
        lines = (f"{name} {hashes[split, name]}\n" for _, name in keys[start:stop])
        text = "".join(lines).encode("utf-8", "surrogatepass")
        digests[split] = hashlib.sha256(text).hexdigest()
    return splits, digests


def _offsets(lengths: list[int]) -> Any:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.uint64)


class CompiledGames(CompiledFile):
    """A compiled collection of games.

    Args:
        file: an open compiled file.

    Raises:
        GameDataError: If the file contains something else.
    """

    def __init__(self, file: ArrayFile) -> None:
        if file.meta.get("format") != FORMAT:
            raise GameDataError(f"{file.path} is an array file, but not one of compiled games")
        self._file = file
        self._rows = file["rows/numbers"]
        self._row_offsets = file["rows/offsets"]
        self._names = file["names/bytes"]
        self._name_offsets = file["names/offsets"]
        self._texts: list[str] = json.loads(file["texts"].tobytes())
        self._dialects = [_phrases_from_json(data) for data in file.meta["dialects"]]

    @classmethod
    def open(cls, path: str | Path, *, verify: bool = False) -> CompiledGames:
        """Open a compiled file; ``verify`` also compares all its checksums.

        Raises:
            GameDataError: If there is no such file, or it is damaged or contains something else.
        """
        try:
            return cls(ArrayFile.open(path, verify))
        except ArrayFileError as error:
            raise GameDataError(str(error)) from error
        except OSError as error:
            raise GameDataError(f"{path}: {error.strerror or error}") from error

    @property
    def splits(self) -> Mapping[str, int]:
        """Number of games by split."""
        return {name: stop - start for name, (start, stop) in self._file.meta["splits"].items()}

    @property
    def digests(self) -> Mapping[str, str]:
        """Digest of each split: sha256 over its names and the sha256 of its files."""
        return dict(self._file.meta["digests"])

    def split(self, name: str) -> SplitGames:
        """Return the games of a split.

        Raises:
            GameDataError: If there is no such split.
        """
        if name not in self._file.meta["splits"]:
            raise GameDataError(
                f"{self.source} has the splits {', '.join(self.splits)}; it has no {name!r}"
            )
        start, stop = self._file.meta["splits"][name]
        return SplitGames(self, name, start, stop)

    def game(self, number: int) -> Game:
        """Return the game at a position in the file."""
        start, stop = self._row_offsets[number : number + 2].tolist()
        name, *walkthrough = self._words(number)
        row = self._rows[start:stop]
        return decode_game(row, self._texts, self._dialects, name, tuple(walkthrough))

    def name(self, number: int) -> str:
        """Return the name of the game at a position in the file."""
        return self._words(number)[0]

    def _words(self, number: int) -> list[str]:
        start, stop = self._name_offsets[number : number + 2].tolist()
        return str(self._names[start:stop].tobytes(), "utf-8", "surrogatepass").split("\n")


class SplitGames:
    """The games of one split, ordered by name.

    Args:
        games: the collection.
        split: name of the split.
        start: position of its first game in the file.
        stop: position after its last game.
    """

    def __init__(self, games: CompiledGames, split: str, start: int, stop: int) -> None:
        self._games = games
        self._start, self._stop = start, stop
        self.split_name = split
        self._prefix = f"{split}-{games.digests[split][:12]}/"

    @property
    def fingerprint(self) -> str:
        """Text that differs whenever a game of the split differs."""
        return f"{self.split_name}-{self._games.digests[self.split_name]}"

    def __len__(self) -> int:
        return self._stop - self._start

    def task_id(self, index: int) -> str:
        """Return the name of a game: split and digest of its content, task folder, trial folder."""
        return self._prefix + self._games.name(self._start + index)

    def index_of(self, task_id: str) -> int | None:
        """Return the index of the named game; None if it is not in this split."""
        if not task_id.startswith(self._prefix):
            return None
        name = task_id[len(self._prefix) :]
        places = range(self._start, self._stop)
        place = self._start + bisect_left(places, name, key=self._games.name)
        if place < self._stop and self._games.name(place) == name:
            return place - self._start
        return None

    def game(self, index: int) -> Game:
        """Return the game with this index.

        Raises:
            IndexError: If there is no such game.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"there is no game {index}; there are {len(self)}, from 0")
        return self._games.game(self._start + index)


def _phrases_to_json(phrases: Phrases) -> dict[str, Any]:
    return {
        "commands": {op.name: template for op, template in phrases.commands.items()},
        "answers": {op.name: template for op, template in phrases.answers.items()},
        "described": sorted(op.name for op in phrases.described),
        "arrival_names_location": phrases.arrival_names_location,
        "open_receptacle": phrases.open_receptacle,
        "closed_receptacle": phrases.closed_receptacle,
        "plain_receptacle": phrases.plain_receptacle,
        "object_states": phrases.object_states,
        "container": phrases.container,
        "carrying": phrases.carrying,
        "empty_handed": phrases.empty_handed,
        "help": phrases.help,
    }


def _phrases_from_json(data: Mapping[str, Any]) -> Phrases:
    return Phrases(
        commands={Op[name]: Template(*parts) for name, parts in data["commands"].items()},
        answers={Op[name]: Template(*parts) for name, parts in data["answers"].items()},
        described=frozenset(Op[name] for name in data["described"]),
        arrival_names_location=data["arrival_names_location"],
        open_receptacle=Template(*data["open_receptacle"]),
        closed_receptacle=Template(*data["closed_receptacle"]),
        plain_receptacle=Template(*data["plain_receptacle"]),
        object_states=tuple((bits, Template(*parts)) for bits, parts in data["object_states"]),
        container=Template(*data["container"]),
        carrying=Template(*data["carrying"]),
        empty_handed=data["empty_handed"],
        help=data["help"],
    )
