"""``t2po-gym play``: play an environment in the terminal, by hand or from a pipe."""

import argparse
import ast
import json
import sys
from collections.abc import Iterator
from typing import Any

import gymnasium as gym
from rich.console import Console
from rich.text import Text

import t2po_gym

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
    parser.add_argument(
        "--set",
        dest="settings",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="argument of the environment, such as split=test or max_turns=30 (repeatable)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Play one episode until it ends, the player quits, or the input ends."""
    console = Console(highlight=False, soft_wrap=True)
    env = make_env(arguments.env_id, [parse_setting(text) for text in arguments.settings])
    try:
        play(env, console, arguments)
    finally:
        env.close()
    return 0


def parse_setting(text: str) -> tuple[str, Any]:
    """Parse ``name=value``; the value may be JSON or a Python literal, otherwise it is text.

    Example:
        >>> parse_setting("max_turns=30"), parse_setting("split=test"), parse_setting("hops=(1, 2)")
        (('max_turns', 30), ('split', 'test'), ('hops', (1, 2)))
    """
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise ValueError(f"--set takes NAME=VALUE, got {text!r}")
    for read in (json.loads, ast.literal_eval):
        try:
            return name, read(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
    return name, value


def make_env(env_id: str, settings: list[tuple[str, Any]]) -> gym.Env[str, str]:
    """Make the environment.

    Raises:
        ValueError: If the id is unknown, an argument is rejected, or it is not a text environment.
    """
    try:
        env: gym.Env[str, str] = gym.make(env_id, **dict(settings))
    except (gym.error.Error, TypeError) as error:
        known = ", ".join(t2po_gym.ENV_IDS)
        raise ValueError(f"cannot make {env_id!r}: {error} (ids: {known})") from error
    if not isinstance(env.unwrapped, t2po_gym.TextEnv):
        env.close()
        raise ValueError(f"{env_id!r} is no text environment (ids: {', '.join(t2po_gym.ENV_IDS)})")
    return env


def play(env: gym.Env[str, str], console: Console, arguments: argparse.Namespace) -> None:
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
