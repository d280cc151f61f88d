"""What MCP clients may do, what they are told, and what is bounded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx2
import pytest
from adapter_servers import served
from mcp import Client

from t2po_gym.adapters.mcp import create_text_server

TOY = "t2po/ToyKeys-v0"
ACCEPT = {"accept": "application/json, text/event-stream"}
PROGRESS_KEYS = {"progress", "progress_delta", "progress_max", "milestones", "progress_version"}


def with_client(
    use: Callable[[Client], Awaitable[None]], mode: str = "auto", **settings: Any
) -> None:
    """Use a client that is connected to a server in this process."""
    server, _ = create_text_server(TOY, {"split": "test"}, **{"one_client": True, **settings})

    async def main() -> None:
        async with Client(server, mode=mode) as client:
            await use(client)

    anyio.run(main)


async def info(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    found: dict[str, Any] = result.structured_content["info"]
    return found


async def refusal(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    text: str = result.content[0].text
    return text


def test_tools_say_what_actions_look_like() -> None:
    async def use(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"reset", "step", "actions"}
        assert "go[room]" in tools["step"].description
        assert tools["step"].input_schema["required"] == ["action"]
        assert set(tools["reset"].input_schema["properties"]) == {
            *("seed", "split", "task_id", "task_index", "session"),
        }

    with_client(use)


def test_nothing_hidden_is_told() -> None:
    async def use(client: Client) -> None:
        first = await info(client, "reset", seed=3)
        assert not PROGRESS_KEYS & set(first)
        assert not {"score", "success", "state_key"} & set(first)
        listed = await client.call_tool("actions", {})
        assert listed.structured_content["actions"] == first["admissible_actions"]

    with_client(use)


def test_progress_is_told_where_it_was_asked_for() -> None:
    async def use(client: Client) -> None:
        assert set(await info(client, "reset", seed=3)) >= PROGRESS_KEYS

    with_client(use, progress=True)


def test_a_seed_gives_the_same_episode_and_a_name_the_same_task() -> None:
    async def use(client: Client) -> None:
        one = await info(client, "reset", seed=7)
        assert await info(client, "reset", seed=7) == one
        assert (await info(client, "reset", task_id=one["task_id"]))["task_id"] == one["task_id"]

    with_client(use)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"task_index": 10**9}, "task_index must be from 0 to"),
        ({"task_id": "nothing"}, "nothing"),
        ({"split": "holiday"}, "split must be one of"),
        ({"seed": -1}, "greater than or equal to 0"),
        ({"task_id": "a", "task_index": 1}, "not both"),
    ],
)
def test_a_refused_reset_leaves_the_episode_running(arguments: dict[str, Any], said: str) -> None:
    async def use(client: Client) -> None:
        await info(client, "reset", seed=3)
        assert said in await refusal(client, "reset", **arguments)
        assert (await info(client, "step", action="look"))["turn"] == 1

    with_client(use)


def test_a_step_needs_an_episode() -> None:
    async def use(client: Client) -> None:
        assert "call reset first" in await refusal(client, "step", action="look")
        await info(client, "reset", seed=3)
        for _ in range(100):
            result = await client.call_tool("step", {"action": "look"})
            if result.structured_content["truncated"]:
                break
        assert set(result.structured_content["info"]) >= {"score", "success"}
        assert "The episode is over" in result.content[1].text
        assert "call reset first" in await refusal(client, "step", action="look")
        assert "call reset first" in await refusal(client, "actions")

    with_client(use)


def test_a_long_action_is_refused() -> None:
    async def use(client: Client) -> None:
        await info(client, "reset", seed=3)
        assert "at most 100000 characters" in await refusal(client, "step", action="a" * 100_001)
        assert (await info(client, "step", action="a" * 100_000))["turn"] == 1

    with_client(use)


def test_sessions_are_apart_and_bounded_where_there_are_no_connections() -> None:
    async def use(client: Client) -> None:
        assert "pass the session" in await refusal(client, "step", action="look")
        names = []
        for seed in (1, 2):
            result = await client.call_tool("reset", {"seed": seed})
            names.append(result.structured_content["session"])
        assert "All 2 sessions are in use" in await refusal(client, "reset", seed=3)
        first = await info(client, "step", action="look", session=names[0])
        other = await info(client, "step", action="look", session=names[1])
        assert first["turn"] == other["turn"] == 1
        assert first["task_id"] != other["task_id"]
        assert "over or was idle" in await refusal(client, "step", action="look", session="x")
        await info(client, "reset", seed=3, session=names[0])  # takes the place of its own
        assert "over or was idle" in await refusal(client, "actions", session=names[0])

    with_client(use, one_client=False, max_sessions=2)


def test_idle_episodes_are_dropped() -> None:
    async def use(client: Client) -> None:
        await info(client, "reset", seed=1)
        await anyio.sleep(0.3)
        assert "idle too long" in await refusal(client, "step", action="look")

    with_client(use, max_idle_s=0.2)


async def knock(url: str) -> httpx2.Response:
    """Ask for a new connection."""
    hello = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    call = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    async with httpx2.AsyncClient(timeout=60) as http:
        return await http.post(url, headers=ACCEPT, json=call)


def test_a_connection_is_bounded_and_gives_its_place_back() -> None:
    """Two places: the third connection is refused until one of the others ends."""
    flags = ("--transport", "http", "--max-sessions", "2", "--set", "split=test")

    async def main(url: str) -> None:
        async with Client(url, mode="legacy") as one:
            await info(one, "reset", seed=1)
            async with Client(url, mode="legacy") as two:
                turn = await info(two, "reset", seed=2)
                assert (await info(one, "step", action="look"))["task_id"] != turn["task_id"]
                assert (await knock(url)).status_code == 503
            async with Client(url, mode="legacy") as three:
                await info(three, "reset", seed=3)

    with served("mcp", TOY, *flags) as url:
        anyio.run(main, url)


def test_hostile_requests_over_http() -> None:
    with served("mcp", TOY, "--transport", "http") as url, httpx2.Client(timeout=30) as http:
        long = http.post(url, headers=ACCEPT, json={"long": "a" * 3_000_000})
        assert long.status_code == 413
        assert http.post(url, headers=ACCEPT, content=b"{").status_code == 400
        elsewhere = {**ACCEPT, "host": "example.org", "content-type": "application/json"}
        assert http.post(url, headers=elsewhere, content=b"{}").status_code == 421
        assert http.get(url.replace("/mcp", "/other")).status_code == 404
        assert http.delete(url, headers={"mcp-session-id": "x"}).status_code == 404
