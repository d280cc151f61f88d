"""Generated games as a collection: by index, by name, or written out as an official-style folder.

`generated_games` gives a collection that makes each game when it is asked for. `write_games` writes
some of them as files that the original packages play: ``<task>-<..>-<room>/trial_<..>/`` with
``game.tw-pddl`` and ``traj_data.json``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from t2po_gym.envs.alfworld.data.errors import GameDataError
from t2po_gym.envs.alfworld.data.game import Game
from t2po_gym.envs.alfworld.generate.compiled_game import compile_task
from t2po_gym.envs.alfworld.generate.games import (
    DIFFICULTIES,
    GENERATOR_VERSION,
    SPLITS,
    GeneratedTask,
    generate_task,
    task_key,
)
from t2po_gym.envs.alfworld.world.planner import Planner

__all__ = ["MAX_GAMES", "SPLIT_SIZES", "GeneratedGames", "generated_games", "write_games"]

SPLIT_SIZES = {"train": 1_000_000, "dev": 1_000, "test": 1_000}
"""Games in a split unless asked otherwise; a larger collection begins with the same ones."""

MAX_GAMES = 2**48
"""Most games a collection may have."""

GAME_FILE, TRAJECTORY_FILE = "game.tw-pddl", "traj_data.json"


class GeneratedGames:
    """Games of one split, difficulty and seed. Each call generates its game again; none is kept.

    Args:
        split: ``train``, ``dev`` or ``test``.
        difficulty: ``easy``, ``medium``, ``hard`` or ``mixed``.
        seed: any integer from 0.
        size: number of games; by default that of `SPLIT_SIZES`.

    Raises:
        GameDataError: an argument is none of these.
    """

    def __init__(
        self, split: str, difficulty: str = "mixed", seed: int = 0, size: int | None = None
    ) -> None:
        if split not in SPLITS:
            raise GameDataError(
                f"generated games have the splits {', '.join(SPLITS)}; got {split!r}"
            )
        if difficulty not in DIFFICULTIES:
            raise GameDataError(
                f"difficulty must be one of {', '.join(DIFFICULTIES)}; got {difficulty!r}"
            )
        if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
            raise GameDataError(
                f"the seed of generated games must be an integer from 0, not {seed!r}"
            )
        count = SPLIT_SIZES[split] if size is None else size
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MAX_GAMES:
            raise GameDataError(
                f"the number of generated games must be from 1 to {MAX_GAMES}, not {size!r}"
            )
        self.split, self.difficulty, self.seed, self._size = split, difficulty, seed, count

    @property
    def fingerprint(self) -> str:
        """Text that differs whenever a generated game may differ."""
        return f"generated-{GENERATOR_VERSION}/{self.difficulty}/{self.seed}/{self.split}"

    def __len__(self) -> int:
        return self._size

    def task_id(self, index: int) -> str:
        """Name of a game, such as ``generated-1/mixed/0/train/17``."""
        return task_key(self.split, self.difficulty, self.seed, index)

    def index_of(self, task_id: str) -> int | None:
        """Index of the named game; None if it is not of this collection."""
        prefix, _, last = task_id.rpartition("/")
        if prefix != self.fingerprint or not (last.isascii() and last.isdigit()) or len(last) > 15:
            return None
        index = int(last)
        return index if index < self._size and str(index) == last else None

    def task(self, index: int) -> GeneratedTask:
        """A game before it is written down."""
        return generate_task(self.split, self.difficulty, self.seed, index)

    def game(self, index: int) -> Game:
        """A compiled game, with a shortest plan as its walkthrough."""
        return _planned(compile_task(self.task(index)))

    def game_data(self, index: int) -> dict[str, Any]:
        """The fields of a game file: domain, grammar, problem, solvable, walkthrough."""
        return _file_content(self.task(index))


def generated_games(
    split: str, difficulty: str = "mixed", seed: int = 0, size: int | None = None
) -> GeneratedGames:
    """Return the generated games of a split; see `GeneratedGames`."""
    return GeneratedGames(split, difficulty, seed, size)


def write_games(games: GeneratedGames, folder: Path, indices: Iterable[int]) -> list[Path]:
    """Write games as folders that the original packages read.

    Args:
        games: the collection.
        folder: where to write; made if missing.
        indices: which games.

    Returns:
        The paths of the game files, in the order of ``indices``.
    """
    paths = []
    for index in indices:
        task = games.task(index)
        place = folder / task.folder
        place.mkdir(parents=True, exist_ok=True)
        _write(place / GAME_FILE, _file_content(task))
        _write(place / TRAJECTORY_FILE, task.trajectory_data())
        paths.append(place / GAME_FILE)
    return paths


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_bytes(json.dumps(content).encode())


def _planned(game: Game) -> Game:
    """The game with a shortest plan as its walkthrough."""
    plan = Planner(game).commands(game.start())
    if not plan:
        raise AssertionError(f"{game.name} should have a plan of at least one step")
    return replace(game, walkthrough=plan)


def _file_content(task: GeneratedTask) -> dict[str, Any]:
    walkthrough = _planned(compile_task(task)).walkthrough
    return {**task.game_data(), "walkthrough": list(walkthrough)}
