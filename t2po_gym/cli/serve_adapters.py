"""``t2po-gym serve openenv`` and ``t2po-gym serve mcp``: an environment for other frameworks."""

from __future__ import annotations

import argparse
import sys
from functools import partial

from t2po_gym.cli.settings import add_settings, parse_setting
from t2po_gym.registration import ENV_IDS

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments that both services have."""
    parser.add_argument("env_id", metavar="ENV_ID", help=f"environment: {', '.join(ENV_IDS)}")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    parser.add_argument("--port", type=int, default=8000, help="port; 0 takes a free one")
    parser.add_argument(
        "--max-sessions", type=int, default=100, help="episodes at the same time (default 100)"
    )
    parser.add_argument(
        "--max-idle",
        type=float,
        default=1_800.0,
        metavar="SECONDS",
        help="an episode ends when it is not used for so long (default 1800)",
    )
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
    try:
        from t2po_gym.adapters.openenv import create_text_app
        from t2po_gym.adapters.serving import serve_app
    except ImportError as error:
        raise ValueError(str(error)) from error
    _check(arguments)
    app = create_text_app(
        arguments.env_id,
        dict(map(parse_setting, arguments.settings)),
        progress=arguments.progress,
        bare=arguments.bare,
        max_sessions=arguments.max_sessions,
        max_idle_s=arguments.max_idle,
    )
    _warn(arguments.host)
    serve_app(
        app,
        arguments.host,
        arguments.port,
        partial(_say, f"{arguments.env_id} for OpenEnv clients is at", ""),
        websockets="websockets-sansio",
    )
    return 0


def run_mcp(arguments: argparse.Namespace) -> int:
    """Serve MCP clients until interrupted."""
    try:
        from t2po_gym.adapters.mcp import create_text_server, http_app
        from t2po_gym.adapters.serving import serve_app
    except ImportError as error:
        raise ValueError(str(error)) from error
    _check(arguments)
    over_stdio = arguments.transport == "stdio"
    bounds = {"max_sessions": arguments.max_sessions, "max_idle_s": arguments.max_idle}
    server, tools = create_text_server(
        arguments.env_id,
        dict(map(parse_setting, arguments.settings)),
        progress=arguments.progress,
        one_client=over_stdio,
        **bounds,
    )
    if over_stdio:
        server.run("stdio")
        return 0
    _warn(arguments.host)
    serve_app(
        http_app(server, tools, host=arguments.host, **bounds),
        arguments.host,
        arguments.port,
        partial(_say, f"{arguments.env_id} for MCP clients is at", "mcp"),
    )
    return 0


def _check(arguments: argparse.Namespace) -> None:
    if arguments.max_sessions < 1:
        raise ValueError(f"--max-sessions must be at least 1; got {arguments.max_sessions}")
    if not 0 < arguments.max_idle < float("inf"):
        raise ValueError(f"--max-idle is a time above 0 in seconds; got {arguments.max_idle}")


def _warn(host: str) -> None:
    if host not in LOOPBACK:
        sys.stderr.write(
            f"t2po-gym: {host} can be reached from other machines, and anyone there may play; "
            "there is no password.\n"
        )


def _say(what: str, path: str, url: str) -> None:
    sys.stdout.write(f"{what} {url}{path} (Ctrl-C stops it)\n")
    sys.stdout.flush()
