"""Numbers from chunks of hidden states: by hand, beside whole logits, and their gradients."""

from __future__ import annotations

import math

import pytest
import torch

from baselines.losses import chunked_numbers, entropy_from_logits, token_log_probs, widened


def random(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_by_hand() -> None:
    """Logits (ln 9, 0) at temperature 2 are (ln 3, 0): probabilities 3/4 and 1/4."""
    states = torch.tensor([[math.log(9), 0.0], [0.0, 0.0]])
    found = chunked_numbers(
        states, torch.eye(2), torch.tensor([0, 1]), temperature=2.0, size=1, entropies=True
    )
    assert found.log_probs.tolist() == pytest.approx([math.log(3 / 4), math.log(1 / 2)])
    assert found.entropies is not None
    first = -(3 / 4 * math.log(3 / 4) + 1 / 4 * math.log(1 / 4))
    assert found.entropies.tolist() == pytest.approx([first, math.log(2)])


def test_entropies_are_there_when_asked_for() -> None:
    found = chunked_numbers(random(3, 2, seed=0), torch.eye(2), torch.tensor([0, 1, 1]), size=2)
    assert found.entropies is None


@pytest.mark.parametrize("size", [1, 3, 7, 99])
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_gradients_are_the_derivatives(size: int, temperature: float) -> None:
    """Beside finite differences, in float64."""
    states = random(7, 5, seed=0).double().requires_grad_()
    weight = random(11, 5, seed=1).double().requires_grad_()
    ids = torch.arange(7) % 11

    def numbers(states: torch.Tensor, weight: torch.Tensor) -> tuple[torch.Tensor, ...]:
        found = chunked_numbers(
            states, weight, ids, temperature=temperature, size=size, entropies=True
        )
        assert found.entropies is not None
        return found.log_probs, found.entropies

    assert torch.autograd.gradcheck(numbers, (states, weight))


@pytest.mark.parametrize("frozen", ["states", "weight"])
def test_what_is_frozen_gets_no_gradient(frozen: str) -> None:
    parts = {"states": random(4, 3, seed=0), "weight": random(6, 3, seed=1)}
    for name, part in parts.items():
        part.requires_grad_(name != frozen)
    found = chunked_numbers(parts["states"], parts["weight"], torch.arange(4), size=2)
    found.log_probs.sum().backward()
    assert {name for name, part in parts.items() if part.grad is None} == {frozen}


def test_bfloat16_weights_are_summed_over_chunks_in_float32() -> None:
    """Many chunks come as near to the exact gradient as one does."""
    states, weight = random(512, 16, seed=0).bfloat16(), random(40, 16, seed=1).bfloat16()
    ids = torch.arange(512) % 40

    def gradient(size: int) -> torch.Tensor:
        head = weight.clone().requires_grad_()
        chunked_numbers(states, head, ids, size=size).log_probs.sum().backward()
        assert head.grad is not None
        assert head.grad.dtype == torch.bfloat16
        return head.grad.float()

    exact = weight.double().requires_grad_()
    logits = states.double() @ exact.T
    token_log_probs(logits, ids).sum().backward()
    assert exact.grad is not None
    scale = exact.grad.norm()
    errors = [float((gradient(size) - exact.grad).norm() / scale) for size in (512, 4)]
    assert errors[1] < 1.5 * errors[0]


def test_the_temperature_divides_widened_logits() -> None:
    states, weight = random(9, 4, seed=0).bfloat16(), random(6, 4, seed=1).bfloat16()
    ids = torch.arange(9) % 6
    found = chunked_numbers(states, weight, ids, temperature=0.7, size=4, entropies=True)
    logits = widened(torch.nn.functional.linear(states, weight)) / 0.7
    assert torch.equal(found.log_probs, token_log_probs(logits, ids))
    assert found.entropies is not None
    torch.testing.assert_close(found.entropies, entropy_from_logits(logits))
