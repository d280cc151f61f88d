"""``t2po/ALFWorld-v0``: do a household task in a room described in words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from t2po_gym.core.env import Outcome, TextEnv
from t2po_gym.core.progress import Progress
from t2po_gym.envs.alfworld.backends import (
    Backend,
    Episode,
    native_backend,
    textworld_backend,
)
from t2po_gym.envs.alfworld.data.game import Game, State
from t2po_gym.envs.alfworld.rules import engine_class
from t2po_gym.envs.alfworld.world.progress import MILESTONES, PROGRESS_VERSION

__all__ = ["ALFWorldEnv"]

TASK_MARK = "Your task is to: "
"""Text before the task in the first observation."""

EXPERT_INFO = ("expert_plan", "remaining_steps")
"""Info keys that ``expert=True`` adds."""


class ALFWorldEnv(TextEnv):
    """A household episode: find things, clean, heat or cool them, put them where they belong.

    Actions are the commands in ``info["admissible_actions"]``. Any other action changes nothing and
    is reported as invalid. The reward is 1 on the step that completes the task, which ends the
    episode, and 0 before.

    Args:
        rules: ``fixed`` (repaired texts, refusals with a reason; the native engine's default) or
            ``exact`` (the original's texts). The world is the same; docs/alfworld.md lists the
            differences.
        games: The games: ``generated`` (default), ``generated:SIZE[:SEED]``, ``official``, or a
            folder, archive or compiled file of games.
        split: ``train``, ``dev`` or ``test`` of generated games; ``train``, ``valid_seen``,
            ``valid_unseen`` or ``valid_train`` of official ones (those in the data).
        difficulty: For generated games: ``easy``, ``medium``, ``hard`` or ``mixed`` (as official).
        max_turns: Steps until truncation; 50 in the original.
        progress: Whether info has the progress keys. Never changes an observation.
        backend: ``native`` (default), or ``textworld`` for the original packages (extra
            ``alfworld``): the same games, about 10,000 times slower, with the rules ``exact``.
        config: alfworld's own configuration file, for the backend ``textworld`` with the games
            ``official``; by default alfworld's defaults apply.
        expert: Whether info has ``expert_plan`` (shortest winning commands from here, empty if
            there are none) and ``remaining_steps`` (their number, -1 if there are none).
        render_mode: None, ``ansi`` (``render()`` returns text) or ``human`` (text is printed).
    """

    PROGRESS_VERSION: ClassVar[str] = PROGRESS_VERSION
    MILESTONES: ClassVar[tuple[str, ...]] = MILESTONES
    SPLITS: ClassVar[tuple[str, ...]] = (
        *("train", "dev", "test"),
        *("valid_seen", "valid_unseen", "valid_train"),
    )
    ACTION_FORMAT: ClassVar[str] = (
        "Actions are commands such as: go to desk 1; open drawer 1; close drawer 1; "
        "take mug 1 from desk 1; move mug 1 to shelf 1 (in older games: put mug 1 in/on shelf 1); "
        "clean mug 1 with sinkbasin 1; heat mug 1 with microwave 1; cool mug 1 with fridge 1; "
        "use desklamp 1; examine mug 1; inventory; look."
    )
    EXTRA_INFO: ClassVar[tuple[str, ...]] = ("goal_conditions_met", "goal_conditions", "coverage")

    def __init__(
        self,
        *,
        rules: str | None = None,
        games: str | Path = "generated",
        split: str = "train",
        difficulty: str | None = None,
        max_turns: int = 50,
        progress: bool = True,
        backend: str = "native",
        config: str | Path | None = None,
        expert: bool = False,
        render_mode: str | None = None,
    ) -> None:
        super().__init__(
            split=split, max_turns=max_turns, progress=progress, render_mode=render_mode
        )
        if not isinstance(expert, bool):
            raise ValueError(f"expert must be True or False; got {expert!r}.")
        self._rules = rules or ("fixed" if backend == "native" else "exact")
        self._backend: Backend
        if backend == "native":
            if config is not None:
                raise ValueError("config is of backend='textworld'; leave it out.")
            engine = engine_class(self._rules)
            self._backend = native_backend(games, split, difficulty, engine)
        elif backend == "textworld":
            if self._rules != "exact":
                raise ValueError(f"backend='textworld' has the rules 'exact', not {rules!r}.")
            self._backend = textworld_backend(games, split, difficulty, config)
        else:
            raise ValueError(f"backend must be native or textworld; got {backend!r}.")
        if expert:
            vars(self)["EXTRA_INFO"] = (*self.EXTRA_INFO, *EXPERT_INFO)  # of this instance only
        self._expert = expert
        self._episode: Episode
        self._conditions: tuple[State | None, int, int, int] = (None, 0, 0, 0)

    @property
    def game(self) -> Game:
        """The game of the current episode; for experts and analysis, never for agents."""
        return self._episode.tables.game

    @property
    def state(self) -> State:
        """The hidden state of the current episode; for experts and analysis, never for agents."""
        return self._episode.state

    def num_tasks(self) -> int:
        """Return the number of games in the split."""
        return len(self._backend)

    def task_id(self, index: int) -> str:
        """Return the public name of a game."""
        return self._backend.task_id(index)

    def task_index(self, task_id: str) -> int:
        """Return the index of the named game; ValueError if it is not in this split."""
        index = self._backend.index_of(task_id)
        if index is None:
            raise ValueError(
                f"{task_id[:100]!r} names no game of split {self.split!r}; the first is "
                f"{self.task_id(0)!r}."
            )
        return index

    def expert_commands(self) -> tuple[str, ...]:
        """Return the shortest winning commands from the current state; empty if unwinnable."""
        episode = self._episode
        return episode.tables.planner.commands(episode.state) or ()

    def close(self) -> None:
        """Release the backend's resources."""
        self._backend.close()
        super().close()

    def _begin(self, index: int, rng: np.random.Generator) -> str:
        self._episode, observation = self._backend.begin(index, rng)
        return observation

    def _act(self, action: str) -> Outcome:
        episode = self._episode
        observation = episode.step(action)
        won = episode.won
        return Outcome(observation, 1.0 if won else 0.0, won, episode.accepted)

    def _task_text(self, first_observation: str) -> str:
        return first_observation.rpartition(TASK_MARK)[2]

    def _task_type(self, index: int) -> str:
        if self._started and index == self._task:  # its tables are loaded
            return self._episode.tables.game.goal.task_type
        return self._backend.task_type(index)

    def _task_difficulty(self, index: int) -> str:
        parts = self.task_id(index).split("/")
        return parts[1] if parts[0].startswith("generated") and len(parts) > 1 else ""

    def _progress(self) -> Progress:
        episode = self._episode
        return episode.tables.progress.now(episode.state)

    def _score(self) -> float:
        return 1.0 if self._episode.won else 0.0

    def _success(self) -> bool:
        return self._episode.won

    def _admissible_actions(self) -> tuple[str, ...]:
        return self._episode.admissible

    def _observable_state(self) -> str:
        return self._episode.in_sight()

    def _extra_info(self) -> Mapping[str, Any]:
        episode = self._episode
        tables = episode.tables
        state = episode.state
        known = self._conditions
        if known[0] is not state or known[1] != episode.touched or tables.won_by_going:
            met, conditions = tables.progress.goal_conditions(state)
            known = self._conditions = (state, episode.touched, met, conditions)
        extra: dict[str, Any] = {
            "goal_conditions_met": known[2],
            "goal_conditions": known[3],
            "coverage": episode.seen.bit_count() / len(tables.game.receptacle_names),
        }
        if self._expert:
            plan = tables.planner.commands(state)
            extra["expert_plan"] = plan or ()
            extra["remaining_steps"] = -1 if plan is None else len(plan)
        return extra

    def _identity(self) -> Mapping[str, Any]:
        return {
            "rules": self._rules,
            "games": self._backend.fingerprint,
            "backend": type(self._backend).__name__,
            "expert": self._expert,
        }

    def _save(self) -> dict[str, Any]:
        return self._episode.save()

    def _load(self, state: Mapping[str, Any]) -> None:
        self._episode = self._backend.restore(self._task, state)
