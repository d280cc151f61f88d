"""What the adapters share: an environment that another program plays, and what it is told.

* ``RemoteEnv`` - an environment by id, made when it is first needed; safe across threads.
* ``check_seed`` - a sentence for what is no seed.
* ``Page`` - what a reset or a step returned, with an info that is fit to leave this process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from t2po_gym.core.env import TextEnv
from t2po_gym.core.many.threads import ONE_AT_A_TIME
from t2po_gym.core.tasks import TaskInfo
from t2po_gym.evaluation.environment import make_env
from t2po_gym.evaluation.policies import PUBLIC_INFO

__all__ = ["MAX_ACTION_CHARS", "MAX_BODY_BYTES", "Page", "RemoteEnv", "check_seed"]

MAX_ACTION_CHARS = TextEnv.MAX_ACTION_CHARS
MAX_BODY_BYTES = 2**21
"""Longest HTTP request; an action of the longest kind fits, whatever its characters."""

OPEN_INFO = (*PUBLIC_INFO, "observation_hash")
"""Keys of info that every client gets: what an agent may read, and the hash chain."""
RESULT_INFO = ("score", "success")
"""Keys that are added when the episode is over, and always with progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a reset or a step returned.

    Example: ``Page(observation="You take the key.", reward=0.0, terminated=False,
    truncated=False, info={"task": "Open the chest.", "turn": 1, ...})``
    """

    observation: str
    """What the agent sees."""

    reward: float | None
    """The benchmark's reward for the step; None after a reset."""

    terminated: bool
    """Whether the world has ended."""

    truncated: bool
    """Whether the turn limit was reached first."""

    info: Mapping[str, Any]
    """The part of the environment's info that the client may have, as plain JSON."""

    @property
    def over(self) -> bool:
        """Whether the episode has ended."""
        return self.terminated or self.truncated


def check_seed(seed: object) -> None:
    """Refuse what is no seed.

    Raises:
        ValueError: If it is neither None nor an integer of at least 0.
    """
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or seed < 0):
        raise ValueError(f"A seed is an integer of at least 0; got {seed!r}.")


