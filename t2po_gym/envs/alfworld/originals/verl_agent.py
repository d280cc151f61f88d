"""The ALFWorld layer of verl-agent and T2PO, reproduced: batches, prompts, rewards, infos.

Use it to compare with published numbers or to run checkpoints trained on that layer. It keeps the
conventions of the original, including the doubtful ones (docs/originals/alfworld.md, section 7):

* worker ``i`` shuffles the list of games with the seed ``seed + i // group_size`` and iterates over
  it, shuffling again after each pass; so a validation with 128 workers plays about 84 different of
  the 140 games, some several times, and different ones the next time;
* the reward is 10 on every step at which the goal holds, and 0 otherwise;
* every reply is executed, or its last 30 characters if it has no action block;
* a finished worker keeps returning its last result.

`t2po/ALFWorld-v0` has none of these: its panels play every game once. Here games are sorted by
name; in the original the file system decides their order, so seeds do not carry over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from t2po_gym.core.agent.actions import project_webshop
from t2po_gym.envs.alfworld.originals.verl_agent_prompts import build_prompt, task_of
from t2po_gym.envs.alfworld.tasks import SharedGames, open_split
from t2po_gym.envs.alfworld.world.engine import Engine
from t2po_gym.envs.verl_agent import (
    VALIDATION_SEED_OFFSET,
    WIN_REWARD,
    BatchConfig,
    check_replies,
    last_active,
)

__all__ = [
    "MAX_STEPS",
    "VerlAgentALFWorld",
    "VerlAgentConfig",
    "VerlAgentWorker",
    "success_metrics",
    "training_preset",
    "validation_preset",
]

MAX_STEPS = 50
"""Steps after which an episode is over."""

TASK_KINDS = (
    *("pick_and_place", "pick_two_obj_and_place", "look_at_obj_in_light"),
    *("pick_heat_then_place_in_recep", "pick_cool_then_place_in_recep"),
    "pick_clean_then_place_in_recep",
)
"""Texts searched for in a game's path, in this order, for success by kind of task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerlAgentConfig(BatchConfig):
    """Size and seeds of one batch of workers.

    Example:
        >>> VerlAgentConfig(seed=0, num_groups=16, group_size=8).num_workers
        128
    """

    POSITIVE: ClassVar[tuple[str, ...]] = ("num_groups", "group_size", "max_steps")

    split: str = "train"
    """Split of the games."""

    max_steps: int = MAX_STEPS
    """Steps after which an episode is over."""


def training_preset(seed: int = 0) -> VerlAgentConfig:
    """Return the training batch of the published script: 16 games, 8 workers each."""
    return VerlAgentConfig(seed=seed)


def validation_preset(seed: int = 0, split: str = "valid_seen") -> VerlAgentConfig:
    """Return the validation batch for `training_preset` with the same seed: 128 games."""
    return VerlAgentConfig(
        seed=seed + VALIDATION_SEED_OFFSET, num_groups=128, group_size=1, split=split
    )


class VerlAgentWorker:
    """One actor of the original: plays its shuffled games, one episode after the other.

    Args:
        shared: the games.
        seed: seed of the order.
        max_steps: steps after which an episode is over.
    """

    def __init__(self, shared: SharedGames, seed: int, max_steps: int = MAX_STEPS) -> None:
        self._shared = shared
        self._rng = np.random.RandomState(seed)  # the original uses this type
        self._order = list(range(len(shared.games)))
        self._position = len(self._order)
        self._max_steps = max_steps
        self._result: tuple[str, bool, dict[str, Any]] = ("", True, {})

    def reset(self, game: int | None = None) -> tuple[str, dict[str, Any]]:
        """Start the next game, or the given one; return observation and info."""
        if game is None:
            if self._position >= len(self._order):
                self._rng.shuffle(self._order)
                self._position = 0
            game = self._order[self._position]
            self._position += 1
        tables = self._shared.tables(game)
        self._engine = Engine(tables)
        self._file = self._shared.games.task_id(game)
        self._steps = 0
        self._result = (tables.opening(), False, self._info())
        return self._result[0], dict(self._result[2])

    def step(self, action: str) -> tuple[str, float, bool, dict[str, Any]]:
        """Execute a command; a finished episode returns its last result again."""
        if not self._result[1]:
            observation = self._engine.step(action)
            self._steps += 1
            done = self._engine.won or self._steps >= self._max_steps
            self._result = (observation, done, self._info())
        observation, done, info = self._result
        return observation, WIN_REWARD if info["won"] else 0.0, done, dict(info)

    def _info(self) -> dict[str, Any]:
        return {
            "won": self._engine.won,
            "admissible_commands": list(self._engine.admissible),
            "extra.gamefile": self._file,
        }


