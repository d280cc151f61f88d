"""Policy losses per token: PPO (clip, clip-higher, dual clip), GSPO and CISPO.

Each returns a `TokenLoss`; `aggregate` makes one number of it. Multiply `TokenLoss.values` by
rollout-correction weights before aggregating. Positions outside the mask are replaced before any
exponential, so that a NaN or inf there reaches neither the loss nor a gradient.
"""

from typing import NamedTuple

import torch

from .aggregation import as_mask

# exp of a log ratio beyond this tells nothing more and would overflow in half precision.
MAX_LOG_RATIO = 20.0
# verl's bound on the token log ratio of GSPO; its gradient is 0 once reached.
GSPO_MAX_LOG_RATIO = 10.0


class TokenLoss(NamedTuple):
    """A loss per token and what happened to it; every array is [B, T] and 0 where masked."""

    values: torch.Tensor
    """Loss, with gradient."""
    log_ratio: torch.Tensor
    """log(new / old) after clamping, detached; its masked mean times -1 is verl's ppo_kl."""
    clipped: torch.Tensor
    """1.0 where the clip decided the loss."""
    clipped_lower: torch.Tensor
    """1.0 where the dual clip bounded the loss of a negative advantage."""


def _checked(
    log_probs: torch.Tensor,
    old_log_probs: torch.Tensor,
    advantages: torch.Tensor,
    mask: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return (mask, advantages with 0 where masked, log ratio with 0 where masked)."""
    keep = as_mask(mask, log_probs)
    for name, other in (("old_log_probs", old_log_probs), ("advantages", advantages)):
        if other.shape != log_probs.shape:
            raise ValueError(
                f"{name} has shape {tuple(other.shape)} but log_probs has "
                f"{tuple(log_probs.shape)}; give one value per token."
            )
    log_ratio = torch.where(keep, log_probs - old_log_probs.detach(), 0.0)
    return keep, torch.where(keep, advantages.detach(), 0.0), log_ratio


def _clip_loss(
    ratio: torch.Tensor, advantages: torch.Tensor, clip_low: float, clip_high: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return max(-A r, -A clip(r)) and whether the clipped term is the larger."""
    plain = -advantages * ratio
    clipped = -advantages * ratio.clamp(1.0 - clip_low, 1.0 + clip_high)
    return torch.maximum(plain, clipped), clipped > plain


def ppo_token_loss(
    log_probs: torch.Tensor,
    old_log_probs: torch.Tensor,
    advantages: torch.Tensor,
    mask: torch.Tensor,
    *,
    clip_low: float = 0.2,
    clip_high: float = 0.2,
    dual_clip: float | None = 3.0,
) -> TokenLoss:
    """Return the clipped PPO loss per token.

    r = exp(clamp(log pi - log pi_old, -20, 20));  L = max(-A r, -A clip(r, 1 - low, 1 + high)).
    Dual clip: where A < 0, L = min(L, -A c), so a ratio that ran away cannot dominate the batch.

    Args:
        log_probs: of the model being trained [B, T], with gradient.
        old_log_probs: of the model that sampled [B, T].
        advantages: [B, T].
        mask: 0/1 [B, T]; only sampled response tokens are 1.
        clip_low: lower clip range; 0.2.
        clip_high: upper clip range; 0.28 is DAPO's clip-higher.
        dual_clip: c > 1, or None for none (CleanRL, TRL).

    Raises:
        ValueError: shapes differ, or `dual_clip` is not above 1.

    Source: Schulman et al. 2017; dual clip: Ye et al. 2020; conventions of verl.
    """
    if dual_clip is not None and dual_clip <= 1.0:
        raise ValueError(f"dual_clip is {dual_clip} but must be above 1; use None for no bound.")
    keep, adv, log_ratio = _checked(log_probs, old_log_probs, advantages, mask)
    log_ratio = log_ratio.clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO)
    values, clipped = _clip_loss(log_ratio.exp(), adv, clip_low, clip_high)
    lower = torch.zeros_like(clipped)
    if dual_clip is not None:
        bound = -adv * dual_clip
        lower = (values > bound) & (adv < 0)
        values = torch.where(adv < 0, torch.minimum(values, bound), values)
    return _token_loss(values, log_ratio, clipped & keep, lower & keep)


def gspo_token_loss(
    log_probs: torch.Tensor,
    old_log_probs: torch.Tensor,
    advantages: torch.Tensor,
    mask: torch.Tensor,
    *,
    clip_low: float = 3e-4,
    clip_high: float = 4e-4,
) -> TokenLoss:
    """Return the GSPO loss per token; aggregate it with `seq-mean-token-mean`.

    The ratio of every token is the sequence ratio s = exp(mean over the mask of log pi - log
    pi_old), while the gradient of each token stays its own:
    log ratio_t = log pi_t - sg[log pi_t] + sg[log s], at most 10. No dual clip.

    Args:
        log_probs: [B, T], with gradient.
        old_log_probs: [B, T].
        advantages: [B, T].
        mask: 0/1 [B, T]; forced tokens are outside the sequence mean.
        clip_low: 3e-4 in the paper.
        clip_high: 4e-4 in the paper.

    Source: Zheng et al. 2025 (GSPO), conventions of verl.
    """
    keep, adv, log_ratio = _checked(log_probs, old_log_probs, advantages, mask)
    tokens = keep.sum(dim=-1).clamp(min=1)
    log_sequence = (log_ratio.sum(dim=-1) / tokens).detach().unsqueeze(-1)
    own = torch.where(keep, log_probs, 0.0)
    log_token = (own - own.detach() + log_sequence).clamp(max=GSPO_MAX_LOG_RATIO)
    values, clipped = _clip_loss(log_token.exp(), adv, clip_low, clip_high)
    return _token_loss(values, torch.where(keep, log_token, 0.0), clipped & keep)


def cispo_token_loss(
    log_probs: torch.Tensor,
    old_log_probs: torch.Tensor,
    advantages: torch.Tensor,
    mask: torch.Tensor,
    *,
    clip_low: float | None = 0.2,
    clip_high: float = 0.2,
) -> TokenLoss:
    """Return the CISPO loss per token, -sg[clip(r)] A log pi: no token loses its gradient.

    Args:
        log_probs: [B, T], with gradient.
        old_log_probs: [B, T].
        advantages: [B, T].
        mask: 0/1 [B, T].
        clip_low: r is at least 1 - clip_low (verl); None for no lower bound (TRL).
        clip_high: r is at most 1 + clip_high (verl). TRL's `epsilon_high` is that bound itself:
            pass `epsilon_high - 1`.

    Source: MiniMax 2025 (CISPO), conventions of verl.
    """
    keep, adv, log_ratio = _checked(log_probs, old_log_probs, advantages, mask)
    log_ratio = log_ratio.detach().clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO)
    ratio = log_ratio.exp()
    low = None if clip_low is None else 1.0 - clip_low
    bounded = ratio.clamp(low, 1.0 + clip_high)
    values = -bounded * adv * torch.where(keep, log_probs, 0.0)
    return _token_loss(values, log_ratio, (bounded != ratio) & keep)


def _token_loss(
    values: torch.Tensor,
    log_ratio: torch.Tensor,
    clipped: torch.Tensor,
    clipped_lower: torch.Tensor | None = None,
) -> TokenLoss:
    lower = torch.zeros_like(clipped) if clipped_lower is None else clipped_lower
    dtype = values.dtype
    return TokenLoss(values, log_ratio.detach(), clipped.to(dtype), lower.to(dtype))
