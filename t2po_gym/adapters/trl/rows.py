"""The tasks of a split as rows: what ``reset`` gets, and the prompt before the first page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from t2po_gym.adapters.trl.toolbox import Toolbox
from t2po_gym.evaluation.environment import panel

__all__ = ["task_dataset", "task_rows"]


def task_rows(
    factory: Callable[[], Toolbox], count: int, *, seed: int = 0, environment: str = ""
) -> list[dict[str, Any]]:
    """Return rows of `count` evenly spaced tasks of the split that a factory's environments play.

    Args:
        factory: what ``environment_factory`` gets.
        count: how many tasks; all of them where the split has fewer.
        seed: every row's environment seed; members of a group share a row, and so a first state.
        environment: name of the factory where a dictionary of several is given to TRL.

    Returns:
        Rows with ``prompt`` (chat messages), ``task_id`` and ``env_seed``.
    """
    toolbox = factory()
    env = toolbox.env
    named = {"environment": environment} if environment else {}
    return [
        {
            **named,
            "prompt": [{"role": "user", "content": toolbox.GOAL}],
            "task_id": env.task_id(index),
            "env_seed": seed,
        }
        for index in panel(env.num_tasks(), count)
    ]


def task_dataset(factory: Callable[[], Toolbox], count: int, *, seed: int = 0) -> Any:
    """Return `task_rows` as a ``datasets.Dataset``.

    Raises:
        ImportError: If ``datasets`` is not installed; it comes with the extra ``trl``.
    """
    try:
        from datasets import Dataset
    except ModuleNotFoundError as error:
        raise ImportError(
            "A dataset of tasks needs the extra `trl`: pip install 't2po-gym[trl]'."
        ) from error
    return Dataset.from_list(task_rows(factory, count, seed=seed))