class VerlAgentALFWorld:
    """A batch of workers with prompts and memory: verl-agent's ALFWorld environment manager.

    Args:
        games: which games, as for the environment: ``official``, a path, ``generated``.
        config: sizes, seeds and history.

    Attributes:
        tasks: Task sentence of each worker's game.
    """

    def __init__(
        self, games: str | Path = "official", config: VerlAgentConfig | None = None
    ) -> None:
        self.config = config = config or VerlAgentConfig()
        shared = open_split(games, config.split)
        self._workers = [
            VerlAgentWorker(shared, config.seed + i // config.group_size, config.max_steps)
            for i in range(config.num_workers)
        ]
        self.tasks: list[str] = []
        self._turns: list[list[tuple[str, str]]] = []
        self._observations: list[str] = []
        self._admissible: list[list[str]] = []

    def reset(
        self, games: Sequence[int] | None = None
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Start a game in every worker.

        Args:
            games: Index for each worker; if None, the next of its order.

        Returns:
            Observations (``text``: prompts, ``image``: None, ``anchor``: bare texts) and infos.
        """
        chosen: Sequence[int | None] = [None] * len(self._workers) if games is None else games
        if len(chosen) != len(self._workers):
            raise ValueError(
                f"games needs one index for each of the {len(self._workers)} workers; "
                f"got {len(chosen)}."
            )
        started = [worker.reset(game) for worker, game in zip(self._workers, chosen, strict=True)]
        self.tasks = [task_of(observation) for observation, _ in started]
        self._turns = [[] for _ in self._workers]
        infos = [info for _, info in started]
        return self._observe([observation for observation, _ in started], infos), infos

    def step(
        self, replies: Sequence[str]
    ) -> tuple[dict[str, Any], NDArray[np.float64], NDArray[np.bool_], list[dict[str, Any]]]:
        """Send one reply of the agent to each worker.

        Returns:
            Observations as in `reset`, rewards ``[workers]``, dones ``[workers]``, infos. A
            finished worker returns its last result again: mask it out.
        """
        check_replies(replies, len(self._workers), started=bool(self._turns))
        observations, rewards, dones, infos = [], [], [], []
        for number, (worker, reply) in enumerate(zip(self._workers, replies, strict=True)):
            parsed = project_webshop(reply)  # both environments have the same projection
            admissible = {command.lower() for command in self._admissible[number]}
            observation, reward, done, info = worker.step(parsed.action)
            info["is_response_format_valid"] = int(parsed.format_ok)
            info["is_action_valid"] = int(parsed.format_ok and parsed.action in admissible)
            self._turns[number].append((self._observations[number], parsed.action))
            observations.append(observation)
            rewards.append(reward)
            dones.append(done)
            infos.append(info)
        return (
            self._observe(observations, infos),
            np.array(rewards, dtype=np.float64),
            np.array(dones, dtype=np.bool_),
            infos,
        )

    def _observe(self, texts: list[str], infos: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        self._observations = texts
        self._admissible = [info["admissible_commands"] for info in infos]
        prompts = [
            build_prompt(
                self.tasks[worker],
                text,
                self._admissible[worker],
                turns=self._turns[worker],
                history_length=self.config.history_length,
            )
            for worker, text in enumerate(texts)
        ]
        return {"text": prompts, "image": None, "anchor": list(texts)}


def success_metrics(
    infos: Sequence[Sequence[Mapping[str, Any]]], active: Sequence[Sequence[bool]]
) -> dict[str, NDArray[np.float64]]:
    """Score episodes as verl-agent does: by the last active step of each.

    Args:
        infos: infos by worker and step, ``[workers][steps]``.
        active: whether the worker was unfinished before that step, ``[workers][steps]``.

    Returns:
        ``success_rate`` ``[workers]``, and for each kind of task that occurs
        ``<kind>_success_rate`` ``[workers of that kind]``.
    """
    results: dict[str, list[float]] = {"success_rate": []}
    for info in last_active(infos, active):
        won = float(info["won"])
        results["success_rate"].append(won)
        for kind in TASK_KINDS:
            if kind in info["extra.gamefile"]:
                results.setdefault(f"{kind}_success_rate", []).append(won)
                break
    return {name: np.array(values) for name, values in results.items()}
