"""What a process of verl needs to play: settings, prompts, environments, and how replies come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from transformers import AutoConfig

from t2po_gym.core.many.vector import GroupedEnvs

from ...config import TrainConfig, from_json
from ...evaluation import make_envs
from ...policy.chat import Chat, opening_of
from ...rollout import Plan, derive_seed
from ...sampling.prompting import Prompting
from ...sampling.protocol import Decoding
from ...sampling.replies import ReplyReader
from .records import Records
from .replies import Client, PlainReplies, RecordedReplies, Replies

__all__ = ["Setup", "engine_settings"]

TRAIN, EVAL = 0, 2  # streams of random numbers, as in `baselines.evaluation`


def engine_settings(model: str, tokenizer: Any, config: TrainConfig) -> dict[str, Any]:
    """Return the arguments of the `ReplyReader` of engine and loop, as plain values.

    Args:
        model: name or folder; its configuration says how many logits there are.
        tokenizer: its tokenizer.
        config: prompts and interventions.
    """
    inside, prefix = opening_of(tokenizer, config.prompt.reply_prefix, Chat.of(config.prompt))
    return {
        "vocab_size": int(AutoConfig.from_pretrained(model).get_text_config().vocab_size),
        "queue": config.thinking.queue,
        "opening": [inside, prefix],
        "end_ids": [int(tokenizer.eos_token_id)],
    }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Setup:
    """Everything that the loops of one process share."""

    config: TrainConfig
    """What is played and how."""
    prompting: Prompting
    """Makes prompts, reads replies."""
    reader: ReplyReader
    """Knows where replies end."""
    records: Records | None
    """Where the engine leaves replies; None for a server without our logits processor."""
    _idle: dict[str, list[GroupedEnvs]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, play: str, records: str, model: str, tokenizer: Any) -> Setup:
        """Read the settings.

        Args:
            play: file of a `TrainConfig`, as `baselines.config.to_json` writes it.
            records: folder that the engine leaves replies in; empty for none.
            model: name or folder of the model.
            tokenizer: its tokenizer.

        Raises:
            ValueError: they ask for what the loop cannot do.
        """
        config = from_json(TrainConfig, Path(play).read_text(encoding="utf-8"))
        check_play(config, bool(records))
        return cls(
            config=config,
            prompting=Prompting.of(config.prompt, tokenizer),
            reader=ReplyReader(tokenizer, **engine_settings(model, tokenizer, config)),
            records=Records(records) if records else None,
        )

    def replies(self, client: Client, sampling: Mapping[str, Any]) -> Replies:
        """Return what answers requests."""
        if self.records is None:
            return PlainReplies(client, self.reader, sampling)
        stops = np.flatnonzero(self.reader.is_stop(np.arange(self.reader.vocab_size)))
        return RecordedReplies(client, self.reader, self.records, stops.tolist())

    def plan(self, stage: GroupedEnvs, task: str, step: int, place: int, learn: bool) -> Plan:
        """Return the plan of one episode.

        Args:
            stage: the environment.
            task: its task.
            step: training step.
            place: number of the task in the data; with the step it decides the seeds.
            learn: whether it is training: only then does T2PO intervene.
        """
        config = self.config
        seed, stream = config.run.seed, TRAIN if learn else EVAL
        intervenes = learn and config.algorithm == "t2po"
        thinking, turns = config.thinking, config.turns
        env: Any = stage.envs[0].unwrapped
        decoding = Decoding(
            max_tokens=config.rollout.max_reply_tokens,
            temperature=config.rollout.temperature,
            signal=config.signal if self.records is not None and learn else None,
            thinking=thinking.rule(thinking.epsilon or 0.0)
            if intervenes and thinking.enabled
            else None,
        )
        how = config.eval
        if not learn:
            decoding = replace(
                decoding, temperature=how.temperature, top_p=how.top_p, greedy=how.greedy
            )
        return Plan(
            tasks=(env.task_index(task),),
            env_seeds=(derive_seed(seed, stream, step, place),),
            stream=(seed, stream, step),
            first_group=place,
            decoding=decoding,
            turn_rule=turns.rule(turns.eta or 0.0) if intervenes and turns.enabled else None,
            vocab_size=self.reader.vocab_size,
        )

    @contextmanager
    def stage(self, split: str) -> Iterator[GroupedEnvs]:
        """Lend an environment of a split; an idle one is used again."""
        idle = self._idle[split]
        stage = idle.pop() if idle else make_envs(self.config, split, 1, 1)
        try:
            yield stage
        finally:
            idle.append(stage)


def check_play(config: TrainConfig, recorded: bool) -> None:
    """Refuse settings that the loop cannot follow.

    Raises:
        ValueError: with one sentence.
    """
    t2po = config.algorithm == "t2po"
    thinking, turns = config.thinking, config.turns
    wrong = {
        "PPO's critic is verl's own affair: set algorithm to t2po, gigpo or grpo": (
            config.algorithm == "ppo"
        ),
        "t2po measures uncertainty, which needs our logits processor in a vLLM server: give "
        "`records` in the agent loop's settings, or set algorithm to gigpo": t2po and not recorded,
        "verl plays no calibration rollout: give thinking.epsilon (TTI) and turns.eta (TDS), as a "
        "short run of t2po_train.py prints them": t2po
        and (
            (thinking.enabled and thinking.cut == "window" and thinking.epsilon is None)
            or (turns.enabled and turns.eta is None)
        ),
        "loss.tds_weighting needs the rejections of the whole batch, and the members of a group "
        "only meet each other": config.loss.tds_weighting,
    }
    for sentence, applies in wrong.items():
        if applies:
            raise ValueError(f"Settings of the agent loop: {sentence}.")
