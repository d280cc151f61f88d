"""The uncertainty signal: recorded values, hand-computed values, properties."""

from __future__ import annotations

import itertools
import math
import re

import numpy as np
import pytest
import torch
from golden_algos import Case, cases
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from baselines.intervention import window_means
from baselines.uncertainty import (
    SignalConfig,
    SignalRange,
    causal_series,
    confidence,
    entropy,
    geometric_mean,
    offline_series,
    released_score,
    released_turn_score,
    token_signal,
    token_signal_of,
)

SIGNAL_CASES = [
    case for case in cases("t2po_formula") if case.marks or "logits" in case.values[0].inputs
]


@pytest.mark.parametrize("case", SIGNAL_CASES)
def test_signal_golden(case: Case) -> None:
    p, logits = case.params, case.array("logits")
    h, c = entropy(logits), confidence(logits, p["j"])
    offline = offline_series(h, c, p["alpha"])
    causal = causal_series(h, c, p["alpha"])
    means = window_means(causal.change, p["N"])
    actual = {
        "entropy": h,
        "topj_conf": c,
        "M_offline": offline,
        "M_causal": causal.measure,
        "delta_causal": causal.change,
        "window_mean": [None if math.isnan(x) else x for x in means],
        "phi_arith": offline.mean(),
        "num_exact_zero_M": int((offline == 0.0).sum()),
    }
    for key in case.expected:
        if key.startswith("stop_"):
            continue  # test_intervention runs the controller itself
        floor = re.fullmatch(r"phi_geomean_floor([\d.e-]+)", key)
        case.check(key, geometric_mean(offline, float(floor[1])) if floor else actual[key])


@pytest.mark.parametrize("case", SIGNAL_CASES)
def test_signal_golden_in_torch(case: Case) -> None:
    signal = token_signal(case.tensor("logits"), case.params["j"])
    case.check("entropy", signal.entropy)
    case.check("topj_conf", signal.confidence)


@pytest.mark.parametrize("case", cases("entropy"))
def test_entropy_golden(case: Case) -> None:
    logits = case.array("logits")
    for key in case.expected:
        if match := re.fullmatch(r"top(\d+)_conf", key):
            case.check(key, confidence(logits, int(match[1])))
            case.check(key, token_signal(case.tensor("logits"), int(match[1])).confidence)
        elif key == "entropy":
            case.check(key, entropy(logits))
            case.check(key, token_signal(case.tensor("logits"), 2).entropy)


def test_by_hand() -> None:
    """p = (1/2, 1/4, 1/4): H = 1.5 log 2; the best two have log-probs -log 2 and -2 log 2."""
    logits = np.log([[0.5, 0.25, 0.25]])
    assert entropy(logits)[0] == pytest.approx(1.5 * math.log(2))
    assert confidence(logits, 2)[0] == pytest.approx(1.5 * math.log(2))
    assert confidence(logits, 1)[0] == pytest.approx(math.log(2))
    assert confidence(logits, 3)[0] == pytest.approx(5 / 3 * math.log(2))


