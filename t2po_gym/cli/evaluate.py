"""``t2po-gym eval``: play a policy on a panel, keep every episode, and print what came out."""

import argparse
import threading
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from t2po_gym.cli.plans import find_track, plan_of
from t2po_gym.cli.players import find_own_modules, policy_of
from t2po_gym.cli.settings import add_settings
from t2po_gym.cli.tables import cost, table_of
from t2po_gym.evaluation.journal import Journal, open_journal, read_episodes
from t2po_gym.evaluation.origin import keep_origin
from t2po_gym.evaluation.parsers import PARSERS
from t2po_gym.evaluation.policies import BUILT_IN, BatchPolicy, Policy
from t2po_gym.evaluation.runner import run_plan
from t2po_gym.evaluation.summary import figures_of, summarise

BATCH = 64
"""Episodes that a model on this machine plays at once."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument("env_id", nargs="?", help="for example t2po/WebShop-v0")
    parser.add_argument(
        "--track", metavar="NAME", help="track of the leaderboard, in place of an environment"
    )
    parser.add_argument("--base", default="", metavar="COMMIT", help="of a fresh track")
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
    model.add_argument(
        "--temperature", type=float, metavar="T", default=0.0, help="0 is greedy (default)"
    )
    model.add_argument(
        "--max-tokens",
        type=int,
        metavar="N",
        default=0,
        help="longest reply (default: as trained; 512 at an endpoint)",
    )
    model.add_argument(
        "--thinking", action="store_true", help="close settled thoughts by TTI, as a run learned to"
    )
    model.add_argument(
        "--chat-template",
        choices=("plain",),
        help="plain: prompts go in as they are (default: through the model's chat template)",
    )
    model.add_argument(
        "--chat-template-kwargs",
        metavar="JSON",
        help="arguments of the chat template, such as '{\"enable_thinking\": false}' for Qwen3",
    )
    chat = parser.add_argument_group("a model behind an OpenAI-compatible endpoint")
    chat.add_argument("--endpoint", metavar="URL", help="base address, such as http://host:8000/v1")
    chat.add_argument(
        "--key-env",
        metavar="NAME",
        default="OPENAI_API_KEY",
        help="environment variable with the key (default OPENAI_API_KEY); it is never written",
    )
    chat.add_argument(
        "--timeout",
        type=float,
        metavar="SECONDS",
        default=120.0,
        help="seconds per answer (default 120)",
    )
    chat.add_argument(
        "--retries",
        type=int,
        metavar="N",
        default=6,
        help="further tries after a passing fault (default 6)",
    )
    chat.add_argument(
        "--prices",
        type=float,
        nargs=2,
        metavar=("IN", "OUT"),
        help="price of a million prompt and reply tokens; the cost is printed",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        required=True,
        help="folder of the run; resumes there",
    )
    parser.add_argument("--split", metavar="NAME", help="split of the tasks (default test)")
    parser.add_argument(
        "--tasks", type=int, metavar="N", help="evenly spaced tasks; 0 for all (default 200)"
    )
    parser.add_argument("--trials", type=int, metavar="N", help="episodes per task (default 1)")
    parser.add_argument(
        "--seed", type=int, metavar="N", default=0, help="seed of the run (default 0)"
    )
    parser.add_argument(
        "--concurrency",
        type=int,
        metavar="N",
        default=0,
        help=f"episodes at once (default 1; {BATCH} for a model on this machine)",
    )
    scaffold = parser.add_argument_group("the scaffold; a model on this machine brings its own")
    scaffold.add_argument(
        "--history", type=int, metavar="N", default=2, help="past turns in a prompt (default 2)"
    )
    scaffold.add_argument(
        "--template",
        metavar="NAME",
        default="plain",
        help="prompt template of the package, or module:attribute (default plain)",
    )
    scaffold.add_argument(
        "--parser",
        choices=sorted(PARSERS),
        default="tagged",
        help="how replies are read (default tagged)",
    )
    add_settings(parser)


def run(arguments: argparse.Namespace) -> int:
    """Play what is missing and print the results."""
    for name, least in (("tasks", 0), ("trials", 1), ("seed", 0), ("concurrency", 0)):
        given = getattr(arguments, name)
        if given is not None and given < least:
            raise ValueError(f"--{name} must be at least {least}; got {given}.")
    if arguments.track is None and arguments.env_id is None:
        raise ValueError("Name what is played: an environment such as t2po/WebShop-v0, or --track.")
    if arguments.track is not None and arguments.env_id is not None:
        raise ValueError("A track names its environment; leave out --track or the environment.")
    find_own_modules()
    console = Console(highlight=False, markup=False)
    track = None if arguments.track is None else find_track(arguments)
    policy = policy_of(arguments, track.env_id if track else arguments.env_id)
    plan = plan_of(arguments, policy, track)
    together = BATCH if isinstance(policy, BatchPolicy) else 1
    with open_journal(arguments.out, plan) as journal:
        keep_origin(arguments.out)
        play(journal, policy, arguments.concurrency or together, console)
    played = map(figures_of, read_episodes(arguments.out))
    rows = summarise(plan.task_ids, plan.trials, played)
    console.print(table_of(rows, plan))
    console.print(f"Mean progress at the end: {rows[0].progress:.3f}")
    if plan.trials > 1:
        console.print(f"pass@{plan.trials}: {rows[0].pass_at_k:.3f}")
        console.print(f"pass^{plan.trials}: {rows[0].pass_hat_k:.3f}")
    if arguments.prices is not None:
        console.print(cost(read_episodes(arguments.out), *arguments.prices))
    console.print(f"{len(journal.done)} episodes in {arguments.out}")
    return 0


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
