"""Every setting of a training run: one frozen dataclass per concern, parsed from flags by tyro.

`TrainConfig` holds them all; the four trainers share it. The resolved configuration of a run is
written to its folder as JSON (`to_json`) and read back from there (`from_json`). Presets are in
`baselines.presets`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import tyro

from ..run.flags import Kwargs
from ..uncertainty import SignalConfig
from .as_json import from_dict, from_json, to_json
from .engine import VLLMConfig
from .learning import AdvantageConfig, CriticConfig, LossConfig, OptimConfig
from .play import (
    CalibrationConfig,
    EvalConfig,
    RolloutConfig,
    ThinkingConfig,
    TurnRuleConfig,
)
from .policy import ColdStartConfig, LoRAConfig, PolicyConfig, PromptConfig
from .run import RunConfig

__all__ = [
    "ALGORITHMS",
    "TITLES",
    "AdvantageConfig",
    "Algorithm",
    "CalibrationConfig",
    "ColdStartConfig",
    "CriticConfig",
    "EvalConfig",
    "LoRAConfig",
    "LossConfig",
    "OptimConfig",
    "PolicyConfig",
    "PromptConfig",
    "RolloutConfig",
    "RunConfig",
    "SignalConfig",
    "T2POConfig",
    "ThinkingConfig",
    "TrainConfig",
    "TurnRuleConfig",
    "VLLMConfig",
    "from_dict",
    "from_json",
    "to_json",
]

Algorithm = Literal["t2po", "gigpo", "grpo", "ppo"]
TITLES: dict[Algorithm, str] = {"t2po": "T2PO", "gigpo": "GiGPO", "grpo": "GRPO", "ppo": "PPO"}
"""What each algorithm is called."""
ALGORITHMS = tuple(TITLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """All settings of a training run."""

    algorithm: tyro.conf.Suppress[Algorithm] = "t2po"
    """Which trainer it is for; every trainer sets its own."""

    env: str = "t2po/WebShop-v0"
    """Any registered text environment."""
    env_kwargs: Kwargs = field(default_factory=dict)
    """Arguments of the environment, as a JSON object."""
    train_split: str = "train"
    """Split that training tasks are drawn from."""
    model: str = ""
    """Hugging Face causal LM (hub name or folder), `builtin:NAME` for a checkpoint that comes with
    the repository, or empty for a small policy from scratch (see `policy`)."""
    prompt: PromptConfig = field(default_factory=PromptConfig)
    """What the policy reads."""
    policy: PolicyConfig = field(default_factory=PolicyConfig)
    """The policy's shape (from scratch) and number format."""
    generator: Literal["hf", "vllm"] = "hf"
    """What writes replies: the model itself (`hf`), or a vLLM engine beside it (extra `vllm`)."""
    vllm: VLLMConfig = field(default_factory=VLLMConfig)
    """That engine."""
    rollout: RolloutConfig = field(default_factory=RolloutConfig)
    """Collection of experience."""
    signal: SignalConfig = field(default_factory=SignalConfig)
    """The uncertainty signal."""
    thinking: ThinkingConfig = field(default_factory=ThinkingConfig)
    """TTI."""
    turns: TurnRuleConfig = field(default_factory=TurnRuleConfig)
    """TDS."""
    calibration: CalibrationConfig = field(default_factory=CalibrationConfig)
    """Where epsilon and eta come from when they are not given."""
    advantage: AdvantageConfig = field(default_factory=AdvantageConfig)
    """Rewards and advantages."""
    loss: LossConfig = field(default_factory=LossConfig)
    """The objective."""
    critic: CriticConfig = field(default_factory=CriticConfig)
    """PPO's critic."""
    optim: OptimConfig = field(default_factory=OptimConfig)
    """The optimiser."""
    cold_start: ColdStartConfig = field(default_factory=ColdStartConfig)
    """Fine-tuning before RL."""
    eval: EvalConfig = field(default_factory=EvalConfig)
    """Held-out evaluation."""
    run: RunConfig = field(default_factory=RunConfig)
    """The run."""

    @property
    def longest_sequence(self) -> int:
        """Longest prompt plus reply in tokens."""
        return self.prompt.max_tokens + self.rollout.max_reply_tokens

    @property
    def is_tuned(self) -> bool:
        """Whether the policy is fine-tuned before RL."""
        when = self.cold_start.when
        return when == "always" or (when == "auto" and not self.model)

    @property
    def tis(self) -> Literal["off", "token", "sequence"]:
        """Level of truncated importance sampling, with `auto` decided by the number format."""
        if self.loss.tis != "auto":
            return self.loss.tis
        return "token" if self.policy.dtype == "bfloat16" else "off"


T2POConfig: TypeAlias = TrainConfig
"""The name it had while T2PO was the only trainer."""
