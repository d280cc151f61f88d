"""Every setting of a training run: one frozen dataclass per concern, parsed from flags by tyro.

`T2POConfig` holds them all. The resolved configuration of a run is written to its folder as JSON
(`to_json`) and read back from there (`from_json`). Presets are in `baselines.presets`.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from baselines.advantages.gigpo import Norm
from baselines.advantages.outcome import Unit
from baselines.intervention import ThinkingRule, TurnRule
from baselines.losses.aggregation import Aggregation
from baselines.run.flags import Kwargs
from baselines.uncertainty import SignalConfig

__all__ = [
    "AdvantageConfig",
    "CalibrationConfig",
    "ColdStartConfig",
    "EvalConfig",
    "LossConfig",
    "OptimConfig",
    "PolicyConfig",
    "PromptConfig",
    "RolloutConfig",
    "RunConfig",
    "SignalConfig",
    "T2POConfig",
    "ThinkingConfig",
    "TurnRuleConfig",
    "from_dict",
    "from_json",
    "to_json",
]

Config = TypeVar("Config")


def _require(ok: bool, sentence: str) -> None:
    if not ok:
        raise ValueError(sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptConfig:
    """What the policy reads."""

    template: str = "plain"
    """Prompt template: a name known to `baselines.sampling.prompting`, or `module:attribute` (a
    template or a class of one that needs no arguments)."""
    history: int = 2
    """How many past turns the prompt shows; 0 shows none."""
    max_tokens: int = 1024
    """Longest prompt. A longer one loses its oldest turns whole, then last lines of the page."""
    reply_prefix: str = ""
    """Text that every reply starts with, put at the end of the prompt (e.g. `<think>`)."""
    system: str = ""
    """System message; empty sends none."""
    list_actions: bool = True
    """Whether the prompt lists the admissible actions."""
    parser: str = "tagged"
    """From reply to action: `tagged`, `webshop` (verl-agent's), or `module:attribute`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyConfig:
    """Shape of a policy made from scratch, and how any policy is held in memory."""

    vocab_size: int = 1024
    """Entries of the byte-level BPE trained on environment text."""
    split_digits: bool = True
    """Whether that BPE writes numbers digit by digit, so that prices can be compared; without it
    `shelf 12` is two tokens, which is easier to repeat."""
    hidden_size: int = 128
    """Width of the model."""
    layers: int = 3
    """Transformer blocks."""
    heads: int = 4
    """Attention heads; must divide `hidden_size`."""
    kv_heads: int = 0
    """Key-value heads; must divide `heads`. 0: as many as heads. Fewer make decoding cheaper."""
    intermediate_size: int = 384
    """Width of the feed-forward layers."""
    max_positions: int = 2048
    """Longest prompt plus reply."""
    copy_circuit: bool = True
    """Start with two attention heads that can copy (`baselines.policy.copy_circuit`)."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Number format of the weights."""
    device: str = "auto"
    """`cpu`, `cuda`, or `auto`: CUDA where there is one."""

    def __post_init__(self) -> None:
        _require(
            self.hidden_size % self.heads == 0 and self.heads % (self.kv_heads or self.heads) == 0,
            f"policy: heads ({self.heads}) must divide hidden_size ({self.hidden_size}) and "
            f"kv_heads ({self.kv_heads}) must divide heads; change one of them.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutConfig:
    """How experience is collected."""

    tasks: int = 8
    """Tasks per step."""
    group: int = 8
    """Identical episodes per task: same first state, different samples."""
    max_reply_tokens: int = 64
    """Longest reply."""
    temperature: float = 1.0
    """Sampling temperature; the training log-probabilities use the same."""
    max_rows: int = 128
    """Most replies decoded at once."""

    def __post_init__(self) -> None:
        _require(
            self.tasks >= 1 and self.group >= 1 and self.max_rows >= 1,
            "rollout: tasks, group and max_rows must each be at least 1.",
        )
        _require(self.temperature > 0, "rollout: temperature must be positive.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkingConfig:
    """TTI: close the thought once its uncertainty has settled."""

    enabled: bool = True
    """Whether thoughts are ever closed for the policy."""
    epsilon: float | None = None
    """Close when the window mean of |M_t - M_(t-1)| falls below this. None: calibrated."""
    epsilon_quantile: float = 0.1
    """Share of thoughts that the calibrated epsilon would have closed in the first rollout."""
    window: int = 19
    """N: the mean runs over N + 1 changes. Ours."""
    min_tokens: int = 32
    """L_min: never before this many thinking tokens. Ours; tiny policies want fewer."""
    max_tokens: int = 450
    """L_max: close at this length whatever the signal says (authors' scripts: 450)."""
    min_action_tokens: int = 16
    """Tokens that must remain for the action after the queue, else nothing is forced."""
    queue: str = "</think>\n<action>"
    """What is written when the thought is closed."""

    def rule(self, epsilon: float) -> ThinkingRule:
        """Return the rule with a given threshold."""
        return ThinkingRule(
            epsilon=epsilon,
            window=self.window,
            min_tokens=self.min_tokens,
            max_tokens=self.max_tokens,
            min_action_tokens=self.min_action_tokens,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRuleConfig:
    """TDS: sample a turn again if its uncertainty moved too little since the last turn."""

    enabled: bool = True
    """Whether turns are ever sampled again."""
    eta: float | None = None
    """Resample when |Phi_k - Phi_(k-1)| is below this. None: calibrated."""
    eta_quantile: float = 0.1
    """Share of turns that the calibrated eta would have rejected in the first rollout."""
    max_resamples: int = 2
    """B_max: at most this many resamples per turn; the last candidate is always played."""
    variant: Literal["published", "released"] = "published"
    """`published`: Gamma < eta. `released`: 0 < Gamma < eta."""

    def rule(self, eta: float) -> TurnRule:
        """Return the rule with a given threshold."""
        return TurnRule(eta=eta, max_resamples=self.max_resamples, variant=self.variant)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationConfig:
    """The first rollout that epsilon and eta are read from when they are not given."""

    tasks: int = 8
    """Tasks it plays."""
    group: int = 4
    """Episodes per task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvantageConfig:
    """GiGPO: episode advantage + step advantage over turns that share a state."""

    gamma: float = 0.95
    """Discount of the step returns, per turn."""
    step_weight: float = 1.0
    """Weight of the step advantage; 0 leaves plain group normalisation."""
    norm: Norm = "mean_norm"
    """Whether group statistics also divide by the standard deviation."""
    unit: Unit = "trajectory_mean"
    """What counts once in a group's statistics: `trajectory_mean`, or each `turn` (released)."""
    similarity: float | None = None
    """Turns count as one state from this text similarity on; None asks for equal states."""
    invalid_penalty: float = 0.1
    """Taken from a turn whose reply was malformed or refused."""
    reward_on_success: float | None = None
    """None trains on the benchmark's reward; a number replaces it by that much on success and by 0
    elsewhere (verl-agent and T2PO use 10)."""
    progress_weight: float = 0.0
    """Weight of potential-based progress added to the training reward; 0 leaves the benchmark's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LossConfig:
    """PPO with a clipped ratio."""

    clip_low: float = 0.2
    """Ratios below 1 - clip_low are clipped."""
    clip_high: float = 0.2
    """Ratios above 1 + clip_high are clipped."""
    dual_clip: float = 3.0
    """Bound on the loss of negative advantages; must exceed 1."""
    aggregation: Aggregation = "token-mean"
    """How token losses become one number (see `baselines.losses.aggregation`)."""
    kl_coef: float = 0.0
    """Weight of the k3 KL to the policy at the start of RL; 0 keeps no reference model."""
    entropy_coef: float = 0.0
    """Weight of the entropy bonus."""
    train_on_forced: bool = False
    """Train on forced tokens as the released code does (their ratio starts at 1)."""
    tds_weighting: bool = False
    """Weigh each turn's loss by pi / mu, the acceptance bias of the turn rule, measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimConfig:
    """AdamW and how a rollout is split into steps."""

    lr: float = 1e-3
    """Peak learning rate. 1e-6 for pretrained models of some billions, 1e-3 for tiny ones."""
    weight_decay: float = 0.01
    """Decoupled weight decay of matrices."""
    betas: tuple[float, float] = (0.9, 0.95)
    """Moment decay rates."""
    warmup_steps: int = 0
    """Training steps over which the rate rises linearly."""
    schedule: Literal["constant", "linear", "cosine"] = "constant"
    """Decay over `run.steps` after the warm-up."""
    final_lr_fraction: float = 0.1
    """What the decay ends at, as a fraction of `lr`."""
    grad_clip: float = 1.0
    """Largest gradient norm."""
    epochs: int = 1
    """Passes over each rollout."""
    minibatches: int = 1
    """Optimiser steps per pass; groups are dealt out whole."""
    micro_batch_tokens: int = 8192
    """Padded tokens per forward pass; changes memory and speed, never the gradient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColdStartConfig:
    """Rejection fine-tuning on successful episodes of a scripted expert."""

    when: Literal["auto", "always", "never"] = "auto"
    """Fine-tune before RL; `auto` does it for policies made from scratch only."""
    expert: str = ""
    """`module:factory` of the expert; empty looks it up by environment id."""
    expert_kwargs: Kwargs = field(default_factory=dict)
    """Arguments of the expert's factory, as JSON."""
    episodes: int = 256
    """Episodes played by the expert."""
    min_score: float = 1.0
    """Episodes below this score are rejected."""
    slips: float = 0.0
    """Chance per turn that something else than the expert's action is played: an admissible action
    at random or its last one again. The expert's own action is still what is learned (noise
    injection: Laskey et al. 2017, "DART"), so that a policy sees how to go on after a mistake."""
    epochs: int = 3
    """Passes over the demonstrations."""
    batch_rows: int = 64
    """Turns per optimiser step."""
    lr: float = 2e-3
    """Peak learning rate; decays linearly to a tenth after a tenth of warm-up."""
    weight_decay: float = 0.01
    """Decoupled weight decay of matrices."""
    practice_steps: int = 0
    """Steps of copy practice before the demonstrations (`baselines.cold_start.copy_practice`), for
    policies made from scratch; 0 leaves practice out altogether."""
    practice_rows: int = 4
    """Sequences of copy practice beside every step of the demonstrations."""
    tokenizer_episodes: int = 128
    """Episodes whose text the tokenizer is trained on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalConfig:
    """Held-out evaluation on a fixed panel."""

    split: str = "test"
    """Split the panel is taken from."""
    tasks: int = 200
    """Panel size: evenly spaced tasks of the split, the same ones every time."""
    every: int = 0
    """Evaluate every this many steps on `dev_tasks` of `dev_split`; 0 never."""
    dev_split: str = "dev"
    """Split used during training and for choosing the checkpoint."""
    dev_tasks: int = 64
    """Tasks of the evaluations during training."""
    greedy: bool = True
    """Most likely token (True) or sampling with the two settings below."""
    temperature: float = 0.6
    """Temperature when sampling."""
    top_p: float = 0.95
    """Nucleus when sampling."""
    select: Literal["last", "best"] = "last"
    """Policy of the final evaluation: the last one, or the best on the dev panel."""
    thinking: Literal["off", "on", "both"] = "off"
    """Whether thoughts are closed by TTI during evaluation; `both` reports the two."""
    max_rows: int = 256
    """Episodes played at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """The run itself."""

    name: str = ""
    """Folder name under `root`; empty makes one from the environment and the seed."""
    root: str = "runs"
    """Where run folders live."""
    overwrite: bool = False
    """Start over where the folder holds a run already."""
    seed: int = 0
    """Seeds everything: tasks, samples, initial weights."""
    steps: int = 40
    """Training steps in all; 0 only evaluates."""
    stop_after: int = 0
    """Stop cleanly after this many steps in all (0: run to the end); continue with --resume."""
    checkpoint_every: int = 1
    """Steps between checkpoints."""
    keep_checkpoints: int = 2
    """Newest checkpoints kept; the best one by dev evaluation is kept beside them."""
    trace_episodes: int = 4
    """Episodes written to traces/ per step and per evaluation."""
    tensorboard: bool = True
    """Write TensorBoard events."""
    threads: int = 0
    """Torch threads; 0 uses the cores this process may run on."""

    def __post_init__(self) -> None:
        _require(
            self.steps >= 0 and self.stop_after >= 0 and self.checkpoint_every >= 1,
            "run: steps and stop_after must be at least 0, checkpoint_every at least 1.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class T2POConfig:
    """All settings of `t2po_train.py`."""

    env: str = "t2po/WebShop-v0"
    """Any registered text environment."""
    env_kwargs: Kwargs = field(default_factory=dict)
    """Arguments of the environment, as a JSON object."""
    train_split: str = "train"
    """Split that training tasks are drawn from."""
    model: str = ""
    """Hugging Face causal LM (hub name or folder), `builtin:NAME` for a checkpoint that comes with
    the repository, or empty for a small policy from scratch (see `policy`)."""
    prompt: PromptConfig = PromptConfig()
    """What the policy reads."""
    policy: PolicyConfig = PolicyConfig()
    """The policy's shape (from scratch) and number format."""
    rollout: RolloutConfig = RolloutConfig()
    """Collection of experience."""
    signal: SignalConfig = field(default_factory=SignalConfig)
    """The uncertainty signal."""
    thinking: ThinkingConfig = ThinkingConfig()
    """TTI."""
    turns: TurnRuleConfig = TurnRuleConfig()
    """TDS."""
    calibration: CalibrationConfig = CalibrationConfig()
    """Where epsilon and eta come from when they are not given."""
    advantage: AdvantageConfig = AdvantageConfig()
    """GiGPO."""
    loss: LossConfig = LossConfig()
    """PPO."""
    optim: OptimConfig = OptimConfig()
    """The optimiser."""
    cold_start: ColdStartConfig = ColdStartConfig()
    """Fine-tuning before RL."""
    eval: EvalConfig = EvalConfig()
    """Held-out evaluation."""
    run: RunConfig = RunConfig()
    """The run."""


def to_json(config: Any) -> str:
    """Return a configuration as indented JSON, keys in declaration order."""
    return json.dumps(dataclasses.asdict(config), indent=2) + "\n"


def from_json(kind: type[Config], text: str) -> Config:
    """Read back what `to_json` wrote."""
    return from_dict(kind, json.loads(text))


def from_dict(kind: type[Config], values: Mapping[str, Any]) -> Config:
    """Build a configuration dataclass from nested mappings.

    Fields that are missing keep their defaults, so older files still load.

    Raises:
        ValueError: if a key is no field of the dataclass.
    """
    hints = typing.get_type_hints(kind)
    unknown = sorted(set(values) - set(hints))
    _require(not unknown, f"{kind.__name__} has no setting named {', '.join(unknown)}.")
    built = {name: _from_value(hints[name], value) for name, value in values.items()}
    return kind(**built)


def _from_value(hint: Any, value: Any) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return from_dict(hint, value)
    origin = typing.get_origin(hint)
    if origin is tuple and value is not None:
        return tuple(value)
    if origin in (typing.Union, types.UnionType) and isinstance(value, int):
        return float(value) if float in typing.get_args(hint) else value
    return value
