"""Advantages over turn rows that the trainers use: RLOO over episodes, GAE over a batch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.advantages import (
    batch_turn_gae,
    grpo_advantages,
    rloo_advantages,
    turn_gae,
    turn_group_advantages,
    whiten,
)


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=6))
def test_leave_one_out_over_single_turn_episodes_is_rloo(scores: list[float]) -> None:
    names = list(range(len(scores)))
    found = turn_group_advantages(
        scores, [0] * len(scores), names, scale="none", baseline="leave_one_out"
    )
    assert found == pytest.approx(rloo_advantages(scores, [0] * len(scores)), abs=1e-9)


def test_leave_one_out_by_hand() -> None:
    """Episodes of two, one and one turn; the first one's second turn was fined 1."""
    found = turn_group_advantages(
        [3.0, 2.0, 1.0, 0.0],
        ["a"] * 4,
        [0, 0, 1, 2],
        unit="trajectory_mean",
        scale="none",
        baseline="leave_one_out",
    )
    assert found.tolist() == pytest.approx([3 - 0.5, 2 - 0.5, 1 - 1.25, 0 - 1.75])


def test_a_group_of_one_keeps_its_score_and_equal_scores_are_zero() -> None:
    alone = turn_group_advantages([0.7], ["a"], [0], scale="none", baseline="leave_one_out")
    assert alone.tolist() == [0.7]
    equal = turn_group_advantages(
        [0.7] * 6, ["a"] * 6, range(6), scale="none", baseline="leave_one_out"
    )
    assert equal.tolist() == [0.0] * 6


def test_grpo_by_hand() -> None:
    found = grpo_advantages(
        [0.0, 1.0, 0.0],
        ["a"] * 3,
        [0, 0, 1],
        [1.0, 0.0, 1.0],
        invalid_penalty=0.5,
        norm="mean_norm",
    )
    # Scores 1, 0.5 and 0; the first episode speaks with their mean of 0.75.
    assert found.tolist() == pytest.approx([1 - 0.375, 0.5 - 0.375, -0.375])


def test_gae_of_a_batch_is_gae_of_every_episode() -> None:
    rewards, values = [0.0, 0.3, 1.0, 0.5], [0.1, 0.2, 0.4, 0.3]
    found = batch_turn_gae(
        rewards, values, ["a", "b", "a", "b"], [7.0, 7.0, 0.0, 0.9], gamma=0.8, lam=0.7
    )
    a = turn_gae([0.0, 1.0], [0.1, 0.4], terminated=True, gamma=0.8, lam=0.7)
    b = turn_gae([0.3, 0.5], [0.2, 0.3], terminated=False, final_value=0.9, gamma=0.8, lam=0.7)
    assert found.advantages.tolist() == pytest.approx([a[0][0], b[0][0], a[0][1], b[0][1]])
    assert found.returns.tolist() == pytest.approx([a[1][0], b[1][0], a[1][1], b[1][1]])


def test_trap_13_truncation_bootstraps_and_termination_does_not() -> None:
    """Trap 13, two steps by hand: gamma 0.5, lambda 1, values 1 and 2, rewards 0 and 1."""
    ended = batch_turn_gae([0.0, 1.0], [1.0, 2.0], [0, 0], [0.0, 0.0], gamma=0.5, lam=1.0)
    assert ended.advantages.tolist() == [0.5 * 2 - 1 + 0.5 * (1 - 2), 1 - 2]
    cut = batch_turn_gae([0.0, 1.0], [1.0, 2.0], [0, 0], [0.0, 4.0], gamma=0.5, lam=1.0)
    assert cut.advantages.tolist() == [0.5 * 2 - 1 + 0.5 * (1 + 2 - 2), 1 + 2 - 2]


def test_whiten() -> None:
    assert whiten([1.0, 3.0]).tolist() == pytest.approx([-(0.5**0.5), 0.5**0.5])
    assert whiten([4.0]).tolist() == [0.0]
    assert whiten([]).tolist() == []
    assert whiten([2.0, 2.0, 2.0]).tolist() == [0.0] * 3
    assert np.std(whiten(np.arange(9.0)), ddof=1) == pytest.approx(1.0)
