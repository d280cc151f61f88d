"""Advantages by hand, their properties, and the traps they can fall into.

Traps are numbered as in docs/originals/algorithms.md, section 17.
"""

from __future__ import annotations

from difflib import SequenceMatcher

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.advantages import (
    anchor_groups,
    broadcast_to_tokens,
    dynamic_sampling,
    episode_returns,
    gigpo_advantages,
    group_advantages,
    masked_mean,
    masked_var,
    masked_whiten,
    opo_advantages,
    overlong_penalty,
    penalise_invalid,
    reinforce_pp_advantages,
    reinforce_pp_baseline_advantages,
    rloo_advantages,
    step_advantages,
    step_gae,
    step_returns,
    token_gae,
    turn_gae,
    turn_group_advantages,
    uniform_groups,
)

NAN = float("nan")


# Masked statistics


def test_masked_statistics_by_hand() -> None:
    x, mask = [[1.0, 3.0, NAN]], [[1, 1, 0]]
    assert masked_mean(x, mask) == pytest.approx(2.0)
    assert masked_var(x, mask) == pytest.approx(2.0)  # ((-1)^2 + 1^2) / 2 * 2 / 1
    white = masked_whiten(x, mask)
    np.testing.assert_allclose(white, [[-(0.5**0.5), 0.5**0.5, 0.0]], rtol=1e-7)
    np.testing.assert_allclose(masked_whiten(x, mask, shift_mean=False)[0, :2], white[0, :2] + 2.0)


@pytest.mark.parametrize("dtype", [bool, np.int64, np.float32])
def test_any_mask_dtype_means_the_same(dtype: type) -> None:
    """The released GAE inverts an integer mask bitwise (~1 == -2) and goes wrong."""
    rng = np.random.default_rng(0)
    rewards, values = rng.normal(size=(2, 3, 6))
    mask = rng.integers(0, 2, size=(3, 6))
    want = token_gae(rewards, values, mask.astype(bool), gamma=0.9, lam=0.8)
    got = token_gae(rewards, values, mask.astype(dtype), gamma=0.9, lam=0.8)
    np.testing.assert_array_equal(got.advantages, want.advantages)


def test_statistics_refuse_what_has_none() -> None:
    with pytest.raises(ValueError, match="at least two unmasked values, got 1"):
        masked_whiten([[1.0, 2.0]], [[1, 0]])
    with pytest.raises(ValueError, match="shape"):
        masked_mean([[1.0, 2.0]], [[1]])
    with pytest.raises(ValueError, match="2 rows but 1 group names"):
        group_advantages([1.0, 2.0], ["a"])
    with pytest.raises(ValueError, match="dimension"):
        group_advantages([[1.0]], ["a"])


# Group baselines


def test_group_advantages_by_hand() -> None:
    """Group a: 1, 3 (mean 2, std sqrt 2). Group b: one row."""
    scores, groups = [1.0, 5.0, 3.0], ["a", "b", "a"]
    root = 2.0**0.5
    np.testing.assert_allclose(
        group_advantages(scores, groups, epsilon=0.0), [-1 / root, 5.0, 1 / root]
    )
    np.testing.assert_allclose(group_advantages(scores, groups, scale="none"), [-1.0, 5.0, 1.0])
    np.testing.assert_allclose(
        group_advantages(scores, groups, ddof=0, epsilon=0.0), [-1.0, 5.0, 1.0]
    )
    np.testing.assert_allclose(
        group_advantages(scores, groups, scale="batch", epsilon=0.0, singleton="zero"),
        [-0.5, 0.0, 0.5],  # std of 1, 5, 3 is 2
    )


@pytest.mark.parametrize(("epsilon", "ddof"), [(1e-6, 1), (1e-4, 1), (1e-6, 0)])
def test_trap_17_conventions_are_parameters(epsilon: float, ddof: int) -> None:
    """Trap 17: epsilon and ddof change numbers, so they have names."""
    std = np.std([0.0, 0.01], ddof=ddof)
    got = group_advantages([0.0, 0.01], [0, 0], epsilon=epsilon, ddof=ddof)
    np.testing.assert_allclose(got, np.array([-0.005, 0.005]) / (std + epsilon), rtol=1e-12)


