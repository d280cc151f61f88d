"""What is learned from a rollout: advantages, losses, critic, optimiser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..advantages.gigpo import Norm
from ..advantages.outcome import Baseline, Unit
from ..losses import Aggregation, Estimator
from .checks import (
    ANY_COUNT,
    BELOW_ONE,
    BOUND,
    COUNT,
    NUMBER,
    POSITIVE,
    SHARE,
    WEIGHT,
    Range,
    check_numbers,
    require,
)

__all__ = ["AdvantageConfig", "Baseline", "CriticConfig", "LossConfig", "OptimConfig"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvantageConfig:
    """Rewards of training and how they become advantages."""

    gamma: float = 0.95
    """Discount per turn: of GiGPO's step returns and of PPO's advantages."""
    step_weight: float = 1.0
    """GiGPO: weight of the step advantage, over turns that share a state; 0 leaves GRPO."""
    norm: Norm = "mean_norm"
    """`mean_std_norm` divides by the group's standard deviation, `mean_norm` does not (Dr.GRPO)."""
    unit: Unit = "trajectory_mean"
    """What counts once in a group's statistics: `trajectory_mean`, or each `turn` (released)."""
    similarity: float | None = None
    """GiGPO's similarity anchors: turns count as one state from this text similarity on; None asks
    for equal states."""
    baseline: Baseline = "group_mean"
    """What an episode's score is compared with: `group_mean` (GRPO) or `leave_one_out` (RLOO: the
    mean of the other members)."""
    invalid_penalty: float = 0.1
    """Taken from a turn whose reply was malformed or refused."""
    overlong_buffer: int = 0
    """DAPO's overlong shaping: over the last so many tokens before `rollout.max_reply_tokens` a
    turn's reward falls linearly by up to `overlong_penalty`; 0 for none."""
    overlong_penalty: float = 1.0
    """What the longest reply loses under overlong shaping."""
    length_penalty: float = 0.0
    """Taken from a turn's reward for every thinking token: the length-penalty ablation."""
    gae_lambda: float = 0.95
    """PPO: lambda of generalised advantage estimation over turns."""
    reward_on_success: float | None = None
    """None trains on the benchmark's reward; a number replaces it by that much on success and by 0
    elsewhere (verl-agent and T2PO use 10)."""
    progress_weight: float = 0.0
    """Weight of potential-based progress added to the training reward; 0 leaves the benchmark's."""

    def __post_init__(self) -> None:
        check_numbers(
            "advantage",
            self,
            gamma=SHARE,
            step_weight=WEIGHT,
            similarity=Range(
                low=0.0, high=1.0, open_low=True, open_high=True, words="above 0 and below 1"
            ),
            invalid_penalty=WEIGHT,
            overlong_buffer=ANY_COUNT,
            overlong_penalty=WEIGHT,
            length_penalty=WEIGHT,
            gae_lambda=SHARE,
            reward_on_success=NUMBER,
            progress_weight=NUMBER,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LossConfig:
    """The objective."""

    kind: Literal["ppo", "gspo", "cispo"] = "ppo"
    """`ppo`: clipped ratio per token. `gspo`: one ratio per reply, GSPO (use clips near 3e-4 and
    the aggregation `seq-mean-token-mean`). `cispo`: clipped weights, no token without gradient."""
    clip_low: float = 0.2
    """Ratios below 1 - clip_low are clipped."""
    clip_high: float = 0.2
    """Ratios above 1 + clip_high are clipped; 0.28 is DAPO's clip-higher."""
    dual_clip: float | None = 3.0
    """Dual clip: bound on the loss of negative advantages, above 1; None for no bound."""
    aggregation: Aggregation = "token-mean"
    """How token losses become one number (see `baselines.losses.aggregation`); Dr.GRPO takes
    `seq-mean-token-sum-norm`, DAPO `token-mean`."""
    kl_coef: float = 0.0
    """Weight of the KL to the policy at the start of RL; 0 keeps no reference model."""
    kl_estimator: Estimator = "k3"
    """Estimator of that KL per token: `k1`, `abs`, `k2` or `k3`."""
    entropy_coef: float = 0.0
    """Weight of the entropy bonus."""
    train_on_forced: bool = False
    """Train on forced tokens as the released code does (their ratio starts at 1)."""
    tds_weighting: bool = False
    """Weigh each turn's loss by pi / mu, the acceptance bias of the turn rule, measured."""
    tis: Literal["auto", "off", "token", "sequence"] = "auto"
    """Truncated importance sampling (TIS): weigh by trainer / sampler probability, per token or per
    reply. The ratio of the loss is then taken to the trainer's own probabilities. `auto`: per token
    with `policy.dtype bfloat16`, whose rounding sets trainer and sampler apart, off in float32."""
    tis_cap: float = 2.0
    """Largest weight of TIS."""

    def __post_init__(self) -> None:
        check_numbers(
            "loss",
            self,
            clip_low=WEIGHT,
            clip_high=WEIGHT,
            dual_clip=Range(low=1.0, open_low=True, words="above 1, or None for no bound"),
            kl_coef=WEIGHT,
            entropy_coef=NUMBER,
            tis_cap=POSITIVE,
        )
        require(
            self.kind != "gspo" or self.aggregation == "seq-mean-token-mean",
            "loss: kind gspo is defined with the aggregation seq-mean-token-mean; set "
            "--loss.aggregation seq-mean-token-mean, or take --variant gspo.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticConfig:
    """PPO's critic: a copy of the policy with a value head, read at the end of each prompt."""

    lr: float = 3e-4
    """Peak learning rate; 1e-5 for pretrained models of some billions."""
    clip: float | None = 0.5
    """Value predictions move at most so far from the old ones before their loss is clipped; None
    for the plain squared error."""
    epochs: int = 4
    """Passes over each rollout."""
    minibatches: int = 4
    """Optimiser steps per pass; groups are dealt out whole."""
    grad_clip: float = 1.0
    """Largest gradient norm."""

    def __post_init__(self) -> None:
        check_numbers(
            "critic",
            self,
            lr=WEIGHT,
            clip=POSITIVE,
            epochs=COUNT,
            minibatches=COUNT,
            grad_clip=BOUND,
        )


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

    def __post_init__(self) -> None:
        check_numbers(
            "optim",
            self,
            lr=WEIGHT,
            weight_decay=WEIGHT,
            betas=BELOW_ONE,
            warmup_steps=ANY_COUNT,
            final_lr_fraction=SHARE,
            grad_clip=BOUND,
            epochs=COUNT,
            minibatches=COUNT,
            micro_batch_tokens=COUNT,
        )
