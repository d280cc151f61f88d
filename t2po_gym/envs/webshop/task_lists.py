"""Lists of goals with public names, and the original's list.

A task's name consists of rules, catalogue, ``shop_seed`` and the number of its goal in the whole
catalogue, so it refers to the same goal in every process and split.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from copy import deepcopy
from hashlib import sha256
from typing import Any

from t2po_gym.envs.webshop.data.goals import Goal, GoalTable, draw_distinct
from t2po_gym.envs.webshop.data.product import Catalogue
from t2po_gym.envs.webshop.world.shop import Shop

EXACT_SPLITS = {"test": (0, 500), "dev": (500, 1500), "train": (1500, None), "all": (0, None)}
"""Positions of the splits in the original's goal list (docs/originals/webshop.md, section 3)."""

LONGEST_NUMBER = 18
"""Maximum number of digits of a goal number."""


def _contents(catalogue: Catalogue, human: bool) -> str:
    """Return the digest of what the goals are made from; requests count where goals use them."""
    if not human:
        return catalogue.fingerprint
    requests = repr(sorted(catalogue.human_instructions.items())).encode("utf-8", "surrogatepass")
    return sha256(catalogue.fingerprint.encode() + requests).hexdigest()[:16]


class Tasks(ABC):
    """The goals of one split.

    Args:
        shop: The shop they are played in.
        kind: First part of the tasks' names.
        shop_seed: Second part; prices and caps depend on it.
    """

    def __init__(self, shop: Shop, kind: str, shop_seed: int) -> None:
        self.shop = shop
        fingerprint = _contents(shop.catalogue, human="human" in kind)
        self.prefix = f"webshop:{kind}:{fingerprint[:8]}:{shop_seed}:"
        self.identity: Mapping[str, Any] = {
            "catalogue": fingerprint,
            "goals": self.prefix,
            "rules": repr(shop.rules),
        }

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of tasks."""

    @abstractmethod
    def goal(self, index: int) -> Goal:
        """Return the goal of a task; the same object while it is in use."""

    @abstractmethod
    def number(self, index: int) -> int:
        """Return the number of a task's goal in the whole catalogue."""

    @abstractmethod
    def find(self, number: int) -> int | None:
        """Return the task whose goal has this number; None if it is not in this split."""

    def difficulty(self, index: int) -> str:
        """Return the difficulty class of a task's goal; empty if the rules have none."""
        return ""

    def limited(self, indexes: Sequence[int], count: int) -> list[int]:
        """Return ``count`` of these tasks, fewer than there are.

        By default the first ones: the order of tasks is that of a hash, so they are a fair sample,
        and a smaller limit keeps a part of what a larger one keeps.
        """
        return list(indexes[:count])

    def task_id(self, index: int) -> str:
        """Return the public name of a task."""
        return f"{self.prefix}{self.number(index):06d}"

    def task_index(self, task_id: str) -> int:
        """Return the index of a named task.

        Raises:
            ValueError: If it is not a task of this environment.
        """
        digits = task_id.removeprefix(self.prefix)
        if digits == task_id or not (digits.isascii() and digits.isdigit()):
            raise ValueError(
                f"{task_id!r} is no task of this environment, whose tasks are named "
                f"{self.prefix}<number>; rules, catalogue, goals or shop_seed differ."
            )
        index = self.find(int(digits)) if len(digits) <= LONGEST_NUMBER else None
        if index is None or self.task_id(index) != task_id:
            raise ValueError(
                f"{task_id!r} is not in this split; make the environment with its own."
            )
        return index


def _no_goals(count: int, kind: str, split: str) -> str:
    """Say why a split of the original's list has no goals, and what has some."""
    if count == 0 and "human" in kind:
        return (
            "This catalogue has no human goals; human_goals=True needs original files with "
            "items_human_ins.json."
        )
    if count == 0:
        return "This catalogue has no goals under the exact rules; use a larger one."
    there = [f"split={name!r}" for name, (first, _) in EXACT_SPLITS.items() if first < count]
    return (
        f"This catalogue has {count} goals under the exact rules, but its split {split!r} begins "
        f"at position {EXACT_SPLITS[split][0]}; use {' or '.join(there)}."
    )


class ExactTasks(Tasks):
    """The original's goals in its order.

    Raises:
        ValueError: If the list is too short for the split.
    """

    def __init__(self, shop: Shop, table: GoalTable, kind: str, split: str, shop_seed: int) -> None:
        super().__init__(shop, kind, shop_seed)
        first, end = EXACT_SPLITS[split]
        self._range = range(len(table.goals))[first:end]
        self._goals = table.goals
        self._rng = table.rng
        if not self._range:
            raise ValueError(_no_goals(len(table.goals), kind, split))

    def __len__(self) -> int:
        return len(self._range)

    def goal(self, index: int) -> Goal:
        """Return the goal of a task."""
        return self._goals[self._range[index]]

    def number(self, index: int) -> int:
        """Return the position in the original's list: its session name."""
        return self._range[index]

    def find(self, number: int) -> int | None:
        """Return the task at a position of the original's list."""
        return self._range.index(number) if number in self._range else None

    def limited(self, indexes: Sequence[int], count: int) -> list[int]:
        """Draw tasks by weight from the stream that the original goes on to draw from."""
        goals = [self.goal(index) for index in indexes]
        return [indexes[place] for place in draw_distinct(goals, count, deepcopy(self._rng))]
