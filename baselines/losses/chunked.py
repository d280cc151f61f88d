"""Log-probabilities and entropies in chunks of tokens: no logits of a whole batch at any time.

4,096 reply tokens at 151,936 entries are 2.5 GB of float32 logits, and a plain backward pass holds
several arrays of that size. Here a chunk of hidden states goes through the output head at a time.
Nothing of it is kept but two numbers per token; the backward pass makes the chunk's logits again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import linear

from .logits import widened

__all__ = ["TokenNumbers", "chunked_numbers"]


class TokenNumbers(NamedTuple):
    """What the objective wants to know of every token [...]; float32, with gradient."""

    log_probs: Tensor
    """log softmax(z / temperature) of the token itself."""
    entropies: Tensor | None
    """H of the whole distribution, nats; None where nobody asked."""


def chunked_numbers(
    states: Tensor,
    weight: Tensor,
    token_ids: Tensor,
    *,
    temperature: float = 1.0,
    size: int,
    entropies: bool = False,
) -> TokenNumbers:
    """Return log-probabilities and entropies of tokens [...] under logits states @ weight.T.

    Equal to `token_log_probs` and `entropy_from_logits` of the whole logits, and so are the
    gradients of `states` and `weight`. The weight's is added up in float32.

    Args:
        states: what the output head reads [..., D]; position t predicts `token_ids` t.
        weight: of the output head [V, D].
        token_ids: int64 [...].
        temperature: the logits are divided by it, after they were widened to float32.
        size: tokens per chunk, at least 1.
        entropies: whether they are asked for.
    """
    log_probs, measured = _Chunked.apply(  # type: ignore[no-untyped-call]
        states.reshape(-1, states.shape[-1]), weight, token_ids.reshape(-1), temperature, size
    )
    shape = token_ids.shape
    return TokenNumbers(log_probs.reshape(shape), measured.reshape(shape) if entropies else None)


class _Chunked(torch.autograd.Function):
    """With z the scaled logits, p their softmax, L the logsumexp and H the entropy of a token.

    d log p[token] / dz = onehot(token) - p;  dH / dz = -p (z - L + H).
    """

    @staticmethod
    def forward(
        ctx: Any, states: Tensor, weight: Tensor, ids: Tensor, temperature: float, size: int
    ) -> tuple[Tensor, Tensor]:
        """Return log-probabilities and entropies [N]."""
        chosen, totals, entropies = widened(states[:0]).new_empty((3, len(ids)))
        for part in _parts(len(ids), size):
            z = _logits(states[part], weight, temperature)
            chosen[part] = z.gather(-1, ids[part].unsqueeze(-1)).squeeze(-1)
            totals[part] = z.logsumexp(dim=-1)
            p = (z - totals[part].unsqueeze(-1)).exp_()
            entropies[part] = totals[part] - torch.linalg.vecdot(p, z)
        ctx.save_for_backward(states, weight, ids, totals, entropies)
        ctx.temperature, ctx.size = temperature, size
        return chosen - totals, entropies

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of states and weight, where they are asked for."""
        states, weight, ids, totals, entropies = ctx.saved_tensors
        of_log_probs, of_entropies = (gradient.unsqueeze(-1) for gradient in gradients)
        asks_states, asks_weight = ctx.needs_input_grad[:2]
        d_states = torch.empty_like(states) if asks_states else None
        # Wide: in bfloat16 the sum over many chunks would lose its last bits.
        d_weight = torch.zeros_like(weight, dtype=totals.dtype) if asks_weight else None
        rewarded = bool(of_entropies.any())
        for part in _parts(len(ids), ctx.size):
            z = _logits(states[part], weight, ctx.temperature).sub_(totals[part].unsqueeze(-1))
            dz = z.exp()  # p, turned into the gradient in place: a chunk has two arrays, not five
            if rewarded:
                z = z.add_(entropies[part].unsqueeze(-1)).mul_(of_entropies[part])
                dz.mul_(z.add_(of_log_probs[part])).neg_()
            else:
                dz.mul_(-of_log_probs[part])
            dz.scatter_add_(-1, ids[part].unsqueeze(-1), of_log_probs[part])
            narrow = dz.div_(ctx.temperature).to(states.dtype)
            if d_states is not None:
                d_states[part] = narrow @ weight
            if d_weight is not None:
                _add_product(d_weight, narrow.T, states[part])
        return d_states, None if d_weight is None else d_weight.to(weight.dtype), None, None, None


def _parts(count: int, size: int) -> Iterator[slice]:
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


def _logits(states: Tensor, weight: Tensor, temperature: float) -> Tensor:
    """Return the scaled logits of a chunk, float32, in memory of their own [C, V]."""
    z = widened(linear(states, weight))
    return z if temperature == 1.0 else z.div_(temperature)


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """Add left @ right to a matrix that may be wider than they are."""
    if left.dtype == total.dtype:
        total.addmm_(left, right)
    else:
        total.add_(left @ right)