class RemoteEnv:
    """An environment that another program plays.

    It is made when it is first needed, so that a description costs nothing, and once per split.

    Args:
        env_id: Registered id.
        settings: Arguments of `gymnasium.make`; ``split`` is the one a reset takes by default.
        progress: Whether info has the progress keys and what else describes the hidden state.
    """

    def __init__(
        self, env_id: str, settings: Mapping[str, Any] | None = None, *, progress: bool = False
    ) -> None:
        self.env_id = env_id
        self.progress = progress
        self._settings = MappingProxyType({**(settings or {}), "progress": progress})
        self._envs: dict[str | None, TextEnv] = {}  # None: the default split
        self._playing: TextEnv | None = None
        self._over = False
        self._seed: int | None = None  # the last one that a reset named
        self._seeded: set[str] = set()  # splits that were seeded since
        self._closed = False

    # ---- tasks -----------------------------------------------------------------------------

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of the splits that the environment's data have, the default one first."""
        with ONE_AT_A_TIME:
            default = self._of(None)
            others = (name for name in default.SPLITS if name != default.split)
            return (default.split, *filter(self._has, others))

    @property
    def action_format(self) -> str:
        """What actions look like."""
        with ONE_AT_A_TIME:
            return self._of(None).ACTION_FORMAT

    @property
    def max_action_chars(self) -> int:
        """Longest action that is read."""
        with ONE_AT_A_TIME:
            return self._of(None).MAX_ACTION_CHARS

    def num_tasks(self, split: str | None = None) -> int:
        """Return the number of tasks of a split."""
        with ONE_AT_A_TIME:
            return self._of(split).num_tasks()

    def task(self, split: str | None, index: int) -> TaskInfo:
        """Describe a task without starting it.

        Raises:
            IndexError: If the split has no such task.
        """
        with ONE_AT_A_TIME:
            return self._of(split).task(index)

    # ---- playing ---------------------------------------------------------------------------

    def reset(
        self,
        *,
        seed: int | None = None,
        split: str | None = None,
        task_id: str | None = None,
        task_index: int | None = None,
    ) -> Page:
        """Start an episode, exactly as ``gymnasium.make(...).reset(seed=, options=)`` does.

        A reset without a seed goes on from the last one, as there. A split that was not seeded
        since a seed was last named starts from that seed, so what is played is a function of the
        seed and the calls. A refused reset changes nothing: the running episode goes on.

        Args:
            seed: Seeds the choice of task and all randomness in the episode.
            split: Split of the task; None for the default one.
            task_id: Public name of the task; None lets the seed draw one.
            task_index: Or its index within the split.

        Raises:
            ValueError: If the split or the task does not exist, or the seed is none.
        """
        check_seed(seed)
        asked = {"task_id": task_id, "task_index": task_index}
        options = {name: value for name, value in asked.items() if value is not None}
        with ONE_AT_A_TIME:
            env = self._of(split)
            carried = self._seed if env.split not in self._seeded else None
            start = carried if seed is None else seed
            observation, info = env.reset(seed=start, options=options)
            self._playing = env
            self._remember(seed, env.split)
            return self._page(observation, None, False, False, info)

    def step(self, action: str) -> Page:
        """Send one action.

        Raises:
            TypeError: If the action is not a string.
            gymnasium.error.ResetNeeded: If no episode is running.
        """
        with ONE_AT_A_TIME:
            env = self._playing or self._of(None)
            return self._page(*env.step(action))

    def actions(self) -> tuple[str, ...]:
        """Return the actions that are available now; none if no episode has been started."""
        with ONE_AT_A_TIME:
            return () if self._playing is None else self._playing.admissible_actions

    @property
    def over(self) -> bool:
        """Whether the current episode has ended; False before the first."""
        return self._over

    @property
    def seeded(self) -> bool:
        """Whether a reset has named a seed, from which later ones go on; True after `close` too."""
        return self._seed is not None

    @property
    def split(self) -> str | None:
        """Split of the current episode; None before the first."""
        return None if self._playing is None else self._playing.split

    @property
    def fingerprint(self) -> str | None:
        """Digest of data, rules, split and limits; None before the first episode."""
        with ONE_AT_A_TIME:
            return None if self._playing is None else self._playing.fingerprint

    def close(self) -> None:
        """Close the environment; it can no longer be used."""
        with ONE_AT_A_TIME:
            self._closed = True
            for env in {id(env): env for env in self._envs.values()}.values():
                env.close()
            self._envs.clear()
            self._playing = None

    # ---- inside ----------------------------------------------------------------------------

    def _of(self, split: str | None) -> TextEnv:
        """Return the environment of a split; it is made the first time."""
        if self._closed:
            raise ValueError("This session was closed after a long pause; connect again.")
        if split is not None and not isinstance(split, str):
            kind = type(split).__name__
            raise ValueError(f"A split is a name such as 'test'; got a value of type {kind}.")
        if split not in self._envs:
            chosen = {} if split is None else {"split": split}
            made = make_env(self.env_id, {**self._settings, **chosen})
            made = self._envs.setdefault(made.split, made)
            self._envs[split] = made
        return self._envs[split]

    def _remember(self, seed: int | None, split: str) -> None:
        """Note what the next resets without a seed go on from."""
        if seed is not None:
            self._seed = seed
            self._seeded.clear()
        self._seeded.add(split)

    def _has(self, split: str) -> bool:
        """Whether the data have a split: those of one environment do not all have the same."""
        try:
            self._of(split)
        except ValueError:
            return False
        return True

    def _page(
        self,
        observation: str,
        reward: float | None,
        terminated: bool,
        truncated: bool,
        info: Mapping[str, Any],
    ) -> Page:
        keys = (*OPEN_INFO, *(RESULT_INFO if terminated or truncated else ()))
        told = dict(info) if self.progress else {key: info[key] for key in keys}
        told["admissible_actions"] = list(info["admissible_actions"])
        self._over = terminated or truncated
        return Page(
            observation=observation,
            reward=reward,
            terminated=terminated,
            truncated=truncated,
            info=told,
        )