@pytest.mark.parametrize("scale", ["group", "batch", "none"])
def test_unknown_scores_are_left_out(scale: str) -> None:
    with_nan = group_advantages([1.0, NAN, 3.0, 4.0], [0, 0, 0, 1], scale=scale)  # type: ignore[arg-type]
    without = group_advantages([1.0, 3.0, 4.0], [0, 0, 1], scale=scale)  # type: ignore[arg-type]
    assert with_nan[1] == 0.0
    np.testing.assert_array_equal(with_nan[[0, 2, 3]], without)
    assert group_advantages([NAN], [0]).tolist() == [0.0]


def test_rloo_is_the_score_less_the_mean_of_the_others() -> None:
    scores = [1.0, 4.0, 7.0, 9.0]
    np.testing.assert_allclose(
        rloo_advantages(scores, [0, 0, 0, 1]), [1 - 5.5, 4 - 4.0, 7 - 2.5, 9.0]
    )


def test_opo_weighs_the_baseline_by_length() -> None:
    np.testing.assert_allclose(
        opo_advantages([1.0, 4.0, 6.0], [0, 0, 1], [1, 3, 2]), [1 - 3.25, 4 - 3.25, 6.0]
    )


def test_reinforce_pp_by_hand() -> None:
    mask = [[1, 1, 0], [1, 0, 0]]
    result = reinforce_pp_advantages([[0.0, 2.0, NAN], [1.0, 0.0, 0.0]], mask, gamma=0.5)
    np.testing.assert_allclose(result.returns, [[1.0, 2.0, 0.0], [1.0, 0.0, 0.0]])
    np.testing.assert_allclose(result.advantages, masked_whiten(result.returns, mask))


def test_reinforce_pp_baseline_by_hand() -> None:
    """Centred scores -1 and 1 on one and three tokens: mean 0.5, variance 1."""
    got = reinforce_pp_baseline_advantages([1.0, 3.0], [0, 0], [[1, 0, 0], [1, 1, 1]])
    np.testing.assert_allclose(got, [[-1.5, 0, 0], [0.5, 0.5, 0.5]], rtol=1e-7, atol=1e-8)


def test_zero_variance_groups_teach_nothing() -> None:
    """Trap 14: equal scores give advantage 0 under every estimator that has a baseline."""
    scores, groups = [0.7] * 4, [0, 0, 1, 1]
    for got in (
        group_advantages(scores, groups),
        rloo_advantages(scores, groups),
        opo_advantages(scores, groups, [1, 2, 3, 4]),
        turn_group_advantages(scores, groups, [0, 1, 0, 1]),
    ):
        np.testing.assert_allclose(got, 0.0, atol=1e-9)
    assert uniform_groups(scores, 2).tolist() == [True, True]


# Turn rows


def test_turn_units_by_hand() -> None:
    """Trajectory x has three turns of score 0, y one turn of score 8."""
    scores, group, names = [0.0, 0.0, 0.0, 8.0], [0] * 4, ["x", "x", "x", "y"]
    for unit, mean in (("turn", 2.0), ("trajectory_mean", 4.0), ("trajectory_first", 4.0)):
        got = turn_group_advantages(scores, group, names, unit=unit, scale="none")  # type: ignore[arg-type]
        np.testing.assert_allclose(got, np.array(scores) - mean)
    first = turn_group_advantages(
        [1.0, 5.0, 3.0], [0] * 3, ["x", "x", "y"], unit="trajectory_first", scale="none"
    )
    np.testing.assert_allclose(first, [-1.0, 3.0, 1.0])  # mean of 1 and 3


def test_padding_turns_change_other_units_but_not_the_default() -> None:
    """Trap 9: an episode that runs longer with the same score must not weigh more."""
    short = turn_group_advantages([0.0, 8.0], [0, 0], ["x", "y"])
    long = turn_group_advantages([0.0] * 5 + [8.0], [0] * 6, ["x"] * 5 + ["y"])
    np.testing.assert_allclose(long[[0, 5]], short)


