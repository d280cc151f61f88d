"""What an algorithm or a named variant of one changes in a preset.

`of_algorithm` turns the T2PO settings of a preset into those of another trainer. `VARIANTS` are
the names of the literature for combinations of settings (`--variant dapo`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from ..config import Algorithm, TrainConfig

__all__ = ["VARIANTS", "of_algorithm"]


def of_algorithm(config: TrainConfig, algorithm: Algorithm) -> TrainConfig:
    """Return a preset's settings for another trainer.

    Only T2PO intervenes. Nothing else changes, so that runs compare algorithms and not settings:
    GRPO too subtracts the mean of the group without dividing by its standard deviation, unless
    `--advantage.norm mean_std_norm` asks for that (docs/algorithms.md says what it did here).
    """
    if algorithm == "t2po":
        return replace(config, algorithm=algorithm)
    return replace(
        config,
        algorithm=algorithm,
        thinking=replace(config.thinking, enabled=False),
        turns=replace(config.turns, enabled=False),
    )


def dapo(config: TrainConfig) -> TrainConfig:
    """Clip-higher, dynamic sampling, overlong shaping, token mean, no KL (Yu et al. 2025)."""
    return replace(
        config,
        loss=replace(config.loss, clip_high=0.28, aggregation="token-mean", kl_coef=0.0),
        rollout=replace(config.rollout, dynamic_sampling=10),
        advantage=replace(
            config.advantage, overlong_buffer=max(1, config.rollout.max_reply_tokens // 5)
        ),
    )


def dr_grpo(config: TrainConfig) -> TrainConfig:
    """No standard deviation, a constant length as divisor (Liu et al. 2025)."""
    return replace(
        config,
        advantage=replace(config.advantage, norm="mean_norm"),
        loss=replace(config.loss, aggregation="seq-mean-token-sum-norm"),
    )


def rloo(config: TrainConfig) -> TrainConfig:
    """Leave-one-out baseline, no standard deviation (Ahmadian et al. 2024)."""
    return replace(
        config, advantage=replace(config.advantage, baseline="leave_one_out", norm="mean_norm")
    )


def gspo(config: TrainConfig) -> TrainConfig:
    """One ratio per reply, clips of 3e-4 and 4e-4 (Zheng et al. 2025)."""
    return replace(
        config,
        loss=replace(
            config.loss,
            kind="gspo",
            clip_low=3e-4,
            clip_high=4e-4,
            aggregation="seq-mean-token-mean",
        ),
    )


def cispo(config: TrainConfig) -> TrainConfig:
    """Clipped importance weights, no token without gradient (MiniMax 2025)."""
    return replace(config, loss=replace(config.loss, kind="cispo"))


VARIANTS: Mapping[str, Callable[[TrainConfig], TrainConfig]] = {
    "dapo": dapo,
    "dr-grpo": dr_grpo,
    "rloo": rloo,
    "gspo": gspo,
    "cispo": cispo,
}
