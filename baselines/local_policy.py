"""A policy of this project, or any causal language model, for `t2po-gym eval --model`.

A run folder, a checkpoint or a cold start brings the settings it was trained with: prompt, reply
length, parser and the arguments of its environment. A model of another origin gets those of the
preset for pretrained models. Thoughts are closed by TTI if that is asked for and the checkpoint
knows its threshold.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from t2po_gym.data.locate import file_digest
from t2po_gym.evaluation.policies import Reply, Seen
from t2po_gym.evaluation.records import PromptSettings

from .config import TrainConfig, from_json
from .intervention import TurnMonitor
from .policy.chat import Chat
from .policy.fit import check_fit
from .policy.loading import load_policy, resolve_model
from .presets import OF_ENV_LLM, PRESETS
from .sampling.generation import HFGenerator
from .sampling.prompting import Prompting, scaffold_of
from .sampling.protocol import Decoding, Request
from .trajectory import Generation, IntArray

__all__ = ["LocalPolicy", "checkpoint_of", "settings_of"]


def checkpoint_of(model: str) -> Path | None:
    """Return the folder of a model's weights; None for the name of a model on the hub.

    Of a run folder it is the checkpoint that the run's own evaluation took: the best one on the dev
    panel where the run selects that, else the newest.
    """
    folder = Path(resolve_model(model))
    if not folder.is_dir():
        return None
    steps = sorted((folder / "checkpoints").glob("step-*"))
    if not steps:
        return folder
    config = from_json(TrainConfig, (folder / "config.json").read_text(encoding="utf-8"))
    best = json.loads((steps[-1] / "state.json").read_text(encoding="utf-8"))["best_step"]
    selected = folder / "checkpoints" / f"step-{best:06d}"
    return selected if config.eval.select == "best" and selected in steps else steps[-1]


def settings_of(folder: Path | None, env_id: str) -> TrainConfig:
    """Return the settings that a checkpoint was trained with, or those of a pretrained model.

    Raises:
        ValueError: If they belong to another environment, or there are none for this one.
    """
    places = [folder / "cold_start.json", folder.parent.parent / "config.json"] if folder else []
    for path in places:
        if path.is_file() and "rollout" in json.loads(path.read_text(encoding="utf-8")):
            config = from_json(TrainConfig, path.read_text(encoding="utf-8"))
            if config.env != env_id:
                raise ValueError(f"{folder} was trained on {config.env}; it cannot play {env_id}.")
            return config
    if env_id not in OF_ENV_LLM:
        raise ValueError(f"There are no settings for pretrained models on {env_id}.")
    return PRESETS[OF_ENV_LLM[env_id]]()


class LocalPolicy:
    """Answers many prompts at once with a model on this machine.

    Args:
        model: run folder, checkpoint, `builtin:NAME`, or a model of the hub.
        env_id: what it plays.
        temperature: 0 for greedy decoding.
        max_tokens: longest reply; 0 for the one it was trained with.
        thinking: whether thoughts are closed by TTI.
        chat: settings of `PromptConfig` over those it was trained with: `chat_template`,
            `chat_template_kwargs`.

    Raises:
        ValueError: If it cannot play this environment, prompts and model do not fit together, or
            TTI has no threshold.
    """

    privileged = False

    def __init__(
        self,
        model: str,
        env_id: str,
        *,
        temperature: float = 0.0,
        max_tokens: int = 0,
        thinking: bool = False,
        chat: Mapping[str, Any] | None = None,
    ) -> None:
        folder = checkpoint_of(model)
        self.config = settings_of(folder, env_id)
        self._chat = dict(chat or {})
        self.config = replace(self.config, prompt=replace(self.config.prompt, **self._chat))
        place, longest = str(folder or model), max_tokens or self.config.rollout.max_reply_tokens
        check_fit(place, self.config.prompt, longest, self.config.thinking.queue)
        policy = load_policy(place, self.config.policy)
        self._name = Path(model).name if folder else model
        self._weights = folder.name if folder else model
        self._generator = HFGenerator(
            policy,
            queue=self.config.thinking.queue,
            reply_prefix=self.config.prompt.reply_prefix,
            chat=Chat.of(self.config.prompt),
            max_rows=self.config.rollout.max_rows,
        )
        self._prompting = Prompting.of(self.config.prompt, policy.tokenizer)
        rule = self.config.thinking.rule(_epsilon(folder)) if thinking else None
        self._decoding = Decoding(
            max_tokens=longest,
            temperature=temperature or 1.0,
            greedy=not temperature,
            signal=self.config.signal,
            thinking=rule,
        )
        self._temperature, self._vocab_size = temperature, policy.vocab_size
        self._weights_hash, self._parameters = _weights_hash(folder), policy.num_parameters
        self._training = _training(folder, self.config)
        self._monitors: dict[int, TurnMonitor] = {}

    @property
    def env_kwargs(self) -> Mapping[str, Any]:
        """Arguments of the environment that it was trained with."""
        return self.config.env_kwargs

    @property
    def scaffold(self) -> PromptSettings:
        """How it is asked and read."""
        return scaffold_of(self.config.prompt)

    def describe(self) -> dict[str, Any]:
        """Return model, prompt and decoding."""
        rule = self._decoding.thinking
        return {
            "kind": "model",
            "name": self._name,
            "weights": self._weights,
            "revision": self._weights_hash,
            "parameters": self._parameters,
            "temperature": self._temperature,
            "max_tokens": self._decoding.max_tokens,
            "tti_epsilon": rule.epsilon if rule else None,
            "training": self._training,
            **self._chat,
        }

    def replies(self, asked: Sequence[Seen]) -> list[Reply]:
        """Answer every page; a reply depends on its own episode so far alone."""
        monitors = [self._monitor(seen) for seen in asked]
        # Episodes that are no longer asked for have ended.
        self._monitors = {s.seed: m for s, m in zip(asked, monitors, strict=True)}
        requests = [
            Request(
                prompt_ids=self._prompt(seen),
                seed=(seen.seed, len(seen.past)),
                bounds=monitor.start_range(),
            )
            for seen, monitor in zip(asked, monitors, strict=True)
        ]
        made = self._generator.generate(requests, self._decoding)
        return [
            Reply(
                text=reply.text,
                prompt_tokens=len(request.prompt_ids),
                reply_tokens=len(reply.token_ids),
                uncertainty=_accepted(monitor, reply),
            )
            for request, reply, monitor in zip(requests, made, monitors, strict=True)
        ]

    def _prompt(self, seen: Seen) -> IntArray:
        task = self._prompting.task(seen.first)
        return self._prompting.encode(task, seen.past, seen.observation, seen.info).ids

    def _monitor(self, seen: Seen) -> TurnMonitor:
        """The range of the signal in an episode so far; TTI measures against it."""
        known = self._monitors.get(seen.seed) if seen.past else None
        return known or TurnMonitor(
            signal=self.config.signal, rule=None, vocab_size=self._vocab_size
        )


def _accepted(monitor: TurnMonitor, reply: Generation) -> float | None:
    """Take a reply into an episode's range and return its uncertainty Phi under that range."""
    h, c = reply.entropy[reply.sampled], reply.confidence[reply.sampled]
    level = monitor.judge(h, c).phi
    monitor.accept(h, c)
    # Two digits: which episodes are played together changes the last bits of every logit.
    return None if level is None else round(level, 2)


def _weights_hash(folder: Path | None) -> str:
    """Return the sha256 of a checkpoint's weights or adapter; empty for a model of the hub."""
    names = ("model.safetensors", "adapter_model.safetensors")
    for path in (folder / name for name in names if folder):
        if path.is_file():
            return file_digest(path)
    return ""


def _training(folder: Path | None, config: TrainConfig) -> dict[str, Any] | None:
    """Return how the weights came about; None for a model of another origin."""
    if folder is None:
        return None
    if (folder / "cold_start.json").is_file():
        how, initial = "cold start", ""
    elif (folder.parent.parent / "config.json").is_file():
        how, initial = config.algorithm, config.model
    else:
        return None
    return {
        "algorithm": how,
        "initial_checkpoint": initial,
        "environment": config.env,
        "split": config.train_split,
        "seed": config.run.seed,
    }


def _epsilon(folder: Path | None) -> float:
    state = folder / "state.json" if folder else None
    if state is None or not state.is_file():
        raise ValueError(
            "TTI needs the threshold of a training run: name its folder or one of its checkpoints."
        )
    return float(json.loads(state.read_text(encoding="utf-8"))["thresholds"]["epsilon"])