def test_a_single_trajectory_keeps_its_score() -> None:
    np.testing.assert_allclose(
        turn_group_advantages([3.0, 5.0], [0, 0], ["x", "x"], epsilon=0.0), [3.0, 5.0]
    )


def test_trajectory_names_may_repeat_between_groups() -> None:
    got = turn_group_advantages([0.0, 2.0, 10.0, 20.0], [0, 0, 1, 1], [0, 1, 0, 1], scale="none")
    np.testing.assert_allclose(got, [-1.0, 1.0, -5.0, 5.0])


# GiGPO


def test_step_returns_by_hand() -> None:
    """Two interleaved trajectories, gamma 1/2."""
    got = step_returns([1.0, 0.0, 2.0, 8.0, 4.0], ["x", "y", "x", "y", "x"], gamma=0.5)
    np.testing.assert_allclose(got, [1 + 1 + 1, 4.0, 2 + 2, 8.0, 4.0])
    np.testing.assert_allclose(episode_returns([1.0, 5.0, 2.0], ["x", "y", "x"]), [3.0, 5.0, 3.0])


def test_penalty_stays_on_its_own_turn() -> None:
    rewards, names, valid = [0.0, 0.0, 10.0], ["x"] * 3, [1, 0, 1]
    got = penalise_invalid(step_returns(rewards, names, 0.5), valid, 0.1)
    np.testing.assert_allclose(got, [2.5, 4.9, 10.0])
    with pytest.raises(ValueError, match="action_valid has 1 rows"):
        penalise_invalid([1.0, 2.0], [1])


def test_anchors_at_turn_zero_form_one_group() -> None:
    """Trap 14: members of a group start from the same observation; other tasks do not mix in."""
    groups = ["a"] * 4 + ["b"] * 2
    anchors = ["start", "shelf", "start", "start", "start", "shelf"]
    assert anchor_groups(groups, anchors).tolist() == [0, 1, 0, 0, 2, 3]


def test_anchors_may_be_any_hashable() -> None:
    assert anchor_groups([0, 0, 0], [("a", 1), ("a", 2), ("a", 1)]).tolist() == [0, 1, 0]
    with pytest.raises(TypeError, match="must be texts"):
        anchor_groups([0], [3], similarity=0.9)
    for wrong in (0.0, 1.0, -1.0):
        with pytest.raises(ValueError, match="strictly between 0 and 1"):
            anchor_groups([0], ["a"], similarity=wrong)


def naive_clusters(groups: list[int], anchors: list[str], threshold: float) -> list[int]:
    """The definition, without any short cut."""
    clusters: list[tuple[int, str]] = []
    labels = []
    for group, anchor in zip(groups, anchors, strict=True):
        for number, (owner, first) in enumerate(clusters):
            if owner == group and SequenceMatcher(None, anchor, first).ratio() >= threshold:
                labels.append(number)
                break
        else:
            labels.append(len(clusters))
            clusters.append((group, anchor))
    return labels


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 1), st.text("abc ", min_size=0, max_size=8)), max_size=14
    ),
    threshold=st.sampled_from([0.3, 0.5, 0.9]),
)
def test_similar_anchors_match_the_definition(rows: list, threshold: float) -> None:
    groups, anchors = [g for g, _ in rows], [a for _, a in rows]
    got = anchor_groups(groups, anchors, threshold)
    assert got.tolist() == naive_clusters(groups, anchors, threshold)


def test_step_advantages_by_hand() -> None:
    scores, labels = [1.0, 3.0, 7.0], [0, 0, 1]
    np.testing.assert_allclose(step_advantages(scores, labels), [-1.0, 1.0, 0.0])
    scaled = step_advantages(scores, labels, "mean_std_norm")
    np.testing.assert_allclose(scaled, [-(0.5**0.5), 0.5**0.5, 0.0], rtol=1e-5)


GIGPO = {
    "rewards": [0.0, 10.0, 0.0, 0.0],
    "groups": [0, 0, 0, 0],
    "trajectories": ["x", "x", "y", "y"],
    "anchors": ["start", "shelf", "start", "wall"],
    "action_valid": [1, 1, 1, 0],
}


