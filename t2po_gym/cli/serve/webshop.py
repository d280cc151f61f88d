"""``t2po-gym serve webshop``: the shop as a web site."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from t2po_gym.cli.serve.common import add_address, add_bounds, check_bounds, needed, serve
from t2po_gym.cli.settings import add_settings, parse_setting
from t2po_gym.core.env import TextEnv
from t2po_gym.core.many.trace import TRACE_NAMES
from t2po_gym.envs.webshop.data.goal_tables import DIFFICULTIES
from t2po_gym.envs.webshop.env import WebShopEnv
from t2po_gym.evaluation.environment import make_env


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the service."""
    parser.add_argument(
        "--catalogue",
        default="default",
        help="products: default, generated:SIZE[:SEED], original, or a file or folder",
    )
    parser.add_argument(
        "--rules", choices=("fixed", "exact"), default="fixed", help="of the shop (default fixed)"
    )
    parser.add_argument(
        "--split",
        choices=WebShopEnv.SPLITS,
        help="split that is chosen at first (default train, else the first one with tasks)",
    )
    add_address(parser)
    parser.add_argument(
        "--allow-host",
        metavar="NAME",
        action="append",
        default=[],
        help="a name of the site behind a proxy on this machine (repeatable)",
    )
    add_bounds(parser, max_sessions=500)
    parser.add_argument(
        "--record",
        metavar="PATH",
        help="add each episode to this .jsonl file, or to episodes.jsonl in this folder",
    )
    add_settings(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted."""
    check_bounds(arguments)
    record = arguments.record and Path(arguments.record)
    if record and record.suffix and not (record.name.endswith(TRACE_NAMES) or record.is_dir()):
        raise ValueError(
            f"Episodes are kept in NAME.jsonl, NAME.jsonl.gz or a folder; got {record}."
        )
    for module in ("t2po_gym.server.running", "t2po_gym.server.app"):
        needed(module)  # the first one names the extra that brings all of it
    app, sessions = shop_app(arguments)
    try:
        serve(app, arguments, "WebShop", lifespan="on")
    finally:
        sessions.close()
    return 0


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
    splits = splits_there(make, arguments.split)
    sessions = Sessions[Seat](arguments.max_sessions, arguments.max_idle)
    graded = arguments.rules == "fixed" and not settings.get("human_goals")
    lobby = Lobby(
        make=make,
        splits=splits,
        difficulties=DIFFICULTIES if graded else (),
        record=None if arguments.record is None else TraceFile(arguments.record),
    )
    return create_app(sessions, lobby=lobby, hosts=arguments.allow_host), sessions


def splits_there(make: Callable[..., TextEnv], first: str | None) -> tuple[str, ...]:
    """Return the splits that have tasks.

    Args:
        make: makes an environment of a split.
        first: the one that comes first; None for any.

    Raises:
        ValueError: If the first one, or none, can be made: whatever is wrong is said before anybody
            comes.
    """
    faults: dict[str, ValueError] = {}
    for split in WebShopEnv.SPLITS:
        try:
            make(split=split).close()
        except ValueError as error:
            faults[split] = error
    there = [split for split in WebShopEnv.SPLITS if split not in faults]
    if first in faults or not there:
        raise faults[first or WebShopEnv.SPLITS[0]]
    return tuple(sorted(there, key=lambda split: split != first))


def _make(settings: dict[str, Any], **chosen: Any) -> TextEnv:
    return make_env("t2po/WebShop-v0", {**settings, **chosen})
