"""The environments as tools of the Model Context Protocol: any agent that speaks it can play.

* ``create_text_server`` - a server of the MCP SDK with the tools ``reset``, ``step``, ``actions``.
* ``http_app`` - its web application for streamable HTTP.
* ``run_stdio`` - serve the program that started this one.

Needs the extra ``mcp``. One connection plays one episode at a time. The newest revision of the
protocol (2026-07-28) has no connections over HTTP: there ``reset`` returns the name of the session,
and all tools take it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any

import gymnasium as gym
from pydantic import BaseModel, Field, ValidationError

import t2po_gym
from t2po_gym.adapters.episode import MAX_BODY_BYTES, Page, RemoteEnv
from t2po_gym.adapters.serving.arguments import TOOLS, Arguments, Reset, Step, read_arguments
from t2po_gym.adapters.serving.connections import SESSION_HEADER, SPARED_S, Connections
from t2po_gym.adapters.serving.messages import HALF, has_half_characters
from t2po_gym.adapters.serving.players import Players
from t2po_gym.server.sessions import Sessions, SessionsFull

try:
    import anyio
    from mcp.server import Server
    from mcp.server.stdio import stdio_server
    from mcp.shared.message import SessionMessage
    from mcp_types import (
        INVALID_PARAMS,
        CallToolResult,
        ErrorData,
        JSONRPCError,
        ListToolsResult,
        TextContent,
        Tool,
    )
    from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
except ImportError as error:
    raise ImportError(
        "The MCP adapter needs the MCP SDK; install it with: pip install 't2po-gym[mcp]'"
    ) from error

if TYPE_CHECKING:
    from mcp.server import ServerRequestContext
    from mcp_types import CallToolRequestParams, PaginatedRequestParams
    from starlette.applications import Starlette

__all__ = ["create_text_server", "http_app", "run_stdio"]

SWEEP_S = 15.0
"""Seconds between two looks for sessions that were idle too long."""
THE_ONLY_ONE = "the only one"
"""Name of the connection where there is one client."""

logger = logging.getLogger(__name__)


class Turn(BaseModel):
    """What a reset or a step returned."""

    session: str = Field(description="Name of the session.")
    observation: str = Field(description="The page that the agent reads.")
    reward: float | None = Field(description="The benchmark's reward; null after a reset.")
    terminated: bool = Field(description="Whether the world has ended.")
    truncated: bool = Field(description="Whether the turn limit was reached first.")
    info: dict[str, Any] = Field(description="The public part of the environment's info.")


class Listing(BaseModel):
    """The actions that are available now."""

    actions: list[str] = Field(description="Actions; `search[<text>]` stands for any text.")


class Tools:
    """The tools of one server.

    Args:
        players: The clients and their episodes.
        action_format: What actions look like.
        one_client: Whether there is one client, as over stdio.
    """

    def __init__(self, players: Players, action_format: str, one_client: bool) -> None:
        self.players = players
        self._one_client = one_client
        self._descriptions = {
            "reset": "Start an episode and read its first page.",
            "step": f"Play one action. {action_format}",
            "actions": "List the actions that are available now.",
        }

    async def listed(
        self, ctx: ServerRequestContext[Any], params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        """Describe the tools."""
        tools = [
            Tool(
                name=name,
                description=self._descriptions[name],
                input_schema=arguments.model_json_schema(),
                output_schema=(Listing if name == "actions" else Turn).model_json_schema(),
            )
            for name, arguments in TOOLS.items()
        ]
        return ListToolsResult(tools=tools)

    async def called(
        self, ctx: ServerRequestContext[Any], params: CallToolRequestParams
    ) -> CallToolResult:
        """Use a tool; whatever is refused is one sentence, and the episode goes on."""
        try:
            asked = read_arguments(params.name, params.arguments or {})
            return await anyio.to_thread.run_sync(self._play, self._connection(ctx), asked)
        except (ValueError, gym.error.Error, SessionsFull) as error:
            return _refusal(str(error))
        except Exception:
            logger.exception("The tool %s failed", params.name)
            return _refusal(f"{params.name} failed; the server's own messages say why.")

    def _play(self, connection: str | None, asked: Arguments) -> CallToolResult:
        if isinstance(asked, Reset):
            start = asked.model_dump(exclude={"session"})
            return _result(*self.players.reset(connection, asked.session, start))
        if isinstance(asked, Step):
            return _result(*self.players.step(connection, asked.session, asked.action))
        listing = Listing(actions=list(self.players.actions(connection, asked.session)))
        text = TextContent(type="text", text=listing.model_dump_json(indent=2))
        return CallToolResult(content=[text], structured_content=listing.model_dump())

    def _connection(self, ctx: ServerRequestContext[Any]) -> str | None:
        """Return the name of the client's connection; None where the protocol has none."""
        if self._one_client:
            return THE_ONLY_ONE
        if ctx.request is None or ctx.protocol_version not in HANDSHAKE_PROTOCOL_VERSIONS:
            return None
        name: str | None = ctx.request.headers.get(SESSION_HEADER)
        return name


