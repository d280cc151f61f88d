"""Episodes through MCP tools are the episodes of `gym.make`."""

from __future__ import annotations

import sys
from typing import Any

import anyio
import pytest
from adapter_episodes import (
    ALL_IDS,
    EPISODES,
    FAMILIES,
    KINDS,
    Expected,
    Seen,
    assert_same,
    expected_episodes,
)
from adapter_servers import COMMAND, served
from mcp import Client, StdioServerParameters, stdio_client

CONNECTIONS = 4
"""Connections at the same time over HTTP."""
FEW = min(EPISODES, 10)


def seen(result: Any) -> Seen:
    """Return what a tool's result says; the model's text is the observation."""
    assert not result.is_error, result.content
    turn = result.structured_content
    assert result.content[0].text == turn["observation"]
    ends = turn["terminated"], turn["truncated"]
    return Seen(turn["observation"], turn["reward"], *ends, turn["info"]["observation_hash"])


async def play(client: Client, expected: Expected, *, named: bool) -> list[Seen]:
    """Play an episode; ``named`` passes the session, as clients without a connection must."""
    start: dict[str, Any] = {"seed": expected.seed, "split": expected.split}
    if expected.task_index is not None:
        start["task_index"] = expected.task_index
    result = await client.call_tool("reset", start)
    pages = [seen(result)]
    session = {"session": result.structured_content["session"]} if named else {}
    for action in expected.actions:
        pages.append(seen(await client.call_tool("step", {"action": action, **session})))
    return pages


async def play_all(
    client: Client, episodes: tuple[Expected, ...], *, named: bool = False
) -> list[list[Seen]]:
    return [await play(client, expected, named=named) for expected in episodes]


def stdio(env_id: str) -> Any:
    return stdio_client(
        StdioServerParameters(
            command=sys.executable, args=[*COMMAND[1:], "mcp", env_id, "--set", "split=test"]
        )
    )


@pytest.mark.parametrize("env_id", FAMILIES)
def test_stdio(env_id: str) -> None:
    episodes = tuple(one for kind in KINDS for one in expected_episodes(env_id, kind))
    check_over_stdio(env_id, episodes, "auto")


@pytest.mark.parametrize("env_id", sorted(set(ALL_IDS) - set(FAMILIES)))
def test_levels_and_splits_over_stdio(env_id: str) -> None:
    """With the handshake of older clients."""
    splits = ("train", "dev")
    episodes = tuple(
        one for split in splits for one in expected_episodes(env_id, "random", 2, split)
    )
    check_over_stdio(env_id, episodes, "legacy")


def check_over_stdio(env_id: str, episodes: tuple[Expected, ...], mode: str) -> None:
    async def main() -> list[list[Seen]]:
        async with Client(stdio(env_id), mode=mode) as client:
            return await play_all(client, episodes)

    for expected, pages in zip(episodes, anyio.run(main), strict=True):
        assert_same(expected, pages)


@pytest.mark.parametrize("mode", ["legacy", "auto"])
@pytest.mark.parametrize("env_id", FAMILIES)
def test_http_with_several_connections(env_id: str, mode: str) -> None:
    """`legacy` keeps connections; `auto` finds the revision without, and names its sessions."""
    count = EPISODES if mode == "legacy" else FEW
    episodes = [one for kind in KINDS for one in expected_episodes(env_id, kind, count)]
    played: dict[str, list[list[Seen]]] = {}

    async def one_client(url: str, share: tuple[Expected, ...], number: int) -> None:
        async with Client(url, mode=mode) as client:
            played[str(number)] = await play_all(client, share, named=mode == "auto")

    async def main(url: str) -> None:
        async with anyio.create_task_group() as group:
            for number in range(CONNECTIONS):
                group.start_soon(one_client, url, tuple(episodes[number::CONNECTIONS]), number)

    with served("mcp", env_id, "--transport", "http") as url:
        anyio.run(main, url)
    for number in range(CONNECTIONS):
        for expected, pages in zip(episodes[number::CONNECTIONS], played[str(number)], strict=True):
            assert_same(expected, pages)
