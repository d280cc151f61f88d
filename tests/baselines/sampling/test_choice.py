"""The short ways to a token give the tokens of the long ones, for every seed and vocabulary."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from baselines.sampling import choice
from baselines.sampling.choice import pick, pick_nucleus

SIZES = (2, 3, 1000, 16_384, 16_385, 50_257, 151_936)


def reference_sample(probs: Tensor, draws: Tensor) -> Tensor:
    """Inverse CDF in one float64 pass over the vocabulary, as it was before."""
    cdf = probs.cumsum(dim=-1, dtype=torch.float64)
    target = draws.unsqueeze(-1) * cdf[:, -1:]
    return torch.searchsorted(cdf, target, right=True).squeeze(-1).clamp_max(probs.shape[-1] - 1)


def reference_nucleus(log_p: Tensor, top_p: float) -> Tensor:
    """Nucleus by sorting the vocabulary, as it was before."""
    ranked, order = log_p.sort(dim=-1, descending=True)
    p = ranked.exp()
    outside = p.cumsum(dim=-1) - p >= top_p
    cut = torch.zeros_like(outside).scatter(-1, order, outside)
    return log_p.masked_fill(cut, -torch.inf).log_softmax(dim=-1)


def reference_choice(
    logits: Tensor, top_p: float, draws: Tensor | None, temperature: float
) -> tuple[Tensor, Tensor]:
    scaled = logits.float() if temperature == 1.0 else logits.float() / temperature
    log_p = reference_nucleus(scaled.log_softmax(dim=-1), top_p)
    tokens = log_p.argmax(-1) if draws is None else reference_sample(log_p.exp(), draws)
    return tokens, log_p.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)


def some_logits(seed: int, size: int, shape: str, dtype: torch.dtype, rows: int = 3) -> Tensor:
    """Logits of the kinds a model gives: peaked, flat, rounded to ties, with banned entries."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(rows, size))
    if shape == "peaked":
        logits[:, rng.integers(size, size=40)] += rng.exponential(1, size=(rows, 40)) + 11
    elif shape == "flat":
        logits *= 0.01
    elif shape == "ties":
        logits = np.round(logits)
    elif shape == "banned":
        logits = np.where(rng.random((rows, size)) < 0.9, -np.inf, logits * 5)
        logits[:, rng.integers(size)] = 1.0
    elif shape == "one":
        logits = np.full((rows, size), -np.inf)
        logits[:, rng.integers(size)] = 0.0
    return torch.from_numpy(logits).to(dtype)


CASES = {
    "seed": st.integers(0, 2**32 - 1),
    "size": st.sampled_from(SIZES),
    "shape": st.sampled_from(["peaked", "flat", "ties", "banned", "one"]),
    "dtype": st.sampled_from([torch.float32, torch.bfloat16]),
}


@settings(max_examples=150, deadline=None)
@given(**CASES)
def test_sums_over_blocks_pick_the_same_token(seed, size, shape, dtype):
    probs = some_logits(seed, size, shape, dtype).float().softmax(-1)
    draws = torch.from_numpy(np.random.default_rng(seed + 1).random(3))
    assert pick(probs, draws).tolist() == reference_sample(probs, draws).tolist()


@settings(max_examples=60, deadline=None)
@given(seed=CASES["seed"], size=st.sampled_from([16_384, 20_001, 151_936]), shape=CASES["shape"])
def test_numbers_on_an_edge_pick_the_same_token(seed, size, shape):
    """The edges between two tokens, 0, and the largest number below 1."""
    probs = some_logits(seed, size, shape, torch.float32, rows=1).softmax(-1)
    cdf = probs.cumsum(-1, dtype=torch.float64)[0]
    rng = np.random.default_rng(seed)
    edges = (cdf[rng.integers(size, size=6)] / cdf[-1]).clamp_max(np.nextafter(1.0, 0.0))
    edges = torch.cat([edges, torch.tensor([0.0, np.nextafter(1.0, 0.0)], dtype=torch.float64)])
    many = probs.expand(len(edges), size)
    assert pick(many, edges).tolist() == reference_sample(many, edges).tolist()


@settings(max_examples=150, deadline=None)
@given(
    **CASES,
    top_p=st.sampled_from([1e-6, 0.1, 0.5, 0.9, 0.95, 0.999, 1.0 - 1e-7]),
    temperature=st.sampled_from([1.0, 0.6, 0.05, 2.0]),
    greedy=st.booleans(),
)
def test_the_nucleus_of_the_most_likely_is_the_nucleus(
    seed, size, shape, dtype, top_p, temperature, greedy
):
    logits = some_logits(seed, size, shape, dtype)
    draws = None if greedy else torch.from_numpy(np.random.default_rng(seed + 1).random(3))
    found = pick_nucleus(logits, top_p, draws, temperature)
    tokens, log_probs = reference_choice(logits, top_p, draws, temperature)
    assert found.tokens.tolist() == tokens.tolist()
    torch.testing.assert_close(found.log_probs, log_probs, rtol=1e-5, atol=2e-6)


def test_many_draws_from_one_nucleus():
    logits = some_logits(5, 151_936, "peaked", torch.float32, rows=1)
    draws = torch.from_numpy(np.random.default_rng(0).random(400))
    kept = reference_nucleus(logits.log_softmax(-1), 0.95).exp().expand(400, -1)
    found = pick_nucleus(logits.expand(400, -1).clone(), 0.95, draws).tokens
    assert found.tolist() == [reference_sample(kept[:1], d.view(1)).item() for d in draws]
    assert len(set(found.tolist())) > 5


def test_a_likely_nucleus_never_sorts_the_vocabulary(monkeypatch):
    """The short way is really taken: the long one costs more than a small model's forward pass."""

    def refuse(*arguments):
        raise AssertionError("the vocabulary was sorted")

    monkeypatch.setattr(choice, "_from_all", refuse)
    monkeypatch.setattr(choice, "sample_at", refuse)
    logits = some_logits(0, 151_936, "peaked", torch.float32)
    pick_nucleus(logits, 0.9, torch.tensor([0.31, 0.52, 0.77], dtype=torch.float64), 0.6)
    pick(logits.softmax(-1), torch.tensor([0.31, 0.52, 0.77], dtype=torch.float64))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("shape", ["peaked", "flat", "ties", "banned", "one"])
@pytest.mark.parametrize("top_p", [0.5, 0.95, 1.0])
def test_the_same_tokens_on_a_gpu(shape, top_p):
    for seed in range(20):
        logits = some_logits(seed, 151_936, shape, torch.bfloat16, rows=8).cuda()
        draws = torch.from_numpy(np.random.default_rng(seed).random(8)).cuda()
        if top_p == 1.0:
            probs = logits.float().softmax(-1)
            assert torch.equal(pick(probs, draws), reference_sample(probs, draws))
        else:
            found = pick_nucleus(logits, top_p, draws, 0.6)
            assert torch.equal(found.tokens, reference_choice(logits, top_p, draws, 0.6)[0])