def create_text_server(
    env_id: str,
    settings: Mapping[str, Any] | None = None,
    *,
    progress: bool = False,
    max_sessions: int = 100,
    max_idle_s: float = 1_800.0,
    one_client: bool = False,
) -> tuple[Server, Tools]:
    """Return an MCP server of an environment, and its tools.

    Args:
        env_id: Registered id.
        settings: Arguments of `gymnasium.make`.
        progress: Whether info has progress and what else describes the hidden state.
        max_sessions: Episodes at the same time. One more takes the place of one that has ended,
            or of the longest idle one if that was idle for a minute; otherwise it is refused.
        max_idle_s: Seconds without use after which an episode is dropped.
        one_client: Whether there is one client, as over stdio: it never needs to name a session.

    Raises:
        ValueError: If an argument is refused.
    """
    first = RemoteEnv(env_id, settings)  # whatever is wrong is said before anybody comes
    action_format = first.action_format
    first.close()
    make = partial(RemoteEnv, env_id, settings, progress=progress)
    players = Players(make, Sessions(max_sessions, max_idle_s))
    tools = Tools(players, action_format, one_client)
    server = Server(
        f"t2po-gym {env_id}",
        instructions=f"Call reset, then step until the episode is over. {action_format}",
        version=t2po_gym.__version__,
        lifespan=_swept(players),
        on_list_tools=tools.listed,
        on_call_tool=tools.called,
    )
    return server, tools


def http_app(
    server: Server,
    tools: Tools,
    *,
    host: str,
    max_sessions: int,
    max_idle_s: float,
    spared_s: float = SPARED_S,
) -> Starlette:
    """Return the web application of a server, for streamable HTTP at ``/mcp``.

    Args:
        server: The server.
        tools: Its tools.
        host: Address it will listen on; on the loopback, other names are refused (DNS rebinding).
        max_sessions: Connections at the same time. One more takes the place of one that was idle
            for ``spared_s``, first of those whose clients are gone; otherwise it is refused.
        max_idle_s: Seconds without use after which a connection is closed.
        spared_s: Seconds for which an idle connection is never closed to make room.
    """
    app: Starlette = server.streamable_http_app(
        host=host,
        json_response=True,
        max_request_body_size=MAX_BODY_BYTES,
        session_idle_timeout=max_idle_s,
        max_sessions=None,  # they are counted outside, where dead ones make room
    )

    async def ended(connection: str) -> None:
        await anyio.to_thread.run_sync(tools.players.disconnect, connection)

    app.add_middleware(
        Connections,
        ended=ended,
        max_connections=max_sessions,
        max_idle_s=max_idle_s,
        spared_s=spared_s,
    )
    return app


def run_stdio(server: Server) -> None:
    """Serve the program that started this one, until it closes its end."""

    async def main() -> None:
        async with stdio_server() as (received, sent):
            options = server.create_initialization_options()
            await server.run(_Answered(received, sent), sent, options)

    anyio.run(main)


class _Answered:
    """A stream of messages, in which a line that the SDK cannot read is answered.

    The SDK drops a line that holds half of a surrogate pair, and its sender would wait for ever.
    """

    def __init__(self, received: Any, sent: Any) -> None:
        self._received, self._sent = received, sent

    @property
    def last_context(self) -> Any:
        """Context of the sender, as the SDK's own streams have it."""
        return getattr(self._received, "last_context", None)

    async def receive(self) -> Any:
        """Return the next message that is not answered here."""
        while True:
            message = await self._received.receive()
            answer = _answer_to(message)
            if answer is None:
                return message
            await self._sent.send(SessionMessage(answer))

    async def aclose(self) -> None:
        """Close the stream."""
        await self._received.aclose()

    def __aiter__(self) -> _Answered:
        """Return the stream."""
        return self

    async def __anext__(self) -> Any:
        """Return the next message."""
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> _Answered:
        """Return the stream."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the stream."""
        await self.aclose()


def _answer_to(message: Any) -> JSONRPCError | None:
    """Return the answer to a line that could not be read; None if there is none to give."""
    if not isinstance(message, ValidationError):
        return None
    try:
        request = json.loads(message.errors()[0]["input"])
        name = request["id"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    if isinstance(name, bool) or not isinstance(name, (int, str)) or has_half_characters(name):
        return None
    if not has_half_characters(request):
        return None
    return JSONRPCError(jsonrpc="2.0", id=name, error=ErrorData(code=INVALID_PARAMS, message=HALF))


def _swept(players: Players) -> Any:
    """Return the lifespan of a server: idle episodes are dropped, all of them at its end."""

    async def sweep() -> None:
        while True:
            await anyio.sleep(SWEEP_S)
            await anyio.to_thread.run_sync(players.sweep)

    @asynccontextmanager
    async def lifespan(_: Server) -> AsyncIterator[None]:
        async with anyio.create_task_group() as group:
            group.start_soon(sweep)
            try:
                yield
            finally:
                group.cancel_scope.cancel()
                players.close()

    return lifespan


def _refusal(said: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=said)], is_error=True)


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
