"""The flags of `t2po-gym play` that become arguments of the environment or options of the reset."""

import argparse
from typing import Any

from t2po_gym.cli.settings import parse_setting
from t2po_gym.evaluation.environment import known_arguments

__all__ = ["add_flags", "env_arguments", "reset_options"]

FLAGS = {"split": "--split", "difficulty": "--difficulty", "max_turns": "--max-turns"}
"""Argument of an environment -> its flag."""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument(
        "--split", metavar="NAME", help="split of the tasks, such as train, dev or test"
    )
    task = parser.add_mutually_exclusive_group()
    task.add_argument("--task-id", metavar="NAME", help="play this task")
    task.add_argument("--task-index", type=int, metavar="N", help="play this task of the split")
    parser.add_argument(
        "--difficulty", metavar="NAME", help="tasks of this difficulty only, such as easy"
    )
    parser.add_argument("--max-turns", type=int, metavar="N", help="actions until the episode ends")
    parser.add_argument(
        "--seed", type=int, metavar="N", default=0, help="seed of the reset (default 0)"
    )


def env_arguments(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the arguments of the environment, from `--set` and from flags.

    Raises:
        ValueError: If something is given twice, or the environment does not know a flag.
    """
    kwargs = dict(map(parse_setting, arguments.settings))
    flags = {name: getattr(arguments, name) for name in FLAGS}
    flags = {name: value for name, value in flags.items() if value is not None}
    for name in flags:
        if name in kwargs:
            raise ValueError(f"{FLAGS[name]} and --set {name} say the same; leave one of them out.")
    known = known_arguments(arguments.env_id)
    for name in flags:
        if known is not None and name not in known:
            has = ", ".join(FLAGS[each] for each in FLAGS if each in known) or "none of these flags"
            raise ValueError(f"{arguments.env_id} knows no {FLAGS[name]}; it has {has}.")
    return {**kwargs, **flags}


def reset_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options of the reset that the flags choose."""
    names = ("task_id", "task_index")
    chosen = {name: getattr(arguments, name) for name in names}
    return {name: value for name, value in chosen.items() if value is not None}
