"""bfloat16 weights learn as float32 ones do, because float32 copies take the steps."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch

from baselines.optimisation import (
    MasterAdamW,
    clip_gradients,
    make_optimizer,
    set_rate,
    stepped_weights,
)

LR, STEPS = 1e-6, 20


def network(dtype: torch.dtype) -> torch.nn.Module:
    """Weights of the size that a language model has."""
    generator = torch.Generator().manual_seed(0)
    made = torch.nn.Linear(64, 48, bias=True)
    with torch.no_grad():
        for weight in made.parameters():
            weight.copy_(0.02 * torch.randn(weight.shape, generator=generator))
    return made.to(dtype)


def gradients(module: torch.nn.Module, seed: int) -> None:
    """One backward pass whose gradient is a fixed random number for every weight."""
    generator = torch.Generator().manual_seed(seed)
    terms = [
        (weight.float() * torch.randn(weight.shape, generator=generator)).sum()
        for weight in module.parameters()
    ]
    torch.autograd.backward(torch.stack(terms).sum())


def trained(dtype: torch.dtype, steps: int = STEPS) -> tuple[list[torch.Tensor], torch.nn.Module]:
    """Train and return how far the stepped weights moved."""
    module = network(dtype)
    optimizer = make_optimizer(module, LR, 0.01, (0.9, 0.95))
    before = [w.detach().float().clone() for w in stepped_weights(module, optimizer)]
    for _ in range(steps):
        optimizer.zero_grad(set_to_none=True)
        gradients(module, seed=1)
        clip_gradients(stepped_weights(module, optimizer), 1e9)
        optimizer.step()
    after = [w.detach().float() for w in stepped_weights(module, optimizer)]
    return [b - a for a, b in zip(before, after, strict=True)], module


def test_bfloat16_moves_as_float32_does() -> None:
    """At lr 1e-6, 20 steps move the copies within 5 % of what float32 moves."""
    wide, _ = trained(torch.float32)
    narrow, module = trained(torch.bfloat16)
    for one, other in zip(wide, narrow, strict=True):
        assert float((one - other).norm() / one.norm()) < 0.05
        assert float(one.abs().min()) > 0.5 * STEPS * LR, "every weight moved"
    assert all(w.dtype == torch.bfloat16 for w in module.parameters())


def test_without_copies_it_would_not() -> None:
    """The same steps on bfloat16 weights themselves: most of them change nothing."""
    module = network(torch.bfloat16)
    before = module.weight.detach().clone()
    optimizer = torch.optim.AdamW(module.parameters(), lr=LR)
    for _ in range(STEPS):
        optimizer.zero_grad(set_to_none=True)
        gradients(module, seed=1)
        optimizer.step()
    assert float((module.weight != before).float().mean()) < 0.05


def test_the_weights_are_the_nearest_to_their_copies() -> None:
    _, module = trained(torch.bfloat16, steps=3)
    optimizer = make_optimizer(module, 1e-2, 0.0, (0.9, 0.95))
    gradients(module, seed=2)
    optimizer.step()
    for weight, master in zip(module.parameters(), optimizer.masters, strict=True):
        assert torch.equal(weight, master.to(torch.bfloat16))


def test_gradients_are_added_in_float32() -> None:
    """1 + 2^-9 + 2^-9 is more than 1 in float32; in bfloat16 each addition is lost."""
    module = torch.nn.Linear(1, 1, bias=False).to(torch.bfloat16)
    optimizer = make_optimizer(module, LR, 0.0, (0.9, 0.95))
    for value in (1.0, 2.0**-9, 2.0**-9):
        torch.autograd.backward((module.weight * value).sum())
    (master,) = stepped_weights(module, optimizer)
    assert float(master.grad) == 1.0 + 2.0**-8
    assert module.weight.grad is None, "held once"
    optimizer.zero_grad(set_to_none=True)
    assert master.grad is None


def test_a_saved_state_goes_on_bit_for_bit() -> None:
    one, other = network(torch.bfloat16), network(torch.bfloat16)
    first = make_optimizer(one, 1e-4, 0.01, (0.9, 0.95))
    for seed in range(6):
        if seed == 3:
            state = deepcopy(first.state_dict())
            second = make_optimizer(other, 1e-4, 0.01, (0.9, 0.95))
            second.load_state_dict(state)
            assert torch.equal(other.weight, one.weight), "the weights follow the copies"
        for module, optimizer in ((one, first), *([(other, second)] if seed >= 3 else [])):
            optimizer.zero_grad(set_to_none=True)
            gradients(module, seed)
            set_rate(optimizer, 1e-4)
            optimizer.step()
    for a, b in zip(first.masters, second.masters, strict=True):
        assert torch.equal(a, b)


def test_float32_has_no_copies() -> None:
    module = network(torch.float32)
    optimizer = make_optimizer(module, LR, 0.01, (0.9, 0.95))
    assert not isinstance(optimizer, MasterAdamW)
    assert all(
        a is b for a, b in zip(stepped_weights(module, optimizer), module.parameters(), strict=True)
    )


@pytest.mark.parametrize("frozen", ["weight", "bias"])
def test_frozen_weights_stay(frozen: str) -> None:
    module = network(torch.bfloat16)
    getattr(module, frozen).requires_grad_(False)
    before = getattr(module, frozen).detach().clone()
    optimizer = make_optimizer(module, 1e-2, 0.01, (0.9, 0.95))
    gradients(module, seed=1)
    optimizer.step()
    assert torch.equal(getattr(module, frozen), before)
    assert len(stepped_weights(module, optimizer)) == 1
