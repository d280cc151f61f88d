"""The OpenEnv task set of verifiers loads our server, and its loop plays our episodes.

The exchange with the server is verifiers' own; a script takes the place of the model.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from adapter_episodes import FAMILIES, KINDS, Expected, expected_episodes
from adapter_servers import served
from verifiers.v1 import EnvConfig
from verifiers.v1.agent import Segment
from verifiers.v1.tasksets.openenv import (
    OpenEnvConfig,
    OpenEnvEnv,
    OpenEnvEnvConfig,
    OpenEnvTaskset,
)


class ScriptedPlayer:
    """An agent that answers with given actions and keeps what it was shown."""

    def __init__(self, actions: tuple[str, ...]) -> None:
        self._left = iter(actions)
        self.shown: list[dict[str, Any]] = []
        self.rewards: dict[str, float] = {}
        self.trace = SimpleNamespace(record_reward=self.rewards.__setitem__, stop=pytest.fail)

    @asynccontextmanager
    async def interaction(self, task: Any) -> Any:
        yield self

    async def turn(self, message: str) -> Segment:
        self.shown.append(json.loads(message))
        return Segment(messages=[], root_reply=next(self._left))


def resets(episodes: tuple[Expected, ...]) -> list[dict[str, Any]]:
    return [
        {"seed": one.seed, "split": one.split}
        | ({} if one.task_index is None else {"index": one.task_index})
        for one in episodes
    ]


@pytest.mark.parametrize("env_id", FAMILIES)
def test_the_task_set_plays_our_episodes(env_id: str) -> None:
    episodes = tuple(
        one
        for kind in KINDS
        for one in expected_episodes(env_id, kind)
        if all(is_said(action) for action in one.actions)
    )
    env = OpenEnvEnv(OpenEnvEnvConfig())
    assert isinstance(env.config, EnvConfig)

    async def main(url: str) -> list[ScriptedPlayer]:
        taskset = OpenEnvTaskset(OpenEnvConfig(base_url=url, resets=resets(episodes)))
        tasks = list(taskset)
        assert len(tasks) == len(episodes)
        players = [ScriptedPlayer(one.actions) for one in episodes]
        for task, player in zip(tasks, players, strict=True):
            await env.run(task, SimpleNamespace(player=player))
        return players

    with served("openenv", env_id, "--bare") as url:
        players = asyncio.run(main(url.rstrip("/")))
    for expected, player in zip(episodes, players, strict=True):
        texts = [page["observation"]["text"] for page in player.shown]
        assert texts == list(expected.observations[:-1])  # the last page is not shown
        assert player.rewards == {"openenv_reward": sum(expected.rewards)}
        for page in player.shown:
            assert page["observation"] == {"metadata": {}, "text": page["observation"]["text"]}
            assert page["action_schema"]["required"] == ["action"]


def is_said(action: str) -> bool:
    """Whether the task set sends a reply on as it is.

    It strips replies, ends an episode at an empty one, unwraps fenced ones, and reads JSON.
    """
    if not action or action != action.strip() or action.startswith("```"):
        return False
    try:
        json.loads(action)
    except ValueError:
        return True
    return False
