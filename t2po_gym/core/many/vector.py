"""Many episodes in one process: Gymnasium's vector interface, and groups for training.

* ``BatchedTextEnv`` - a ``gymnasium.vector.VectorEnv`` over plain instances; the
  ``vector_entry_point`` of every id. Same results as ``SyncVectorEnv``, built by columns.
* ``GroupedEnvs`` - n tasks times g identical episodes; steps only members that get an action.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
import numpy.typing as npt
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

__all__ = ["BatchedTextEnv", "GroupedEnvs", "StepResult", "stack_infos"]

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
BatchStep = tuple[tuple[str, ...], FloatArray, BoolArray, BoolArray, dict[str, Any]]


class StepResult(NamedTuple):
    """The Gymnasium 5-tuple of one member."""

    observation: str
    reward: float
    terminated: bool
    truncated: bool
    info: dict[str, Any]


def stack_infos(infos: Mapping[int, Mapping[str, Any]], num_envs: int) -> dict[str, Any]:
    """Merge the infos of single environments as Gymnasium's vector environments do.

    Numbers and booleans become arrays of their type, other values object arrays; dictionaries are
    merged recursively. For every key ``k``, the mask ``_k`` marks the environments that have it.

    Args:
        infos: Environment index -> its info; environments without an info are left out.
        num_envs: Length of the arrays.
    """
    keys = {key: None for info in infos.values() for key in info}  # ordered, unlike a set
    stacked: dict[str, Any] = {}
    for key in keys:
        column = {i: info[key] for i, info in infos.items() if key in info}
        mask = np.zeros(num_envs, dtype=np.bool_)
        mask[list(column)] = True
        first = next(iter(column.values()))
        if isinstance(first, dict) and key != "final_obs":
            stacked[key] = stack_infos(column, num_envs)
        else:
            stacked[key] = _stack_column(column, first, num_envs)
        stacked[f"_{key}"] = mask
    return stacked


def _stack_column(column: Mapping[int, Any], first: Any, num_envs: int) -> npt.NDArray[Any]:
    numeric = type(first) in (int, float, bool) or isinstance(first, np.number)
    if numeric:
        array: npt.NDArray[Any] = np.zeros(num_envs, dtype=type(first))
    elif isinstance(first, np.ndarray):
        array = np.zeros((num_envs, *first.shape), dtype=first.dtype)
    else:
        array = np.full(num_envs, None, dtype=object)
    for i, value in column.items():
        array[i] = value
    return array


class BatchedTextEnv(VectorEnv[tuple[str, ...], Sequence[str], npt.NDArray[Any]]):
    """A vector environment over instances in this process.

    Every value equals what ``SyncVectorEnv`` returns. The autoreset mode decides what happens to an
    instance whose episode has ended:

    * ``NextStep`` (default): the next step resets it; its action is ignored and its reward is 0.
    * ``SameStep``: it is reset at once; the last observation and info of the episode are in
      ``infos["final_obs"]`` and ``infos["final_info"]``.
    * ``Disabled``: it stays as it is until ``reset(options={"reset_mask": mask})`` resets it; a
      step before that is an error.

    Args:
        env_fns: Functions that make the instances, all of them alike.
        autoreset_mode: A member of ``gymnasium.vector.AutoresetMode`` or its value as a string.

    Raises:
        ValueError: If there are no instances, or the mode is unknown.
    """

    def __init__(
        self,
        env_fns: Iterable[Callable[[], gym.Env[str, str]]],
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
    ) -> None:
        self.autoreset_mode = _autoreset_mode(autoreset_mode)
        self.envs = [make() for make in env_fns]
        if not self.envs:
            raise ValueError("BatchedTextEnv needs at least one environment; got none.")
        self.num_envs = len(self.envs)
        self.metadata = {**self.envs[0].metadata, "autoreset_mode": self.autoreset_mode}
        self.render_mode = self.envs[0].render_mode
        self.single_observation_space = self.envs[0].observation_space
        self.single_action_space = self.envs[0].action_space
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._observations = [""] * self.num_envs
        self._ended: BoolArray = np.zeros(self.num_envs, dtype=np.bool_)

    @classmethod
    def from_id(
        cls,
        env_id: str,
        num_envs: int,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        **kwargs: Any,
    ) -> BatchedTextEnv:
        """Make ``num_envs`` instances of a registered id with the same arguments."""
        if num_envs < 1:
            raise ValueError(f"num_envs must be at least 1; got {num_envs}.")
        return cls([lambda: gym.make(env_id, **kwargs)] * num_envs, autoreset_mode)

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[tuple[str, ...], dict[str, Any]]:
        """Reset all instances, or those in ``options["reset_mask"]``.

        Args:
            seed: None, one seed (instance i gets ``seed + i``) or one seed per instance.
            options: Reset options for every instance, and ``reset_mask`` (boolean array of shape
                ``(num_envs,)``). Seeds count from the first instance, whatever the mask.

        Returns:
            The observations of all instances and the merged infos of those that were reset. An
            instance that was not reset returns its last observation (empty before its first reset).

        Raises:
            TypeError: If the mask is not a boolean array.
            ValueError: If the mask has the wrong shape or no True, or the number of seeds is wrong.
        """
        seeds = self._seeds(seed)
        options = dict(options or {})
        mask = np.ones(self.num_envs, dtype=np.bool_)
        if "reset_mask" in options:
            mask = self._checked_mask(options.pop("reset_mask"))
        infos = {}
        for i in np.flatnonzero(mask).tolist():
            self._observations[i], infos[i] = self.envs[i].reset(
                seed=seeds[i], options=options or None
            )
            self._ended[i] = False
        return tuple(self._observations), stack_infos(infos, self.num_envs)

    def step(self, actions: Sequence[str]) -> BatchStep:
        """Send one action to each instance.

        Returns:
            Observations (tuple), rewards, terminations, truncations (arrays), and merged infos.
            Under ``NextStep``, an instance that ended in the last call is reset instead.

        Raises:
            ValueError: If the number of actions is wrong.
            ResetNeeded: If an episode is over and autoreset is disabled (then no instance is
                stepped), or if an instance was never reset.
        """
        if isinstance(actions, str) or len(actions) != self.num_envs:
            raise ValueError(f"Expected {self.num_envs} actions, one for each environment.")
        self._refuse_ended()
        rewards = np.zeros(self.num_envs, dtype=np.float64)
        terminations = np.zeros(self.num_envs, dtype=np.bool_)
        truncations = np.zeros(self.num_envs, dtype=np.bool_)
        infos: dict[int, dict[str, Any]] = {}
        restart = self.autoreset_mode == AutoresetMode.NEXT_STEP
        for i, (env, action) in enumerate(zip(self.envs, actions, strict=True)):
            if restart and self._ended[i]:
                self._observations[i], infos[i] = env.reset()
                self._ended[i] = False
                continue
            observation, reward, terminated, truncated, info = env.step(action)
            rewards[i], terminations[i], truncations[i] = reward, terminated, truncated
            self._ended[i] = terminated or truncated
            if self._ended[i] and self.autoreset_mode == AutoresetMode.SAME_STEP:
                final = {"final_obs": observation, "final_info": info}
                observation, info = env.reset()
                info = {**final, **info}
            self._observations[i], infos[i] = observation, info
        merged = stack_infos(infos, self.num_envs)
        return tuple(self._observations), rewards, terminations, truncations, merged

    def render(self) -> tuple[Any, ...]:
        """Return every instance's ``render()`` result: texts with ``render_mode="ansi"``."""
        return tuple(env.render() for env in self.envs)

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Call a method of every instance, or read an attribute if it is not callable."""
        values = (env.get_wrapper_attr(name) for env in self.envs)
        return tuple(value(*args, **kwargs) if callable(value) else value for value in values)

    def get_attr(self, name: str) -> tuple[Any, ...]:
        """Return an attribute of every instance."""
        return self.call(name)

    def close_extras(self, **kwargs: Any) -> None:
        """Close every instance."""
        for env in self.envs:
            env.close()

    def _refuse_ended(self) -> None:
        """Raise if any instance has ended, before any of them is stepped."""
        if self.autoreset_mode == AutoresetMode.DISABLED and self._ended.any():
            i = int(np.argmax(self._ended))
            raise ResetNeeded(
                f"The episode of environment {i} is over and autoreset is disabled; call "
                "reset(options={'reset_mask': terminations | truncations}) before step()."
            )

    def _seeds(self, seed: int | Sequence[int | None] | None) -> list[int | None]:
        if seed is None:
            return [None] * self.num_envs
        if isinstance(seed, (int, np.integer)):
            return [int(seed) + i for i in range(self.num_envs)]
        if isinstance(seed, (str, bytes)) or not isinstance(seed, (Sequence, np.ndarray)):
            raise ValueError(
                f"seed must be None, an integer or a list of {self.num_envs}; got {seed!r}."
            )
        if len(seed) != self.num_envs:
            raise ValueError(f"Expected {self.num_envs} seeds, one for each; got {len(seed)}.")
        return [int(one) if isinstance(one, np.integer) else one for one in seed]

    def _checked_mask(self, mask: Any) -> BoolArray:
        wanted = (
            f"options['reset_mask'] must be a numpy array of shape ({self.num_envs},) and dtype "
            "bool with at least one True; got "
        )
        if not isinstance(mask, np.ndarray):
            raise TypeError(f"{wanted}{mask!r:.80} of type {type(mask).__name__}.")
        if mask.dtype != np.bool_:
            raise TypeError(f"{wanted}dtype {mask.dtype}.")
        if mask.shape != (self.num_envs,):
            raise ValueError(f"{wanted}shape {mask.shape}.")
        if not mask.any():
            raise ValueError(f"{wanted}none.")
        return mask


def _autoreset_mode(mode: AutoresetMode | str) -> AutoresetMode:
    for known in AutoresetMode:
        if mode in (known, known.value):
            return known
    names = ", ".join(repr(known.value) for known in AutoresetMode)
    raise ValueError(
        f"autoreset_mode must be one of {names} or a member of gymnasium.vector.AutoresetMode; "
        f"got {mode!r}."
    )


class GroupedEnvs:
    """``num_tasks`` groups of ``group_size`` identical episodes in one process.

    Member ``m`` belongs to group ``m // group_size``. All members of a group start with the same
    task and seed, and so in the same state. Results equal those of separate environments.

    Args:
        make_env: Makes one instance; called ``num_tasks * group_size`` times.
        num_tasks: Number of groups.
        group_size: Number of members in each group.
    """

    def __init__(
        self, make_env: Callable[[], gym.Env[str, str]], num_tasks: int, group_size: int
    ) -> None:
        for name, value in (("num_tasks", num_tasks), ("group_size", group_size)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1; got {value}.")
        self.num_tasks = num_tasks
        self.group_size = group_size
        self.envs = [make_env() for _ in range(num_tasks * group_size)]
        self._live = [False] * len(self.envs)

    def __len__(self) -> int:
        return len(self.envs)

    @property
    def live(self) -> tuple[int, ...]:
        """Members whose episode is running, in order."""
        return tuple(m for m, live in enumerate(self._live) if live)

    def group_of(self, member: int) -> int:
        """Return the group of a member."""
        return member // self.group_size

    def reset(
        self, seeds: Sequence[int], tasks: Sequence[int | str | None] | None = None
    ) -> list[tuple[str, dict[str, Any]]]:
        """Start one episode in every member.

        Args:
            seeds: One seed for each group.
            tasks: Task index or id for each group; None to draw it from the seed.

        Returns:
            Observation and info of each member.
        """
        chosen: Sequence[int | str | None] = [None] * self.num_tasks if tasks is None else tasks
        for name, given in (("seeds", seeds), ("tasks", chosen)):
            if len(given) != self.num_tasks:
                raise ValueError(
                    f"{name} must hold one entry for each of the {self.num_tasks} groups; "
                    f"got {len(given)}."
                )
        results = []
        for member, env in enumerate(self.envs):
            group = self.group_of(member)
            results.append(env.reset(seed=seeds[group], options=_task_option(chosen[group])))
        self._live = [True] * len(self.envs)
        return results

    def step(self, actions: Sequence[str | None] | Mapping[int, str]) -> list[StepResult | None]:
        """Step the members that get an action; the others stay as they are.

        Args:
            actions: An action or None for every member, or a mapping from member to action.

        Returns:
            The 5-tuple of each member, or None if it was not stepped.

        Raises:
            ValueError: If the number of actions or a member number is wrong.
            ResetNeeded: If a member with an action has ended. Then no member is stepped.
        """
        wanted = self._wanted(actions)
        ended = [member for member in wanted if not self._live[member]]
        if ended:
            raise ResetNeeded(
                f"The episode of member {ended[0]} is over; give it None or reset the groups."
            )
        results: list[StepResult | None] = [None] * len(self.envs)
        for member, action in wanted.items():
            observation, reward, terminated, truncated, info = self.envs[member].step(action)
            self._live[member] = not (terminated or truncated)
            results[member] = StepResult(observation, float(reward), terminated, truncated, info)
        return results

    def close(self) -> None:
        """Close every member."""
        for env in self.envs:
            env.close()

    def _wanted(self, actions: Sequence[str | None] | Mapping[int, str]) -> dict[int, str]:
        if isinstance(actions, Mapping):
            strangers = [m for m in actions if not 0 <= m < len(self.envs)]
            if strangers:
                raise ValueError(
                    f"There is no member {strangers[0]}; members are 0 to {len(self.envs) - 1}."
                )
            return dict(sorted(actions.items()))
        if isinstance(actions, str) or len(actions) != len(self.envs):
            raise ValueError(f"Expected {len(self.envs)} actions, one (or None) for each member.")
        return {member: action for member, action in enumerate(actions) if action is not None}


def _task_option(task: int | str | None) -> dict[str, Any] | None:
    if task is None:
        return None
    return {"task_id": task} if isinstance(task, str) else {"task_index": task}
