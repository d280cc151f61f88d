"""``t2po-gym serve SERVICE``: which services there are."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from t2po_gym.cli.serve import adapters, retrieval, webshop

SERVICES: dict[
    str,
    tuple[
        str,
        str,
        Callable[[argparse.ArgumentParser], None],
        Callable[[argparse.Namespace], int],
    ],
] = {
    "retrieval": (
        "search a corpus over HTTP",
        "Serve POST /retrieve in Search-R1's and T2PO's dialects, and GET /health.",
        retrieval.add_arguments,
        retrieval.run,
    ),
    "webshop": (
        "the shop as a web site, for people and browsers",
        "Serve WebShop as a web site; docs/site.md describes it.",
        webshop.add_arguments,
        webshop.run,
    ),
    "openenv": (
        "an environment for OpenEnv's clients",
        "Serve an environment through OpenEnv; docs/adapters.md describes it.",
        adapters.add_openenv_arguments,
        adapters.run_openenv,
    ),
    "mcp": (
        "an environment as tools of the Model Context Protocol",
        "Serve an environment as MCP tools; docs/adapters.md describes it.",
        adapters.add_mcp_arguments,
        adapters.run_mcp,
    ),
}
"""Service -> purpose, description, its arguments, and what serves until interrupted."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    services = parser.add_subparsers(dest="service", metavar="SERVICE", required=True)
    for name, (purpose, description, declare, _) in SERVICES.items():
        declare(services.add_parser(name, help=purpose, description=description))


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted."""
    return SERVICES[arguments.service][3](arguments)