def test_shifting_logits_changes_nothing() -> None:
    logits = torch.randn(4, 50, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for shifted in (logits + 1e4, logits - 1e4):
        torch.testing.assert_close(token_signal(shifted).entropy, token_signal(logits).entropy)
        torch.testing.assert_close(
            token_signal(shifted).confidence, token_signal(logits).confidence
        )


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float16, 1e-2), (torch.bfloat16, 5e-2)]
)
def test_half_precision_is_widened(dtype: torch.dtype, tolerance: float) -> None:
    exact = 3 * torch.randn(8, 300, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    signal, reference = token_signal(exact.to(dtype)), token_signal(exact)
    assert signal.entropy.dtype == torch.float32
    for got, want in zip(signal, reference, strict=True):
        torch.testing.assert_close(got.double(), want, rtol=tolerance, atol=tolerance)


def test_impossible_tokens_leave_the_signal_finite() -> None:
    logits = torch.tensor([[0.0, 0.0, -math.inf, -math.inf]])
    signal = token_signal(logits, 2)
    assert signal.entropy.item() == pytest.approx(math.log(2))
    assert signal.confidence.item() == pytest.approx(math.log(2))
    assert math.isfinite(token_signal(logits, 4).confidence.item())
    assert entropy(logits.numpy())[0] == pytest.approx(math.log(2))


def test_rows_do_not_influence_each_other() -> None:
    logits = torch.randn(6, 40, generator=torch.Generator().manual_seed(2))
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    whole, permuted = token_signal(logits, 5), token_signal(logits[order], 5)
    torch.testing.assert_close(whole.entropy[order], permuted.entropy, rtol=0, atol=0)
    torch.testing.assert_close(whole.confidence[order], permuted.confidence, rtol=0, atol=0)


def test_top_j_outside_the_vocabulary_is_refused() -> None:
    for top_j in (0, 5):
        with pytest.raises(ValueError, match="between 1 and the vocabulary size 4"):
            token_signal(torch.zeros(1, 4), top_j)
        with pytest.raises(ValueError, match="between 1 and the vocabulary size 4"):
            confidence(np.zeros((1, 4)), top_j)


# The running range


def test_measure_by_hand() -> None:
    bounds = SignalRange.of([1.0, 3.0], [2.0, 4.0])
    assert bounds.measure(1.0, 4.0, 0.4) == 0.0  # surest
    assert bounds.measure(3.0, 2.0, 0.4) == pytest.approx(1.0)  # least sure
    assert bounds.measure(2.0, 3.5, 0.4) == pytest.approx(0.4 * 0.5 + 0.6 * 0.25)


def test_degenerate_range_maps_to_zero() -> None:
    bounds = SignalRange.of([2.0], [3.0])
    assert bounds.measure(2.0, 3.0, 0.4) == pytest.approx(0.6)  # H~ = 0, C~ = 0
    assert SignalRange().measure(2.0, 3.0, 0.4) == pytest.approx(0.6)  # nothing seen yet


def test_previous_token_is_measured_under_the_new_range() -> None:
    """A token that only widens the range must not look like a change of the one before."""
    series = causal_series([1.0, 2.0, 2.0, 4.0], [1.0, 1.0, 1.0, 1.0], alpha=1.0)
    # At t = 3 the range is [1, 4]: M_2 = 1/3 (it was 1 at its own time), M_3 = 1.
    np.testing.assert_allclose(series.measure, [0.0, 1.0, 1.0, 1.0])
    np.testing.assert_allclose(series.change, [0.0, 1.0, 0.0, 2 / 3])


def test_range_of_earlier_turns_counts_and_is_left_alone() -> None:
    start = SignalRange.of([0.0, 10.0], [0.0, 10.0])
    series = causal_series([5.0, 6.0], [5.0, 5.0], alpha=1.0, start=start)
    np.testing.assert_allclose(series.measure, [0.5, 0.6])
    causal_series([99.0], [99.0], start=start)
    assert start.entropy_max == 10.0


def test_fixed_range_clips_and_never_moves() -> None:
    config = SignalConfig(normaliser="fixed", top_j=2, confidence_max=5.0)
    bounds = config.new_range(vocab_size=8)
    bounds.update(100.0, 100.0)
    assert bounds.measure(math.log(8), math.log(2), 0.4) == pytest.approx(1.0)
    assert bounds.measure(0.0, 50.0, 0.4) == 0.0
    assert bounds.copy().measure(0.0, 50.0, 0.4) == 0.0
    with pytest.raises(ValueError, match="confidence_max above"):
        SignalRange.fixed(vocab_size=8, top_j=20, confidence_max=1.0)


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="equally long"):
        offline_series([1.0, 2.0], [1.0])


# The turn level


def test_geometric_mean_by_hand() -> None:
    assert geometric_mean([0.5, 0.125]) == pytest.approx(0.25)
    assert geometric_mean([1.0, 0.0], floor=1e-4) == pytest.approx(1e-2)
    with pytest.raises(ValueError, match="at least one sampled token"):
        geometric_mean([])
    with pytest.raises(ValueError, match="positive floor"):
        geometric_mean([0.5], floor=0.0)


def test_without_a_floor_phi_would_always_be_zero() -> None:
    """The token that is both surest and sharpest has M = 0: the published product vanishes."""
    logits = np.random.default_rng(0).normal(size=(30, 64)) * np.linspace(0.2, 6, 30)[:, None]
    m = offline_series(entropy(logits), confidence(logits, 20))
    assert m.min() == 0.0
    assert geometric_mean(m) > 0.1


def test_released_turn_score_skips_the_first_tokens() -> None:
    assert released_turn_score(np.arange(36), skip_tokens=32) == pytest.approx(34.0)
    assert released_turn_score(np.arange(33), skip_tokens=32) == 0.0
    # p_max = 1: log p_max = 0 and H = 0, the highest score there is.
    assert released_score(0.0, 0.0, 50) == pytest.approx(0.4)


# The sign problem of j = 1


def test_configuration_refuses_what_cannot_work() -> None:
    with pytest.raises(ValueError, match="needs at least 2"):
        SignalConfig(top_j=1)
    with pytest.raises(ValueError, match="single most likely"):
        SignalConfig(form="released", top_j=20)
    with pytest.raises(ValueError, match="between 0 and 1"):
        SignalConfig(alpha=1.5)
    with pytest.raises(ValueError, match="floor"):
        SignalConfig(floor=0.0)


