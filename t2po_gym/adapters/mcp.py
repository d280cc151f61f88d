"""The environments as tools of the Model Context Protocol: any agent that speaks it can play.

* ``create_text_server`` - a server of the MCP SDK with the tools ``reset``, ``step``, ``actions``.
* ``http_app`` - its web application for streamable HTTP; stdio is ``server.run("stdio")``.

Needs the extra ``mcp``. One connection plays one episode at a time. The newest revision of the
protocol (2026-07-28) has no connections over HTTP: there ``reset`` returns the name of the session,
and the other tools take it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import gymnasium as gym
from pydantic import BaseModel, Field

import t2po_gym
from t2po_gym.adapters.episode import MAX_ACTION_CHARS, MAX_BODY_BYTES, Page, RemoteEnv
from t2po_gym.server.sessions import Sessions, SessionsFull

try:
    import anyio
    from mcp.server.mcpserver import Context, MCPServer
    from mcp.server.mcpserver.exceptions import ToolError
    from mcp_types import CallToolResult, TextContent
    from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
except ImportError as error:
    raise ImportError(
        "The MCP adapter needs the MCP SDK; install it with: pip install 't2po-gym[mcp]'"
    ) from error

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["create_text_server", "http_app"]

SWEEP_S = 15.0
"""Seconds between two looks for sessions that were idle too long."""
SESSION_HEADER = "mcp-session-id"

Seed = Annotated[
    int | None, Field(description="Seeds the choice of the task and all randomness.", ge=0)
]
Split = Annotated[
    str | None, Field(description="Split of the task; left out: the server's.", max_length=100)
]
TaskId = Annotated[str | None, Field(description="Public name of the task.", max_length=1_000)]
TaskIndex = Annotated[int | None, Field(description="Or its index within the split.", ge=0)]
Session = Annotated[
    str | None,
    Field(
        description="What reset returned as `session`; only for clients without a connection.",
        max_length=100,
    ),
]
Action = Annotated[str, Field(description="The bare action.", max_length=MAX_ACTION_CHARS)]


class Turn(BaseModel):
    """What a reset or a step returned."""

    session: str = Field(description="Name of the session.")
    observation: str = Field(description="The page that the agent reads.")
    reward: float | None = Field(description="The benchmark's reward; null after a reset.")
    terminated: bool = Field(description="Whether the world has ended.")
    truncated: bool = Field(description="Whether the turn limit was reached first.")
    info: dict[str, Any] = Field(description="The public part of the environment's info.")


class Actions(BaseModel):
    """The actions that are available now."""

    actions: list[str] = Field(description="Actions; `search[<text>]` stands for any text.")


TurnResult = Annotated[CallToolResult, Turn]


class Tools:
    """The tools of one server, and the episodes that are played with them.

    Args:
        env_id: Registered id.
        settings: Arguments of `gymnasium.make`.
        progress: Whether info has progress and what else describes the hidden state.
        sessions: Where the episodes are kept.
        one_client: Whether there is one client, as over stdio.
    """

    def __init__(
        self,
        env_id: str,
        settings: Mapping[str, Any] | None,
        progress: bool,
        sessions: Sessions[RemoteEnv],
        one_client: bool,
    ) -> None:
        self._make = partial(RemoteEnv, env_id, settings, progress=progress)
        self._sessions = sessions
        self._one_client = one_client
        self._of_connection: dict[str, str] = {}  # connection -> session

    def reset(
        self,
        ctx: Context,
        seed: Seed = None,
        split: Split = None,
        task_id: TaskId = None,
        task_index: TaskIndex = None,
        session: Session = None,
    ) -> TurnResult:
        """Start an episode; it takes the place of the connection's last one."""
        connection = self._connection(ctx)
        env = self._make()
        try:
            page = env.reset(seed=seed, split=split, task_id=task_id, task_index=task_index)
            self._sessions.remove(session or self._of_connection.get(connection or "", ""))
            token = self._sessions.add(env)
        except (ValueError, gym.error.Error, SessionsFull) as error:
            env.close()
            raise ToolError(str(error)) from error
        if connection is not None:
            self._of_connection[connection] = token
        return _result(token, page)

    def step(self, ctx: Context, action: Action, session: Session = None) -> TurnResult:
        """Play one action of the running episode."""
        token, env = self._find(ctx, session)
        try:
            page = env.step(action)
        except (ValueError, gym.error.Error) as error:
            raise ToolError(str(error)) from error
        if page.over:  # its place is free for others
            self._sessions.remove(token)
        return _result(token, page)

    def actions(self, ctx: Context, session: Session = None) -> Actions:
        """List the actions that are available now."""
        return Actions(actions=list(self._find(ctx, session)[1].actions()))

    def disconnect(self, connection: str) -> None:
        """Let go of a connection's episode."""
        self._sessions.remove(self._of_connection.pop(connection, ""))

    def sweep(self) -> None:
        """Let go of every episode that was idle too long."""
        self._sessions.sweep()
        for connection, token in list(self._of_connection.items()):
            if token not in self._sessions:
                self._of_connection.pop(connection, None)

    def close(self) -> None:
        """Let go of every episode."""
        self._sessions.close()

    def _find(self, ctx: Context, session: str | None) -> tuple[str, RemoteEnv]:
        connection = self._connection(ctx)
        token = session or self._of_connection.get(connection or "", "")
        env = self._sessions.get(token)
        if env is not None:
            return token, env
        if token:
            raise ToolError("This episode is over or was idle too long; call reset first.")
        if connection is None:
            raise ToolError(
                "No session was named; call reset and pass the session that it returns."
            )
        raise ToolError("No episode has been started; call reset first.")

    def _connection(self, ctx: Context) -> str | None:
        """Return the name of the client's connection; None where the protocol has none."""
        if self._one_client:
            return "the only one"
        if ctx.headers is None or ctx.protocol_version not in HANDSHAKE_PROTOCOL_VERSIONS:
            return None
        name: str | None = ctx.headers.get(SESSION_HEADER)
        return name


