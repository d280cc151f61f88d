"""Plays recorded episodes again, for what their records leave out: pages, actions, milestones."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from t2po_gym.core.env import TextEnv
from t2po_gym.core.many.trace import EpisodeTrace, replay
from t2po_gym.core.rendering import picture_words
from t2po_gym.evaluation.environment import make_recorded_env
from t2po_gym.evaluation.parsers import parser_of
from t2po_gym.evaluation.records import EpisodeRecord, PromptSettings
from t2po_gym.evaluation.replay import replay_episode
from t2po_gym.evaluation.templates import ours_or_none
from t2po_gym.watch.episodes import State

__all__ = ["MOST_ENVIRONMENTS", "Stage"]

MOST_ENVIRONMENTS = 4
"""Environments that are kept for further episodes."""


class Stage:
    """Makes environments once and keeps the last few; close it in the end.

    Example:
        >>> with Stage() as stage:
        ...     stage.env("t2po/ToyKeys-v0", {"split": "dev"}).num_tasks()
        64
    """

    def __init__(self) -> None:
        self._envs: OrderedDict[str, TextEnv] = OrderedDict()

    def __enter__(self) -> Stage:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._envs:
            self._envs.popitem()[1].close()

    def env(self, env_id: str, kwargs: Mapping[str, Any], fingerprint: str = "") -> TextEnv:
        """Return an environment.

        Args:
            env_id: registered id.
            kwargs: its arguments.
            fingerprint: of the data and rules that were played on; empty where it is not known.

        Raises:
            ValueError: If it cannot be made, or data or rules are others here.
        """
        key = json.dumps([env_id, kwargs], sort_keys=True)
        if key not in self._envs:
            self._envs[key] = make_recorded_env(env_id, kwargs)
            if len(self._envs) > MOST_ENVIRONMENTS:
                self._envs.popitem(last=False)[1].close()
        self._envs.move_to_end(key)
        env = self._envs[key]
        if fingerprint and env.fingerprint != fingerprint:
            raise ValueError(
                f"it was played with other data or rules: fingerprint {fingerprint[:16]}, here "
                f"{env.fingerprint[:16]}"
            )
        return env

    def of_trace(self, trace: EpisodeTrace) -> tuple[list[State], str]:
        """Return the states of a trace, from the reset on, and the kind of its task.

        Raises:
            ValueError: If it does not replay as recorded.
        """
        env = self.env(trace.env_id, trace.env_kwargs)
        seen = _Seen(env)
        replay(trace, env, seen)
        return seen.states, seen.task_type

    def of_record(
        self, env: TextEnv, seed: int, prompt: PromptSettings, record: EpisodeRecord
    ) -> list[State]:
        """Return the states of a record, from the reset on.

        Args:
            env: what it was played on.
            seed: of the run.
            prompt: the scaffold it was played with.
            record: the episode.

        Raises:
            ValueError: If it does not replay as recorded.
        """
        seen = _Seen(env)
        parse, prompts = parser_of(prompt.parser), ours_or_none(prompt)
        replay_episode(env, seed, parse, prompts, record, seen)
        return seen.states


class _Seen:
    """Collects the states of a replay: of pictures, the text that stands for them."""

    def __init__(self, env: TextEnv) -> None:
        self._env = env
        self.states: list[State] = []
        self.task_type = ""

    def __call__(self, observation: Any, info: Mapping[str, Any]) -> None:
        picture = picture_words(observation)
        self.task_type = str(info["task_type"])
        self.states.append(
            State(
                observation=f"{self._env.observation}\n{picture}" if picture else observation,
                admissible=tuple(info["admissible_actions"]),
                progress=info.get("progress"),
                milestones={k: bool(v) for k, v in info.get("milestones", {}).items()},
            )
        )