def test_gigpo_by_hand() -> None:
    """Episode scores 10, 10, 0, -0.1; trajectory means 10 and -0.05, so their mean is 4.975.

    Step scores 9.5, 10, 0, -0.1; only the two starts share an anchor: mean 4.75.
    """
    got = gigpo_advantages(**GIGPO, step_weight=0.5)  # type: ignore[arg-type]
    np.testing.assert_allclose(got.episode, [5.025, 5.025, -4.975, -5.075])
    np.testing.assert_allclose(got.step, [4.75, 0.0, -4.75, 0.0])
    np.testing.assert_allclose(got.total, got.episode + 0.5 * got.step)
    assert got.anchor_labels.tolist() == [0, 1, 0, 2]


@pytest.mark.parametrize("norm", ["mean_norm", "mean_std_norm"])
@pytest.mark.parametrize("unit", ["turn", "trajectory_mean", "trajectory_first"])
@pytest.mark.parametrize("reward", [0.0, 0.7, 10.0])
def test_gigpo_of_identical_episodes_is_zero(norm: str, unit: str, reward: float) -> None:
    got = gigpo_advantages(
        [0.0, reward] * 3,
        [0] * 6,
        [0, 0, 1, 1, 2, 2],
        ["s", "t"] * 3,
        [1] * 6,
        norm=norm,  # type: ignore[arg-type]
        unit=unit,  # type: ignore[arg-type]
    )
    np.testing.assert_allclose(got.total, 0.0, atol=1e-6)


@settings(max_examples=50, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 2), st.floats(-5, 5), st.booleans()),
        min_size=2,
        max_size=12,
    ),
    shift=st.floats(-3, 3),
)
def test_gigpo_properties(rows: list, shift: float) -> None:
    """Renaming groups changes nothing; the same extra reward at every end moves nothing."""
    names = [trajectory for trajectory, *_ in rows]
    rewards = np.array([reward for *_, reward, _ in rows])
    rest = ([0] * len(rows), names, [f"o{a}" for _, a, *_ in rows], [v for *_, v in rows])
    base = gigpo_advantages(rewards, *rest)
    renamed = gigpo_advantages(
        rewards, ["task"] * len(rows), [f"t{n}" for n in names], rest[2], rest[3]
    )
    np.testing.assert_array_equal(base.total, renamed.total)
    assert np.isfinite(base.total).all()
    if len(set(names)) > 1:
        last = [i for i in range(len(rows)) if names[i] not in names[i + 1 :]]
        moved = rewards.copy()
        moved[last] += shift
        shifted = gigpo_advantages(moved, *rest)
        np.testing.assert_allclose(shifted.episode, base.episode, atol=1e-9)


def test_trap_16_scaling_blows_up_penalties() -> None:
    """Trap 16: a group of failures that differ by one 0.1 penalty; scaling makes it a signal."""
    failures = {**GIGPO, "rewards": [0.0] * 4}
    plain = gigpo_advantages(**failures, step_weight=0.0)  # type: ignore[arg-type]
    scaled = gigpo_advantages(**failures, step_weight=0.0, norm="mean_std_norm")  # type: ignore[arg-type]
    assert np.abs(plain.total).max() <= 0.1
    assert np.abs(scaled.total).max() > 0.7


def test_statistics_come_before_dropping_rows() -> None:
    """Trap 15: advantages of the kept rows are those of the whole batch, not of what is left."""
    rng = np.random.default_rng(0)
    scores, groups = rng.normal(size=8), [0] * 4 + [1] * 4
    whole = group_advantages(scores, groups)
    keep = [0, 1, 4, 5, 6]
    late = group_advantages(scores[keep], [groups[i] for i in keep])
    assert not np.allclose(whole[keep], late)
    order = rng.permutation(8)
    permuted = group_advantages(scores[order], [groups[i] for i in order])
    np.testing.assert_allclose(permuted, whole[order])


# GAE


def test_token_gae_by_hand() -> None:
    """One masked token in the middle: it passes value and trace through unchanged."""
    got = token_gae([[1.0, 99.0, 2.0]], [[0.5, NAN, 0.25]], [[1, 0, 1]], gamma=0.5, lam=0.5)
    last = 2.0 - 0.25
    first = 1.0 + 0.5 * 0.25 - 0.5 + 0.25 * last
    np.testing.assert_allclose(got.advantages, [[first, 0.0, last]])
    np.testing.assert_allclose(got.returns, [[first + 0.5, 0.0, 2.0]])


