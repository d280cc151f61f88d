"""Advantages against the values recorded from verl, TRL, CleanRL and the authors' code."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from golden_algos import Case, cases

from baselines import advantages as adv


def last_token_rewards(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Each row's score on its last unmasked token."""
    rewards = np.zeros(mask.shape)
    last = mask.shape[1] - 1 - np.argmax(mask[:, ::-1] != 0, axis=1)
    rewards[np.arange(len(scores)), last] = scores
    return rewards


@pytest.mark.parametrize("case", cases("aggregation"))
def test_masked_statistics(case: Case) -> None:
    x, mask = case.array("x"), case.array("mask")
    case.check("masked_var", adv.masked_var(x, mask))
    case.check("masked_whiten", adv.masked_whiten(x, mask), where=mask)


@pytest.mark.parametrize("case", cases("outcome_advantages"))
def test_outcome_advantages(case: Case) -> None:
    scores, groups = case.array("scores"), case.inputs["group"]
    mask = case.array("response_mask")
    eps, trl_eps = case.params["verl_epsilon"], case.params["trl_epsilon"]

    def tokens(rows: np.ndarray) -> np.ndarray:
        return adv.broadcast_to_tokens(rows, mask)

    def trl(scale: str) -> np.ndarray:
        return adv.group_advantages(
            scores,
            groups,
            scale=scale,  # type: ignore[arg-type]
            epsilon=trl_eps,
            singleton="zero",
        )

    def pp(key: str) -> np.ndarray:
        gamma, what = re.fullmatch(r"reinforce_pp_gamma([\d.]+)_(adv|returns)", key).groups()
        result = adv.reinforce_pp_advantages(last_token_rewards(scores, mask), mask, float(gamma))
        return result.advantages if what == "adv" else result.returns

    known: dict[str, Callable[[], np.ndarray]] = {
        "grpo_norm_std_True": lambda: tokens(adv.group_advantages(scores, groups, epsilon=eps)),
        "grpo_norm_std_False": lambda: tokens(adv.group_advantages(scores, groups, scale="none")),
        "rloo": lambda: tokens(adv.rloo_advantages(scores, groups)),
        "opo": lambda: tokens(adv.opo_advantages(scores, groups, mask.sum(axis=1))),
        "reinforce_pp_baseline": lambda: adv.reinforce_pp_baseline_advantages(scores, groups, mask),
        "trl_group": lambda: trl("group"),
        "trl_none": lambda: trl("none"),
        "trl_batch": lambda: trl("batch"),
    }
    for key in case.expected:
        actual = pp(key) if key.startswith("reinforce_pp_gamma") else known[key]()
        # verl's REINFORCE++ returns go on behind the mask, where nothing reads them.
        case.check(key, actual, where=mask if key.endswith("_returns") else None)


@pytest.mark.parametrize("case", cases("grpo_multiturn"))
def test_grpo_over_turns(case: Case) -> None:
    mask = case.array("response_mask")
    for key in case.expected:
        cross, std = re.fullmatch(r"cross_steps_(\w+)_norm_std_(\w+)", key).groups()
        rows = adv.turn_group_advantages(
            case.array("row_scores"),
            case.inputs["group"],
            case.inputs["traj"],
            unit="turn" if cross == "True" else "trajectory_mean",
            scale="group" if std == "True" else "none",
            epsilon=case.params["epsilon"],
        )
        case.check(key, adv.broadcast_to_tokens(rows, mask))


def same_partition(a: Any, b: Any) -> bool:
    """Whether two labellings group the rows alike, whatever the numbers."""
    pairs = set(zip(list(a), list(b), strict=True))
    return len(pairs) == len(set(a)) == len(set(b))


