"""Equal scores teach nothing: every estimator gives exactly 0, whatever the score."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.advantages import (
    gigpo_advantages,
    group_advantages,
    opo_advantages,
    reinforce_pp_advantages,
    reinforce_pp_baseline_advantages,
    rloo_advantages,
    step_advantages,
    turn_group_advantages,
)

SCORES = st.floats(-1e6, 1e6, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-6)
SIZES = st.integers(2, 64)


def outcome(score: float, size: int) -> dict[str, np.ndarray]:
    """Advantages of one group of equal scores from every estimator over rows."""
    s, groups, lengths = np.full(size, score), ["g"] * size, 1.0 + np.arange(size) % 7
    mask = np.ones((size, 3))
    settings_of_grpo = {
        "GRPO": {},
        "population": {"ddof": 0},
        "TRL group": {"epsilon": 1e-4, "singleton": "zero"},
        "TRL batch": {"scale": "batch", "epsilon": 1e-4, "singleton": "zero"},
        "Dr.GRPO": {"scale": "none"},
    }
    return {
        **{name: group_advantages(s, groups, **how) for name, how in settings_of_grpo.items()},
        "RLOO": rloo_advantages(s, groups),
        "OPO": opo_advantages(s, groups, lengths),
        "REINFORCE++": reinforce_pp_advantages(
            np.stack([np.zeros(size), np.zeros(size), s], axis=1), mask
        ).advantages,
        "REINFORCE++-baseline": reinforce_pp_baseline_advantages(s, groups, mask),
    }


@given(score=SCORES, size=SIZES)
def test_equal_scores_give_zero(score, size):
    for name, advantages in outcome(score, size).items():
        assert not advantages.any(), name


@given(score=SCORES, size=SIZES, turns=st.integers(1, 5))
@pytest.mark.parametrize("unit", ["turn", "trajectory_mean", "trajectory_first"])
@pytest.mark.parametrize("scale", ["group", "none"])
def test_equal_turns_give_zero(score, size, turns, unit, scale):
    rows = [(member, turn) for member in range(size) for turn in range(turns)]
    found = turn_group_advantages(
        np.full(len(rows), score),
        ["g"] * len(rows),
        [member for member, _ in rows],
        unit=unit,
        scale=scale,
    )
    assert not found.any()


@given(score=SCORES, size=SIZES)
@pytest.mark.parametrize("norm", ["mean_norm", "mean_std_norm"])
def test_equal_returns_from_one_state_give_zero(score, size, norm):
    assert not step_advantages(np.full(size, score), np.zeros(size, int), norm).any()


@settings(deadline=None)
@given(score=SCORES, size=SIZES, invalid=st.booleans())
@pytest.mark.parametrize("norm", ["mean_norm", "mean_std_norm"])
def test_equal_episodes_give_zero_in_gigpo(score, size, invalid, norm):
    rows = [(member, turn) for member in range(size) for turn in range(3)]
    found = gigpo_advantages(
        [score if turn == 2 else 0.0 for _, turn in rows],
        ["g"] * len(rows),
        [member for member, _ in rows],
        [turn for _, turn in rows],
        [0.0 if invalid else 1.0] * len(rows),
        norm=norm,
    )
    assert not found.total.any()


def test_another_group_beside_them_changes_nothing():
    found = group_advantages([0.7] * 7 + [0.1, 0.9], ["a"] * 7 + ["b"] * 2)
    assert not found[:7].any()
    assert found[7] == -found[8] != 0.0


def test_a_score_that_differs_still_counts():
    found = group_advantages([0.7, 0.7, 0.7 + 1e-9], ["g"] * 3)
    assert found[2] > 0.0 > found[0]
