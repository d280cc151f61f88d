"""What the services have in common: address, bounds, a warning, and the server itself."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import Any

__all__ = ["add_address", "add_bounds", "check_bounds", "needed", "serve"]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Addresses that only this machine can reach."""


def add_address(parser: argparse.ArgumentParser) -> None:
    """Declare where a service listens."""
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    parser.add_argument(
        "--port",
        type=int,
        metavar="N",
        default=8000,
        help="port; 0 takes a free one (default 8000)",
    )


def add_bounds(parser: argparse.ArgumentParser, max_sessions: int) -> None:
    """Declare how many episodes a service keeps, and for how long."""
    parser.add_argument(
        "--max-sessions",
        type=int,
        metavar="N",
        default=max_sessions,
        help=f"episodes at the same time (default {max_sessions})",
    )
    parser.add_argument(
        "--max-idle",
        type=float,
        default=1_800.0,
        metavar="SECONDS",
        help="an episode ends when it is not used for so long (default 1800)",
    )


def check_bounds(arguments: argparse.Namespace) -> None:
    """Reject bounds that leave no episode.

    Raises:
        ValueError: If there are none or they last no time.
    """
    if arguments.max_sessions < 1:
        raise ValueError(f"--max-sessions must be at least 1; got {arguments.max_sessions}")
    if not 0 < arguments.max_idle < float("inf"):
        raise ValueError(f"--max-idle is a time above 0 in seconds; got {arguments.max_idle}")


def needed(module: str) -> Any:
    """Import a module that needs an extra.

    Raises:
        ValueError: If the extra is missing; the module's own sentence names it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ValueError(str(error)) from error


def serve(
    app: Any,
    arguments: argparse.Namespace,
    what: str,
    *,
    may: str = "play",
    path: str = "",
    **how: str,
) -> None:
    """Serve an application until interrupted; say where it is, and who can reach it.

    Args:
        app: the application.
        arguments: they name host and port.
        what: what is served, for the line that says where.
        may: what strangers may do if other machines can reach it.
        path: what follows the address.
        how: settings of `run_until_interrupted`.
    """
    running = needed("t2po_gym.server.running")
    if arguments.host not in LOOPBACK:
        sys.stderr.write(
            f"t2po-gym: {arguments.host} can be reached from other machines, and anyone there may "
            f"{may}; there is no password.\n"
        )

    def ready(url: str) -> None:
        sys.stdout.write(f"{what} is at {url}{path} (Ctrl-C stops it)\n")
        sys.stdout.flush()

    running.run_until_interrupted(app, arguments.host, arguments.port, ready, **how)