def create_text_server(
    env_id: str,
    settings: Mapping[str, Any] | None = None,
    *,
    progress: bool = False,
    max_sessions: int = 100,
    max_idle_s: float = 1_800.0,
    one_client: bool = False,
) -> tuple[MCPServer, Tools]:
    """Return an MCP server of an environment, and its tools.

    Args:
        env_id: Registered id.
        settings: Arguments of `gymnasium.make`.
        progress: Whether info has progress and what else describes the hidden state.
        max_sessions: Episodes at the same time. One more takes the place of the longest idle one
            if that was idle for a minute; otherwise it is refused.
        max_idle_s: Seconds without use after which an episode is dropped.
        one_client: Whether there is one client, as over stdio: it never needs to name a session.

    Raises:
        ValueError: If an argument is refused.
    """
    first = RemoteEnv(env_id, settings)  # whatever is wrong is said before anybody comes
    action_format = first.action_format
    first.close()
    sessions = Sessions[RemoteEnv](max_sessions, max_idle_s)
    tools = Tools(env_id, settings, progress, sessions, one_client)
    server = MCPServer(
        f"t2po-gym {env_id}",
        instructions=f"Call reset, then step until the episode is over. {action_format}",
        version=t2po_gym.__version__,
        log_level="WARNING",
        lifespan=_swept(tools),
        subscriptions=False,
    )
    server.add_tool(tools.reset, description="Start an episode and read its first page.")
    server.add_tool(tools.step, description=f"Play one action. {action_format}")
    server.add_tool(tools.actions, description="List the actions that are available now.")
    return server, tools


def http_app(
    server: MCPServer, tools: Tools, *, host: str, max_sessions: int, max_idle_s: float
) -> Starlette:
    """Return the web application of a server, for streamable HTTP at ``/mcp``.

    Args:
        server: The server.
        tools: Its tools.
        host: Address it will listen on; on the loopback, other names are refused (DNS rebinding).
        max_sessions: Connections at the same time; one more is refused.
        max_idle_s: Seconds without use after which a connection is closed.
    """
    app: Starlette = server.streamable_http_app(
        host=host,
        json_response=True,
        max_request_body_size=MAX_BODY_BYTES,
        session_idle_timeout=max_idle_s,
        max_sessions=max_sessions,
    )
    app.add_middleware(_Disconnects, tools=tools)
    return app


class _Disconnects:
    """Let go of an episode when its client ends the connection."""

    def __init__(self, app: ASGIApp, tools: Tools) -> None:
        self._app, self._tools = app, tools

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ended = scope["type"] == "http" and scope["method"] == "DELETE"
        connection = dict(scope["headers"]).get(SESSION_HEADER.encode(), b"") if ended else b""

        async def watched(message: Message) -> None:
            if connection and message["type"] == "http.response.start" and message["status"] < 300:
                self._tools.disconnect(connection.decode("latin-1"))
            await send(message)

        await self._app(scope, receive, watched)


def _swept(tools: Tools) -> Any:
    """Return the lifespan of a server: idle episodes are dropped, all of them at its end."""

    async def sweep() -> None:
        while True:
            await anyio.sleep(SWEEP_S)
            await anyio.to_thread.run_sync(tools.sweep)

    @asynccontextmanager
    async def lifespan(_: MCPServer) -> AsyncIterator[None]:
        async with anyio.create_task_group() as group:
            group.start_soon(sweep)
            try:
                yield
            finally:
                group.cancel_scope.cancel()
                tools.close()

    return lifespan


def _result(token: str, page: Page) -> CallToolResult:
    """Return the page as text for the model, and everything else for the program around it."""
    turn = Turn(
        session=token,
        observation=page.observation,
        reward=page.reward,
        terminated=page.terminated,
        truncated=page.truncated,
        info=dict(page.info),
    )
    shown = [TextContent(type="text", text=page.observation)]
    if page.over:
        shown.append(TextContent(type="text", text=f"The episode is over; reward {page.reward}."))
    return CallToolResult(content=shown, structured_content=turn.model_dump())
