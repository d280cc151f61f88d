"""``t2po-gym play``: play an environment in the terminal, by hand or from a pipe."""

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.text import Text

import t2po_gym
from t2po_gym.cli.settings import add_settings, parse_setting
from t2po_gym.evaluation.environment import make_env

MAX_LISTED = 40
"""Admissible actions listed per turn."""

LEAVE = ("quit", "exit")
"""Words that end the game."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument("env_id", help=f"for example {t2po_gym.ENV_IDS[-1]}")
    parser.add_argument("--task-id", help="play this task")
    parser.add_argument("--task-index", type=int, help="play this task of the split")
    parser.add_argument("--seed", type=int, default=0, help="seed of the reset (default 0)")
    add_settings(parser)


def run(arguments: argparse.Namespace) -> int:
    """Play one episode until it ends, the player quits, or the input ends."""
    console = Console(highlight=False, soft_wrap=True)
    env = make_env(arguments.env_id, dict(map(parse_setting, arguments.settings)))
    try:
        play(env, console, arguments)
    finally:
        env.close()
    return 0


def play(env: t2po_gym.TextEnv, console: Console, arguments: argparse.Namespace) -> None:
    """Run the loop: show the page, read an action."""
    options: dict[str, Any] = {}
    if arguments.task_id is not None:
        options["task_id"] = arguments.task_id
    if arguments.task_index is not None:
        options["task_index"] = arguments.task_index
    observation, info = env.reset(seed=arguments.seed, options=options or None)
    console.print(Text(f"task {info.get('task_id', '?')}", style="bold"))
    ended = False
    total = 0.0
    show(console, observation, info)
    if sys.stdin.isatty():
        console.print(Text(f"({LEAVE[0]!r} leaves)", style="dim"))
    for action in typed_actions(console):
        observation, reward, terminated, truncated, info = env.step(action)
        total += float(reward)
        show(console, observation, info)
        ended = terminated or truncated
        if ended:
            break
    state = "ended" if ended else "left"
    console.print(
        Text(
            f"{state} after {info.get('turn', '?')} turns: reward {total:g}, "
            f"score {info.get('score', 0.0):g}, "
            f"{'success' if info.get('success') else 'no success'}",
            style="bold",
        )
    )


def show(console: Console, observation: str, info: dict[str, Any]) -> None:
    """Print what the agent sees and what it may do."""
    if not info.get("action_valid", True):
        console.print(Text("(that did nothing)", style="yellow"))
    console.print(Text(observation))
    actions = info.get("admissible_actions", ())
    listed = "  ".join(actions[:MAX_LISTED])
    rest = f"  ... and {len(actions) - MAX_LISTED} more" if len(actions) > MAX_LISTED else ""
    console.print(Text(f"{listed}{rest}", style="cyan"))
    if "progress" in info:
        console.print(Text(f"progress {info['progress']:.2f}", style="dim"))


def typed_actions(console: Console) -> Iterator[str]:
    """Yield the lines of the input until it ends or the player quits."""
    asking = sys.stdin.isatty()
    while True:
        if asking:
            console.print("> ", end="")
        line = sys.stdin.readline()
        action = line.rstrip("\r\n")
        if not line or action.strip().lower() in LEAVE:
            return
        if not asking:
            console.print(Text(f"> {action}", style="green"))
        yield action
