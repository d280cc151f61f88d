"""``t2po-gym eval``: play a policy on a panel, keep every episode, and print what came out."""

import argparse
import threading
from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from t2po_gym.cli.play import parse_setting
from t2po_gym.evaluation.journal import Journal, read_episodes
from t2po_gym.evaluation.player import PARSERS
from t2po_gym.evaluation.policies import BUILT_IN, Policy, find_policy
from t2po_gym.evaluation.records import Plan, PromptSettings
from t2po_gym.evaluation.runner import make_plan, run_plan
from t2po_gym.evaluation.summary import Summary, summarise


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument("env_id", help="for example t2po/WebShop-v0")
    parser.add_argument(
        "--policy",
        required=True,
        help=f"{', '.join(BUILT_IN)}, or module:factory of your own: a factory returns a function "
        "from the prompt, or from (observation, info), to the reply",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; resumes there")
    parser.add_argument("--split", default="test", help="split of the tasks (default test)")
    parser.add_argument(
        "--tasks", type=int, default=200, help="evenly spaced tasks; 0 for all (default 200)"
    )
    parser.add_argument("--trials", type=int, default=1, help="episodes per task (default 1)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the run (default 0)")
    parser.add_argument("--concurrency", type=int, default=1, help="episodes at once (default 1)")
    parser.add_argument("--history", type=int, default=2, help="past turns in a prompt (default 2)")
    parser.add_argument("--template", default="default", help="prompt template, module:attribute")
    parser.add_argument("--parser", choices=sorted(PARSERS), default="tagged", help="of replies")
    parser.add_argument(
        "--set",
        dest="settings",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="argument of the environment, such as max_turns=30 (repeatable)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Play what is missing and print the results."""
    for name, least in (("tasks", 0), ("trials", 1), ("seed", 0), ("concurrency", 1)):
        if getattr(arguments, name) < least:
            raise ValueError(f"--{name} must be at least {least}; got {getattr(arguments, name)}.")
    console = Console(highlight=False)
    policy = find_policy(arguments.policy)
    kwargs = {"split": arguments.split, **dict(map(parse_setting, arguments.settings))}
    plan = make_plan(
        arguments.env_id,
        kwargs,
        policy,
        tasks=arguments.tasks,
        trials=arguments.trials,
        seed=arguments.seed,
        prompt=PromptSettings(
            template=arguments.template, history=arguments.history, parser=arguments.parser
        ),
    )
    journal = Journal(arguments.out, plan)
    play(journal, policy, arguments.concurrency, console)
    rows = summarise(plan, read_episodes(arguments.out))
    console.print(table_of(rows, plan))
    console.print(f"Mean progress at the end: {rows[0].progress:.3f}")
    if plan.trials > 1:
        console.print(f"pass@{plan.trials}: {rows[0].pass_at_k:.3f}")
        console.print(f"pass^{plan.trials}: {rows[0].pass_hat_k:.3f}")
    console.print(f"{len(journal.done)} episodes in {arguments.out}")
    return 0


def play(journal: Journal, policy: Policy, concurrency: int, console: Console) -> None:
    """Play with a progress bar."""
    columns = (TextColumn("Episodes"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    lock = threading.Lock()
    with Progress(*columns, console=console) as bar:
        total = len(journal.plan.task_ids) * journal.plan.trials
        job = bar.add_task("", total=total, completed=len(journal.done))

        def told(_: object) -> None:
            with lock:
                bar.advance(job)

        run_plan(journal, policy, concurrency=concurrency, on_episode=told)


def table_of(rows: Sequence[Summary], plan: Plan) -> Table:
    """Return the results as a table."""
    name = plan.policy.get("name", "")
    title = f"{name} on {plan.env_id}, {plan.env_kwargs.get('split', '')}"
    table = Table(title=title, box=SIMPLE, padding=(0, 1))
    table.add_column("type", overflow="fold")
    counted = any(row.tokens is not None for row in rows)
    for column in ("tasks", "success (95 %)", "score", "turns", "invalid", *["tokens"] * counted):
        table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        cells = [
            row.kind,
            str(row.tasks),
            f"{100 * row.success:.1f} % ({100 * row.success_low:.0f}-{100 * row.success_high:.0f})",
            f"{row.score:.3f}",
            f"{row.turns:.2f}",
            f"{100 * row.invalid:.1f} %",
        ]
        tokens = "" if row.tokens is None else f"{row.tokens:.0f}"
        table.add_row(*cells, *[tokens] * counted)
    return table
