"""GRPO losses in the conventions of TRL, for comparison runs.

Differences to verl: log ratios are not clamped, no dual clip but an optional one-sided bound
`delta`, k3 is not clamped, and the entropy bonus is a token mean whatever the loss type
(docs/originals/algorithms.md, sections 2, 5 and 9).
"""

from typing import Literal

import torch

from .aggregation import aggregate, as_mask, masked_sum
from .kl import kl_per_token

LossType = Literal["grpo", "bnpo", "dr_grpo", "dapo", "cispo"]


def trl_loss(
    log_probs: torch.Tensor,
    old_log_probs: torch.Tensor,
    advantages: torch.Tensor,
    mask: torch.Tensor,
    *,
    loss_type: LossType = "dapo",
    epsilon_low: float = 0.2,
    epsilon_high: float = 0.2,
    delta: float | None = None,
    level: Literal["token", "sequence"] = "token",
    ref_log_probs: torch.Tensor | None = None,
    beta: float = 0.0,
    weights: torch.Tensor | None = None,
    entropies: torch.Tensor | None = None,
    entropy_coefficient: float = 0.0,
    max_completion_length: int | None = None,
    total_tokens: float | None = None,
) -> torch.Tensor:
    """Return TRL's GRPO loss of a batch.

    Per token -min(r A, clip(r) A), or for `cispo` -sg[min(r, epsilon_high)] A log pi; times
    `weights`, plus beta * k3. Then: `grpo` mean per row and over rows; `bnpo` mean over this
    batch's tokens; `dr_grpo` sum / (B * max_completion_length); `dapo` and `cispo` sum / tokens of
    the whole batch.

    Args:
        log_probs: [B, T], with gradient.
        old_log_probs: [B, T].
        advantages: one per row [B].
        mask: 0/1 [B, T].
        loss_type: see above.
        epsilon_low: lower clip range.
        epsilon_high: upper clip range; for `cispo` the bound itself.
        delta: upper bound of r in the unclipped term, or None.
        level: `sequence` uses exp(mean log ratio) for all tokens of a row (GSPO); the gradient
            flows through that mean.
        ref_log_probs: needed when beta is not 0 [B, T].
        beta: KL coefficient.
        weights: rollout-correction weights [B, T] or [B, 1].
        entropies: entropy per token [B, T]; needed when its coefficient is not 0.
        entropy_coefficient: subtracts coefficient * token-mean entropy.
        max_completion_length: needed for `dr_grpo`.
        total_tokens: tokens of the whole batch for `dapo` and `cispo`; of this mask when None.

    Raises:
        ValueError: an array that the chosen options need is missing.
    """
    keep = as_mask(mask, log_probs)
    own = torch.where(keep, log_probs, 0.0)
    ratio = _ratio(own, torch.where(keep, old_log_probs.detach(), 0.0), keep, level)
    adv = advantages.detach().unsqueeze(1)
    if loss_type == "cispo":
        values = -ratio.clamp(max=epsilon_high).detach() * adv * own
    else:
        plain = ratio if delta is None else ratio.clamp(max=delta)
        bounded = ratio.clamp(1.0 - epsilon_low, 1.0 + epsilon_high)
        values = -torch.minimum(plain * adv, bounded * adv)
    values = values.expand_as(own)
    if weights is not None:
        values = values * weights
    if beta != 0.0:
        if ref_log_probs is None:
            raise ValueError("beta is not 0, so ref_log_probs are needed for the KL term.")
        values = values + beta * kl_per_token(own, ref_log_probs, keep, clamped=False)
    loss = _reduce(values, keep, loss_type, max_completion_length, total_tokens)
    if entropy_coefficient == 0.0:
        return loss
    if entropies is None:
        raise ValueError("entropy_coefficient is not 0, so entropies are needed.")
    return loss - entropy_coefficient * aggregate(entropies, keep, "token-mean")


def _ratio(
    own: torch.Tensor, old: torch.Tensor, keep: torch.Tensor, level: Literal["token", "sequence"]
) -> torch.Tensor:
    log_ratio = own - old
    if level == "sequence":
        tokens = keep.sum(dim=-1, keepdim=True).clamp(min=1)
        log_ratio = log_ratio.sum(dim=-1, keepdim=True) / tokens
    return log_ratio.exp()


def _reduce(
    values: torch.Tensor,
    keep: torch.Tensor,
    loss_type: LossType,
    max_completion_length: int | None,
    total_tokens: float | None,
) -> torch.Tensor:
    if loss_type == "grpo":
        return aggregate(values, keep, "seq-mean-token-mean", empty_rows="count")
    if loss_type == "bnpo":
        return aggregate(values, keep, "token-mean")
    if loss_type == "dr_grpo":
        if max_completion_length is None:
            raise ValueError("dr_grpo divides by max_completion_length; give it.")
        return masked_sum(values, keep) / (values.shape[0] * max_completion_length)
    tokens = keep.sum().clamp(min=1) if total_tokens is None else total_tokens
    return masked_sum(values, keep) / tokens
