"""Which token a uniform number picks: inverse CDF and nucleus sampling, exact at any vocabulary.

`sample_at` and `nucleus` say what is meant, in passes over the whole vocabulary: a float64 sum, a
sort. At 150,000 entries these cost more than a small model's forward pass. `pick` and
`pick_nucleus` give the same tokens from sums over blocks and from the few hundred most likely
entries. Where a rounding error could matter (a uniform number that falls next to the edge between
two tokens, a nucleus that ends next to ``top_p`` or at a tie) they take the long way for that row.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["LARGE_VOCABULARY", "nucleus", "pick", "pick_nucleus", "sample_at"]

LARGE_VOCABULARY = 16_384
"""Entries from which the short ways are quicker."""

_BLOCK = 1024
_EDGE = 1e-9  # of the whole: float64 sums of 10**6 numbers are off by less than 1e-10
_NEAR = 5e-6  # rounding float32 log-probabilities moves a sum of probabilities by less
_LIKELY = 256  # entries that hold a nucleus nearly always; tried before 32 times as many
_MANY = 8192
_NARROW = 32


def sample_at(probs: Tensor, draws: Tensor) -> Tensor:
    """Return the tokens at which the cumulative probability passes `draws`: inverse CDF sampling.

    Args:
        probs: probabilities `[B, V]`.
        draws: uniform numbers in [0, 1) `[B]`, float64.

    Returns:
        Token ids `[B]`; a token of probability 0 is never returned.
    """
    # float64: in float32 the sum over a large vocabulary drifts by more than rare tokens weigh.
    cdf = probs.cumsum(dim=-1, dtype=torch.float64)
    target = draws.unsqueeze(-1) * cdf[:, -1:]
    return torch.searchsorted(cdf, target, right=True).squeeze(-1).clamp_max(probs.shape[-1] - 1)


def nucleus(log_p: Tensor, top_p: float) -> Tensor:
    """Keep the smallest set of most likely tokens that holds `top_p`, renormalised `[B, V]`."""
    ranked, order = log_p.sort(dim=-1, descending=True)
    p = ranked.exp()
    outside = p.cumsum(dim=-1) - p >= top_p  # the token that crosses top_p stays in
    cut = torch.zeros_like(outside).scatter(-1, order, outside)
    return log_p.masked_fill(cut, -torch.inf).log_softmax(dim=-1)


def pick(probs: Tensor, draws: Tensor) -> Tensor:
    """Return what `sample_at` returns, without a float64 pass over a large vocabulary.

    Args:
        probs: probabilities `[B, V]`, float32.
        draws: uniform numbers in [0, 1) `[B]`, float64.
    """
    rows, size = probs.shape
    if size < LARGE_VOCABULARY or probs.device.type != "cpu":  # elsewhere one pass is quick
        return sample_at(probs, draws)
    even = size // _BLOCK * _BLOCK
    table = probs[:, :even].view(rows, -1, _BLOCK)
    ends = table.sum(dim=-1, dtype=torch.float64).cumsum(dim=-1)
    total = ends[:, -1] + probs[:, even:].sum(dim=-1, dtype=torch.float64)
    target = draws * total
    block = torch.searchsorted(ends, target.unsqueeze(-1), right=True).squeeze(-1)
    block.clamp_max_(ends.shape[1] - 1)  # targets behind the last block count as doubtful below
    preceding = ends.gather(-1, (block - 1).clamp_min(0).unsqueeze(-1)).squeeze(-1)
    before = torch.where(block > 0, preceding, 0.0)
    inside = table[torch.arange(rows), block]
    found, doubtful = _inverse(inside, before, target, total, _EDGE)
    tokens = block * _BLOCK + found
    if bool(doubtful.any()):
        tokens[doubtful] = sample_at(probs[doubtful], draws[doubtful])
    return tokens


def _inverse(
    probs: Tensor, before: Tensor, target: Tensor, total: Tensor, edge: float
) -> tuple[Tensor, Tensor]:
    """Find the entry at which the sum passes a target, and whether that is beyond doubt.

    Args:
        probs: probabilities `[B, K]`.
        before: sum of all that precedes them `[B]`.
        target: where the sum must pass `[B]`.
        total: sum of everything `[B]`.
        edge: share of the total within which an edge between entries is too near to be sure.

    Returns:
        Positions `[B]`, and a mask of the rows that are in doubt `[B]`.
    """
    cdf = probs.cumsum(dim=-1, dtype=torch.float64) + before.unsqueeze(-1)
    found = torch.searchsorted(cdf, target.unsqueeze(-1), right=True)
    last = cdf.shape[-1] - 1
    above = cdf.gather(-1, found.clamp_max(last)).squeeze(-1)
    below = torch.where(
        found.squeeze(-1) > 0, cdf.gather(-1, (found - 1).clamp_min(0)).squeeze(-1), before
    )
    near = edge * total
    sure = (above - target > near) & (target - below > near)  # False for NaN as well
    return found.squeeze(-1).clamp_max(last), ~sure


class Choice(NamedTuple):
    """Tokens and how likely they were."""

    tokens: Tensor
    """Token ids `[B]`."""
    log_probs: Tensor
    """Log-probability of each token under the distribution it was drawn from `[B]`, float32."""


def pick_nucleus(
    logits: Tensor, top_p: float, draws: Tensor | None, temperature: float = 1.0
) -> Choice:
    """Sample from the nucleus of softmax(logits / temperature); the token `nucleus` would give.

    Args:
        logits: raw logits `[B, V]`.
        top_p: share of the probability that the nucleus must hold.
        draws: uniform numbers in [0, 1) `[B]`, float64; None takes the most likely token.
        temperature: divides the logits first.

    Returns:
        The tokens `sample_at(nucleus(...).exp(), draws)` would give, and their log-probabilities up
        to the last bits of float32.
    """
    scaled = logits.float() if temperature == 1.0 else logits.float() / temperature
    shifted = scaled - scaled.amax(dim=-1, keepdim=True)
    mass = shifted.exp().sum(dim=-1, keepdim=True).log()
    return _from_likely(shifted, mass, top_p, draws, min(_LIKELY, scaled.shape[-1]))


def _from_likely(
    logits: Tensor, mass: Tensor, top_p: float, draws: Tensor | None, count: int
) -> Choice:
    """Sample from the nucleus where it lies within the `count` most likely entries.

    Rows whose nucleus is larger are tried again with more entries, and at last with all of them.
    """
    ranked, order = _top(logits, count)
    ranked = ranked - mass
    p = ranked.double().exp()
    before = p.cumsum(dim=-1) - p
    outside = before >= top_p
    whole = outside[:, -1]
    doubtful = _near_its_end(ranked, before, outside, top_p)
    p = p.masked_fill(outside, 0.0)
    total = p.sum(dim=-1)
    if draws is None:
        place = torch.zeros_like(order[:, :1])
        doubtful |= ranked[:, 0] - ranked[:, min(1, count - 1)] <= _NEAR
    else:
        by_index = order.argsort(dim=-1)  # the sum runs in the order of the vocabulary
        nothing = torch.zeros_like(total)
        found, unsure = _inverse(p.gather(-1, by_index), nothing, draws * total, total, _NEAR)
        place = by_index.gather(-1, found.unsqueeze(-1))
        doubtful |= unsure
    tokens = order.gather(-1, place).squeeze(-1)
    log_probs = (p.gather(-1, place).squeeze(-1).log() - total.log()).float()
    larger = ~whole & (count < _MANY < logits.shape[-1])
    for rows, more in ((larger, True), ((doubtful | ~whole) & ~larger, False)):
        if bool(rows.any()):
            part = logits[rows], None if draws is None else draws[rows]
            again = (
                _from_likely(part[0], mass[rows], top_p, part[1], _MANY)
                if more
                else _from_all(part[0], top_p, part[1])
            )
            tokens[rows], log_probs[rows] = again
    return Choice(tokens, log_probs)


def _near_its_end(ranked: Tensor, before: Tensor, outside: Tensor, top_p: float) -> Tensor:
    """Tell which rows' nucleus ends at a tie, or so near `top_p` that rounding decides `[B]`."""
    last = (~outside).sum(dim=-1, keepdim=True) - 1
    following = (last + 1).clamp_max(ranked.shape[-1] - 1)
    tied = ranked.gather(-1, last) - ranked.gather(-1, following) <= _NEAR
    close = ((before - top_p).abs() <= _NEAR).any(dim=-1)
    return tied.squeeze(-1) | close


