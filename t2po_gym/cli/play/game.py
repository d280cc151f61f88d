"""An episode as a person plays it: actions can be taken back, and what stands is recorded."""

from __future__ import annotations

from typing import Any, NamedTuple

from t2po_gym.core.env import TextEnv
from t2po_gym.core.many.trace import EpisodeTrace, TraceTurn, how_made, turn_of

__all__ = ["Game", "Moment"]


class Moment(NamedTuple):
    """What is known after the reset or after one action."""

    observation: str
    """What the agent sees."""

    info: dict[str, Any]
    """The environment's info."""

    snapshot: bytes
    """The whole state, to come back to."""

    turn: TraceTurn | None = None
    """The action that led here, as it is recorded; None after the reset."""


class Game:
    """One episode after the other in one environment.

    Args:
        env: A bare environment made by ``gymnasium.make``.
        seed: Seed of the first reset; `start` may be given another task.

    Raises:
        ValueError: If JSON cannot hold the environment's arguments, so that no trace could.
    """

    def __init__(self, env: TextEnv, seed: int) -> None:
        self.env, self.seed = env, seed
        self._made = how_made(env)
        self._moments: list[Moment] = []

    def start(self, options: dict[str, Any] | None = None) -> Moment:
        """Reset; the options choose the task, otherwise the seed draws it."""
        observation, info = self.env.reset(seed=self.seed, options=options)
        self._moments = [Moment(observation, info, self.env.snapshot())]
        return self.now

    def restart(self) -> Moment:
        """Start the same task again, with the same seed."""
        return self.start({"task_id": self.now.info["task_id"]})

    def following(self) -> Moment:
        """Start the next task of the split; the first one follows the last one."""
        index = self.env.task_index(self.now.info["task_id"]) + 1
        return self.start({"task_index": index % self.env.num_tasks()})

    def play(self, action: str) -> Moment:
        """Send one action."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        turn = turn_of(action, reward, terminated, truncated, info)
        self._moments.append(Moment(observation, info, self.env.snapshot(), turn))
        return self.now

    def undo(self) -> bool:
        """Take the last action back; False if there is none."""
        if not self.turns:
            return False
        self._moments.pop()
        self.env.restore(self.now.snapshot)
        return True

    @property
    def now(self) -> Moment:
        """The moment that the player is at."""
        return self._moments[-1]

    @property
    def turns(self) -> tuple[TraceTurn, ...]:
        """The actions that stand."""
        return tuple(moment.turn for moment in self._moments if moment.turn is not None)

    @property
    def ended(self) -> bool:
        """Whether the episode is over."""
        last = self.now.turn
        return last is not None and (last.terminated or last.truncated)

    @property
    def reward(self) -> float:
        """The sum of rewards so far."""
        return float(sum(turn.reward for turn in self.turns))

    @property
    def deltas(self) -> list[float]:
        """The change of progress on each action; empty without progress."""
        return [m.info["progress_delta"] for m in self._moments[1:] if "progress_delta" in m.info]

    def trace(self) -> EpisodeTrace:
        """Return what stands as a trace that replays."""
        env_id, kwargs = self._made
        first, last = self._moments[0].info, self.now.info
        return EpisodeTrace(
            env_id=env_id,
            env_kwargs=dict(kwargs),
            seed=self.seed,
            task_id=first["task_id"],
            first_hash=first["observation_hash"],
            turns=self.turns,
            score=last["score"],
            success=last["success"],
        )