def test_unmasked_gae_lets_padding_in() -> None:
    rewards, values = [[1.0, 0.0]], [[0.5, 7.0]]
    assert token_gae(rewards, values, [[1, 0]], lam=0.5).advantages[0, 0] == pytest.approx(0.5)
    wrong = token_gae(rewards, values, None, lam=0.5).advantages[0, 0]
    assert wrong == pytest.approx(1.0 + 7.0 - 0.5 - 0.5 * 7.0)


def test_truncated_bootstraps_and_terminated_does_not() -> None:
    """Trap 13: a chain of two turns, by hand."""
    chain = {"rewards": [1.0, 2.0], "values": [0.5, 0.25], "gamma": 0.5, "lam": 0.5}
    advantages, returns = turn_gae(**chain, terminated=True, final_value=8.0)  # type: ignore[arg-type]
    np.testing.assert_allclose(advantages, [1 + 0.125 - 0.5 + 0.25 * 1.75, 1.75])
    np.testing.assert_allclose(returns - advantages, [0.5, 0.25])
    advantages, _ = turn_gae(**chain, terminated=False, final_value=8.0)  # type: ignore[arg-type]
    np.testing.assert_allclose(advantages, [0.625 + 0.25 * 5.75, 2 + 4 - 0.25])


def test_step_gae_agrees_with_each_episode_alone() -> None:
    """A done before step 2 splits the column into two episodes."""
    rng = np.random.default_rng(1)
    rewards, values = rng.normal(size=5), rng.normal(size=5)
    dones = np.array([0.0, 0.0, 1.0, 0.0, 0.0])
    got = step_gae(rewards[:, None], values[:, None], dones[:, None], [0.7], [0.0])
    first, _ = turn_gae(rewards[:2], values[:2], terminated=True)
    second, _ = turn_gae(rewards[2:], values[2:], terminated=False, final_value=0.7)
    np.testing.assert_allclose(got.advantages[:, 0], np.concatenate([first, second]))


def test_gae_with_lambda_one_is_the_discounted_return() -> None:
    rewards = [0.0, 0.0, 4.0]
    _, returns = turn_gae(rewards, [0.3, 0.1, 0.9], terminated=True, gamma=0.5, lam=1.0)
    np.testing.assert_allclose(returns, step_returns(rewards, [0, 0, 0], 0.5))


def test_gae_refuses_shapes_that_differ() -> None:
    with pytest.raises(ValueError, match="values has shape"):
        token_gae([[1.0, 2.0]], [[1.0]], [[1, 1]])
    with pytest.raises(ValueError, match="must be alike"):
        step_gae([[1.0], [1.0]], [[1.0]], [[0.0]], [0.0], [0.0])


# DAPO


def test_dynamic_sampling_by_hand() -> None:
    rewards = [1.0, 1.0, 0.0, 1.0, 0.0, 0.0]
    assert dynamic_sampling(rewards, 2).tolist() == [2, 3]
    assert dynamic_sampling(rewards, 2, needed=4).tolist() == [2, 3, 0, 1]
    assert dynamic_sampling([1.0, 1.0], 2).tolist() == []
    with pytest.raises(ValueError, match="groups of 4"):
        dynamic_sampling(rewards, 4)


def test_overlong_penalty_by_hand() -> None:
    lengths = [80, 90, 100, 110]
    np.testing.assert_allclose(overlong_penalty(lengths, 100, 20), [0.0, -0.5, -1.0, -1.0])
    np.testing.assert_allclose(
        overlong_penalty(lengths, 100, 20, floor=False), [0.0, -0.5, -1.0, -1.5]
    )
    with pytest.raises(ValueError, match="buffer_tokens"):
        overlong_penalty(lengths, 100, 0)


def test_broadcast_by_hand() -> None:
    np.testing.assert_array_equal(
        broadcast_to_tokens([2.0, -1.0], [[1, 1, 0], [0, 1, 0]]), [[2, 2, 0], [0, -1, 0]]
    )
