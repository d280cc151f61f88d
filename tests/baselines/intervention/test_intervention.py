"""Thinking and turn interventions: recorded decisions, hand-computed cases, properties.

Traps are numbered as in docs/originals/algorithms.md, section 17.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from golden_algos import Case, cases
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines import uncertainty as u
from baselines.intervention import (
    ReleasedController,
    Step,
    StopReason,
    ThinkingController,
    ThinkingRule,
    ThinkingTokens,
    TurnMonitor,
    TurnRule,
    acceptance_weight,
    is_void,
    make_controller,
    rejection_rate,
    released_preset,
    should_resample,
    threshold_at,
    window_means,
)

THINK, CLOSE, EOS, WORD = 90, 91, 92, 5
QUEUE = (CLOSE, 10, 60, 61)
TOKENS = ThinkingTokens(open_id=THINK, close_id=CLOSE, queue=QUEUE)
Signals = Sequence[tuple[float, float]]


def controller(
    rule: ThinkingRule | None = None,
    *,
    alpha: float = 0.4,
    inside: bool = True,
    room: int = 1000,
    bounds: u.SignalRange | None = None,
) -> ThinkingController:
    made = make_controller(
        rule=rule,
        signal=u.SignalConfig(alpha=alpha),
        tokens=TOKENS,
        bounds=bounds or u.SignalRange(),
        max_new_tokens=room,
        vocab_size=100,
        inside=inside,
    )
    assert isinstance(made, ThinkingController)
    return made


def rule(**changes: float) -> ThinkingRule:
    """A rule that fires on a still signal after three thinking tokens."""
    values = {"epsilon": 0.1, "window": 1, "min_tokens": 3, "max_tokens": 100}
    return ThinkingRule(**{**values, "min_action_tokens": 2, **changes})  # type: ignore[arg-type]


def feed(
    row: ThinkingController | ReleasedController, signals: Signals, token: int = WORD
) -> list[Step]:
    return [row.step(token, h, c) for h, c in signals]


def forced(steps: Sequence[Step]) -> list[int]:
    return [step.token_id for step in steps if not step.sampled]


STILL: Signals = [(1.0, 3.0)] * 12
RESTLESS: Signals = [(float(t % 2), 3.0) for t in range(12)]


# Recorded cases


SIGNAL_CASES = [
    case for case in cases("t2po_formula") if case.marks or "logits" in case.values[0].inputs
]
TURN_CASES = [
    case for case in cases("t2po_formula") if case.marks or "candidate_phi" in case.values[0].inputs
]


def test_every_derived_case_is_read() -> None:
    read = [case for case in (*SIGNAL_CASES, *TURN_CASES) if not case.marks]
    assert len(read) == len([case for case in cases("t2po_formula") if not case.marks])


@pytest.mark.parametrize("case", SIGNAL_CASES)
def test_stopping_golden(case: Case) -> None:
    p, logits = case.params, case.array("logits")
    signals = list(zip(u.entropy(logits), u.confidence(logits, p["j"]), strict=True))
    thinking = ThinkingRule(
        epsilon=p["epsilon"],
        window=p["N"],
        min_tokens=p["L_min"],
        max_tokens=p["L_max"],
        min_action_tokens=0,
    )
    row = controller(thinking, alpha=p["alpha"])
    first = next(
        (t for t, step in enumerate([*feed(row, signals), row.step(0, 0.0, 0.0)]) if step[1] == 0),
        None,
    )
    stop, reason = case.expected["stop_after_token_index"], case.expected["stop_reason"]
    if stop is None:
        assert first is None
        return
    assert first == stop + 1
    expected = {"window": StopReason.WINDOW, "L_max": StopReason.LENGTH}[reason]
    assert row.record().stop_reason is expected


@pytest.mark.parametrize("case", TURN_CASES)
def test_turn_rule_golden(case: Case) -> None:
    p = case.params
    variant = "released" if "0<Gamma" in p["rule"].replace(" ", "") else "published"
    turn_rule = TurnRule(eta=p["eta"], max_resamples=p["B_max"], variant=variant)
    accepted = None
    for turn, expected in enumerate(case.expected):
        for tries, phi in enumerate(case.inputs["candidate_phi"][turn]):
            gamma = None if accepted is None else abs(phi - accepted)
            if not should_resample(gamma, tries, turn_rule):
                break
        assert (expected["turn"], expected["tries"]) == (turn, tries)
        assert (gamma is None) == (expected["gamma"] is None)
        case.close(phi, expected["accepted_phi"], "accepted_phi")
        if gamma is not None:
            case.close(gamma, expected["gamma"], "gamma")
        accepted = phi


@pytest.mark.parametrize("case", cases("released_tti"))
def test_released_processor_golden(case: Case) -> None:
    p, logits, ids = case.params, case.array("logits"), case.inputs.get("ids")
    ids = ids or case.expected["ids"]
    alpha = 1.0 - p["alpha"]  # theirs weighs the log-probability, ours the entropy
    h, c = u.entropy(logits), u.confidence(logits, 1)
    scores = [u.released_score(a, -b, logits.shape[1], alpha) for a, b in zip(h, c, strict=True)]
    case.check("score", scores)
    row = ReleasedController(
        rule=ThinkingRule(
            epsilon=p["eps"], window=p["patience"] - 1, max_tokens=p["num_think_tokens"]
        ),
        signal=u.SignalConfig(form="released", alpha=alpha, top_j=1),
        tokens=ThinkingTokens(
            open_id=p["think_start"], close_id=p["think_end"], queue=(p["think_end"],)
        ),
        vocab_size=logits.shape[1],
        max_new_tokens=len(logits),
        inside=ids[0] == p["think_start"],
    )
    force = case.expected["forced_token"]
    # Where the recording forced a token, its candidate is unknown: offer an ordinary one.
    candidates = [0 if f >= 0 else ids[t + 1] for t, f in enumerate(force)]
    steps = [row.step(k, a, b) for k, a, b in zip(candidates, h, c, strict=True)]
    assert [step.token_id for step in steps] == case.expected["ids"][1:]
    assert [-1 if step.sampled else step.token_id for step in steps] == force


# Trap 6: when nothing may fire, and what the queue leaves behind


def test_by_hand_window() -> None:
    """The example in ThinkingRule: M = 0.9, 0.4, 0.4, 0.5 under a range that is already wide."""
    bounds = u.SignalRange.of([0.0, 1.0], [3.0, 3.0])  # alpha 1: M is the entropy
    row = controller(rule(), alpha=1.0, bounds=bounds)
    steps = feed(row, [(m, 3.0) for m in (0.9, 0.4, 0.4, 0.5, 0.1)])
    assert [step.sampled for step in steps] == [True, True, True, True, False]
    assert row.record().lowest_window_mean == pytest.approx(0.05)
    assert row.record().stop_reason is StopReason.WINDOW


def test_the_whole_queue_is_forced_once() -> None:
    row = controller(rule())
    steps = feed(row, STILL)
    assert forced(steps) == list(QUEUE)
    assert [step.sampled for step in steps[:3]] == [True] * 3
    more = feed(row, [(1.0, 3.0)] * 300)
    assert all(step.sampled for step in more)  # neither the window nor L_max fires again


def test_length_limit() -> None:
    row = controller(rule(max_tokens=6))
    steps = feed(row, RESTLESS)
    assert [step.sampled for step in steps].index(False) == 6
    assert row.record().stop_reason is StopReason.LENGTH
    assert row.record().thinking_tokens == 6


def test_window_needs_two_tokens_more_than_n() -> None:
    row = controller(rule(window=4, min_tokens=0))
    assert [s.sampled for s in feed(row, STILL)].index(False) == 6


def test_epsilon_zero_never_fires_by_window() -> None:
    assert not forced(feed(controller(rule(epsilon=0.0)), STILL))


def test_nothing_fires_outside_a_thought() -> None:
    row = controller(rule(max_tokens=4), inside=False)
    assert not forced(feed(row, STILL))
    assert row.record().thinking_tokens == 0
    assert row.record().lowest_window_mean is None


def test_counting_starts_at_the_sampled_think_tag() -> None:
    row = controller(rule(max_tokens=4, epsilon=0.0), inside=False)
    feed(row, STILL)
    assert row.step(THINK, 1.0, 3.0) == (THINK, True)
    assert [s.sampled for s in feed(row, STILL)].index(False) == 4


def test_a_closed_thought_stays_closed() -> None:
    row = controller(rule(max_tokens=3))
    feed(row, RESTLESS[:2])
    assert row.step(CLOSE, 0.0, 3.0) == (CLOSE, True)
    row.step(THINK, 0.0, 3.0)  # opening it again does not count
    assert not forced(feed(row, STILL))
    record = row.record()
    assert record.closed_naturally
    assert record.stop_reason is StopReason.NONE
    assert record.thinking_tokens == 2


def test_closing_tag_on_the_stopping_token_wins() -> None:
    """The token after which the limit would fire is itself </think>: no second closing tag."""
    row = controller(rule(max_tokens=3, epsilon=0.0))
    feed(row, RESTLESS[:2])
    assert row.step(CLOSE, 0.0, 3.0).sampled
    assert row.step(WORD, 0.0, 3.0).sampled


@pytest.mark.parametrize(("room", "fires"), [(8, False), (9, True)])
def test_no_forcing_without_room_for_an_action(room: int, fires: bool) -> None:
    """After 3 tokens the queue (4) and the action (2) must still fit: 3 + 4 + 2 = 9."""
    row = controller(rule(), room=room)
    assert bool(forced(feed(row, STILL[:room]))) == fires
    assert (row.record().stop_reason is StopReason.WINDOW) == fires


def test_forced_positions_are_outside_the_statistics() -> None:
    """Trap 4: whatever H and C are at forced positions, nothing of it remains."""
    bounds = u.SignalRange()
    wild, calm = controller(rule(), bounds=bounds), controller(rule(), bounds=bounds)
    for row, signal in ((wild, (99.0, 99.0)), (calm, (1.0, 3.0))):
        feed(row, STILL[:3])
        assert forced(feed(row, [signal] * 4)) == list(QUEUE)
        feed(row, RESTLESS[:3])
    for name in ("entropy", "confidence"):
        np.testing.assert_array_equal(getattr(wild.record(), name), getattr(calm.record(), name))
    assert wild.record().entropy.tolist() == [1.0, 1.0, 1.0, 0.0, 1.0, 0.0]
    assert wild.record().forced_tokens == 4
    assert bounds.entropy_max == -math.inf  # the caller's range is never written


def test_a_stop_without_a_forced_token_is_no_stop() -> None:
    """The reply ended on the very token after which the queue would have begun."""
    row = controller(rule())
    feed(row, STILL[:3])
    assert row.record().stop_reason is StopReason.NONE


def test_without_a_rule_only_statistics_are_kept() -> None:
    row = controller(None)
    assert not forced(feed(row, STILL * 100))
    assert len(row.record().entropy) == 1200


def test_wrong_tokens_and_rules_are_refused() -> None:
    with pytest.raises(ValueError, match="must begin with the id of </think>"):
        ThinkingTokens(open_id=THINK, close_id=CLOSE, queue=(10, CLOSE))
    with pytest.raises(ValueError, match="both have the id"):
        ThinkingTokens(open_id=CLOSE, close_id=CLOSE, queue=(CLOSE,))
    with pytest.raises(ValueError, match="max_tokens"):
        ThinkingRule(max_tokens=0)
    with pytest.raises(ValueError, match="window is -1"):
        ThinkingRule(window=-1)


def test_a_limit_that_can_never_fire_is_refused() -> None:
    """The released WebShop script thinks up to 450 tokens in a reply of 300."""
    with pytest.raises(ValueError, match="Lower max_tokens by 170"):
        ThinkingRule(max_tokens=450).check_room(300, 4)
    ThinkingRule(max_tokens=280).check_room(300, 4)


# Trap 7: state per row


signal_rows = st.lists(
    st.lists(st.tuples(st.floats(0, 3), st.floats(2, 6)), min_size=4, max_size=25),
    min_size=2,
    max_size=4,
)


@settings(max_examples=50, deadline=None)
@given(rows=signal_rows, order=st.randoms(use_true_random=False))
def test_trap_07_interleaving_and_permuting_rows_changes_nothing(rows: list, order: object) -> None:
    def make() -> ThinkingController:
        return controller(rule(epsilon=0.25, max_tokens=15))

    alone = [feed(make(), row) for row in rows]
    places = list(range(len(rows)))
    order.shuffle(places)  # type: ignore[attr-defined]
    together = {place: (make(), []) for place in places}
    for t in range(max(map(len, rows))):
        for place, (machine, steps) in together.items():
            if t < len(rows[place]):
                steps.append(machine.step(WORD, *rows[place][t]))
    assert [together[place][1] for place in range(len(rows))] == alone


@settings(max_examples=50, deadline=None)
@given(signals=st.lists(st.tuples(st.floats(0, 3), st.floats(2, 6)), min_size=1, max_size=30))
def test_controller_agrees_with_the_series(signals: list[tuple[float, float]]) -> None:
    """The state machine and the plain formulas are two ways to the same window means."""
    thinking = rule(epsilon=0.0, min_tokens=0, window=3, max_tokens=1000)
    row = controller(thinking)
    feed(row, signals)
    means = window_means(u.causal_series(*zip(*signals, strict=True)).change, 3)
    known = means[~np.isnan(means)]
    lowest = row.record().lowest_window_mean
    assert (lowest is None) == (known.size == 0)
    if lowest is not None:
        assert lowest == pytest.approx(known.min(), abs=1e-12)


# The turn rule


FIRST = ([0.0, 1.0], [3.0, 2.0])
MIDDLE = ([0.5, 0.5], [2.5, 2.5])


def monitor(eta: float, **changes: object) -> TurnMonitor:
    turn_rule = TurnRule(eta=eta, **changes)  # type: ignore[arg-type]
    return TurnMonitor(signal=u.SignalConfig(), rule=turn_rule, vocab_size=100)


def test_turn_zero_is_never_sampled_again() -> None:
    verdict = monitor(eta=9.0).judge(*FIRST)
    assert verdict.gamma is None
    assert not verdict.resample
    assert not verdict.void


def test_gamma_by_hand() -> None:
    """M of FIRST is 0 and 1: Phi = sqrt(1e-4) = 0.01. M of MIDDLE is 0.5 twice: Phi = 0.5."""
    m = monitor(eta=0.5)
    assert m.judge(*FIRST).phi == pytest.approx(0.01)
    m.accept(*FIRST)
    verdict = m.judge(*MIDDLE)
    assert verdict.phi == pytest.approx(0.5)
    assert verdict.gamma == pytest.approx(0.49)
    assert verdict.resample


def test_both_turns_are_measured_under_one_range() -> None:
    """The candidate widens the range, and the turn before it is measured again."""
    m = monitor(eta=0.0)
    m.accept(*FIRST)
    wide = ([4.0, 2.0], [2.0, 2.0])
    common = u.SignalRange.of(FIRST[0] + wide[0], FIRST[1] + wide[1])
    phis = [u.geometric_mean(common.measure_all(*turn, 0.4)) for turn in (wide, FIRST)]
    verdict = m.judge(*wide)
    assert verdict.phi == pytest.approx(phis[0])
    assert verdict.gamma == pytest.approx(abs(phis[0] - phis[1]))


def test_at_most_b_max_resamples_then_taken_as_it_is() -> None:
    m = monitor(eta=9.0, max_resamples=2)
    m.accept(*FIRST)
    verdicts = [m.judge(*MIDDLE) for _ in range(3)]
    assert [v.resample for v in verdicts] == [True, True, False]
    assert [v.void for v in verdicts] == [True, True, True]
    m.accept(*MIDDLE)
    assert m.judge(*MIDDLE).resample  # the tries begin anew


def test_rejected_candidates_leave_no_trace() -> None:
    """Trap 8: neither in the range nor as the turn to compare with."""
    clean, dirty = monitor(eta=0.3), monitor(eta=0.3)
    for m in (clean, dirty):
        m.accept(*FIRST)
    dirty.judge([50.0], [50.0])
    before = dirty.start_range()
    assert (before.entropy_max, before.confidence_max) == (1.0, 3.0)
    assert dirty.judge(*MIDDLE)[:2] == clean.judge(*MIDDLE)[:2]


def test_accepted_turns_widen_the_range_of_the_next_controllers() -> None:
    m = monitor(eta=0.3)
    m.accept(*FIRST)
    m.accept([7.0], [9.0])
    after = m.start_range()
    assert (after.entropy_min, after.entropy_max) == (0.0, 7.0)
    assert (after.confidence_min, after.confidence_max) == (2.0, 9.0)
    after.update(99.0, 99.0)
    assert m.start_range().entropy_max == 7.0


def test_a_reply_without_sampled_tokens_is_not_judged() -> None:
    m = monitor(eta=9.0)
    m.accept(*FIRST)
    assert m.judge([], []) == (None, None, False, False)
    m.accept([], [])
    assert m.judge(*MIDDLE).gamma == pytest.approx(0.49)


def test_without_a_rule_nothing_is_sampled_again() -> None:
    m = TurnMonitor(signal=u.SignalConfig(), rule=None, vocab_size=100)
    m.accept(*FIRST)
    verdict = m.judge(*FIRST)
    assert verdict.gamma == 0.0
    assert not verdict.resample


def test_variants_differ_where_gamma_is_zero() -> None:
    published, released = TurnRule(eta=0.3), TurnRule(eta=0.3, variant="released")
    assert is_void(0.0, published)
    assert not is_void(0.0, released)
    for gamma in (0.1, 0.3, 0.5):
        assert is_void(gamma, published) == is_void(gamma, released) == (gamma < 0.3)
    assert not should_resample(0.1, 2, published)


def test_released_turn_level() -> None:
    """The mean of scores after 32 tokens; short turns score 0 and then pass, since 0 < Gamma."""
    signal, _, turn_rule = released_preset()
    m = TurnMonitor(signal=signal, rule=turn_rule, vocab_size=100)
    short = ([0.5] * 20, [0.7] * 20)
    m.accept(*short)
    assert m.judge(*short) == (0.0, 0.0, False, False)
    level = u.released_score(0.5, -0.7, 100)
    long = m.judge([0.0] * 33 + [0.5] * 4, [0.0] * 33 + [0.7] * 4)
    assert long.phi == pytest.approx(level)
    assert long.gamma == pytest.approx(abs(level))


def test_released_preset_is_what_was_released() -> None:
    signal, thinking, turn_rule = released_preset()
    assert (1 - signal.alpha, signal.top_j, signal.form) == (0.6, 1, "released")
    assert (thinking.epsilon, thinking.window + 1, thinking.max_tokens) == (1e-4, 20, 450)
    assert (turn_rule.eta, turn_rule.max_resamples, turn_rule.variant) == (0.3, 2, "released")


def test_negative_thresholds_are_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        TurnRule(eta=-0.1)


# Calibration


@pytest.mark.parametrize("quantile", [0.1, 0.25, 0.5])
def test_calibrated_epsilon_stops_that_share_of_turns(quantile: float) -> None:
    rng = np.random.default_rng(3)
    turns = [rng.uniform([0.0, 2.0], [3.0, 6.0], size=(40, 2)).tolist() for _ in range(40)]

    def play(epsilon: float) -> list[ThinkingController]:
        rows = [controller(rule(epsilon=epsilon, window=4, max_tokens=99)) for _ in turns]
        for row, signals in zip(rows, turns, strict=True):
            feed(row, signals)
        return rows

    lowest = [row.record().lowest_window_mean for row in play(0.0)]
    epsilon = threshold_at([x for x in lowest if x is not None], quantile)
    stopped = sum(row.record().stop_reason is StopReason.WINDOW for row in play(epsilon))
    # A turn whose very last token would have stopped it is not counted as stopped.
    assert stopped / len(turns) == pytest.approx(quantile, abs=2 / len(turns))


def test_threshold_needs_values() -> None:
    assert threshold_at([1.0, 2.0, 3.0], 0.5) == 2.0
    with pytest.raises(ValueError, match="nothing to calibrate from"):
        threshold_at([], 0.5)
    with pytest.raises(ValueError, match="between 0 and 1"):
        threshold_at([1.0], 10)


# Trap 8: what resampling does to the distribution of accepted turns


def accepted_distribution(pi: np.ndarray, passes: np.ndarray, tries: int) -> np.ndarray:
    """Enumerate all sequences of draws: the accepted one is the first that passes, or the last."""
    result = np.zeros_like(pi)
    for draws in itertools.product(range(len(pi)), repeat=tries + 1):
        taken = next((y for y in draws if passes[y]), draws[-1])
        result[taken] += np.prod(pi[list(draws)])
    return result


@pytest.mark.parametrize("tries", [0, 1, 2, 3])
@pytest.mark.parametrize("passes", [(1, 0, 1, 0), (0, 0, 0, 0), (1, 1, 1, 1), (0, 1, 0, 0)])
def test_weights_undo_the_bias_exactly(tries: int, passes: tuple[int, ...]) -> None:
    pi, a = np.array([0.1, 0.2, 0.3, 0.4]), np.array(passes)
    q = float(pi[a == 0].sum())
    mu = accepted_distribution(pi, a, tries)
    weights = [acceptance_weight(bool(x), q, tries) for x in a]
    np.testing.assert_allclose(mu * weights, pi, rtol=1e-12)


def test_trap_08_monitor_draws_from_the_distribution_of_the_formula() -> None:
    """A toy policy of four turns through the real monitor: frequencies match mu."""
    turns = [MIDDLE, ([0.1] * 2, [2.9] * 2), ([0.02, 0.01], [3.0, 2.98]), ([0.9] * 2, [2.1] * 2)]
    pi, eta = np.array([0.1, 0.2, 0.3, 0.4]), 0.2
    probe = monitor(eta=eta)
    probe.accept(*FIRST)
    passes = np.array([(probe.judge(*turn).gamma or 0.0) >= eta for turn in turns])
    assert passes.tolist() == [True, False, False, True]
    rng, runs = np.random.default_rng(0), 4000
    counts, rejected = np.zeros(4), 0
    for _ in range(runs):
        m = monitor(eta=eta)
        m.accept(*FIRST)
        for tries in itertools.count():
            y = rng.choice(4, p=pi)
            verdict = m.judge(*turns[y])
            rejected += tries == 0 and verdict.void
            if not verdict.resample:
                counts[y] += 1
                break
    mu = accepted_distribution(pi, passes, 2)
    np.testing.assert_allclose(counts / runs, mu, atol=4 * math.sqrt(0.25 / runs))
    q = rejection_rate(rejected, runs)
    assert q == pytest.approx(0.5, abs=0.04)
    weights = np.array([acceptance_weight(bool(x), q, 2) for x in passes])
    np.testing.assert_allclose(counts / runs * weights, pi, atol=0.04)


def test_weights_refuse_the_impossible() -> None:
    assert acceptance_weight(True, 0.0, 2) == 1.0
    assert acceptance_weight(False, 1.0, 2) == 1.0
    with pytest.raises(ValueError, match="estimate it with rejection_rate"):
        acceptance_weight(False, 0.0, 2)
    with pytest.raises(ValueError, match="cannot have been rejected"):
        rejection_rate(3, 2)
    assert rejection_rate(0, 0) == 0.5


# Ablations of the stopping rule


def stop_of(signals: Signals, **changes: object) -> tuple[int | None, StopReason]:
    """After which token a thought of the given (H, C) is closed, and why."""
    row = controller(rule(**changes), alpha=1.0, bounds=u.SignalRange.of([0.0, 1.0], [3.0, 3.0]))  # type: ignore[arg-type]
    for number, (h, c) in enumerate(signals, start=1):
        row.step(WORD, h, c)
        if not row._row.inside:
            return number, row._row.reason
    return None, StopReason.NONE


HILLS: Signals = [(m, 3.0) for m in (0.1, 0.8, 0.3, 0.2, 0.5, 0.9, 0.4, 0.4, 0.4, 0.4)]
"""M itself under alpha 1 and a wide range: peaks at tokens 2 and 6, still from token 7 on."""


def test_the_window_waits_for_a_still_signal() -> None:
    assert stop_of(HILLS) == (9, StopReason.WINDOW)


def test_a_cut_at_the_peak_closes_right_after_the_first_one_past_min_tokens() -> None:
    assert stop_of(HILLS, cut="peak") == (7, StopReason.PEAK)
    assert stop_of(HILLS, cut="peak", min_tokens=1) == (3, StopReason.PEAK)
    assert stop_of(HILLS[:6], cut="peak") == (None, StopReason.NONE), "it still rises"


def test_a_budget_looks_at_the_length_alone() -> None:
    assert stop_of(STILL, cut="budget") == (None, StopReason.NONE)
    assert stop_of(STILL, cut="budget", max_tokens=7) == (7, StopReason.LENGTH)
    assert stop_of(HILLS, cut="peak", max_tokens=5) == (5, StopReason.LENGTH)
