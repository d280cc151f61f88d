"""``t2po-gym play``: play an environment by hand, in the terminal or from a pipe."""

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

from rich.console import Console

import t2po_gym
from t2po_gym.cli.play.archive import check_archive
from t2po_gym.cli.play.completion import completions
from t2po_gym.cli.play.flags import add_flags, env_arguments, reset_options
from t2po_gym.cli.play.game import Game
from t2po_gym.cli.play.loop import COMMANDS, Table
from t2po_gym.cli.play.prompt import MISSING, Reader, plain_reader, prompt_reader
from t2po_gym.cli.play.screen import PlainScreen, TerminalScreen
from t2po_gym.cli.play.web import play_in_browser
from t2po_gym.cli.players import find_own_modules
from t2po_gym.cli.settings import add_settings
from t2po_gym.evaluation.environment import make_env

WORDS = tuple(name.split()[0] + " " * (" " in name) for name in COMMANDS)
"""The commands as they are completed: those that take a word end in a space."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument("env_id", help=f"for example {t2po_gym.ENV_IDS[-1]}")
    add_flags(parser)
    parser.add_argument(
        "--record",
        type=Path,
        metavar="FILE",
        help="add every episode to this file of traces, FILE.jsonl or FILE.jsonl.gz",
    )
    add_settings(parser)
    web = parser.add_argument_group("in a web browser (extras serve and site)")
    web.add_argument("--web", action="store_true", help="serve the episode as a web page")
    web.add_argument(
        "--port", type=int, metavar="N", help="port of the page on this machine (default: any free)"
    )
    web.add_argument("--open", action="store_true", help="open the page in the default browser")


def run(arguments: argparse.Namespace) -> int:
    """Play until the player leaves or the input ends; from a pipe, until the episode ends."""
    if not arguments.web and (arguments.open or arguments.port is not None):
        raise ValueError("--port and --open belong to --web.")
    if arguments.record is not None:
        check_archive(arguments.record)
    find_own_modules()
    env = make_env(arguments.env_id, env_arguments(arguments))
    try:
        with leaving_on_hangup():
            play(env, arguments)
    finally:
        env.close()
    return 0


def play(env: t2po_gym.TextEnv, arguments: argparse.Namespace) -> None:
    """Play in the browser if that is asked for, otherwise here."""
    options = reset_options(arguments)
    if arguments.web:
        play_in_browser(
            env,
            seed=arguments.seed,
            options=options,
            record=arguments.record,
            port=arguments.port or 0,
            opens=arguments.open,
        )
        return
    game = Game(env, arguments.seed)
    game.start(options)
    play_here(game, arguments.record)


def play_here(game: Game, record: Path | None) -> None:
    """Play at the terminal if there is one, otherwise line by line."""
    console = Console(highlight=False)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        table = Table(game, PlainScreen(console), record=record, stays=False)
        table.run(plain_reader(asking=False))
        return
    screen = TerminalScreen(console)
    table = Table(game, screen, record=record, stays=True)
    if find_spec("prompt_toolkit") is None:
        screen.told(f"{MISSING}. /help says what can be typed, /quit leaves.", "dim")
        table.run(plain_reader(asking=True))
        return
    screen.told("Tab completes, /help says what can be typed, /quit leaves.", "dim")
    table.run(completing_reader(game))


def completing_reader(game: Game) -> Reader:
    """Return a reader that completes the admissible actions of the moment, and commands."""
    return prompt_reader(
        lambda typed: completions(typed, game.now.info["admissible_actions"], WORDS)
    )


@contextmanager
def leaving_on_hangup() -> Iterator[None]:
    """Leave as on Ctrl-C when the terminal is closed or the process is asked to end."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    numbers = [getattr(signal, name) for name in ("SIGHUP", "SIGTERM") if hasattr(signal, name)]
    before = {number: signal.signal(number, leave) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
