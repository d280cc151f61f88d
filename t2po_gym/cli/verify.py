"""``t2po-gym verify``: play the recorded episodes of a run again and compare every turn."""

import argparse
from pathlib import Path

from rich.console import Console
from rich.progress import track

from t2po_gym.cli.evaluate import table_of
from t2po_gym.evaluation.journal import read_plan
from t2po_gym.evaluation.replay import replay_run
from t2po_gym.evaluation.summary import summarise


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument("run", type=Path, help="folder that t2po-gym eval has written")


def run(arguments: argparse.Namespace) -> int:
    """Replay a run and print its results, counted anew."""
    console = Console(highlight=False)
    plan = read_plan(arguments.run)
    total = len(plan.task_ids) * plan.trials
    replayed = replay_run(arguments.run)
    episodes = list(track(replayed, "Replaying", total=total, console=console))
    console.print(table_of(summarise(plan, episodes), plan))
    missing = total - len(episodes)
    left = f" {missing} of {total} are missing and count as failed." if missing else ""
    console.print(f"{len(episodes)} episodes replay as recorded.{left}")
    return 0
