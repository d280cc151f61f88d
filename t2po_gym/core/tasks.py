"""Public information about tasks: their text, their kind, and the list of a split.

Nothing here is hidden: the agent reads the text of a task anyway, and the list contains no answer,
product or place.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import index as as_index
from typing import Any, ClassVar, overload

import numpy as np

__all__ = ["Described", "TaskInfo", "TaskList", "one_line"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskInfo:
    """One task of a split, without hidden information.

    Example: ``TaskInfo(id="webshop:fixed:8f03265b:0:000563", type="beauty/easy",
    difficulty="easy")``
    """

    id: str
    """Public name; pass it to ``reset(options={"task_id": ...})``."""

    type: str
    """Kind of task, as in ``info["task_type"]``; results are reported by kind."""

    difficulty: str
    """Difficulty class; empty if the environment has none."""


class Described:
    """The part of `TextEnv` that describes tasks and finds the one that `reset` is asked for."""

    split: str

    ACTION_FORMAT: ClassVar[str] = ""
    """What actions look like, with an example of each form: ``info["action_format"]``."""

    _task_words: str = ""

    @property
    def instruction(self) -> str:
        """What is to be done in the current episode, as in ``info["task"]``."""
        return self._task_words

    @abstractmethod
    def num_tasks(self) -> int:
        """Return the number of tasks in the chosen split."""

    @abstractmethod
    def task_id(self, index: int) -> str:
        """Return the public, stable name of the task at ``index`` of the split."""

    @abstractmethod
    def task_index(self, task_id: str) -> int:
        """Return the index of the named task in the split; ValueError if there is none."""

    def _task_text(self, first_observation: str) -> str:
        """Return what the agent must do, in words that it is shown; `_begin` has run.

        By default this is the whole first observation.
        """
        return first_observation

    def _task_type(self, index: int) -> str:
        """Return the kind of the task at ``index``, a short stable name; empty if only one kind."""
        return ""

    def _task_difficulty(self, index: int) -> str:
        """Return the difficulty class of the task at ``index``; empty if there are none."""
        return ""

    def task(self, index: int) -> TaskInfo:
        """Describe the task at ``index`` of the split without starting it.

        Raises:
            IndexError: If the split has no such task.
        """
        if not 0 <= index < self.num_tasks():
            raise IndexError(f"There is no task {index}; the split has {self.num_tasks()}.")
        return TaskInfo(
            id=self.task_id(index),
            type=self._task_type(index),
            difficulty=self._task_difficulty(index),
        )

    def tasks(self) -> TaskList:
        """Return the tasks of the split as a lazy list."""
        return TaskList(self)

    def _chosen_task(self, options: Mapping[str, Any] | None) -> int | None:
        """Return the index that the reset options name; None if the seed should draw one."""
        if not options:
            return None
        unknown = sorted(set(options) - {"task_id", "task_index"}, key=str)
        if unknown:
            raise ValueError(
                f"Unknown reset option {unknown[0]!r}; known are 'task_id' and 'task_index'."
            )
        if len(options) == 2:
            raise ValueError("Pass either 'task_id' or 'task_index' as a reset option, not both.")
        if "task_id" in options:
            if not isinstance(options["task_id"], str):
                raise ValueError(f"task_id must be a string; got {options['task_id']!r}.")
            return self.task_index(options["task_id"])
        return self._checked_index(options["task_index"])

    def _checked_index(self, value: Any) -> int:
        count = self.num_tasks()
        if isinstance(value, (bool, np.bool_)) or not hasattr(value, "__index__"):
            raise ValueError(f"task_index must be an integer; got {value!r}.")
        index = as_index(value)
        if not 0 <= index < count:
            raise ValueError(
                f"task_index must be from 0 to {count - 1} in split {self.split!r}; got {index}."
            )
        return index


def one_line(text: str) -> str:
    """Replace every run of whitespace with a single space."""
    plain = text.isprintable() and "  " not in text and text == text.strip()
    return text if plain and text.isascii() else " ".join(text.split())


class TaskList(Sequence[TaskInfo]):
    """The tasks of a split as a lazy sequence, so that a split may have millions."""

    def __init__(self, env: Described) -> None:
        self._env = env

    def __len__(self) -> int:
        return self._env.num_tasks()

    @overload
    def __getitem__(self, index: int) -> TaskInfo: ...

    @overload
    def __getitem__(self, index: slice) -> list[TaskInfo]: ...

    def __getitem__(self, index: int | slice) -> TaskInfo | list[TaskInfo]:
        if isinstance(index, slice):
            return [self._env.task(place) for place in range(len(self))[index]]
        return self._env.task(index + len(self) if index < 0 else index)
