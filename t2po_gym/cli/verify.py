"""``t2po-gym verify``: play recorded episodes again and compare every turn."""

import argparse
import os
from pathlib import Path

from rich.console import Console
from rich.progress import track

from t2po_gym.cli.parts import import_part
from t2po_gym.cli.players import add_import, import_named
from t2po_gym.cli.tables import table_of
from t2po_gym.core.many.trace import TRACE_NAMES, read_traces, replay
from t2po_gym.evaluation.journal import read_plan
from t2po_gym.evaluation.replay import replay_run
from t2po_gym.evaluation.summary import figures_of, summarise
from t2po_gym.watch.sources.stage import Stage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument(
        "run",
        type=Path,
        help="folder of t2po-gym eval or of a submission, or a file of traces (.jsonl, .jsonl.gz)",
    )
    parser.add_argument(
        "--no-replay", action="store_true", help="of a submission, check files and format only"
    )
    add_import(parser)


def verify_traces(path: Path, console: Console) -> int:
    """Replay a file of traces, such as people's episodes that `play` and `serve` recorded.

    Raises:
        ValueError: If it is no file of traces or an empty one, or at the first turn that differs.
    """
    if not path.name.endswith(TRACE_NAMES):
        raise ValueError(f"{path} is no file of traces: their names end in .jsonl or .jsonl.gz.")
    traces = list(read_traces(path))
    if not traces:
        raise ValueError(f"{path} holds no episodes.")
    with Stage() as stage:
        for trace in track(traces, "Replaying", console=console):
            replay(trace, stage.env(trace.env_id, trace.env_kwargs))
    solved = sum(trace.success for trace in traces)
    console.print(f"{len(traces)} episodes replay as recorded, {solved} of them solved.")
    return 0


def run(arguments: argparse.Namespace) -> int:
    """Replay a run and print its results, counted anew."""
    console = Console(highlight=False, markup=False)
    if os.path.lexists(arguments.run / "submission.json"):
        verify = import_part("leaderboards.commands.verify").verify
        return int(verify(arguments.run, console, replay=not arguments.no_replay))
    if arguments.no_replay:
        raise ValueError(f"{arguments.run} is no submission: it has no submission.json.")
    import_named(arguments)
    if arguments.run.is_file():
        return verify_traces(arguments.run, console)
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
