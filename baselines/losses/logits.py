"""From logits to log-probabilities and entropies that carry gradients."""

import torch


def token_log_probs(logits: torch.Tensor, token_ids: torch.Tensor) -> torch.Tensor:
    """Return log softmax(z)[token] = z_token - logsumexp(z); half precision is widened to float32.

    Args:
        logits: [..., V]; position t must already predict `token_ids` t (shift by one outside).
        token_ids: [...], int64.

    Returns:
        Log-probabilities [...].
    """
    z = widened(logits)
    chosen = z.gather(-1, token_ids.unsqueeze(-1)).squeeze(-1)
    return chosen - z.logsumexp(dim=-1)


def entropy_from_logits(logits: torch.Tensor) -> torch.Tensor:
    """Return H = logsumexp(z) - sum softmax(z) z of logits [..., V], with gradient.

    A logit of -inf counts as probability 0.
    """
    z = widened(logits)
    finite = torch.where(z.isneginf(), 0.0, z)
    return z.logsumexp(dim=-1) - (z.softmax(dim=-1) * finite).sum(dim=-1)


def widened(logits: torch.Tensor) -> torch.Tensor:
    """Return half precision as float32; float32 and float64 stay as they are."""
    return logits if logits.dtype == torch.float64 else logits.float()
