"""One episode at its own pace, for frameworks whose loops wait for replies one by one.

The turns are those of `baselines.rollout`: the same prompts, seeds, resampling and steps.
"""

from __future__ import annotations

from t2po_gym.core.many.vector import GroupedEnvs

from ...rollout.episodes import (
    finished_groups,
    new_candidate,
    play,
    request_of,
    settle,
    start,
)
from ...rollout.plan import Plan
from ...sampling.prompting import Prompting
from ...trajectory import Trajectory
from .replies import Replies

__all__ = ["play_episode"]


async def play_episode(
    stage: GroupedEnvs, prompting: Prompting, plan: Plan, member: int, replies: Replies
) -> Trajectory:
    """Play a plan of one task to its end.

    Args:
        stage: one environment.
        prompting: makes prompts and reads replies.
        plan: one task; `first_group` is its number.
        member: which member of its group it is; seeds of replies depend on it.
        replies: answers requests.
    """
    (episode,) = start(stage, prompting, plan)
    episode.member = member
    while episode.live:
        candidate = new_candidate(episode, prompting)
        accepted = False
        while not accepted:
            request = request_of(episode, candidate, plan)
            reply = await replies.reply(request, plan.decoding)
            accepted = settle(candidate, episode, reply)
        play({0: candidate}, [episode], stage, prompting, plan)
    (group,) = finished_groups(stage, [episode], prompting, plan)
    return group.trajectories[0]
