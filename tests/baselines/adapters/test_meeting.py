"""Members of a group wait for each other, and get what the group's advantages say."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest
from baseline_fakes import tiny_policy
from rollouts import rollout

from baselines.adapters.advantages import turn_advantages
from baselines.adapters.verl.meeting import Meetings, group_advantages
from baselines.collate import turn_rows
from baselines.config import AdvantageConfig, TrainConfig
from baselines.trajectory import Group, Trajectory

CONFIG = TrainConfig(algorithm="gigpo", advantage=AdvantageConfig(step_weight=0.5))


@pytest.fixture(scope="module")
def groups() -> list[Group]:
    return rollout(tiny_policy())


@pytest.mark.parametrize("algorithm", ["gigpo", "t2po", "grpo"])
def test_groups_alone_are_the_whole_batch(groups: list[Group], algorithm: str) -> None:
    """Nothing in these advantages reaches beyond a group, so groups may meet alone."""
    config = replace(CONFIG, algorithm=algorithm)
    together = turn_advantages(turn_rows(groups), config)
    apart = [
        values
        for group in groups
        for values in group_advantages(dict(enumerate(group.trajectories)), config).values()
    ]
    np.testing.assert_array_equal(np.concatenate(apart), together)
    assert np.abs(together).max() > 0.1


def test_whoever_comes_first_waits_for_the_last(groups: list[Group]) -> None:
    first, second = groups[0].trajectories
    expected = group_advantages({0: first, 1: second}, CONFIG)

    async def scenario() -> None:
        meetings = Meetings()
        one = asyncio.create_task(meetings.bring("uid", 2, 1, second, CONFIG))
        await asyncio.sleep(0)
        assert not one.done()
        other = await meetings.bring("uid", 2, 0, first, CONFIG)
        np.testing.assert_array_equal(other, expected[0])
        np.testing.assert_array_equal(await one, expected[1])
        assert not meetings._open

    asyncio.run(scenario())


def test_groups_of_different_names_do_not_meet(groups: list[Group]) -> None:
    async def scenario() -> list[bool]:
        meetings = Meetings()
        waiting = [
            asyncio.create_task(meetings.bring(name, 2, 0, groups[0].trajectories[0], CONFIG))
            for name in (("uid", 0), ("uid", 1))
        ]
        await asyncio.sleep(0)
        done = [task.done() for task in waiting]
        for task in waiting:
            task.cancel()
        return done

    assert asyncio.run(scenario()) == [False, False]


@pytest.mark.parametrize("early", [True, False])
def test_nobody_waits_for_a_member_that_failed(groups: list[Group], early: bool) -> None:
    episode: Trajectory = groups[0].trajectories[0]

    async def scenario() -> None:
        meetings = Meetings()
        if early:
            meetings.fail("uid", 2, "the engine died")
        waiting = asyncio.create_task(meetings.bring("uid", 2, 0, episode, CONFIG))
        await asyncio.sleep(0)
        if not early:
            meetings.fail("uid", 2, "the engine died")
        with pytest.raises(RuntimeError, match="the engine died"):
            await waiting
        assert not meetings._open

    asyncio.run(scenario())


def test_ppo_is_refused(groups: list[Group]) -> None:
    with pytest.raises(ValueError, match="needs a critic"):
        turn_advantages(turn_rows(groups), replace(CONFIG, algorithm="ppo"))
