"""Losses by hand, and what must not reach them: masked tokens, forced tokens, NaN and inf.

Traps are numbered as in docs/originals/algorithms.md, section 17.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines import losses

POLICY_LOSSES = (losses.ppo_token_loss, losses.gspo_token_loss, losses.cispo_token_loss)
MODES = ("token-mean", "seq-mean-token-sum", "seq-mean-token-mean", "seq-mean-token-sum-norm")


def row(*values: float) -> torch.Tensor:
    return torch.tensor([values], dtype=torch.float64)


# Aggregation


def test_aggregation_by_hand() -> None:
    """Rows 1 + 2 and 6, and a row without tokens."""
    values = torch.tensor([[1.0, 2.0], [6.0, 99.0], [99.0, 99.0]])
    mask = torch.tensor([[1, 1], [1, 0], [0, 0]])
    expected = dict(zip(MODES, (9 / 3, 9 / 2, (1.5 + 6) / 2, 9 / 2), strict=True))
    for mode, want in expected.items():
        assert losses.aggregate(values, mask, mode).item() == pytest.approx(want)  # type: ignore[arg-type]
    counted = losses.aggregate(values, mask, "seq-mean-token-mean", empty_rows="count")
    assert counted.item() == pytest.approx(7.5 / 3)
    summed = losses.aggregate(values, mask, "seq-mean-token-sum", empty_rows="nan")
    assert summed.item() == pytest.approx(9 / 3)
    assert losses.aggregate(values, mask, "seq-mean-token-mean", empty_rows="nan").isnan()


def test_denominators_by_hand() -> None:
    mask = torch.tensor([[1, 1, 1], [0, 0, 0], [1, 1, 0]])
    assert losses.Denominators.of(mask) == losses.Denominators(tokens=5, rows=2, length=3)
    assert losses.Denominators.of(mask, length=8).length == 8
    assert losses.Denominators.of(mask, count_empty_rows=True).rows == 3


@pytest.mark.parametrize("mode", MODES)
def test_a_batch_without_tokens_has_loss_zero(mode: Any) -> None:
    values = torch.full((2, 3), math.nan, requires_grad=True)
    loss = losses.aggregate(values, torch.zeros(2, 3), mode)
    loss.backward()
    assert loss.item() == 0.0
    assert (values.grad == 0.0).all()


@pytest.mark.parametrize("mode", MODES)
def test_dropping_padding_columns_changes_nothing(mode: Any) -> None:
    """Micro-batches may be cut to their own longest row when the length is given."""
    values, mask = torch.randn(3, 4, generator=torch.Generator().manual_seed(0)), torch.ones(3, 4)
    mask[:, 2:] = 0
    whole = losses.Denominators.of(mask)
    cut = losses.aggregate(values[:, :2], mask[:, :2], mode, denominators=whole)
    torch.testing.assert_close(cut, losses.aggregate(values, mask, mode, denominators=whole))


def test_masked_sums() -> None:
    assert losses.masked_sum(row(1.0, math.nan), row(1.0, 0.0)).item() == 1.0
    assert losses.masked_mean(row(1.0, 3.0, math.inf), row(1, 1, 0)).item() == pytest.approx(2.0)
    with pytest.raises(ValueError, match="mask has shape"):
        losses.aggregate(torch.zeros(2, 3), torch.zeros(2, 2))
    with pytest.raises(ValueError, match="must be"):
        losses.aggregate(torch.zeros(3), torch.zeros(3))


# Policy losses by hand


def test_ppo_by_hand() -> None:
    """Ratios 1.5, 0.5, 1.5, 10 with advantages 1, 1, -1, -1; clip 0.2, c = 3."""
    ratios = row(1.5, 0.5, 1.5, 10.0)
    logp = ratios.log().requires_grad_()
    loss = losses.ppo_token_loss(logp, torch.zeros(1, 4), row(1, 1, -1, -1), torch.ones(1, 4))
    torch.testing.assert_close(loss.values.detach(), row(-1.2, -0.5, 1.5, 3.0))
    assert loss.clipped.tolist() == [[1.0, 0.0, 0.0, 0.0]]
    assert loss.clipped_lower.tolist() == [[0.0, 0.0, 0.0, 1.0]]
    loss.values.sum().backward()
    torch.testing.assert_close(logp.grad, row(0.0, -0.5, 1.5, 0.0))
    free = losses.ppo_token_loss(
        logp, torch.zeros(1, 4), row(1, 1, -1, -1), torch.ones(1, 4), dual_clip=None
    )
    assert free.values[0, 3].item() == pytest.approx(10.0)
    with pytest.raises(ValueError, match="must be above 1"):
        losses.ppo_token_loss(logp, logp, logp, torch.ones(1, 4), dual_clip=1.0)
    with pytest.raises(ValueError, match="advantages has shape"):
        losses.ppo_token_loss(logp, logp, row(1.0), torch.ones(1, 4))


def test_clip_higher_leaves_more_room_upwards() -> None:
    logp, old, ones = row(1.25).log(), row(0.0), torch.ones(1, 1)
    assert losses.ppo_token_loss(logp, old, ones, ones).clipped.item() == 1.0
    assert losses.ppo_token_loss(logp, old, ones, ones, clip_high=0.28).clipped.item() == 0.0


def test_gradient_at_ratio_one_is_the_policy_gradient() -> None:
    """Trap 3: where trainer and sampler agree, every loss has the gradient -A / N."""
    advantages, mask = row(1.0, -2.0, 0.5), torch.ones(1, 3)
    old = row(-1.0, -2.0, -3.0)
    for loss in POLICY_LOSSES:
        logp = old.clone().requires_grad_()
        losses.aggregate(loss(logp, old, advantages, mask).values, mask).backward()
        torch.testing.assert_close(logp.grad, -advantages / 3)


def test_gspo_by_hand() -> None:
    """Log ratios 0.2 and 0.4 (and a masked 9): every token has the ratio e^0.3."""
    logp = row(0.2, 0.4, 9.0).requires_grad_()
    loss = losses.gspo_token_loss(
        logp, torch.zeros(1, 3), row(1, 1, 1), row(1, 1, 0), clip_low=0.5, clip_high=0.5
    )
    torch.testing.assert_close(loss.values.detach(), row(-math.exp(0.3), -math.exp(0.3), 0.0))
    loss.values.sum().backward()
    torch.testing.assert_close(logp.grad, row(-math.exp(0.3), -math.exp(0.3), 0.0))


def test_cispo_keeps_the_gradient_of_clipped_tokens() -> None:
    logp = row(3.0, 0.5).log().requires_grad_()
    loss = losses.cispo_token_loss(logp, torch.zeros(1, 2), row(1, 1), torch.ones(1, 2))
    loss.values.sum().backward()
    torch.testing.assert_close(logp.grad, row(-1.2, -0.8))
    assert loss.clipped.tolist() == [[1.0, 1.0]]
    unbounded = losses.cispo_token_loss(
        logp, torch.zeros(1, 2), row(1, 1), torch.ones(1, 2), clip_low=None
    )
    assert unbounded.clipped.tolist() == [[1.0, 0.0]]


# Trap 20: masked NaN and inf


@pytest.mark.parametrize("junk", [math.inf, -math.inf, math.nan, 1e30])
@pytest.mark.parametrize("loss", POLICY_LOSSES)
def test_trap_20_masked_junk_reaches_neither_loss_nor_gradient(loss: Any, junk: float) -> None:
    mask = row(1, 0, 1)
    results = []
    for filler in (-1.0, junk):
        logp = row(-1.0, filler, -2.0).requires_grad_()
        old, adv = row(-1.1, filler, -1.8), row(0.5, filler, -0.5)
        tokens = loss(logp, old, adv, mask)
        weights = losses.importance_weights(old, row(-1.0, filler, -2.0), mask)
        kl = losses.kl_per_token(logp, row(-1.2, -filler, -1.9), mask, clamped=False)
        plus = losses.kl_per_token(logp, row(-1.2, -filler, -1.9), mask, straight_through=True)
        total = losses.aggregate(tokens.values * weights + kl + plus, mask)
        total.backward()
        results.append((total.detach(), logp.grad, losses.masked_mean(tokens.clipped, mask)))
    for clean, dirty in zip(*results, strict=True):
        assert torch.isfinite(dirty).all()
        torch.testing.assert_close(dirty, clean, rtol=0, atol=0)
    assert results[1][1][0, 1] == 0.0


@pytest.mark.parametrize("junk", [math.inf, math.nan])
def test_masked_junk_in_values(junk: float) -> None:
    predictions = row(1.0, junk).requires_grad_()
    loss = losses.value_token_loss(predictions, row(0.0, junk), row(2.0, junk), row(1, 0))
    losses.aggregate(loss.values, row(1, 0)).backward()
    assert torch.isfinite(predictions.grad).all()
    assert predictions.grad[0, 1] == 0.0


def test_trl_loss_ignores_masked_junk() -> None:
    mask = row(1, 1, 0)
    grads = []
    for filler in (-1.0, math.inf):
        logp = row(-1.0, -2.0, filler).requires_grad_()
        losses.trl_loss(
            logp, row(-1.1, -2.2, filler), torch.tensor([0.5]), mask,
            ref_log_probs=row(-1.0, -2.1, filler), beta=0.1,
        ).backward()  # fmt: skip
        grads.append(logp.grad)
    torch.testing.assert_close(grads[0], grads[1], rtol=0, atol=0)


# Traps 2, 4 and 5: forced tokens


def toy_losses(logits: torch.Tensor, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Policy loss, KL and entropy bonus of one reply, as the trainer adds them up."""
    old = torch.full(ids.shape, -2.0, dtype=torch.float64)
    logp = losses.token_log_probs(logits, ids)
    advantages = torch.full_like(old, 1.5)
    total = torch.zeros((), dtype=torch.float64)
    for loss in POLICY_LOSSES:
        total = total + losses.aggregate(loss(logp, old, advantages, mask).values, mask)
    total = total + losses.aggregate(
        losses.kl_per_token(logp, old, mask), mask, "seq-mean-token-mean"
    )
    return total - 0.01 * losses.aggregate(losses.entropy_from_logits(logits), mask)


