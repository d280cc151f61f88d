"""The smallest environment there is, for tests of the base class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from t2po_gym import Outcome, Progress, TextEnv


class CountEnv(TextEnv):
    """Say ``up`` ``GOAL`` times. ``echo[...]`` shows its argument and changes nothing."""

    PROGRESS_VERSION = "count-1"
    MILESTONES = ("halfway", "done")
    MAX_OBSERVATION_CHARS = 1_000
    GOAL = 4

    def __init__(
        self,
        split: str = "train",
        max_turns: int = 10,
        progress: bool = True,
        prefix: str = "",
        render_mode: str | None = None,
    ) -> None:
        super().__init__(
            split=split, max_turns=max_turns, progress=progress, render_mode=render_mode
        )
        self.prefix = prefix

    def num_tasks(self) -> int:
        return 5

    def task_id(self, index: int) -> str:
        return f"count:{self.split}:{index}"

    def task_index(self, task_id: str) -> int:
        names = [self.task_id(i) for i in range(self.num_tasks())]
        if task_id not in names:
            raise ValueError(f"There is no task {task_id!r} in split {self.split!r}.")
        return names.index(task_id)

    def _begin(self, index: int, rng: np.random.Generator) -> str:
        self.count = 0
        return f"{self.prefix}Task {index}, lucky number {int(rng.integers(1000))}."

    def _task_text(self, first_observation: str) -> str:
        return f"Task {self._task}"

    def _act(self, action: str) -> Outcome:
        if action.startswith("echo[") and action.endswith("]"):
            return Outcome(action[5:-1], 0.0, False, True)
        if action == "dice":
            return Outcome(f"You roll {int(self._rng.integers(10**6))}.", 0.0, False, True)
        if action != "up":
            return Outcome("Nothing happens.", 0.0, False, False)
        self.count += 1
        done = self.count >= self.GOAL
        return Outcome(f"{self.prefix}Count {self.count}.", float(done), done, True)

    def _progress(self) -> Progress:
        value = self.count / self.GOAL
        return Progress(value, {"halfway": float(value >= 0.5), "done": float(value == 1.0)})

    def _score(self) -> float:
        return float(self.count >= self.GOAL)

    def _success(self) -> bool:
        return self.count >= self.GOAL

    def _admissible_actions(self) -> tuple[str, ...]:
        return ("up", "dice", "echo[<text>]")

    def _save(self) -> dict[str, Any]:
        return {"count": self.count}

    def _load(self, state: Mapping[str, Any]) -> None:
        self.count = state["count"]

    def _identity(self) -> Mapping[str, Any]:
        return {"prefix": self.prefix}
