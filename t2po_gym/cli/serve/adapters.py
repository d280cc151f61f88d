"""``t2po-gym serve openenv`` and ``t2po-gym serve mcp``: an environment for other frameworks."""

from __future__ import annotations

import argparse

from t2po_gym.cli.serve.common import add_address, add_bounds, check_bounds, needed, serve
from t2po_gym.cli.settings import add_settings, parse_setting
from t2po_gym.registration import ENV_IDS


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments that both services have."""
    parser.add_argument("env_id", metavar="ENV_ID", help=f"environment: {', '.join(ENV_IDS)}")
    add_address(parser)
    add_bounds(parser, max_sessions=100)
    parser.add_argument(
        "--progress",
        action="store_true",
        help="hand out progress and what else describes the hidden state",
    )
    add_settings(parser)


def add_openenv_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the OpenEnv server."""
    _add_arguments(parser)
    parser.add_argument(
        "--bare",
        action="store_true",
        help="leave the metadata empty, for clients that show it to the model (verifiers)",
    )


def add_mcp_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the MCP server."""
    _add_arguments(parser)
    parser.add_argument(
        "--transport",
        choices=("stdio", "http"),
        default="stdio",
        help="stdio: for the program that starts it (default); http: streamable HTTP at /mcp",
    )


def run_openenv(arguments: argparse.Namespace) -> int:
    """Serve OpenEnv clients until interrupted."""
    check_bounds(arguments)
    app = needed("t2po_gym.adapters.openenv").create_text_app(
        arguments.env_id,
        dict(map(parse_setting, arguments.settings)),
        progress=arguments.progress,
        bare=arguments.bare,
        max_sessions=arguments.max_sessions,
        max_idle_s=arguments.max_idle,
    )
    what = f"{arguments.env_id} for OpenEnv clients"
    serve(app, arguments, what, lifespan="on", websockets="websockets-sansio")
    return 0


def run_mcp(arguments: argparse.Namespace) -> int:
    """Serve MCP clients until interrupted."""
    check_bounds(arguments)
    mcp = needed("t2po_gym.adapters.mcp")
    over_stdio = arguments.transport == "stdio"
    bounds = {"max_sessions": arguments.max_sessions, "max_idle_s": arguments.max_idle}
    server, tools = mcp.create_text_server(
        arguments.env_id,
        dict(map(parse_setting, arguments.settings)),
        progress=arguments.progress,
        one_client=over_stdio,
        **bounds,
    )
    if over_stdio:
        mcp.run_stdio(server)
        return 0
    app = mcp.http_app(server, tools, host=arguments.host, **bounds)
    serve(app, arguments, f"{arguments.env_id} for MCP clients", path="mcp", lifespan="on")
    return 0