def tail_dominated(logits: np.ndarray, top_j: int) -> bool:
    """Whether C rises when the logits are sharpened: E_p[z] > mean of the top j logits."""
    p = np.exp(logits - logits.max())
    return bool((p * logits).sum() / p.sum() > np.sort(logits)[-top_j:].mean())


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    scale=st.floats(0.5, 6.0),
    factor=st.floats(1.01, 2.0),
    top_j=st.integers(2, 30),
)
def test_sharpening_lowers_the_measure(seed: int, scale: float, factor: float, top_j: int) -> None:
    """A lower temperature lowers M wherever the top j hold the mass."""
    logits = scale * np.random.default_rng(seed).normal(size=200)
    assume(tail_dominated(logits, top_j))
    series = logits * np.array([1.0, factor, 0.9, 2.5])[:, None]
    h, c = entropy(series), confidence(series, top_j)
    assert c[1] > c[0]
    assert h[1] < h[0]
    m = SignalRange.of(h, c).measure_all(h, c, 0.4)
    assert m[1] < m[0]


def test_confidence_is_also_high_where_nothing_is_known() -> None:
    """C is least (log j) when the top j share everything evenly, not when all tokens do."""
    logits = np.zeros((2, 1000))
    logits[0, 20:] = -50.0
    assert confidence(logits, 20) == pytest.approx([math.log(20), math.log(1000)])


def test_with_one_token_the_two_terms_cancel() -> None:
    """Why j = 1 is refused: C then falls with sharpness instead of rising."""
    logits = np.random.default_rng(0).normal(size=200)
    series = logits * np.linspace(4, 12, 20)[:, None]
    assert (np.diff(confidence(series, 20)) > 0).all()
    assert (np.diff(confidence(series, 1)) < 0).all()
    ends = {j: offline_series(entropy(series), confidence(series, j))[[0, -1]] for j in (1, 20)}
    assert ends[20] == pytest.approx([1.0, 0.0])
    assert ends[1] == pytest.approx([0.4, 0.6])  # the surest token looks the least sure


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 12), st.floats(0, 30)), min_size=1, max_size=40))
def test_measure_stays_between_zero_and_one(pairs: list[tuple[float, float]]) -> None:
    h, c = zip(*pairs, strict=True)
    for m in (offline_series(h, c), causal_series(h, c).measure):
        assert ((m >= 0.0) & (m <= 1.0)).all()
        assert 0.0 < geometric_mean(m) <= 1.0
    last = SignalRange.of(h, c).measure(h[-1], c[-1], 0.4)
    assert causal_series(h, c).measure[-1] == last


# The fast paths


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    size=st.integers(1, 700),
    share=st.floats(0, 1),
    levels=st.sampled_from([2, 5, 1000]),
)
def test_selecting_by_chunks_is_selecting(seed: int, size: int, share: float, levels: int) -> None:
    """Any vocabulary size, any j, with ties and impossible tokens: the same top values."""
    rng = np.random.default_rng(seed)
    top_j = max(1, round(share * size))
    logits = rng.integers(0, levels, size=(3, size)) / levels * 8.0
    logits[rng.random((3, size)) < 0.2] = -math.inf
    logits[:, 0] = 1.0
    got = token_signal(torch.from_numpy(logits), top_j)
    np.testing.assert_allclose(got.entropy.numpy(), entropy(logits), rtol=1e-12, atol=1e-12)
    ranked = np.maximum(np.sort(torch.from_numpy(logits).log_softmax(-1).numpy()), -800.0)
    want = -ranked[:, size - top_j :].mean(axis=1)
    np.testing.assert_allclose(got.confidence.numpy(), want, rtol=1e-12)


def test_known_probabilities_save_work_and_change_nothing() -> None:
    logits = torch.randn(5, 300, generator=torch.Generator().manual_seed(5))
    log_probs = logits.log_softmax(dim=-1)
    want = token_signal(logits, 20)
    for probs in (None, log_probs.exp()):
        got = token_signal_of(log_probs, 20, probs)
        torch.testing.assert_close(got.entropy, want.entropy, rtol=0, atol=0)
        torch.testing.assert_close(got.confidence, want.confidence, rtol=0, atol=0)
    with pytest.raises(ValueError, match="one row per distribution"):
        token_signal(torch.zeros(4), 2)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 5), st.floats(0, 9)), min_size=2, max_size=9),
    st.sampled_from(["causal", "fixed"]),
)
def test_change_is_the_difference_of_two_measures(pairs: list, normaliser: str) -> None:
    config = SignalConfig(normaliser=normaliser, top_j=2, confidence_max=5.0)  # type: ignore[arg-type]
    bounds = config.new_range(vocab_size=50)
    bounds.update_all(*zip(*pairs, strict=True))
    for before, now in itertools.pairwise(pairs):
        want = abs(bounds.measure(*now, 0.4) - bounds.measure(*before, 0.4))
        assert bounds.change(before, now, 0.4) == pytest.approx(want, abs=1e-12)
