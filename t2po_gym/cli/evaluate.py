"""``t2po-gym eval``: play a policy on a panel, keep every episode, and print what came out."""

import argparse
import os
import sys
import threading
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from t2po_gym.cli.settings import add_settings, parse_setting
from t2po_gym.evaluation.journal import Journal, open_journal, read_episodes
from t2po_gym.evaluation.parsers import PARSERS
from t2po_gym.evaluation.policies import BUILT_IN, BatchPolicy, Policy, find_policy
from t2po_gym.evaluation.records import EpisodeRecord, Plan, PromptSettings
from t2po_gym.evaluation.runner import make_plan, run_plan
from t2po_gym.evaluation.summary import Summary, summarise

BATCH = 64
"""Episodes that a model on this machine plays at once."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument("env_id", help="for example t2po/WebShop-v0")
    parser.add_argument(
        "--policy",
        help=f"{', '.join(BUILT_IN)}, or module:factory of your own: a factory returns a function "
        "from the prompt, or from (observation, info), to the reply",
    )
    model = parser.add_argument_group("a model, on this machine (extra train) or behind --endpoint")
    model.add_argument(
        "--model",
        metavar="NAME",
        default="",
        help="run folder, checkpoint, builtin:NAME or model of the hub; its name at the endpoint",
    )
    model.add_argument("--temperature", type=float, default=0.0, help="0 is greedy (default)")
    model.add_argument(
        "--max-tokens",
        type=int,
        default=0,
        help="longest reply (default: as trained; 512 at an endpoint)",
    )
    model.add_argument(
        "--thinking", action="store_true", help="close settled thoughts by TTI, as a run learned to"
    )
    chat = parser.add_argument_group("a model behind an OpenAI-compatible endpoint")
    chat.add_argument("--endpoint", metavar="URL", help="base address, such as http://host:8000/v1")
    chat.add_argument(
        "--key-env",
        default="OPENAI_API_KEY",
        help="environment variable with the key (default OPENAI_API_KEY); it is never written",
    )
    chat.add_argument("--timeout", type=float, default=120.0, help="seconds per answer")
    chat.add_argument("--retries", type=int, default=6, help="further tries after a passing fault")
    chat.add_argument(
        "--prices",
        type=float,
        nargs=2,
        metavar=("IN", "OUT"),
        help="price of a million prompt and reply tokens; the cost is printed",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; resumes there")
    parser.add_argument("--split", default="test", help="split of the tasks (default test)")
    parser.add_argument(
        "--tasks", type=int, default=200, help="evenly spaced tasks; 0 for all (default 200)"
    )
    parser.add_argument("--trials", type=int, default=1, help="episodes per task (default 1)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the run (default 0)")
    parser.add_argument(
        "--concurrency",
        type=int,
        default=0,
        help=f"episodes at once (default 1; {BATCH} for a model on this machine)",
    )
    scaffold = parser.add_argument_group("the scaffold; a model on this machine brings its own")
    scaffold.add_argument("--history", type=int, default=2, help="past turns in a prompt (2)")
    scaffold.add_argument("--template", default="default", help="prompt template, module:attribute")
    scaffold.add_argument("--parser", choices=sorted(PARSERS), default="tagged", help="of replies")
    add_settings(parser)


def run(arguments: argparse.Namespace) -> int:
    """Play what is missing and print the results."""
    for name, least in (("tasks", 0), ("trials", 1), ("seed", 0), ("concurrency", 0)):
        if getattr(arguments, name) < least:
            raise ValueError(f"--{name} must be at least {least}; got {getattr(arguments, name)}.")
    console = Console(highlight=False)
    policy = policy_of(arguments)
    brought = dict(getattr(policy, "env_kwargs", {}))
    settings = dict(map(parse_setting, arguments.settings))
    plan = make_plan(
        arguments.env_id,
        {"split": arguments.split, **brought, **settings},
        policy,
        tasks=arguments.tasks,
        trials=arguments.trials,
        seed=arguments.seed,
        prompt=PromptSettings(
            template=arguments.template,
            history=arguments.history,
            parser=getattr(policy, "parser", arguments.parser),
        ),
    )
    together = BATCH if isinstance(policy, BatchPolicy) else 1
    with open_journal(arguments.out, plan) as journal:
        play(journal, policy, arguments.concurrency or together, console)
    rows = summarise(plan, read_episodes(arguments.out))
    console.print(table_of(rows, plan))
    console.print(f"Mean progress at the end: {rows[0].progress:.3f}")
    if plan.trials > 1:
        console.print(f"pass@{plan.trials}: {rows[0].pass_at_k:.3f}")
        console.print(f"pass^{plan.trials}: {rows[0].pass_hat_k:.3f}")
    if arguments.prices is not None:
        console.print(cost(read_episodes(arguments.out), *arguments.prices))
    console.print(f"{len(journal.done)} episodes in {arguments.out}")
    return 0


def policy_of(arguments: argparse.Namespace) -> Policy | BatchPolicy:
    """Return who plays.

    Raises:
        ValueError: If none or more than one is named, or it cannot be used.
    """
    named = (arguments.policy, arguments.endpoint or arguments.model or None)
    if sum(name is not None for name in named) != 1:
        raise ValueError(
            "Name who plays: --policy NAME, --model NAME, or --endpoint URL --model NAME."
        )
    if arguments.policy is not None:
        if "" not in sys.path and os.getcwd() not in sys.path:
            sys.path.insert(0, os.getcwd())  # as `python -m` does: modules of this folder are found
        return find_policy(arguments.policy)
    if arguments.endpoint is None:
        return local_policy(arguments)
    if arguments.thinking:
        raise ValueError("--thinking needs a model on this machine: TTI reads its uncertainty.")
    from t2po_gym.evaluation.endpoint import ChatSettings, EndpointPolicy  # needs the extra `eval`

    return EndpointPolicy(
        ChatSettings(
            url=arguments.endpoint,
            model=arguments.model,
            key=os.environ.get(arguments.key_env, ""),
            temperature=arguments.temperature,
            max_tokens=arguments.max_tokens or 512,
            timeout_s=arguments.timeout,
            retries=arguments.retries,
        )
    )


def local_policy(arguments: argparse.Namespace) -> BatchPolicy:
    """Return a model on this machine. The package knows the trainers by this name only.

    Raises:
        ValueError: If torch is missing, or the model cannot play this environment.
    """
    try:
        kind = import_module("baselines.local_policy").LocalPolicy
    except ModuleNotFoundError as error:
        raise ValueError(
            f"--model needs the extra `train` ({error}): pip install 't2po-gym[train]'"
        ) from error
    policy: BatchPolicy = kind(
        arguments.model,
        arguments.env_id,
        temperature=arguments.temperature,
        max_tokens=arguments.max_tokens,
        thinking=arguments.thinking,
    )
    return policy


def cost(episodes: Iterable[EpisodeRecord], price_in: float, price_out: float) -> str:
    """Return what the tokens of a run cost, as a sentence."""
    turns = [turn for episode in episodes for turn in episode.turns]
    read = sum(turn.prompt_tokens or 0 for turn in turns)
    written = sum((turn.reply_tokens or 0) + turn.rejected_tokens for turn in turns)
    unknown = sum(turn.prompt_tokens is None or turn.reply_tokens is None for turn in turns)
    total = (read * price_in + written * price_out) / 1e6
    left = f"; {unknown} of {len(turns)} turns came without counts" if unknown else ""
    return f"Cost: {total:.4f} for {read:,} prompt and {written:,} reply tokens{left}."


def play(
    journal: Journal, policy: Policy | BatchPolicy, concurrency: int, console: Console
) -> None:
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
