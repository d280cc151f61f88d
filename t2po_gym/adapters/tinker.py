"""Tinker: the environments for ``tinker_cookbook``'s training loops (extra ``tinker``).

* ``ReplyEnv`` - one episode: prompts as tokens out, replies as tokens in.
* ``ReplyGroupBuilder`` - a group of identical episodes of one task; it can be pickled.
* ``TaskDataset`` - batches of groups over the tasks of a split.

Every turn's prompt is rendered afresh from task, history window and page, as everywhere in this
project. The cookbook starts a new training sequence where a prompt does not continue the one
before, so each turn is learned under exactly the tokens that it was sampled after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any

try:
    import tinker
    from tinker_cookbook.renderers import Renderer
    from tinker_cookbook.rl.types import (
        ActionExtra,
        Env,
        EnvGroupBuilder,
        Metrics,
        RLDataset,
        StepResult,
        Trajectory,
    )
except ModuleNotFoundError as error:
    raise ImportError(
        f"The environments for Tinker need the extra `tinker`: pip install 't2po-gym[tinker]' "
        f"({error})."
    ) from error

from t2po_gym.core.agent.prompted import PromptedEnv
from t2po_gym.evaluation.environment import make_env, panel
from t2po_gym.evaluation.parsers import parser_of
from t2po_gym.evaluation.records import PromptSettings
from t2po_gym.evaluation.templates import builder_of

__all__ = ["ReplyEnv", "ReplyGroupBuilder", "TaskDataset"]


class ReplyEnv(Env):  # type: ignore[misc]
    """One episode, used once.

    A step's metrics are ``action_valid`` and ``format_ok``; the last one has ``stop/completed`` or
    ``stop/max_turns`` too. Its logs hold action, page, ``state_key`` and ``observation_hash``.

    Args:
        env: replies in, prompts out.
        renderer: the cookbook's, of the model that plays.
        task_id: task of the split; None lets the seed draw one.
        seed: seed of the environment.
    """

    def __init__(
        self, env: PromptedEnv, renderer: Renderer, *, task_id: str | None, seed: int | None
    ) -> None:
        self.renderer = renderer
        self.info: dict[str, Any] = {}
        """The environment's info after the last step, progress included."""
        self._env, self._task_id, self._seed = env, task_id, seed

    async def initial_observation(self) -> tuple[tinker.ModelInput, Any]:
        """Start the episode; returns the first prompt and where replies to it stop."""
        options = None if self._task_id is None else {"task_id": self._task_id}
        prompt, self.info = self._env.reset(seed=self._seed, options=options)
        return self._rendered(prompt), self.renderer.get_stop_sequences()

    async def step(self, action: list[int], *, extra: ActionExtra | None = None) -> StepResult:
        """Play a reply; what it lacks, such as a closed action, the parser treats as invalid."""
        prompt, reward, terminated, truncated, self.info = self._env.step(self._text(action))
        done = terminated or truncated
        return StepResult(
            reward=float(reward),
            episode_done=done,
            next_observation=tinker.ModelInput.empty() if done else self._rendered(prompt),
            next_stop_condition=self.renderer.get_stop_sequences(),
            metrics=self._metrics(terminated, truncated),
            logs={
                "action": self.info["parsed_action"],
                "page": self.info["raw_observation"],
                "state_key": self.info["state_key"],
                "observation_hash": self.info["observation_hash"],
            },
        )

    def close(self) -> None:
        """Give the environment back."""
        self._env.close()

    def _rendered(self, prompt: str) -> tinker.ModelInput:
        return self.renderer.build_generation_prompt([{"role": "user", "content": prompt}])

    def _text(self, action: Sequence[int]) -> str:
        """Return a reply as text, up to where it stops.

        Decoded here, not parsed by the renderer, which would take the thought out of the text.
        """
        stops = self.renderer.get_stop_sequences()
        tokenizer: Any = self.renderer.tokenizer
        ends = {stop for stop in stops if isinstance(stop, int)} | {tokenizer.eos_token_id}
        kept = takewhile(lambda token: token not in ends, action)
        text: str = tokenizer.decode(list(kept))
        for stop in stops:
            text = text.partition(stop)[0] if isinstance(stop, str) else text
        return text

    def _metrics(self, terminated: bool, truncated: bool) -> Metrics:
        metrics: Metrics = {
            "action_valid": float(self.info["action_valid"]),
            "format_ok": float(self.info["format_ok"]),
        }
        if terminated or truncated:
            metrics["stop/completed" if terminated else "stop/max_turns"] = 1.0
        return metrics


