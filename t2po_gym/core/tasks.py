"""What an environment says of its tasks: in words, by kind, and as a list of a split.

Nothing here is hidden information: the text of a task is what the agent reads anyway, and a record
of the list holds no answer, product or place.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, overload

__all__ = ["Described", "TaskInfo", "TaskList", "one_line"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskInfo:
    """One task of a split, without anything hidden.

    Example: ``TaskInfo(id="webshop:fixed:8f03265b:0:000563", type="beauty/easy",
    difficulty="easy")``
    """

    id: str
    """Public name; give it back as ``reset(options={"task_id": ...})``."""

    type: str
    """Kind of task, as in ``info["task_type"]``: results are reported by it."""

    difficulty: str
    """Difficulty class; empty where the environment has none."""


class Described:
    """The part of `TextEnv` that describes tasks."""

    ACTION_FORMAT: ClassVar[str] = ""
    """What actions look like, with an example of each form: ``info["action_format"]``."""

    _task_words: str

    @property
    def instruction(self) -> str:
        """What is to be done in the current episode, as in ``info["task"]``."""
        return self._task_words

    @abstractmethod
    def num_tasks(self) -> int:
        """Number of tasks in the chosen split."""

    @abstractmethod
    def task_id(self, index: int) -> str:
        """Public, stable name of the task at ``index`` of the split."""

    def _task_text(self, first_observation: str) -> str:
        """What the agent is to do, in words that the agent is shown; `_begin` has run.

        Unless overridden, the whole first observation.
        """
        return first_observation

    def _task_type(self, index: int) -> str:
        """Kind of the task at ``index``, a short stable name; empty where there is but one kind."""
        return ""

    def _task_difficulty(self, index: int) -> str:
        """Difficulty class of the task at ``index``; empty where there are none."""
        return ""

    def task(self, index: int) -> TaskInfo:
        """Describe the task at ``index`` of the split, without starting it.

        Raises:
            IndexError: The split has no such task.
        """
        if not 0 <= index < self.num_tasks():
            raise IndexError(f"There is no task {index}; the split has {self.num_tasks()}.")
        return TaskInfo(
            id=self.task_id(index),
            type=self._task_type(index),
            difficulty=self._task_difficulty(index),
        )

    def tasks(self) -> TaskList:
        """List the tasks of the split. Records are made when they are asked for."""
        return TaskList(self)


def one_line(text: str) -> str:
    """Return a text with single blanks for all its white space."""
    plain = text.isprintable() and "  " not in text and text == text.strip()
    return text if plain and text.isascii() else " ".join(text.split())


class TaskList(Sequence[TaskInfo]):
    """The tasks of a split as a sequence; holds nothing, so that a split may have millions."""

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
