"""Backends that play the games: the native engine, or the original packages behind one interface.

An environment gets episodes from a backend and then uses only the episode. Both kinds have
``step``, ``admissible``, ``won``, ``accepted``, ``seen``, ``state``, ``tables``, ``in_sight`` and
``save``. They print the same texts (rules ``exact``); the native one is about 10,000 times faster.
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
    """Tables of the game being played."""

    state: State
    """The hidden state."""

    won: bool
    """Whether the goal holds."""

    accepted: bool
    """Whether the last command was available."""

    seen: int
    """Mask of receptacles whose contents were printed so far."""

    touched: int
    """While this and the state object stay the same, only the agent has moved."""

    @property
    def admissible(self) -> tuple[str, ...]:
        """All commands available now, sorted."""

    def step(self, command: str) -> str:
        """Execute a command and return the printed text."""

    def in_sight(self) -> str:
        """Return what is visible now, whatever led here."""

    def save(self) -> dict[str, Any]:
        """Return the episode as JSON-able data."""


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
        """Release resources other than memory."""


class NativeBackend:
    """Play in the native engine.

    Args:
        shared: the games.
        engine: the engine class of the rules.
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
        """Do nothing: there is only memory to release."""


class _TextWorldEpisode(TextWorldEngine):
    """An episode in the real TextWorld."""

    shuffle_seed: int | None = None

    def save(self) -> dict[str, Any]:
        """Return the commands so far: the original's state cannot be set, only reached by play."""
        return {"commands": list(self.commands), "shuffle_seed": self.shuffle_seed}


def native_backend(
    games: str | Path, split: str, difficulty: str | None, engine: type[Engine]
) -> NativeBackend:
    """Open games for the native engine; the module ``tasks`` lists the values of ``games``."""
    return NativeBackend(open_split(games, split, difficulty), engine)


def textworld_backend(
    games: str | Path, split: str, difficulty: str | None, config: str | Path | None
) -> TextWorldBackend:
    """Open games for the real TextWorld.

    Args:
        games: as for the native engine, except that ``official`` follows alfworld's own
            configuration and data folder, and archives and compiled files cannot be played.
        split: name of the split.
        difficulty: difficulty of generated games.
        config: alfworld's configuration file, for ``official``.

    Raises:
        GameDataError: If there are no such games, or the original packages are not installed.
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
    """Play game files or generated games in the real TextWorld.

    Args:
        games: the files or the generated games.

    Raises:
        GameDataError: If the original packages are not installed.
    """

    def __init__(self, games: GameFiles | GeneratedGames) -> None:
        self._games = games
        self._episode = _TextWorldEpisode()
        self._names: list[str] = []
        if isinstance(games, GameFiles):
            self._names = ["/".join(path.parts[-4:-1]) for path in games.paths]

    @property
    def fingerprint(self) -> str:
        """Text that differs whenever the name of a game differs."""
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
        """Return the kind of a game's task; the names of official games begin with it."""
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
        """Restore a saved episode of a game by replaying its commands."""
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