def _top(x: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the `count` largest values of every row, falling, and where they stand `[B, count]`.

    Selecting from a long row costs far more than scanning it. The largest values lie in the blocks
    with the largest maxima, so only those are searched.
    """
    rows, size = x.shape
    blocks = size // _NARROW
    if x.device.type != "cpu" or blocks < 4 * count:
        ranked, order = x.topk(count, dim=-1)
        return ranked, order
    even = blocks * _NARROW
    table = x[:, :even].view(rows, blocks, _NARROW)
    best = table.amax(dim=-1).topk(count, dim=-1, sorted=False).indices
    candidates = table.gather(1, best.unsqueeze(-1).expand(rows, count, _NARROW))
    places = best.unsqueeze(-1) * _NARROW + torch.arange(_NARROW)
    rest = torch.arange(even, size).expand(rows, size - even)
    values = torch.cat([candidates.reshape(rows, -1), x[:, even:]], dim=-1)
    where = torch.cat([places.reshape(rows, -1), rest], dim=-1)
    ranked, order = values.topk(count, dim=-1)
    return ranked, where.gather(-1, order)


def _from_all(logits: Tensor, top_p: float, draws: Tensor | None) -> Choice:
    """Sample from the nucleus by the definition."""
    log_p = nucleus(logits.log_softmax(dim=-1), top_p)
    tokens = log_p.argmax(-1) if draws is None else sample_at(log_p.exp(), draws)
    return Choice(tokens, log_p.gather(-1, tokens.unsqueeze(-1)).squeeze(-1))
