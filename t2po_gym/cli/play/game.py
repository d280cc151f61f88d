"""An episode as a person plays it: actions can be taken back, and what stands is recorded."""

from __future__ import annotations

from typing import Any, NamedTuple

from t2po_gym.core.env import TextEnv
from t2po_gym.core.many.trace import EpisodeTrace, Recording, record_turns
from t2po_gym.core.rendering import picture_words

__all__ = ["Game", "Moment"]


class Moment(NamedTuple):
    """What is known after the reset or after one action."""

    observation: str
    """What the agent sees; of a picture, the text that stands for it."""

    info: dict[str, Any]
    """The environment's info."""

    snapshot: bytes
    """The whole state, to come back to."""

    action: str | None = None
    """The action that led here; None after the reset."""

    reward: float = 0.0
    """The benchmark's reward for it."""

    terminated: bool = False
    """Whether the world ended."""

    truncated: bool = False
    """Whether the turn limit was reached."""

    picture: str = ""
    """What is said of a picture that the agent sees; empty if it sees text."""


class Game:
    """One episode after the other in one environment.

    Args:
        env: A bare environment made by ``gymnasium.make``.
        seed: Seed of the first reset; `start` may be given another task.
    """

    def __init__(self, env: TextEnv, seed: int) -> None:
        self.env, self.seed = env, seed
        self._moments: list[Moment] = []

    def start(self, options: dict[str, Any] | None = None) -> Moment:
        """Reset; the options choose the task, otherwise the seed draws it.

        Raises:
            ValueError: If there is no such task, or the environment cannot be recorded.
        """
        seen, info = self.env.reset(seed=self.seed, options=options)
        text, state = self.env.observation, self.env.snapshot()
        self._moments = [Moment(text, info, state, picture=picture_words(seen))]
        self._recording()  # refused before anything is played, if at all
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
        seen, reward, terminated, truncated, info = self.env.step(action)
        text, state, picture = self.env.observation, self.env.snapshot(), picture_words(seen)
        self._moments.append(
            Moment(text, info, state, action, reward, terminated, truncated, picture)
        )
        return self.now

    def undo(self) -> bool:
        """Take the last action back; False if there is none."""
        if not self.actions:
            return False
        self._moments.pop()
        self.env.restore(self.now.snapshot)
        return True

    @property
    def now(self) -> Moment:
        """The moment that the player is at."""
        return self._moments[-1]

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions that stand."""
        return tuple(moment.action for moment in self._moments if moment.action is not None)

    @property
    def ended(self) -> bool:
        """Whether the episode is over."""
        return self.now.terminated or self.now.truncated

    @property
    def reward(self) -> float:
        """The sum of rewards so far."""
        return sum(moment.reward for moment in self._moments)

    @property
    def deltas(self) -> list[float]:
        """The change of progress on each action; empty without progress."""
        return [m.info["progress_delta"] for m in self._moments[1:] if "progress_delta" in m.info]

    def trace(self) -> EpisodeTrace:
        """Return what stands as a trace that replays."""
        return self._recording().trace()

    def _recording(self) -> Recording:
        first, *played = self._moments
        recording = record_turns(self.env, self.seed, first.info)
        for now in played:
            assert now.action is not None
            recording.add(now.action, now.reward, now.terminated, now.truncated, now.info)
        return recording