@dataclass(frozen=True, kw_only=True)
class ReplyGroupBuilder(EnvGroupBuilder):  # type: ignore[misc]
    """Identical episodes of one task.

    Example: ``ReplyGroupBuilder(env_id="t2po/WebShop-v0", renderer=get_renderer("qwen3", tokenizer,
    model_name="Qwen/Qwen3-4B"), task_id="webshop:fixed:8f03265b:0:000563", group_size=8)``
    """

    env_id: str
    """Registered id."""
    renderer: Renderer
    """Made by the cookbook's ``get_renderer``, with a model name, so that it can be pickled."""
    task_id: str | None = None
    """Task of the split; None lets the seed draw one."""
    seed: int = 0
    """Seed of the environments."""
    group_size: int = 8
    """Episodes."""
    env_kwargs: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of the environment, such as ``split``."""
    prompt: PromptSettings = field(default_factory=PromptSettings)
    """How pages become prompts and replies become actions."""
    reward_on_success: float | None = None
    """None keeps the benchmark's reward; a number replaces it, as in `PromptedEnv`."""

    async def make_envs(self) -> Sequence[ReplyEnv]:
        """Make the group's environments."""
        return [self._one() for _ in range(self.group_size)]

    async def compute_group_rewards(
        self, trajectory_group: list[Trajectory], env_group: Sequence[Env]
    ) -> list[tuple[float, Metrics]]:
        """Add nothing to the rewards; report each episode's score, success and progress."""
        names = ("score", "success", "progress")
        infos = [env.info for env in env_group]
        return [(0.0, {name: float(i[name]) for name in names if name in i}) for i in infos]

    def logging_tags(self) -> list[str]:
        """Return the environment's id."""
        return [self.env_id]

    def _one(self) -> ReplyEnv:
        env = PromptedEnv(
            make_env(self.env_id, self.env_kwargs),
            parser=parser_of(self.prompt.parser),
            prompts=builder_of(self.prompt),
            reward_on_success=self.reward_on_success,
        )
        return ReplyEnv(env, self.renderer, task_id=self.task_id, seed=self.seed)


class TaskDataset(RLDataset):  # type: ignore[misc]
    """Groups over evenly spaced tasks of a split, in batches; the last short batch is left out.

    Args:
        builder: what every group is like; its task is replaced.
        tasks: how many tasks.
        batch_size: groups per batch.

    Raises:
        ValueError: If there are fewer tasks than a batch has groups.
    """

    def __init__(self, builder: ReplyGroupBuilder, *, tasks: int, batch_size: int) -> None:
        env = make_env(builder.env_id, builder.env_kwargs)
        self._names = [env.task_id(index) for index in panel(env.num_tasks(), tasks)]
        self._builder, self._batch_size = builder, batch_size
        env.close()
        if not 1 <= batch_size <= len(self._names):
            raise ValueError(
                f"batch_size must be from 1 to the number of tasks, {len(self._names)}; got "
                f"{batch_size}."
            )

    def __len__(self) -> int:
        return len(self._names) // self._batch_size

    def get_batch(self, index: int) -> Sequence[ReplyGroupBuilder]:
        """Return the groups of a batch."""
        start = index * self._batch_size
        names = self._names[start : start + self._batch_size]
        return [replace(self._builder, task_id=name) for name in names]
