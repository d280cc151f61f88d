"""``t2po-gym serve webshop``: the shop as a web site."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import Any

from t2po_gym.cli.settings import add_settings, parse_setting
from t2po_gym.core.env import TextEnv
from t2po_gym.envs.webshop.env import WebShopEnv
from t2po_gym.evaluation.environment import make_env

DIFFICULTIES = ("easy", "medium", "hard")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the service."""
    parser.add_argument(
        "--catalogue",
        default="default",
        help="products: default, generated:SIZE[:SEED], original, or a file or folder",
    )
    parser.add_argument("--rules", choices=("fixed", "exact"), default="fixed")
    parser.add_argument(
        "--split", choices=WebShopEnv.SPLITS, default="train", help="split that is chosen at first"
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    parser.add_argument("--port", type=int, default=8000, help="port; 0 takes a free one")
    parser.add_argument(
        "--max-sessions", type=int, default=500, help="episodes at the same time (default 500)"
    )
    parser.add_argument(
        "--max-idle",
        type=float,
        default=1_800.0,
        metavar="SECONDS",
        help="an episode ends when it is not used for so long (default 1800)",
    )
    parser.add_argument(
        "--record",
        metavar="PATH",
        help="add each episode to this .jsonl file, or to episodes.jsonl in this folder",
    )
    add_settings(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted."""
    try:
        from t2po_gym.server.running import LOOPBACK, run_until_interrupted
    except ImportError as error:
        raise ValueError(str(error)) from error
    app, sessions = shop_app(arguments)
    if arguments.host not in LOOPBACK:
        sys.stderr.write(
            f"t2po-gym: {arguments.host} can be reached from other machines, and anyone there may "
            "play; there is no password.\n"
        )
    try:
        run_until_interrupted(app, arguments.host, arguments.port, _say)
    finally:
        sessions.close()
    return 0


def _say(url: str) -> None:
    sys.stdout.write(f"WebShop is at {url} (Ctrl-C stops it)\n")
    sys.stdout.flush()


def shop_app(arguments: argparse.Namespace) -> tuple[Any, Any]:
    """Return the application and its sessions.

    Raises:
        ValueError: If an argument is refused.
    """
    from t2po_gym.server.app import create_app
    from t2po_gym.server.lobby import Lobby
    from t2po_gym.server.recorder import TraceFile
    from t2po_gym.server.seats import Seat
    from t2po_gym.server.sessions import Sessions

    settings = dict(map(parse_setting, arguments.settings))
    make = partial(_make, {"catalogue": arguments.catalogue, "rules": arguments.rules, **settings})
    make(split=arguments.split).close()  # whatever is wrong is said before anybody comes
    sessions = Sessions[Seat](arguments.max_sessions, arguments.max_idle)
    others = (split for split in WebShopEnv.SPLITS if split != arguments.split)
    graded = arguments.rules == "fixed" and not settings.get("human_goals")
    lobby = Lobby(
        make=make,
        splits=(arguments.split, *others),
        difficulties=DIFFICULTIES if graded else (),
        record=None if arguments.record is None else TraceFile(arguments.record),
    )
    return create_app(sessions, lobby=lobby), sessions


def _make(settings: dict[str, Any], **chosen: Any) -> TextEnv:
    return make_env("t2po/WebShop-v0", {**settings, **chosen})
