"""Hand-made rollouts: replies of a tiny model, put into episodes whose outcome is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from baselines.intervention import ThinkingRule
from baselines.policy.model import Policy
from baselines.sampling.generation import HFGenerator
from baselines.sampling.protocol import Decoding, Request
from baselines.trajectory import Generation, Group, Trajectory, Turn
from baselines.uncertainty import SignalConfig

ALWAYS = ThinkingRule(epsilon=1e9, window=1, min_tokens=4, min_action_tokens=4)
"""Closes every thought that is long enough."""


def replies(
    policy: Policy, count: int, rule: ThinkingRule | None, temperature: float = 1.0
) -> list[tuple[Request, Generation]]:
    rng = np.random.default_rng(3)
    rows = [Request(prompt_ids=rng.integers(10, 280, 4 + i % 3), seed=(0, i)) for i in range(count)]
    generator = HFGenerator(policy, queue="</think>\n<action>", reply_prefix="<think>")
    how = Decoding(max_tokens=16, temperature=temperature, signal=SignalConfig(), thinking=rule)
    return list(zip(rows, generator.generate(rows, how), strict=True))


def turn(request: Request, reply: Generation, index: int, **changes: object) -> Turn:
    values: dict[str, object] = {
        "index": index,
        "prompt_ids": request.prompt_ids,
        "generation": reply,
        "observation": "",
        "action": "go",
        "reward": 0.0,
        "valid": True,
        "accepted": True,
        "anchor": f"state {index}",
    }
    return Turn(**(values | changes))  # type: ignore[arg-type]


def rollout(
    policy: Policy, rule: ThinkingRule | None = None, temperature: float = 1.0
) -> list[Group]:
    """Three tasks, two members of two turns; member 0 of the first two tasks wins."""
    made = iter(replies(policy, 12, rule, temperature))
    groups = []
    for g in range(3):
        members = []
        for m in range(2):
            first, second = turn(*next(made), 0), turn(*next(made), 1)
            won = m == 0 and g < 2
            last = replace(second, reward=float(won), success=won, terminated=True)
            members.append(
                Trajectory(
                    task_id=str(g),
                    member=m,
                    turns=(first, last),
                    score=float(won),
                    success=won,
                    progress=float(won),
                )
            )
        groups.append(Group(index=g, task_id=str(g), trajectories=tuple(members)))
    return groups
