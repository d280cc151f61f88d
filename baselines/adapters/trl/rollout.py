"""`TurnRollout`: a `rollout_func` for TRL that plays as this project's own trainers do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any

from t2po_gym.core.many.vector import GroupedEnvs
from t2po_gym.evaluation.environment import make_env, panel

from ...collate import Row, turn_rows
from ...config import TrainConfig
from ...evaluation import Player, Thresholds, calibrate, make_envs
from ...policy.model import Policy
from ...rollout import Plan, collect, derive_seed
from ...run.panels import make_player
from ...sampling.protocol import Decoding
from ...trajectory import Group, Trajectory
from ...update import training_rows
from ..advantages import turn_advantages
from .transcripts import Ledger, Transcript

__all__ = ["TurnRollout", "task_prompts"]

TRAIN, EVAL = 0, 2  # streams of random numbers, as in `baselines.evaluation`


def task_prompts(config: TrainConfig, count: int) -> list[dict[str, str]]:
    """Return `count` evenly spaced tasks of the training split as rows for `Dataset.from_list`.

    A row's prompt is the name of the task: what the policy reads is made in every turn.
    """
    env = make_env(config.env, {"split": config.train_split, **config.env_kwargs})
    return [{"prompt": env.task_id(index)} for index in panel(env.num_tasks(), count)]


class TurnRollout:
    """Plays the tasks that TRL asks for; groups are TRL's repetitions of a prompt.

    The model is the trained one, the prompts are those of `config.prompt`, one per turn. With
    `algorithm="t2po"` thoughts are closed (TTI) and turns sampled again (TDS); thresholds that the
    settings leave open are read off a first rollout.

    Args:
        config: environment, prompts, rollout, interventions and advantages are read; what the
            optimiser does is TRL's business.
    """

    def __init__(self, config: TrainConfig) -> None:
        if config.generator != "hf":
            raise ValueError("The rollout samples with the trained model: set generator to hf.")
        self.config = config
        self.ledger = Ledger()
        self._player: Player | None = None
        self._limits = Thresholds()
        self._stages: dict[tuple[int, int], GroupedEnvs] = {}
        self._step, self._played = -1, 0

    def __call__(self, prompts: Sequence[str], trainer: Any) -> dict[str, list[Any]]:
        """Play one episode for each prompt.

        Args:
            prompts: names of tasks, each repeated once for every member of its group.
            trainer: TRL's trainer.

        Returns:
            `prompt_ids`, `completion_ids`, `logprobs` and `env_mask` of the transcripts, and for
            each episode its `score`, `success`, `task_id`, `anchors` and `observation_hash`.
        """
        model = trainer.accelerator.unwrap_model(trainer.model)
        training = bool(trainer.model.training)
        members = trainer.num_generations if training else trainer.num_generations_eval
        tasks = _tasks_of(prompts, members)
        with _evaluating(model):
            player = self._ready(model, trainer.processing_class)
            groups = self._play(player, tasks, members, training, trainer.state.global_step)
        return self._as_batch(groups)

    # ---- inside -------------------------------------------------------------------------------

    def _ready(self, model: Any, tokenizer: Any) -> Player:
        if self._player is None:
            policy = Policy(model, tokenizer, model.device)
            self._player = make_player(policy, self.config)
            if self.config.algorithm == "t2po":
                self._limits = calibrate(self._player)
        return self._player

    def _play(
        self, player: Player, tasks: Sequence[str], members: int, training: bool, step: int
    ) -> list[Group]:
        stage = self._stage(len(tasks), members)
        plan = self._plan(player, stage, tasks, training, step)
        return collect(stage, player.generator, player.prompting, plan)

    def _stage(self, tasks: int, members: int) -> GroupedEnvs:
        """Return environments for a batch; those of the last one of this size are used again."""
        if (tasks, members) not in self._stages:
            made = make_envs(self.config, self.config.train_split, tasks, members)
            self._stages[(tasks, members)] = made
        return self._stages[(tasks, members)]

    def _plan(
        self, player: Player, stage: GroupedEnvs, tasks: Sequence[str], training: bool, step: int
    ) -> Plan:
        config, seed = self.config, self.config.run.seed
        first = self._first_group(step, len(tasks))
        stream = TRAIN if training else EVAL
        intervenes = training and config.algorithm == "t2po"
        thinking, turns = config.thinking, config.turns
        env: Any = stage.envs[0].unwrapped
        return Plan(
            tasks=tuple(env.task_index(task) for task in tasks),
            env_seeds=tuple(derive_seed(seed, stream, step, first + g) for g in range(len(tasks))),
            stream=(seed, stream, step),
            first_group=first,
            decoding=Decoding(
                max_tokens=config.rollout.max_reply_tokens,
                temperature=config.rollout.temperature,
                signal=config.signal,
                thinking=thinking.rule(self._limits.epsilon)
                if intervenes and thinking.enabled
                else None,
            ),
            turn_rule=turns.rule(self._limits.eta) if intervenes and turns.enabled else None,
            vocab_size=player.vocab_size,
        )

    def _first_group(self, step: int, count: int) -> int:
        """Number the groups of a training step through all its rollouts."""
        first = self._played if step == self._step else 0
        self._step, self._played = step, first + count
        return first

    def _as_batch(self, groups: Sequence[Group]) -> dict[str, list[Any]]:
        turns = turn_rows(_merged(groups))
        rows = training_rows(turns, turn_advantages(turns, self.config), self.config)
        numbered = zip((turn.trajectory for turn in turns), rows, strict=True)
        episodes: list[list[Row]] = [
            [row for _, row in part] for _, part in groupby(numbered, key=lambda pair: pair[0])
        ]
        written = [Transcript.of(episode) for episode in episodes]
        self.ledger.replace(zip(written, episodes, strict=True))
        played = [trajectory for group in groups for trajectory in group.trajectories]
        return {
            "prompt_ids": [transcript.prompt for transcript in written],
            "completion_ids": [transcript.completion for transcript in written],
            "logprobs": [transcript.log_probs for transcript in written],
            "env_mask": [transcript.mask for transcript in written],
            **_outcomes(played),
        }


def _tasks_of(prompts: Sequence[str], members: int) -> list[str]:
    """Return the task of each group.

    Raises:
        ValueError: groups are not whole, or a prompt is no text.
    """
    if not all(isinstance(prompt, str) for prompt in prompts):
        raise ValueError(
            "A prompt of the dataset is the name of a task, as task_prompts returns it."
        )
    groups = [prompts[start : start + members] for start in range(0, len(prompts), members)]
    if any(len(set(group)) > 1 or len(group) < members for group in groups):
        raise ValueError(
            f"A batch must hold whole groups of {members}: make per_device_train_batch_size times "
            "steps_per_generation a multiple of num_generations, and use one process."
        )
    return [group[0] for group in groups]


def _merged(groups: Sequence[Group]) -> list[Group]:
    """Let all groups of a task be one group: their episodes are alike for advantages."""
    first = {group.task_id: group.index for group in reversed(groups)}
    return [
        Group(index=first[g.task_id], task_id=g.task_id, trajectories=g.trajectories)
        for g in groups
    ]


def _outcomes(played: Sequence[Trajectory]) -> dict[str, list[Any]]:
    """Return what reward functions are told of each episode."""
    return {
        "score": [episode.score for episode in played],
        "success": [float(episode.success) for episode in played],
        "task_id": [episode.task_id for episode in played],
        "anchors": [[turn.anchor for turn in episode.turns] for episode in played],
        "observation_hash": [episode.turns[-1].observation_hash for episode in played],
    }


@contextmanager
def _evaluating(model: Any) -> Iterator[None]:
    """Sample as every rollout does, without dropout; the trainer's mode comes back afterwards."""
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)
