"""How signals are scored against what is known, by hand."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from benchmark_scripts import load_script


@pytest.fixture(scope="module")
def script() -> ModuleType:
    pytest.importorskip("torch", reason="needs the extra train")
    return load_script("hesitation")


def test_auc_by_hand(script: ModuleType) -> None:
    labels = np.array([True, True, False, False])
    assert script.auc(np.array([4.0, 3.0, 2.0, 1.0]), labels) == 1.0
    assert script.auc(np.array([1.0, 2.0, 3.0, 4.0]), labels) == 0.0
    assert script.auc(np.array([1.0, 1.0, 1.0, 1.0]), labels) == 0.5
    # Of the four pairs the positive wins two, ties one and loses one.
    assert script.auc(np.array([3.0, 2.0, 2.0, 2.5]), labels) == (2 + 0.5) / 4
    assert np.isnan(script.auc(np.array([1.0, 2.0]), np.array([True, True])))


def thought(script: ModuleType, signal: list[float], past_from: int) -> object:
    past = np.arange(len(signal)) >= past_from
    return script.ThoughtTokens({"s": np.array(signal)}, past, np.zeros(len(signal), dtype=int))


def test_a_closing_rule_by_hand(script: ModuleType) -> None:
    thoughts = [
        thought(script, [0, 0, 1, 0, 0], 2),  # closed at 2, past it: right, all three saved
        thought(script, [0, 1, 0, 0, 0], 3),  # closed at 1, too early; two useless ones saved
        thought(script, [0, 0, 0, 0, 0], 4),  # left alone; one useless token
        thought(script, [1, 0, 0], 3),  # before `least`; nothing useless in it
    ]
    found = script.closing_rule(thoughts, "s", 0.5, least=1)
    assert found == {
        "fires_on": 2 / 4,
        "precision": 1 / 2,
        "recall": 1 / 3,
        "useless_tokens_saved": 5 / 6,
    }


def test_a_threshold_fires_on_the_share_that_is_asked_for(script: ModuleType) -> None:
    rng = np.random.default_rng(0)
    thoughts = [thought(script, rng.random(30).tolist(), 20) for _ in range(200)]
    for share in (0.1, 0.25, 0.6):
        threshold = script.threshold_of(thoughts, "s", share, 5)
        assert script.closing_rule(thoughts, "s", threshold, 5)["fires_on"] == pytest.approx(
            share, abs=0.006
        )


def test_the_boundary_falls_on_the_right_token(script: ModuleType) -> None:
    from baseline_fakes import reply_of, tiny_tokenizer
    from rollouts import turn

    from baselines.sampling.protocol import Request
    from baselines.uncertainty import SignalRange

    tokenizer = tiny_tokenizer()
    words = "I go. Hm, wait. Never mind."
    reply = reply_of(f"{words}</think>\n<action>go</action>", entropy=1.0, confidence=2.0)
    made = turn(Request(prompt_ids=np.array([1]), seed=(0,)), reply, 0)
    found = script.thought_tokens(
        made,
        lambda token: len(tokenizer.decode([token])),
        SignalRange(),
        1,
        0.4,
        tokenizer.convert_tokens_to_ids("</think>"),
    )
    size = len(found.past)
    before = tokenizer.decode(reply.token_ids[: size - int(found.past.sum())].tolist())
    assert before == "I go."
    assert {len(values) for values in found.signals.values()} == {size}


def test_tokens_know_the_kind_of_their_sentence(script: ModuleType) -> None:
    thought = "The task: a mug. I go. Hm, wait. Again: I go."
    kinds = script.kinds_of(thought, np.arange(len(thought)))
    parts = [thought[int(np.flatnonzero(kinds == kind)[0]) :] for kind in range(4)]
    # A blank between two sentences belongs to the one behind it, as it does in tokens.
    assert [part.strip().split()[0] for part in parts] == ["The", "I", "Again:", "Hm,"]
    assert [int((kinds == kind).sum()) for kind in range(4)] == [16, 6, 13, 10]


def test_means_by_kind_by_hand(script: ModuleType) -> None:
    signals = {script.TTI: [-np.inf, -0.5, -0.1], "M": [0, 0, 0], "H": [-1, -3, -4], "C": [1, 2, 6]}
    one = script.ThoughtTokens(
        {name: np.array(values, dtype=float) for name, values in signals.items()},
        np.array([False, False, True]),
        np.array([0, 0, 3]),
    )
    found = script.by_kind([one])
    assert list(found) == [script.KINDS[0], script.KINDS[3]]
    assert found[script.KINDS[0]] == {
        "share of tokens": 2 / 3,
        "window mean of |dM|": 0.5,
        "M": 0.0,
        "H": 2.0,
        "C": 1.5,
    }


def test_turns_that_lead_nowhere_by_hand(script: ModuleType) -> None:
    """Four turns through the states a, b, a, b; only the first and the last make progress."""
    from dataclasses import replace

    from baseline_fakes import reply_of
    from rollouts import turn

    from baselines.sampling.protocol import Request
    from baselines.trajectory import Trajectory

    request = Request(prompt_ids=np.array([1]), seed=(0,))
    turns = []
    for number, (anchor, progress) in enumerate(zip("abab", (0.2, 0.2, 0.1, 0.9), strict=True)):
        made = turn(request, reply_of("<think>x</think>\n<action>go</action>"), number)
        turns.append(replace(made, anchor=anchor, progress=progress, gamma=0.1 * number))
    episode = Trajectory(
        task_id="", member=0, turns=tuple(turns), score=0.0, success=False, progress=0.9
    )
    found = script.turn_signals(episode)
    assert [one.stuck for one in found] == [True, True, False]
    assert [one.repeated for one in found] == [True, True, False]
    assert [one.signals["Gamma (TDS)"] for one in found] == pytest.approx([-0.1, -0.2, -0.3])


def test_the_report_by_hand() -> None:
    report = load_script("hesitation_report")
    row = {"success": 0.5, "success_low": 0.4, "success_high": 0.6, "tokens": 10.4, "valid": 1.0}
    cut = {"TTI": {**row, "think_tokens": 7.06, "closed_by_the_rule": 0.25}}
    assert report.cuts({"toy": cut})[2] == (
        "| toy | TTI | 25.0 % | 50.0 % (40-60) | 10 | 7.1 | 100.0 % |"
    )
    means = {"share of tokens": 0.5, "window mean of |dM|": 0.125, "M": 0.25, "H": 1.0}
    lines = report.kinds({"toy": {"by_kind": {"deciding": means}}})
    assert lines[0].count(r"\|dM\|") == 1, "a bar in a cell does not end it"
    assert lines[2] == "| toy | deciding | 50.0 % | 0.125 | 0.250 | 1.000 |"
