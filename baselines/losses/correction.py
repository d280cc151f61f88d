"""Weights that correct for a sampler whose probabilities differ from the trainer's (TIS).

Conventions of verl and TRL: docs/originals/algorithms.md, section 10.
"""

from typing import Literal

import torch

from .aggregation import as_mask, masked_mean

_MAX_LOG_RATIO = 20.0


def importance_weights(
    trainer_log_probs: torch.Tensor,
    sampler_log_probs: torch.Tensor,
    mask: torch.Tensor,
    *,
    level: Literal["token", "sequence"] = "token",
    mode: Literal["truncate", "mask"] = "truncate",
    maximum: float = 2.0,
    minimum: float = 0.0,
    batch_normalise: bool = False,
) -> torch.Tensor:
    """Return w = exp(log pi_trainer - log pi_sampler) per token, bounded, detached, 0 where masked.

    The log ratio (of a token, or summed over the sequence) is clamped to +-20. Multiply the token
    loss by the result.

    Args:
        trainer_log_probs: of the sampled tokens, recomputed by the trainer before the update
            [B, T].
        sampler_log_probs: of the same tokens, as the generator reported them [B, T].
        mask: 0/1 [B, T]; forced tokens are 0.
        level: one weight per token, or one product per sequence on all its tokens.
        mode: `truncate` to `maximum`, or `mask`: weight 0 outside [minimum, maximum].
        maximum: C; 2 by default.
        minimum: lower bound of `mask`.
        batch_normalise: divide by the masked mean of the weights, so that they average 1.

    Source: Yao et al. 2025 (truncated importance sampling), conventions of verl and TRL.
    """
    keep = as_mask(mask, trainer_log_probs)
    log_ratio = torch.where(keep, (trainer_log_probs - sampler_log_probs).detach(), 0.0)
    if level == "sequence":
        log_ratio = log_ratio.sum(dim=-1, keepdim=True).expand_as(log_ratio)
    weights = log_ratio.clamp(-_MAX_LOG_RATIO, _MAX_LOG_RATIO).exp()
    if mode == "truncate":
        weights = weights.clamp(max=maximum)
    else:
        weights = torch.where((weights >= minimum) & (weights <= maximum), weights, 0.0)
    weights = torch.where(keep, weights, 0.0)
    return weights / masked_mean(weights, keep) if batch_normalise else weights
