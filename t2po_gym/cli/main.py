"""The ``t2po-gym`` command. A subcommand's code is imported only when it is called."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper

from gymnasium.error import Error as GymError

from t2po_gym import __version__
from t2po_gym.cli.parts import import_part
from t2po_gym.retrieval.protocol import RetrievalError

COMMANDS = {
    "play": ("t2po_gym.cli.play.command", "play an environment by hand"),
    "eval": ("t2po_gym.cli.evaluate", "play a policy on a panel of tasks and keep every episode"),
    "watch": ("t2po_gym.cli.watch", "step through recorded episodes, in the terminal or as a page"),
    "train": ("t2po_gym.cli.train", "train a policy with T2PO, GiGPO, GRPO or PPO"),
    "verify": ("t2po_gym.cli.verify", "replay the episodes of an evaluation or submission"),
    "serve": (
        "t2po_gym.cli.serve.command",
        "serve the shop as a web site, a search engine, or an environment to other frameworks",
    ),
    "data": ("t2po_gym.cli.data.command", "fetch, check and compile data and models"),
    "submit": ("leaderboards.commands.submit", "pack evaluations as a submission"),
    "leaderboard": ("leaderboards.commands.leaderboard", "build the leaderboard and its panels"),
}
"""Subcommand -> module with ``add_arguments(parser)`` and ``run(arguments)``, and its purpose."""

_INTERRUPTED = 130
LONGEST_MESSAGE = 4_000


def make_parser(command: str | None) -> argparse.ArgumentParser:
    """Return the parser; import only the named subcommand's module for its arguments."""
    parser = argparse.ArgumentParser(
        prog="t2po-gym",
        description="Text environments for multi-turn language agents.",
        epilog="t2po-gym COMMAND --help explains a command.",
    )
    parser.add_argument("-V", "--version", action="version", version=f"t2po-gym {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, purpose) in COMMANDS.items():
        subparser = subparsers.add_parser(
            name,
            help=purpose,
            description=f"{purpose[0].upper()}{purpose[1:]}.",
            allow_abbrev=False,  # --task is no --tasks
        )
        if name == command:
            import_part(module).add_arguments(subparser)
    return parser


def harmless(text: str) -> str:
    """Return a message as a terminal may get it: it can quote what strangers wrote."""
    shown = "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)
    return shown if len(shown) <= LONGEST_MESSAGE else f"{shown[:LONGEST_MESSAGE]} ..."


def message_of(error: Exception) -> str:
    """Return what an error says; of the system's own, the file and what is wrong with it.

    Example:
        >>> message_of(FileNotFoundError(2, "No such file or directory", "runs/x"))
        'runs/x: No such file or directory'
    """
    if isinstance(error, OSError) and error.strerror and isinstance(error.filename, str):
        return f"{error.filename}: {error.strerror}"
    return str(error)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status (0 done, 1 failed, 130 interrupted)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    command = next((word for word in words if word in COMMANDS), None)
    parsed = make_parser(command).parse_args(words)
    run: Callable[[argparse.Namespace], int] = import_part(COMMANDS[parsed.command][0]).run
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # products use all of Unicode
    try:
        return run(parsed)
    except BrokenPipeError:
        # The reader (head, less) has exited: no error, but Python must not flush into it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SystemExit as leaving:
        # rich has met the same, shut its output, and would leave with status 1.
        if isinstance(leaving.__context__, BrokenPipeError):
            return 0
        raise
    except (ValueError, LookupError, OSError, RetrievalError, GymError) as error:
        sys.stderr.write(f"t2po-gym: {harmless(message_of(error))}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nt2po-gym: interrupted\n")
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
