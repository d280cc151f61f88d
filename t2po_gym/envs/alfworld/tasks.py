"""Resolve the ``games`` argument: a short text names a collection that episodes share.

| text | games |
|---|---|
| ``generated`` | generated games: a million for training, a thousand each in dev and test |
| ``generated:SIZE[:SEED]`` | this many in each split, with another seed |
| ``official`` | the collection in the folder that ``T2PO_GYM_DATA`` names |
| a folder or archive | the game files in it |
| any other file | a compiled collection |
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol
from weakref import WeakValueDictionary

from t2po_gym.data.bounded_cache import BoundedCache
from t2po_gym.envs.alfworld.data.errors import GameDataError
from t2po_gym.envs.alfworld.data.game import Game
from t2po_gym.envs.alfworld.data.official import open_games
from t2po_gym.envs.alfworld.generate.collection import GeneratedGames, generated_games
from t2po_gym.envs.alfworld.world.game_tables import Tables

__all__ = ["DEFAULT_DIFFICULTY", "Games", "SharedGames", "generated_split", "open_split"]

DEFAULT_DIFFICULTY = "mixed"
"""Default difficulty of generated games: as the official ones."""

TABLES_KEPT = 64
"""Games whose tables a collection caches while no episode plays them (about 30 kB each)."""


class Games(Protocol):
    """The games of one split."""

    @property
    def fingerprint(self) -> str:
        """Text that differs whenever a game differs."""

    def __len__(self) -> int: ...

    def task_id(self, index: int) -> str:
        """Name of a game."""

    def index_of(self, task_id: str) -> int | None:
        """Index of the named game, None if there is none."""

    def game(self, index: int) -> Game:
        """The compiled game."""


class SharedGames:
    """The games of one split with the tables of those being played.

    Episodes of one game share its tables across all environments of this process.

    Args:
        games: the games.
    """

    def __init__(self, games: Games) -> None:
        self.games = games
        self._live: WeakValueDictionary[int, Tables] = WeakValueDictionary()
        self._kept: BoundedCache[int, Tables] = BoundedCache(TABLES_KEPT)

    def tables(self, index: int) -> Tables:
        """The tables of a game."""
        known = self._kept.get(index) or self._live.get(index)
        if known is None:
            known = self._live[index] = Tables(self.games.game(index))
            self._kept.put(index, known)
        return known


_OPEN: WeakValueDictionary[tuple[str, ...], SharedGames] = WeakValueDictionary()
"""Open collections of this process by content."""


def open_split(spec: str | Path, split: str, difficulty: str | None = None) -> SharedGames:
    """Open the games of a split.

    Args:
        spec: see the table at the top.
        split: name of the split.
        difficulty: difficulty of generated games; None for `DEFAULT_DIFFICULTY`.

    Raises:
        GameDataError: If the text is not recognised, or the data are missing or lack the split.
        GameFileError: If a game file cannot be used.
    """
    games: Games | None = generated_split(spec, split, difficulty)
    if games is None:
        games = open_games(spec).split(split)
    key = (games.fingerprint, str(len(games)))
    shared = _OPEN.get(key)
    if shared is None:
        shared = _OPEN[key] = SharedGames(games)
    return shared


def generated_split(spec: str | Path, split: str, difficulty: str | None) -> GeneratedGames | None:
    """Return the generated games that a text names; None if it names something else.

    Raises:
        GameDataError: If the text is malformed, there is no such split or difficulty, or a
            difficulty is given for games that are not generated.
    """
    name, *numbers = str(spec).split(":")
    if name == "generated" and isinstance(spec, str):
        size, seed = _numbers(spec, numbers)
        return generated_games(split, difficulty or DEFAULT_DIFFICULTY, seed, size)
    if difficulty is not None:
        raise GameDataError(
            f"difficulty is of generated games only; leave it out with games={str(spec)!r}"
        )
    return None


def _numbers(spec: str, numbers: list[str]) -> tuple[int | None, int]:
    """Return size (None: the default) and seed of a text ``generated[:SIZE[:SEED]]``."""
    if len(numbers) > 2 or not all(n.isascii() and n.isdigit() and len(n) < 20 for n in numbers):
        raise GameDataError(
            f"games {spec!r} is not of the form 'generated', 'generated:SIZE' or "
            "'generated:SIZE:SEED' with whole numbers"
        )
    size = int(numbers[0]) if numbers else None
    return size, int(numbers[1]) if len(numbers) > 1 else 0
