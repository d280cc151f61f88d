"""The WebShop layer of verl-agent and T2PO, reproduced: batches, prompts, rewards, infos.

Use it to compare with published numbers or to run checkpoints trained on that layer. It keeps the
conventions of the original, including the doubtful ones (docs/originals/webshop.md, section 8):

* every group has its own goal list: worker ``i`` draws prices, caps and order from the seed
  ``seed + i // group_size``, and validation splits *by position*, so training and validation goals
  overlap between workers;
* the reward is 10 for a perfect purchase and 0 otherwise;
* a reply in the wrong format is still executed, and a wrong click costs nothing;
* after a purchase the worker silently starts a random session.

`t2po/WebShop-v0` with its default rules has none of these; see docs/webshop.md.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from t2po_gym.core.agent.actions import project_webshop
from t2po_gym.envs.verl_agent import (
    VALIDATION_SEED_OFFSET,
    WIN_REWARD,
    BatchConfig,
    check_replies,
    last_active,
)
from t2po_gym.envs.webshop.data.goals import GoalTable, exact_goal_table
from t2po_gym.envs.webshop.data.product import Catalogue
from t2po_gym.envs.webshop.originals.verl_agent_prompts import (
    action_names,
    build_prompt,
    format_actions,
    format_observation,
    task_of,
)
from t2po_gym.envs.webshop.world.session import OriginalWouldRaise, Session, Shop


@dataclass(frozen=True, slots=True, kw_only=True)
class VerlAgentConfig(BatchConfig):
    """Size and seeds of one batch of workers.

    Example:
        >>> VerlAgentConfig(seed=0, num_groups=16, group_size=8, training=True).num_workers
        128
    """

    POSITIVE: ClassVar[tuple[str, ...]] = ("num_groups", "group_size", "num_test_goals")

    training: bool = True
    """Whether goals come from the positions after the test goals; if False, from the test goals."""

    num_test_goals: int = 500
    """Goals at the front of each list that are held out for validation."""

    human_goals: bool = False
    """Whether to use the catalogue's human instructions instead of the synthetic ones."""


def training_preset(seed: int = 0) -> VerlAgentConfig:
    """Return the training batch of the published WebShop script: 16 goals, 8 workers each."""
    return VerlAgentConfig(seed=seed)


def validation_preset(seed: int = 0) -> VerlAgentConfig:
    """Return the validation batch for `training_preset` with the same seed."""
    return VerlAgentConfig(
        seed=seed + VALIDATION_SEED_OFFSET, num_groups=128, group_size=1, training=False
    )


class VerlAgentWorker:
    """One session with its own goal list, as one Ray actor holds it in the original.

    Args:
        shop: Catalogue, hidden prices and pages.
        table: Goals in the order of this worker's seed.
    """

    def __init__(self, shop: Shop, table: GoalTable) -> None:
        self._shop = shop
        self._table = table
        self._rng = deepcopy(table.rng)
        self._session = Session(shop, table.goals[0], "0", self._rng)

    def reset(self, goal_index: int) -> tuple[str, dict[str, Any]]:
        """Start the goal at this position and return its first page and info."""
        self._session = Session(
            self._shop, self._table.goals[goal_index], str(goal_index), self._rng
        )
        info = {"available_actions": self._session.available(), "won": False}
        return self._session.observation(), info

    def step(self, action: str) -> tuple[str, float, bool, dict[str, Any]]:
        """Take a bare action and return observation, reward, done and info.

        Info always has ``available_actions``, ``task_score`` (the shop's own reward) and ``won``,
        and the sub-scores after a purchase. An action on which the original raises an exception
        does nothing here.
        """
        try:
            observation, score, done = self._session.step(action)
        except OriginalWouldRaise:
            observation, score, done = self._session.observation(), 0, False
        detail = self._session.detail if done else None
        info: dict[str, Any] = {} if detail is None else detail.as_info()
        if done:
            self._start_random_session()
        won = done and score == 1.0
        info["available_actions"] = self._session.available()
        info["task_score"] = score
        info["won"] = won
        return observation, WIN_REWARD if won else 0.0, done, info

    def _start_random_session(self) -> None:
        name = "".join(self._rng.choices(string.ascii_lowercase, k=10))
        goal = self._table.goals[self._table.draw(self._rng)]
        self._session = Session(self._shop, goal, name, self._rng)


