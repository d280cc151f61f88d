"""What a rollout plays: tasks, seeds, decoding."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..intervention import TurnRule
from ..sampling.protocol import Decoding

__all__ = ["Plan", "derive_seed", "draw_tasks"]

TASK_STREAM, ENV_STREAM = 1_000_001, 1_000_002


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to play and how.

    Example: tasks 4 and 9, for the third training step of run 0::

        Plan(tasks=(4, 9), env_seeds=(11, 12), stream=(0, 0, 3), decoding=Decoding(...))
    """

    tasks: tuple[int, ...]
    """Task index of each group."""
    env_seeds: tuple[int, ...]
    """Reset seed of each group; its members share it."""
    stream: tuple[int, ...]
    """Start of every reply's seed, (run seed, purpose, step); group, member, turn, try follow."""
    decoding: Decoding
    """How replies are decoded."""
    first_group: int = 0
    """Number of the first group in reply seeds, where one plan is played in several parts."""
    turn_rule: TurnRule | None = None
    """When turns are sampled again; None never. Needs `decoding.signal`."""
    vocab_size: int = 0
    """Number of logits, for the signal."""
    detailed: int = 0
    """Of so many episodes, the first ones, the tries that the turn rule rejects are kept."""

    def part(self, groups: slice) -> Plan:
        """Return the plan of some of its groups alone; they play as they do among all."""
        return replace(
            self,
            tasks=self.tasks[groups],
            env_seeds=self.env_seeds[groups],
            first_group=self.first_group + groups.start,
        )


def derive_seed(*entropy: int) -> int:
    """Return an environment seed derived from integers alone."""
    return int(np.random.SeedSequence(list(entropy)).generate_state(1)[0])


def draw_tasks(num_tasks: int, count: int, *entropy: int) -> tuple[int, ...]:
    """Draw `count` task indexes, without repetition while there are enough tasks."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([TASK_STREAM, *entropy])))
    return tuple(int(i) for i in rng.choice(num_tasks, count, replace=count > num_tasks))
