"""Losses against the values and gradients recorded from verl, TRL and the authors' older code.

Recordings: docs/originals/algorithms.md, section 18. Traps: section 17 of that page.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from golden_algos import Case, cases

from baselines import losses
from baselines.uncertainty import token_signal

AGGREGATIONS = (
    "token-mean",
    "seq-mean-token-sum",
    "seq-mean-token-mean",
    "seq-mean-token-sum-norm",
)


def grad(loss: torch.Tensor, of: torch.Tensor) -> torch.Tensor:
    """Gradient of the (summed) loss, 0 where it does not depend on the input."""
    if not loss.requires_grad:
        return torch.zeros_like(of)
    (value,) = torch.autograd.grad(loss.sum(), of, retain_graph=True, allow_unused=True)
    return torch.zeros_like(of) if value is None else value


def check_all(case: Case, actual: dict[str, Any]) -> None:
    """Compare every recorded key; a key nobody computes is an error."""
    assert set(case.expected) <= set(actual), set(case.expected) - set(actual)
    for key in case.expected:
        case.check(key, actual[key])


@pytest.mark.parametrize("case", cases("policy_loss"))
def test_policy_loss(case: Case) -> None:
    logp = case.tensor("logp").requires_grad_()
    old, mask = case.tensor("old_logp"), case.tensor("response_mask")
    advantages, p = case.tensor("advantages"), case.params
    clip = {"clip_low": p["clip_low"], "clip_high": p["clip_high"]}
    ppo = losses.ppo_token_loss(logp, old, advantages, mask, dual_clip=p["dual_clip_c"], **clip)
    actual: dict[str, Any] = {}

    def add(name: str, loss: torch.Tensor) -> None:
        actual[f"{name}/loss"] = loss
        actual[f"{name}/grad"] = grad(loss, logp)

    whole = losses.Denominators.of(mask, length=p["norm_divisor_T"])
    for mode in AGGREGATIONS:
        add(f"vanilla/{mode}", losses.aggregate(ppo.values, mask, mode, denominators=whole))
    actual["vanilla/clipfrac"] = losses.masked_mean(ppo.clipped, mask)
    actual["vanilla/clipfrac_lower"] = losses.masked_mean(ppo.clipped_lower, mask)
    actual["vanilla/ppo_kl"] = losses.masked_mean(-ppo.log_ratio, mask)
    for rows, name in ((slice(0, 2), "first2rows"), (slice(2, None), "last3rows")):
        part = losses.aggregate(ppo.values[rows], mask[rows], denominators=whole)
        actual[f"vanilla/token-mean/{name}_global_tokens"] = part

    sampler, cap = case.tensor("rollout_logp"), p["tis_cap"]
    weights = losses.importance_weights(old, sampler, mask, maximum=cap)
    actual["tis/token_weights_cap2"] = weights
    actual["tis/token_weights_cap2_batchnorm"] = losses.importance_weights(
        old, sampler, mask, maximum=cap, batch_normalise=True
    )
    actual["tis/seq_weights_cap2"] = losses.importance_weights(
        old, sampler, mask, maximum=cap, level="sequence"
    )
    add("vanilla_tis/token-mean", losses.aggregate(ppo.values * weights, mask))

    gspo = losses.gspo_token_loss(logp, old, advantages, mask, **clip)
    add("gspo", losses.aggregate(gspo.values, mask, "seq-mean-token-mean"))
    actual["gspo/clipfrac"] = losses.masked_mean(gspo.clipped, mask)
    cispo = losses.cispo_token_loss(logp, old, advantages, mask, **clip)
    add("cispo", losses.aggregate(cispo.values, mask))
    check_all(case, actual)


@pytest.mark.parametrize("case", cases("policy_loss"))
@pytest.mark.parametrize("mode", AGGREGATIONS)
def test_micro_batches_add_up(case: Case, mode: Any) -> None:
    """Trap 15: one row at a time, two, or all: the same loss and gradient."""
    mask, advantages = case.tensor("response_mask"), case.tensor("advantages")
    old, whole = case.tensor("old_logp"), losses.Denominators.of(mask)
    results = []
    for size in (1, 2, len(mask)):
        logp = case.tensor("logp").requires_grad_()
        total = torch.zeros(())
        for start in range(0, len(mask), size):
            rows = slice(start, start + size)
            tokens = losses.ppo_token_loss(
                logp[rows], old[rows], advantages[rows], mask[rows]
            ).values
            part = losses.aggregate(tokens, mask[rows], mode, denominators=whole)
            part.backward()
            total = total + part.detach()
        assert logp.grad is not None
        results.append((total, logp.grad))
    for total, gradient in results[1:]:
        torch.testing.assert_close(total, results[0][0], rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(gradient, results[0][1], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("case", cases("aggregation"))
def test_aggregation(case: Case) -> None:
    x, mask = case.tensor("x"), case.tensor("mask")
    actual: dict[str, Any] = {mode: losses.aggregate(x, mask, mode) for mode in AGGREGATIONS}
    for key in case.expected:
        constant = re.fullmatch(r"seq-mean-token-sum-norm/const(\d+)", key)
        if constant:
            length = losses.Denominators.of(mask, length=float(constant[1]))
            actual[key] = losses.aggregate(x, mask, "seq-mean-token-sum-norm", denominators=length)
        elif key.startswith("icml/"):
            actual[key] = losses.aggregate(x, mask, key[5:], empty_rows="nan")  # type: ignore[arg-type]
        elif key == "masked_mean":
            actual[key] = losses.masked_mean(x, mask)
    statistics = {"masked_whiten", "masked_var"}  # numpy side: test_advantages_golden
    for key in set(case.expected) - statistics:
        case.check(key, actual[key])


@pytest.mark.parametrize("case", cases("kl"))
def test_kl(case: Case) -> None:
    logp = case.tensor("logp").requires_grad_()
    ref = case.tensor("ref_logp")
    actual: dict[str, Any] = {}
    for name in ("k1", "abs", "k2", "k3"):
        value = losses.kl_per_token(logp, ref, estimator=name)  # type: ignore[arg-type]
        actual[name], actual[f"{name}/grad"] = value, grad(value, logp)
    actual["trl_k3_unclamped"] = losses.kl_per_token(logp, ref, clamped=False)
    check_all(case, actual)


@pytest.mark.parametrize("case", cases("kl"))
def test_kl_straight_through(case: Case) -> None:
    """Intended meaning of k3+, for which verl has no running code: k3 forward, k2 backward."""
    logp = case.tensor("logp").requires_grad_()
    value = losses.kl_per_token(logp, case.tensor("ref_logp"), straight_through=True)
    case.check("k3", value)
    case.check("k2/grad", grad(value, logp))


@pytest.mark.parametrize("case", cases("entropy"))
def test_entropy(case: Case) -> None:
    logits = case.tensor("logits").requires_grad_()
    labels = torch.tensor(case.inputs["labels"])
    actual: dict[str, Any] = {
        "entropy": losses.entropy_from_logits(logits),
        "logprob": losses.token_log_probs(logits, labels),
    }
    for key in case.expected:
        match = re.fullmatch(r"top(\d+)_conf", key)
        if match:
            actual[key] = token_signal(logits, int(match[1])).confidence
    check_all(case, actual)


@pytest.mark.parametrize("case", cases("value_loss"))
def test_value_loss(case: Case) -> None:
    predictions = case.tensor("vpreds").requires_grad_()
    mask = case.tensor("response_mask")
    old, returns = case.tensor("values"), case.tensor("returns")
    clip = case.params["cliprange_value"]
    verl = losses.value_token_loss(predictions, old, returns, mask, clip=clip)
    actual: dict[str, Any] = {"clipfrac": losses.masked_mean(verl.clipped, mask)}
    for mode in AGGREGATIONS:
        loss = losses.aggregate(verl.values, mask, mode)
        actual[f"{mode}/loss"], actual[f"{mode}/grad"] = loss, grad(loss, predictions)
    older = losses.value_token_loss(predictions, old, returns, mask, clip=clip, factor=1.0)
    actual["icml_no_half/token-mean/loss"] = losses.aggregate(older.values, mask)
    check_all(case, actual)


def trl_options(case: Case, setting: str) -> dict[str, Any]:
    """Arguments of `trl_loss` that the middle part of a recorded key stands for."""
    clip = re.fullmatch(r"eps\(([\d.]+), ([\d.]+)\)", setting)
    if clip:
        return {"epsilon_low": float(clip[1]), "epsilon_high": float(clip[2])}
    word, number = re.fullmatch(r"(beta|delta|tis|entcoef|eps_high)([\d.]*)", setting).groups()
    return {
        "beta": lambda: {"beta": float(number), "ref_log_probs": case.tensor("ref_logp")},
        "delta": lambda: {"delta": float(number)},
        "tis": lambda: {"weights": case.tensor("is_ratio")},
        "entcoef": lambda: {
            "entropies": case.tensor("entropies"),
            "entropy_coefficient": float(number),
        },
        "eps_high": lambda: {"epsilon_high": float(number)},
    }[word]()


@pytest.mark.parametrize("case", cases("trl_loss"))
def test_trl_loss(case: Case) -> None:
    mask, length = case.tensor("mask"), case.params["max_completion_length"]
    for key in case.expected:
        family, setting, what = key.split("/")
        logp = case.tensor("logp").requires_grad_()
        sequence = family == "gspo_grpo_sequence"
        loss = losses.trl_loss(
            logp,
            case.tensor("old_logp"),
            case.tensor("advantages"),
            mask,
            loss_type="grpo" if sequence else family,  # type: ignore[arg-type]
            level="sequence" if sequence else "token",
            max_completion_length=length,
            **trl_options(case, setting),
        )
        case.check(key, loss if what == "loss" else grad(loss, logp))