class VerlAgentWebShop:
    """A batch of workers with prompts and memory: verl-agent's WebShop environment manager.

    Args:
        catalogue: The shop's catalogue.
        config: Sizes, seeds and history.

    Attributes:
        history_length: Earlier turns that a prompt shows; may be changed between episodes.
        goal_indices: Position of each worker's goal in its own list.
        tasks: Instruction text of each worker's goal.
    """

    def __init__(self, catalogue: Catalogue, config: VerlAgentConfig | None = None) -> None:
        self.config = config or VerlAgentConfig()
        self.history_length = self.config.history_length
        self._rng = np.random.RandomState(self.config.seed)  # the original uses this type
        products = [catalogue.product(index) for index in range(len(catalogue))]
        human = catalogue.human_instructions if self.config.human_goals else None
        self._workers: list[VerlAgentWorker] = []
        for group in range(self.config.num_groups):
            seed = self.config.seed + group
            table = exact_goal_table(products, human, seed, shuffle_seed=seed)
            shop = Shop(catalogue, table.prices.__getitem__)
            self._workers += [VerlAgentWorker(shop, table) for _ in range(self.config.group_size)]
            if group == 0:
                self._pool = self._goal_pool(len(table.goals))
        self.goal_indices: list[int] = []
        self.tasks: list[str] = []
        self._turns: list[list[tuple[str, str]]] = []
        self._observations: list[str] = []

    def _goal_pool(self, num_goals: int) -> range:
        """Return the positions of this batch's goals in every worker's list."""
        cut = self.config.num_test_goals
        pool = range(cut, num_goals) if self.config.training else range(min(cut, num_goals))
        if len(pool) < self.config.num_groups:
            raise ValueError(
                f"{self.config.num_groups} different goals are wanted, but this catalogue leaves "
                f"{len(pool)} of its {num_goals} goals; lower num_groups or num_test_goals."
            )
        return pool

    def reset(
        self, goal_indices: Sequence[int] | None = None
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Start a goal in every worker.

        Args:
            goal_indices: Position for each worker; drawn as in the original if None.

        Returns:
            Observations (``text``: prompts, ``image``: None, ``anchor``: pages) and infos.
        """
        if goal_indices is None:
            drawn = self._rng.choice(self._pool, size=self.config.num_groups, replace=False)
            goal_indices = np.repeat(drawn, self.config.group_size).tolist()
        if len(goal_indices) != len(self._workers):
            raise ValueError(
                f"goal_indices needs one position for each of the {len(self._workers)} workers; "
                f"got {len(goal_indices)}."
            )
        self.goal_indices = list(goal_indices)
        started = [
            worker.reset(index) for worker, index in zip(self._workers, goal_indices, strict=True)
        ]
        self.tasks = [task_of(page) for page, _ in started]
        self._turns = [[] for _ in self._workers]
        infos = [info for _, info in started]
        return self._observe([page for page, _ in started], infos), infos

    def step(
        self, replies: Sequence[str]
    ) -> tuple[dict[str, Any], NDArray[np.float64], NDArray[np.bool_], list[dict[str, Any]]]:
        """Send one reply of the agent to each worker.

        Returns:
            Observations as in `reset`, rewards ``[workers]``, dones ``[workers]``, infos. After its
            purchase, a worker returns values of a random session: mask them out.
        """
        check_replies(replies, len(self._workers), started=bool(self._turns))
        parsed = [project_webshop(reply) for reply in replies]
        results = [
            worker.step(action.action) for worker, action in zip(self._workers, parsed, strict=True)
        ]
        for worker, action in enumerate(parsed):
            self._turns[worker].append((self._observations[worker], action.action))
        infos = [info for _, _, _, info in results]
        for info, action in zip(infos, parsed, strict=True):
            info["is_action_valid"] = int(action.format_ok)
            info["is_response_format_valid"] = int(action.format_ok)
        observations = self._observe([page for page, _, _, _ in results], infos)
        rewards = np.array([reward for _, reward, _, _ in results], dtype=np.float64)
        dones = np.array([done for _, _, done, _ in results], dtype=np.bool_)
        return observations, rewards, dones, infos

    def _observe(self, pages: Sequence[str], infos: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        self._observations = [
            format_observation(page, task) for page, task in zip(pages, self.tasks, strict=True)
        ]
        prompts = []
        for worker, observation in enumerate(self._observations):
            available = infos[worker]["available_actions"]
            prompts.append(
                build_prompt(
                    self.tasks[worker],
                    observation,
                    format_actions(action_names(available)),
                    turns=self._turns[worker],
                    history_length=self.history_length,
                )
            )
        return {"text": prompts, "image": None, "anchor": list(self._observations)}


def success_metrics(
    infos: Sequence[Sequence[Mapping[str, Any]]], active: Sequence[Sequence[bool]]
) -> dict[str, NDArray[np.float64]]:
    """Score episodes as verl-agent does: by the last active step of each.

    Args:
        infos: infos by worker and step, ``[workers][steps]``.
        active: whether the worker was unfinished before that step, ``[workers][steps]``.

    Returns:
        ``success_rate`` and ``webshop_task_score``, each ``[workers]``; a worker that never
        bought has 0 in both.
    """
    last = list(last_active(infos, active))
    return {
        "success_rate": np.array([float(info["won"]) for info in last]),
        "webshop_task_score": np.array([float(info["task_score"]) for info in last]),
    }


__all__ = [
    "VerlAgentConfig",
    "VerlAgentWebShop",
    "VerlAgentWorker",
    "success_metrics",
    "training_preset",
    "validation_preset",
]
