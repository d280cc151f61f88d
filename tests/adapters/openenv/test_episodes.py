"""Episodes through OpenEnv's server and clients are the episodes of `gym.make`."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from adapter_episodes import (
    ALL_IDS,
    FAMILIES,
    KINDS,
    Expected,
    Seen,
    assert_same,
    expected_episodes,
)
from adapter_servers import served
from openenv import GenericEnvClient

from t2po_gym.adapters.openenv import TextAction, TextEnvironment, TextObservation

SESSIONS = 4
"""Sessions at the same time."""


def start_of(expected: Expected) -> dict[str, Any]:
    start = {"seed": expected.seed, "split": expected.split}
    return start if expected.task_index is None else {**start, "index": expected.task_index}


async def play(client: Any, expected: Expected) -> list[Seen]:
    """Play an episode with OpenEnv's remote client."""
    result = await client.reset(**start_of(expected))
    pages = [seen(result)]
    for action in expected.actions:
        result = await client.step({"action": action})
        pages.append(seen(result))
    assert result.done
    assert result.metadata["score"] == expected.score
    assert result.metadata["success"] == expected.success
    return pages


def seen(result: Any) -> Seen:
    told = result.metadata
    assert result.done == (told["terminated"] or told["truncated"])
    ends = told["terminated"], told["truncated"]
    return Seen(result.observation["text"], result.reward, *ends, told["observation_hash"])


@pytest.mark.parametrize("env_id", FAMILIES)
def test_the_server_with_several_sessions(env_id: str) -> None:
    episodes = [one for kind in KINDS for one in expected_episodes(env_id, kind)]

    async def one_session(url: str, share: list[Expected]) -> list[list[Seen]]:
        async with GenericEnvClient(base_url=url, message_timeout_s=300.0) as client:
            return [await play(client, expected) for expected in share]

    async def main(url: str) -> list[list[list[Seen]]]:
        shares = (episodes[number::SESSIONS] for number in range(SESSIONS))
        return await asyncio.gather(*(one_session(url, share) for share in shares))

    with served("openenv", env_id) as url:
        played = asyncio.run(main(url))
    for number, pages in enumerate(played):
        for expected, one in zip(episodes[number::SESSIONS], pages, strict=True):
            assert_same(expected, one)


@pytest.mark.parametrize("env_id", ALL_IDS)
def test_the_environment_itself(env_id: str) -> None:
    """Without a server, every id, with progress in the metadata."""
    env = TextEnvironment(env_id, progress=True)
    for split in ("train", "test"):
        for kind in KINDS:
            for expected in expected_episodes(env_id, kind, 3, split):
                first = env.reset(**start_of(expected))
                pages = [first, *(env.step(TextAction(action=one)) for one in expected.actions)]
                assert_same(expected, [page_of(page) for page in pages])
                told = [page.metadata["progress"] for page in pages]
                assert told == list(expected.progress)
                assert env.state.step_count == len(expected.actions)
                assert env.state.task_id == expected.task_id
    env.close()


def page_of(page: TextObservation) -> Seen:
    told = page.metadata
    ends = told["terminated"], told["truncated"]
    return Seen(page.text, page.reward, *ends, told["observation_hash"])
