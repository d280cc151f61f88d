"""Which goals of a split are played: the original's ``filter_goals`` and ``limit_goals``.

The goals of a split are filtered first and limited then, as in the original, which has one list in
place of splits: ``split="all"`` is that list. A goal keeps its name, whatever is selected with it.

A filter is a mapping, which can be written into a file, or a function. The keys of a mapping:

==============  ====================================================================================
``asin``        the goal's product is one of these
``category``    its department is one of these
``query``       its search phrase is one of these
``difficulty``  the goal's difficulty class is one of these (synthetic goals of the fixed rules)
``attributes``  the goal wants all of these
``options``     the goal names all of these option groups (values, if people wrote the goals)
``words``       all of these occur in the instruction
==============  ====================================================================================

A value is one text or several; texts are compared in lower case. All keys must hold.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from t2po_gym.envs.webshop.data.goal_tables import panel_digest
from t2po_gym.envs.webshop.data.goals import Goal, GoalFilter
from t2po_gym.envs.webshop.task_lists import Tasks

__all__ = ["FilterGoals", "Selection", "selected"]

SELECTIONS_KEPT = 32
"""Selections shared by the environments of a process."""

FilterGoals = Mapping[str, str | Sequence[str]] | GoalFilter
"""What ``filter_goals`` may be; a function is called with the task's index and its goal."""

ONE_OF: Mapping[str, Callable[[Goal], str]] = {
    "asin": lambda goal: goal.asin,
    "category": lambda goal: goal.category,
    "query": lambda goal: goal.query,
}
ALL_OF: Mapping[str, Callable[[Goal], Collection[str]]] = {
    "attributes": lambda goal: [text.lower() for text in goal.attributes],
    "options": lambda goal: [text.lower() for text in goal.goal_options],
    "words": lambda goal: goal.instruction_text.lower(),
}
DIFFICULTY = "difficulty"
KEYS = (*ONE_OF, DIFFICULTY, *ALL_OF)


@dataclass(frozen=True, slots=True)
class Selection:
    """A filter and a limit, comparable.

    Example:
        >>> Selection.of({"category": "beauty"}, 100)
        Selection(goals='{"category": ["beauty"]}', limit=100)
    """

    goals: str | GoalFilter | None
    """The filter: a mapping as JSON, or a function; None keeps all."""

    limit: int | None
    """Maximum number of goals; None for all."""

    @classmethod
    def of(cls, filter_goals: FilterGoals | None, limit_goals: int | None) -> Selection | None:
        """Read the arguments of an environment; None if nothing is selected.

        Raises:
            ValueError: If an argument is refused.
        """
        if filter_goals is None and limit_goals is None:
            return None
        _check_limit(limit_goals)
        if isinstance(filter_goals, Mapping):
            return cls(_as_json(filter_goals), limit_goals)
        if filter_goals is None or (callable(filter_goals) and isinstance(filter_goals, Hashable)):
            return cls(filter_goals, limit_goals)
        raise ValueError(
            f"filter_goals must be None, a mapping with the keys {', '.join(KEYS)}, or a hashable "
            f"function of (index, goal); got {filter_goals!r}."
        )


def _check_limit(limit: int | None) -> None:
    whole = isinstance(limit, int) and not isinstance(limit, bool)
    if limit is not None and not (whole and limit >= 1):
        raise ValueError(f"limit_goals must be None or an integer of at least 1; got {limit!r}.")


def _as_json(wishes: Mapping[str, Any]) -> str:
    """Write a filter as JSON: sorted, one list of lower-case texts per key."""
    plain = {}
    for key, value in wishes.items():
        texts = [value] if isinstance(value, str) else value
        listed = isinstance(texts, list | tuple) and all(isinstance(text, str) for text in texts)
        if key not in KEYS or not listed or not texts:
            raise ValueError(
                f"filter_goals maps {', '.join(KEYS)} to a text or a list of texts; "
                f"got {key!r}: {value!r}."
            )
        plain[key] = sorted({text.lower() for text in texts})
    return json.dumps(plain, sort_keys=True)


@lru_cache(maxsize=SELECTIONS_KEPT)
def selected(tasks: Tasks, selection: Selection) -> Tasks:
    """Return the selected tasks, or the given ones if that is all of them.

    Raises:
        ValueError: If no task is left.
    """
    keeps = _test_of(tasks, selection)
    kept: Sequence[int] = [index for index in range(len(tasks)) if keeps(index, tasks.goal(index))]
    if not kept:
        raise ValueError(
            f"filter_goals keeps none of the {len(tasks)} goals of this split; ask for less."
        )
    if selection.limit is not None and selection.limit < len(kept):
        kept = tasks.limited(kept, selection.limit)
    return tasks if len(kept) == len(tasks) else SelectedTasks(tasks, kept)


def _test_of(tasks: Tasks, selection: Selection) -> GoalFilter:
    if selection.goals is None:
        return lambda index, goal: True
    if not isinstance(selection.goals, str):
        return selection.goals
    wishes: dict[str, list[str]] = json.loads(selection.goals)
    if DIFFICULTY in wishes and not tasks.difficulty(0):
        raise ValueError(
            "filter_goals: difficulty grades the synthetic goals of rules='fixed' only; leave it "
            "out with rules='exact' or human_goals=True."
        )
    return partial(_fits, tasks, wishes)


def _fits(tasks: Tasks, wishes: Mapping[str, list[str]], index: int, goal: Goal) -> bool:
    """Return whether a goal fulfils every wish of a mapping."""
    return all(
        value(goal).lower() in wishes[key] for key, value in ONE_OF.items() if key in wishes
    ) and (
        (DIFFICULTY not in wishes or tasks.difficulty(index) in wishes[DIFFICULTY])
        and all(
            wish in values(goal) for key, values in ALL_OF.items() for wish in wishes.get(key, ())
        )
    )


class SelectedTasks(Tasks):
    """Some tasks of a list, in a new order, under their own names.

    Identity is that of the list and a digest of the names that were kept, in order. Two filters
    that keep the same goals are therefore the same environment, however they are written.

    Args:
        tasks: The whole list.
        kept: Indexes of the tasks kept.
    """

    def __init__(self, tasks: Tasks, kept: Sequence[int]) -> None:
        self.shop = tasks.shop
        self.prefix = tasks.prefix
        self._tasks = tasks
        self._kept = kept
        self._place = {index: place for place, index in enumerate(kept)}
        digest = panel_digest(tasks.task_id(index) for index in kept)
        self.identity = {**tasks.identity, "selected": f"{len(kept)}/{digest[:16]}"}

    def __len__(self) -> int:
        return len(self._kept)

    def goal(self, index: int) -> Goal:
        """Return the goal of a task."""
        return self._tasks.goal(self._kept[index])

    def number(self, index: int) -> int:
        """Return the number of a task's goal in the whole catalogue."""
        return self._tasks.number(self._kept[index])

    def difficulty(self, index: int) -> str:
        """Return the difficulty class of a task's goal."""
        return self._tasks.difficulty(self._kept[index])

    def find(self, number: int) -> int | None:
        """Return the task whose goal has this number; None if it was not kept."""
        whole = self._tasks.find(number)
        return None if whole is None else self._place.get(whole)
