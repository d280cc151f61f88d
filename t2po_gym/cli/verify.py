"""``t2po-gym verify``: play the recorded episodes of a run again and compare every turn."""

import argparse
import os
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.progress import track

from t2po_gym.cli.players import find_own_modules
from t2po_gym.cli.tables import table_of
from t2po_gym.evaluation.journal import read_plan
from t2po_gym.evaluation.replay import replay_run
from t2po_gym.evaluation.summary import figures_of, summarise


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument("run", type=Path, help="folder of t2po-gym eval, or of a submission")
    parser.add_argument(
        "--no-replay", action="store_true", help="of a submission, check files and format only"
    )
    parser.add_argument(
        "--import",
        dest="module",
        metavar="MODULE",
        help="of a run, a module of yours with the environment it was played in",
    )


def import_own(module: str) -> None:
    """Import a module that the reader named, from the current folder too.

    Raises:
        ValueError: If there is none, or it cannot be imported.
    """
    find_own_modules()
    try:
        import_module(module)
    except ImportError as error:
        raise ValueError(f"--import {module}: {error}.") from error


def run(arguments: argparse.Namespace) -> int:
    """Replay a run and print its results, counted anew."""
    console = Console(highlight=False, markup=False)
    if os.path.lexists(arguments.run / "submission.json"):
        verify = import_module("leaderboards.commands.verify").verify
        return int(verify(arguments.run, console, replay=not arguments.no_replay))
    if arguments.no_replay:
        raise ValueError(f"{arguments.run} is no submission: it has no submission.json.")
    if arguments.module is not None:
        import_own(arguments.module)
    plan = read_plan(arguments.run)
    total = len(plan.task_ids) * plan.trials
    replayed = replay_run(arguments.run)
    shown = track(replayed, "Replaying", total=total, console=console)
    episodes = [figures_of(episode) for episode in shown]
    console.print(table_of(summarise(plan.task_ids, plan.trials, episodes), plan))
    missing = total - len(episodes)
    left = f" {missing} of {total} are missing and count as failed." if missing else ""
    console.print(f"{len(episodes)} episodes replay as recorded.{left}")
    return 0
