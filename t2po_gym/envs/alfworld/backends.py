"""Backends that play the games: the native engine, or the original packages behind one interface.

An environment asks a backend for episodes and then talks to the episode alone. Both kinds have
``step``, ``admissible``, ``won``, ``accepted``, ``seen``, ``state``, ``tables``, ``in_sight`` and
``save``; they print the same (rules ``exact``), one some 10,000 times faster than the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from t2po_gym.envs.alfworld.data.errors import GameDataError
from t2po_gym.envs.alfworld.data.game import TASK_TYPES, State
from t2po_gym.envs.alfworld.data.official import game_paths, split_of
from t2po_gym.envs.alfworld.generate.collection import GeneratedGames
from t2po_gym.envs.alfworld.originals.textworld_backend import TextWorldEngine
from t2po_gym.envs.alfworld.originals.textworld_games import GameFiles, find_games
from t2po_gym.envs.alfworld.tasks import SharedGames, generated_split, open_split
from t2po_gym.envs.alfworld.world.engine import Engine
from t2po_gym.envs.alfworld.world.game_tables import Tables

__all__ = [
    "Backend",
    "Episode",
    "NativeBackend",
    "TextWorldBackend",
    "native_backend",
    "textworld_backend",
]

LARGEST_SEED = 2**31


class Episode(Protocol):
    """An episode in progress."""

    tables: Tables
    """Of the game being played."""

    state: State
    """The hidden state."""

    won: bool
    """Whether the goal holds."""

    accepted: bool
    """Whether the last command was one that was open."""

    seen: int
    """Mask of receptacles whose contents were printed so far."""

    touched: int
    """While this and the state object stay the same, only the agent has moved."""

    @property
    def admissible(self) -> tuple[str, ...]:
        """All commands open now, sorted."""

    def step(self, command: str) -> str:
        """Do a command and return what is printed."""

    def in_sight(self) -> str:
        """What can be seen now, whatever was done to get here."""

    def save(self) -> dict[str, Any]:
        """The episode as JSON-able data."""


class Backend(Protocol):
    """Makes the episodes of one split."""

    @property
    def fingerprint(self) -> str:
        """Text that differs whenever a game differs."""

    def __len__(self) -> int: ...

    def task_id(self, index: int) -> str:
        """Name of a game."""

    def index_of(self, task_id: str) -> int | None:
        """Index of the named game, None if there is none."""

    def task_type(self, index: int) -> str:
        """Kind of a game's task: one of `TASK_TYPES`."""
        ...

    def begin(self, index: int, rng: np.random.Generator) -> tuple[Episode, str]:
        """Start a game; returns the episode and its first observation."""

    def restore(self, index: int, saved: Mapping[str, Any]) -> Episode:
        """Take up a saved episode of a game."""

    def close(self) -> None:
        """Let go of what is not memory."""


class NativeBackend:
    """Plays in the native engine.

    Args:
        shared: the games.
        engine: the engine of the rules.
    """

    def __init__(self, shared: SharedGames, engine: type[Engine]) -> None:
        self._shared, self._engine = shared, engine
        games = shared.games
        self.task_id, self.index_of = games.task_id, games.index_of

    @property
    def fingerprint(self) -> str:
        """Text that differs whenever a game differs."""
        return self._shared.games.fingerprint

    def __len__(self) -> int:
        return len(self._shared.games)

    def task_type(self, index: int) -> str:
        """Kind of a game's task."""
        return self._shared.games.game(index).goal.task_type

    def begin(self, index: int, rng: np.random.Generator) -> tuple[Episode, str]:
        """Start a game; returns the episode and its first observation."""
        tables = self._shared.tables(index)
        return self._engine(tables), tables.opening()

    def restore(self, index: int, saved: Mapping[str, Any]) -> Episode:
        """Take up a saved episode of a game."""
        engine = self._engine(self._shared.tables(index))
        engine.load(State.from_json(saved["state"]), int(saved["seen"]))
        return engine

    def close(self) -> None:
        """Nothing: all is memory."""


class _TextWorldEpisode(TextWorldEngine):
    """An episode in the real TextWorld."""

    shuffle_seed: int | None = None

    def save(self) -> dict[str, Any]:
        """The commands so far: the original cannot be put into a state, only led there."""
        return {"commands": list(self.commands), "shuffle_seed": self.shuffle_seed}


