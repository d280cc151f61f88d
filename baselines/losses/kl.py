"""Estimators of KL(policy || reference) from the log-probabilities of the sampled tokens.

Conventions of verl and TRL: docs/originals/algorithms.md, section 9.
"""

from typing import Literal

import torch

from .aggregation import as_mask

Estimator = Literal["k1", "abs", "k2", "k3"]

_MAX_LOG_RATIO = 20.0
_MAX_K3 = 10.0


def kl_per_token(
    log_probs: torch.Tensor,
    ref_log_probs: torch.Tensor,
    mask: torch.Tensor | None = None,
    *,
    estimator: Estimator = "k3",
    clamped: bool = True,
    straight_through: bool = False,
) -> torch.Tensor:
    """Return the KL estimate of every token [B, T]; 0 where masked.

    With d = log ref - log pi: k1 = -d;  abs = |d|;  k2 = d^2 / 2;  k3 = exp(d) - d - 1.

    Args:
        log_probs: log pi of the sampled tokens [B, T], with gradient.
        ref_log_probs: log ref of the same tokens [B, T].
        mask: 0/1 [B, T]; forced tokens must be 0, k3 explodes exactly there. None for all.
        estimator: k1 is unbiased, k3 also never negative.
        clamped: for k3, clamp d to +-20 and the value to +-10; the gradient is 0 where clamped
            (verl). False: as printed (TRL).
        straight_through: value of the estimator with the gradient of k2, log pi - log ref, which
            is the gradient of the true KL in expectation ("k3+" of verl).

    Source: Schulman, "Approximating KL Divergence", 2020.
    """
    keep = as_mask(mask, log_probs)
    d = torch.where(keep, ref_log_probs.detach() - log_probs, 0.0)
    value = _estimate(d, estimator, clamped)
    if not straight_through:
        return value
    gradient = 0.5 * d**2
    return value.detach() + gradient - gradient.detach()


def _estimate(d: torch.Tensor, estimator: Estimator, clamped: bool) -> torch.Tensor:
    if estimator == "k1":
        return -d
    if estimator == "abs":
        return d.abs()
    if estimator == "k2":
        return 0.5 * d**2
    if estimator != "k3":
        raise ValueError(f"Unknown KL estimator {estimator!r}; choose k1, abs, k2 or k3.")
    if not clamped:
        return d.exp() - d - 1.0
    d = d.clamp(-_MAX_LOG_RATIO, _MAX_LOG_RATIO)
    return (d.exp() - d - 1.0).clamp(-_MAX_K3, _MAX_K3)


def rewards_with_kl(
    token_rewards: torch.Tensor,
    log_probs: torch.Tensor,
    ref_log_probs: torch.Tensor,
    mask: torch.Tensor,
    coefficient: float,
) -> torch.Tensor:
    """Return rewards minus coefficient * k1 per token [B, T]: the KL as part of the reward."""
    penalty = kl_per_token(log_probs.detach(), ref_log_probs, mask, estimator="k1")
    return token_rewards - coefficient * penalty


def adapted_kl_coefficient(
    coefficient: float, measured_kl: float, *, target: float, samples: int, horizon: int
) -> float:
    """Return the coefficient moved towards the target KL by at most 20 % per horizon.

    coefficient * (1 + clip(kl / target - 1, -0.2, 0.2) * samples / horizon).

    Source: Ziegler et al. 2019.
    """
    error = min(max(measured_kl / target - 1.0, -0.2), 0.2)
    return coefficient * (1.0 + error * samples / horizon)