@pytest.mark.parametrize("case", cases("gigpo"))
def test_gigpo(case: Case) -> None:
    groups, trajectories = case.inputs["group"], case.inputs["traj"]
    mask, rewards = case.array("response_mask"), case.array("reward")
    valid, p = case.array("action_valid"), case.params
    episode_scores = adv.penalise_invalid(
        adv.episode_returns(rewards, trajectories), valid, p["invalid_action_penalty"]
    )
    case.close(episode_scores, case.inputs["row_score"], "row_score")
    returns = adv.step_returns(rewards, trajectories, p["gamma"], precision="float32")
    step_scores = adv.penalise_invalid(returns, valid, p["invalid_action_penalty"])
    case.close(step_scores, case.inputs["step_score"], "step_score")

    def anchors(similarity: float | None) -> np.ndarray:
        return adv.anchor_groups(groups, case.inputs["anchor"], similarity)

    def one(key: str) -> Any:
        if m := re.fullmatch(r"step_returns_gamma([\d.]+)", key):
            return adv.step_returns(rewards, trajectories, float(m[1]), precision="float32")
        if m := re.fullmatch(r"episode_adv_(mean\w*_norm)_cross(True|False)", key):
            return adv.turn_group_advantages(
                episode_scores,
                groups,
                trajectories,
                unit="turn" if m[2] == "True" else "trajectory_first",
                scale="none" if m[1] == "mean_norm" else "group",
                epsilon=p["epsilon"],
            )
        if m := re.fullmatch(r"step_adv_(\w+)", key):
            return adv.step_advantages(step_scores, anchors(None), m[1], p["epsilon"])
        m = re.fullmatch(r"gigpo_(mean\w*_norm)_w([\d.]+?)(?:_sim([\d.]+))?", key)
        assert m, key
        result = adv.gigpo_advantages(
            rewards,
            groups,
            trajectories,
            case.inputs["anchor"],
            valid,
            gamma=p["gamma"],
            step_weight=float(m[2]),
            invalid_penalty=p["invalid_action_penalty"],
            norm=m[1],  # type: ignore[arg-type]
            unit="turn",
            similarity=float(m[3]) if m[3] else None,
            epsilon=p["epsilon"],
            precision="float32",
        )
        return adv.broadcast_to_tokens(result.total, mask)

    for key in case.expected:
        if m := re.fullmatch(r"step_group_sim(True|False)_th([\d.]+)", key):
            labels = anchors(float(m[2]) if m[1] == "True" else None)
            assert same_partition(labels.tolist(), case.expected[key]), key
        else:
            case.check(key, one(key))


@pytest.mark.parametrize("case", cases("gae_token"))
def test_token_gae(case: Case) -> None:
    mask = case.array("response_mask")
    for key in case.expected:
        unmasked = key.startswith("icml_no_mask_")
        result = adv.token_gae(
            case.array("rewards"),
            case.array("values"),
            None if unmasked else mask,
            gamma=case.params["gamma"],
            lam=case.params["lam"],
        )
        actual = {
            "raw_advantages": result.advantages,
            "returns": result.returns,
            "whitened_advantages": adv.masked_whiten(result.advantages, mask),
        }
        actual["whitened"] = actual["whitened_advantages"]
        case.check(key, actual[key.removeprefix("icml_no_mask_")], where=mask)


@pytest.mark.parametrize("case", cases("gae_step"))
def test_step_gae(case: Case) -> None:
    names = ("rewards", "values", "dones", "next_value", "next_done")
    result = adv.step_gae(
        *(case.array(name) for name in names), gamma=case.params["gamma"], lam=case.params["lam"]
    )
    actual = {"advantages": result.advantages, "returns": result.returns}
    for key in case.expected:
        case.check(key, actual[key])


@pytest.mark.parametrize("case", cases("dapo_filter"))
def test_dynamic_sampling(case: Case) -> None:
    rewards, size = case.array("episode_rewards"), case.params["group_size"]
    for key, expected in case.expected.items():
        needed = re.fullmatch(r"last_try_needed(\d+)", key)
        assert needed or key == "kept_traj_indices", key
        kept = adv.dynamic_sampling(rewards, size, int(needed[1]) if needed else None)
        assert kept.tolist() == expected, key


@pytest.mark.parametrize("case", cases("overlong"))
def test_overlong(case: Case) -> None:
    p = case.params
    actual = {
        "trl": adv.overlong_penalty(case.inputs["lengths"], p["max_len"], p["cache"]),
        "verl_dapo": p["verl_penalty_factor"]
        * adv.overlong_penalty(case.inputs["lengths"], p["max_len"], p["cache"], floor=False),
    }
    for key in case.expected:
        case.check(key, actual[key])