def test_forced_tokens_are_outside_every_term_and_denominator() -> None:
    """Gradient 0 at forced positions; raising a forced id's logit moves nothing."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 6, 11, dtype=torch.float64, generator=generator).requires_grad_()
    ids = torch.randint(0, 11, (2, 6), generator=generator)
    sampled = torch.tensor([[1, 1, 0, 0, 1, 1], [1, 1, 1, 1, 1, 0]])
    loss = toy_losses(logits, ids, sampled)
    loss.backward()
    assert logits.grad is not None
    assert (logits.grad[sampled == 0] == 0.0).all()
    assert (logits.grad[sampled == 1].abs().sum(dim=-1) > 0.0).all()
    moved = logits.detach().clone()
    moved[0, 2, ids[0, 2]] += 40.0
    moved[0, 3] -= 40.0 * torch.eye(11, dtype=torch.float64)[ids[0, 3]]
    torch.testing.assert_close(toy_losses(moved, ids, sampled), loss.detach(), rtol=0, atol=0)
    # Without the forced positions at all, the one row's loss is the same: denominators too.
    short = [0, 1, 4, 5]
    torch.testing.assert_close(
        toy_losses(logits.detach()[:1, short], ids[:1, short], sampled[:1, short]),
        toy_losses(logits.detach()[:1], ids[:1], sampled[:1]),
    )


def test_trap_05_kl_with_a_forced_unlikely_token_is_that_without_it() -> None:
    """Trap 5: the policy gives the forced token 1e-9, so does the reference; k3 would explode."""
    logp = row(-1.0, math.log(1e-9), -0.5)
    ref = row(-1.1, -0.01, -0.4)
    mask = row(1, 0, 1)
    kept = losses.aggregate(losses.kl_per_token(logp, ref, mask, clamped=False), mask)
    alone = losses.kl_per_token(logp[:, [0, 2]], ref[:, [0, 2]], clamped=False).mean()
    torch.testing.assert_close(kept, alone, rtol=1e-12, atol=0)
    assert losses.aggregate(losses.kl_per_token(logp, ref, clamped=False), torch.ones(1, 3)) > 1e8


# KL, value, entropy, weights


def test_kl_by_hand() -> None:
    logp, ref = row(-1.0), row(-1.0 + math.log(2.0))
    want = {
        "k1": -math.log(2),
        "abs": math.log(2),
        "k2": math.log(2) ** 2 / 2,
        "k3": 1 - math.log(2),
    }
    for estimator, value in want.items():
        got = losses.kl_per_token(logp, ref, estimator=estimator)  # type: ignore[arg-type]
        assert got.item() == pytest.approx(value)
    with pytest.raises(ValueError, match="Unknown KL estimator"):
        losses.kl_per_token(logp, ref, estimator="k4")  # type: ignore[arg-type]


def test_clamped_k3_has_no_gradient_beyond_the_clamp() -> None:
    logp = row(-30.0, -1.0).requires_grad_()
    value = losses.kl_per_token(logp, row(-0.1, -1.2))
    value.sum().backward()
    assert value[0, 0].item() == 10.0
    assert logp.grad[0, 0] == 0.0
    assert logp.grad[0, 1] != 0.0


@settings(max_examples=50, deadline=None)
@given(st.floats(-8, 0), st.floats(-8, 0))
def test_k2_and_k3_are_never_negative(logp: float, ref: float) -> None:
    for estimator in ("k2", "k3", "abs"):
        value = losses.kl_per_token(row(logp), row(ref), estimator=estimator)  # type: ignore[arg-type]
        assert value.item() >= -1e-12


def test_kl_as_reward_and_its_controller() -> None:
    got = losses.rewards_with_kl(row(0.0, 1.0), row(-1.0, -2.0), row(-1.5, -2.0), row(1, 1), 0.1)
    torch.testing.assert_close(got, row(-0.05, 1.0))
    settings_ = {"target": 0.1, "samples": 10, "horizon": 100}
    assert losses.adapted_kl_coefficient(0.2, 9.0, **settings_) == pytest.approx(0.2 * 1.02)
    assert losses.adapted_kl_coefficient(0.2, 0.0, **settings_) == pytest.approx(0.2 * 0.98)
    assert losses.adapted_kl_coefficient(0.2, 0.11, **settings_) == pytest.approx(0.2 * 1.01)


def test_value_loss_by_hand() -> None:
    """V moved from 0 to 1, the target is 2: clipped at 0.5 it is further away."""
    new, old, target = row(1.0, 0.1), row(0.0, 0.0), row(2.0, 2.0)
    loss = losses.value_token_loss(new, old, target)
    torch.testing.assert_close(loss.values, row(0.5 * 2.25, 0.5 * 3.61))
    assert loss.clipped.tolist() == [[1.0, 0.0]]
    torch.testing.assert_close(
        losses.value_token_loss(new, old, target, clip=None).values, row(0.5, 0.5 * 3.61)
    )
    backward = losses.value_token_loss(new, old, row(-1.0, 0.0), factor=1.0)
    torch.testing.assert_close(backward.values, row(4.0, 0.01))
    only = losses.value_token_loss(new, old, row(-1.0, 0.0), factor=1.0, form="clipped")
    torch.testing.assert_close(only.values, row(2.25, 0.01))


def test_entropy_and_log_probs_by_hand() -> None:
    logits = torch.tensor([[0.5, 0.25, 0.25, 0.0]]).log().requires_grad_()
    entropy = losses.entropy_from_logits(logits)
    assert entropy.item() == pytest.approx(1.5 * math.log(2))
    entropy.sum().backward()
    assert torch.isfinite(logits.grad[0, :3]).all()
    assert losses.token_log_probs(logits, torch.tensor([1])).item() == pytest.approx(math.log(0.25))
    assert losses.token_log_probs(logits.bfloat16(), torch.tensor([1])).dtype == torch.float32


def test_importance_weights_by_hand() -> None:
    """Ratios 1, 3, 0.1; their product 0.3."""
    trainer, sampler = row(1.0, 3.0, 0.1).log(), torch.zeros(1, 3, dtype=torch.float64)
    mask = torch.ones(1, 3)
    options: list[tuple[dict[str, Any], tuple[float, ...]]] = [
        ({}, (1.0, 2.0, 0.1)),
        ({"mode": "mask", "minimum": 0.5}, (1.0, 0.0, 0.0)),
        ({"level": "sequence"}, (0.3, 0.3, 0.3)),
        ({"level": "sequence", "mode": "mask", "minimum": 0.5}, (0.0, 0.0, 0.0)),
        ({"level": "sequence", "maximum": 0.2}, (0.2, 0.2, 0.2)),
        ({"batch_normalise": True}, (1 / 3.1 * 3, 2 / 3.1 * 3, 0.1 / 3.1 * 3)),
    ]
    for how, want in options:
        got = losses.importance_weights(trainer, sampler, mask, **how)
        torch.testing.assert_close(got, row(*want), rtol=1e-6, atol=1e-9)
    trainer.requires_grad_()
    assert not losses.importance_weights(trainer, sampler, mask).requires_grad


def test_weights_at_equal_probabilities_change_nothing() -> None:
    logp, mask = row(-1.0, -2.0, -0.3), row(1, 1, 0)
    assert losses.importance_weights(logp, logp, mask).tolist() == [[1.0, 1.0, 0.0]]


def test_trl_loss_names_what_is_missing() -> None:
    args = (row(-1.0), row(-1.0), torch.tensor([1.0]), row(1))
    for options, message in (
        ({"beta": 0.1}, "ref_log_probs"),
        ({"entropy_coefficient": 0.1}, "entropies"),
        ({"loss_type": "dr_grpo"}, "max_completion_length"),
    ):
        with pytest.raises(ValueError, match=message):
            losses.trl_loss(*args, **options)  # type: ignore[arg-type]


def test_trl_dapo_adds_up_over_micro_batches() -> None:
    generator = torch.Generator().manual_seed(4)
    logp, old = torch.randn(2, 3, 4, generator=generator) * 0.1
    advantages, mask = torch.tensor([1.0, -1.0, 0.5]), torch.ones(3, 4)
    mask[1, 2:] = 0
    whole = losses.trl_loss(logp, old, advantages, mask)
    parts = [
        losses.trl_loss(logp[r], old[r], advantages[r], mask[r], total_tokens=float(mask.sum()))
        for r in (slice(0, 1), slice(1, 3))
    ]
    torch.testing.assert_close(parts[0] + parts[1], whole)