def native_backend(
    games: str | Path, split: str, difficulty: str | None, engine: type[Engine]
) -> NativeBackend:
    """Open games for the native engine; see `sources` for what ``games`` means."""
    return NativeBackend(open_split(games, split, difficulty), engine)


def textworld_backend(
    games: str | Path, split: str, difficulty: str | None, config: str | Path | None
) -> TextWorldBackend:
    """Open games for the real TextWorld.

    Args:
        games: as for the native engine, but ``official`` is what alfworld's own configuration and
            data folder say, and archives and compiled files cannot be played.
        split: name of the split.
        difficulty: of generated games.
        config: alfworld's configuration file, for ``official``.

    Raises:
        GameDataError: there are no such games, or the original packages are not installed.
    """
    if str(games) == "official":
        return TextWorldBackend(find_games(split, config))
    if config is not None:
        raise GameDataError("config is alfworld's own configuration; use it with games='official'")
    invented = generated_split(games, split, difficulty)
    if invented is not None:
        return TextWorldBackend(invented)
    place = Path(games).expanduser()
    if not place.is_dir():
        raise GameDataError(
            f"backend='textworld' plays files of a folder; {place} is none (unpack it first)"
        )
    paths = tuple(path for path in game_paths(place) if split_of(path) == split)
    if not paths:
        raise GameDataError(f"{place} holds no game files of split {split!r}")
    return TextWorldBackend(GameFiles(paths=paths, shuffled_names=False))


class TextWorldBackend:
    """Plays in the real TextWorld: game files, or generated games.

    Args:
        games: the files or the generated games.

    Raises:
        GameDataError: the original packages are not installed.
    """

    def __init__(self, games: GameFiles | GeneratedGames) -> None:
        self._games = games
        self._episode = _TextWorldEpisode()
        self._names: list[str] = []
        if isinstance(games, GameFiles):
            self._names = ["/".join(path.parts[-4:-1]) for path in games.paths]

    @property
    def fingerprint(self) -> str:
        """Text that differs whenever a game differs, as far as names tell."""
        if isinstance(self._games, GeneratedGames):
            return self._games.fingerprint
        return f"{len(self._names)} files from {self._names[0]}"

    def __len__(self) -> int:
        return len(self._games) if isinstance(self._games, GeneratedGames) else len(self._names)

    def task_id(self, index: int) -> str:
        """Name of a game."""
        if isinstance(self._games, GeneratedGames):
            return self._games.task_id(index)
        return self._names[index]

    def task_type(self, index: int) -> str:
        """Kind of a game's task; the names of official games begin with it."""
        if isinstance(self._games, GeneratedGames):
            return self._games.game(index).goal.task_type
        name = f"/{self._names[index]}"
        return next((kind for kind in TASK_TYPES if f"/{kind}-" in name), "")

    def index_of(self, task_id: str) -> int | None:
        """Index of the named game, None if there is none."""
        if isinstance(self._games, GeneratedGames):
            return self._games.index_of(task_id)
        return self._names.index(task_id) if task_id in self._names else None

    def begin(self, index: int, rng: np.random.Generator) -> tuple[Episode, str]:
        """Start a game; returns the episode and its first observation."""
        shuffled = isinstance(self._games, GameFiles) and self._games.shuffled_names
        self._open(index, int(rng.integers(LARGEST_SEED)) if shuffled else None)
        return self._episode, self._episode.reset()

    def restore(self, index: int, saved: Mapping[str, Any]) -> Episode:
        """Take up a saved episode of a game, by playing its commands again."""
        self._open(index, saved["shuffle_seed"])
        self._episode.replay(saved["commands"])
        return self._episode

    def close(self) -> None:
        """Unload the original's planner library; the backend cannot be used afterwards."""
        self._episode.close()

    def _open(self, index: int, shuffle_seed: int | None) -> None:
        games = self._games
        source = games.paths[index] if isinstance(games, GameFiles) else games.game_data(index)
        self._episode.open(source, shuffle_seed=shuffle_seed)
        self._episode.shuffle_seed = shuffle_seed
