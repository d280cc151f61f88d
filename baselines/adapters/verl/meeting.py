"""Where the episodes of a group wait for each other, since advantages compare them.

GiGPO compares episodes of one task and turns that started from one state of it, so a group is all
that it needs. verl plays the members of a group in one process, each in a loop of its own, and
shows an advantage estimator neither episodes nor states. So the loops meet before they return.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np

from ...collate import turn_rows
from ...config import TrainConfig
from ...trajectory import FloatArray, Group, Trajectory
from ..advantages import turn_advantages

__all__ = ["Meetings", "group_advantages"]


def group_advantages(members: dict[int, Trajectory], config: TrainConfig) -> dict[int, FloatArray]:
    """Return the advantage of every turn of a group, by member.

    Args:
        members: episodes of one task by their number.
        config: the algorithm and its settings.
    """
    order = sorted(members)
    task = members[order[0]].task_id
    group = Group(index=0, task_id=task, trajectories=tuple(members[m] for m in order))
    values = turn_advantages(turn_rows([group]), config)
    ends = np.cumsum([len(members[m].turns) for m in order])[:-1]
    return dict(zip(order, np.split(values, ends), strict=True))


@dataclass(slots=True, kw_only=True, eq=False)
class _Meeting:
    """One group: who has come, and the result."""

    came: int = 0
    members: dict[int, Trajectory] = field(default_factory=dict)
    result: asyncio.Future[dict[int, FloatArray]]


class Meetings:
    """The groups that are being played in this process, by name."""

    def __init__(self) -> None:
        self._open: dict[Hashable, _Meeting] = {}

    async def bring(
        self, name: Hashable, size: int, member: int, episode: Trajectory, config: TrainConfig
    ) -> FloatArray:
        """Bring an episode and wait for the others; returns the advantages of its turns.

        Args:
            name: of the group.
            size: how many members it has.
            member: number of this one.
            episode: what it played.
            config: the algorithm and its settings.

        Raises:
            RuntimeError: another member failed.
        """
        meeting = self._arrive(name, size)
        meeting.members[member] = episode
        if len(meeting.members) == size and not meeting.result.done():
            meeting.result.set_result(group_advantages(meeting.members, config))
        return (await asyncio.shield(meeting.result))[member]

    def fail(self, name: Hashable, size: int, reason: str) -> None:
        """Let everybody who waits for a group, or still comes, know that a member failed."""
        meeting = self._arrive(name, size)
        if not meeting.result.done():
            meeting.result.set_exception(RuntimeError(f"A member of the group failed: {reason}"))
            meeting.result.exception()  # nobody may be waiting

    def _arrive(self, name: Hashable, size: int) -> _Meeting:
        future = asyncio.get_running_loop().create_future
        if name not in self._open:
            self._open[name] = _Meeting(result=future())
        meeting = self._open[name]
        meeting.came += 1
        if meeting.came == size:
            del self._open[name]
        return meeting
