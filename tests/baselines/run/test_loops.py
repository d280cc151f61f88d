"""The four loops: what each makes of its settings, computed by hand, and how little they differ.

The loops run on a stand-in for the training run, so that only what stands in the loop is tested:
which rules the rollout is given, and which advantages the learner gets.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from baseline_fakes import reply_of
from rich.console import Console
from rollouts import turn
from stand_in import StandIn

from baselines import gigpo_train, grpo_train, ppo_train, t2po_train
from baselines.config import ALGORITHMS, AdvantageConfig, RolloutConfig, TrainConfig
from baselines.intervention import ThinkingRule, TurnRule
from baselines.presets.variants import of_algorithm
from baselines.run.folder import RunFolder
from baselines.sampling.protocol import Request
from baselines.trajectory import Group, Trajectory, TurnCost

TRAINERS = {"t2po": t2po_train, "gigpo": gigpo_train, "grpo": grpo_train, "ppo": ppo_train}
ROOT = Path(__file__).resolve().parents[3]
WORDS = "<think>on</think>\n<action>go</action>"


def episode(member: int, rewards: tuple[float, ...], valid: tuple[bool, ...], **last: Any) -> Any:
    """An episode of the given rewards; turn k starts in state k, all alike between members."""
    turns = []
    for k, (reward, ok) in enumerate(zip(rewards, valid, strict=True)):
        request = Request(prompt_ids=np.array([10 + k, 20 + member]), seed=(member, k))
        made = turn(request, reply_of(WORDS), k, reward=reward, valid=ok, progress=0.25 * (k + 1))
        turns.append(replace(made, anchor=f"state {k}"))
    turns[-1] = replace(turns[-1], **({"terminated": True, "success": rewards[-1] > 0.5} | last))
    return Trajectory(
        task_id="a",
        member=member,
        turns=tuple(turns),
        score=sum(rewards),
        success=rewards[-1] > 0.5,
        progress=1.0,
        next_prompt_ids=None if turns[-1].terminated else np.array([30, 40]),
    )


GROUPS = [
    Group(
        index=0,
        task_id="a",
        trajectories=(
            episode(0, (0.0, 1.0), (True, True)),
            episode(1, (0.0, 0.4), (False, True)),
            episode(2, (0.0,), (True,)),
        ),
    ),
    Group(
        index=1,
        task_id="b",
        trajectories=(
            episode(3, (0.0,), (True,)),
            episode(4, (0.2,), (True,), terminated=False, truncated=True, success=False),
        ),
    ),
]
"""Rewards (0, 1), (0, .4), (0) and (0), (.2); only the first turn of the second is invalid."""

RETURNS = np.array([1.0, 1.0, 0.4, 0.4, 0.0, 0.0, 0.2])  # of the episode, on each of its turns
INVALID = np.array([0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0])


def looped(
    algorithm: str,
    config: TrainConfig,
    monkeypatch: pytest.MonkeyPatch,
    groups: Sequence[Group] = GROUPS,
) -> StandIn:
    run = StandIn(groups)
    monkeypatch.setattr(TRAINERS[algorithm], "TrainingRun", lambda *arguments: run)
    TRAINERS[algorithm].train(config, RunFolder, Console(file=io.StringIO()), False)
    assert run.finished
    return run


def config_of(algorithm: str, **advantage: Any) -> TrainConfig:
    how = {"invalid_penalty": 0.0, "norm": "mean_norm", "gamma": 0.5} | advantage
    config = of_algorithm(
        TrainConfig(rollout=RolloutConfig(max_reply_tokens=20)),
        algorithm,  # type: ignore[arg-type]
    )
    return replace(config, advantage=AdvantageConfig(**how))


def grpo(
    scores: np.ndarray = RETURNS,
    means: tuple[float, float] = (1.4 / 3, 0.1),
    stds: tuple[float, float] = (1.0, 1.0),
) -> np.ndarray:
    owner = np.array([0, 0, 0, 0, 0, 1, 1])
    return (scores - np.array(means)[owner]) / np.array(stds)[owner]


# Returns from each turn on at gamma 0.5, and what is left of them in their state: state 0 of task a
# was seen by turns 0, 2 and 4, state 1 by turns 1 and 3, state 0 of task b by turns 5 and 6.
STEP = np.array([0.5, 1.0, 0.2, 0.4, 0.0, 0.0, 0.2])
STEP_PART = np.array([0.5 - 0.7 / 3, 0.3, 0.2 - 0.7 / 3, -0.3, -0.7 / 3, -0.1, 0.1])


def test_grpo(monkeypatch: pytest.MonkeyPatch) -> None:
    found = looped("grpo", config_of("grpo"), monkeypatch).advantages
    assert found == pytest.approx(grpo())


def test_gigpo_adds_the_step_part(monkeypatch: pytest.MonkeyPatch) -> None:
    found = looped("gigpo", config_of("gigpo"), monkeypatch).advantages
    assert found == pytest.approx(grpo() + STEP_PART)


def test_t2po_learns_as_gigpo_does(monkeypatch: pytest.MonkeyPatch) -> None:
    found = looped("t2po", config_of("t2po"), monkeypatch).advantages
    assert found == pytest.approx(grpo() + STEP_PART)


@pytest.mark.parametrize("algorithm", ["t2po", "gigpo", "grpo"])
def test_the_invalid_penalty_is_taken_from_its_own_turn(
    algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After discounting: neither the turn before nor the one after loses anything by itself."""
    run = looped(algorithm, config_of(algorithm, invalid_penalty=0.3), monkeypatch)
    # One voice per trajectory: the mean of its rows, (0.1 + 0.4) / 2 for the second.
    expected = grpo(RETURNS - 0.3 * INVALID, means=((1.0 + 0.25 + 0.0) / 3, 0.1))
    if algorithm != "grpo":
        state = STEP - 0.3 * INVALID
        centred = state.copy()
        for rows in ([0, 2, 4], [1, 3], [5, 6]):
            centred[rows] -= state[rows].mean()
        expected = expected + centred
    assert run.advantages == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("algorithm", ["t2po", "gigpo", "grpo"])
def test_norm_divides_by_the_standard_deviation(
    algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"norm": "mean_std_norm", "step_weight": 0.0}
    run = looped(algorithm, config_of(algorithm, **settings), monkeypatch)
    stds = (np.std([1.0, 0.4, 0.0], ddof=1) + 1e-6, np.std([0.0, 0.2], ddof=1) + 1e-6)
    assert run.advantages == pytest.approx(grpo(stds=stds))


@pytest.mark.parametrize("algorithm", ["t2po", "gigpo", "grpo"])
def test_unit_lets_long_episodes_weigh_more(
    algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = looped(algorithm, config_of(algorithm, unit="turn", step_weight=0.0), monkeypatch)
    assert run.advantages == pytest.approx(grpo(means=((1 + 1 + 0.4 + 0.4 + 0) / 5, 0.1)))


@pytest.mark.parametrize("algorithm", ["t2po", "gigpo", "grpo"])
def test_leave_one_out_is_rloo(algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"baseline": "leave_one_out", "step_weight": 0.0}
    run = looped(algorithm, config_of(algorithm, **settings), monkeypatch)
    others = np.array([0.2, 0.2, 0.5, 0.5, 0.7, 0.2, 0.0])
    assert run.advantages == pytest.approx(RETURNS - others)


@pytest.mark.parametrize("algorithm", ["t2po", "gigpo"])
@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"step_weight": 0.0}, grpo()),
        ({"step_weight": 2.0}, grpo() + 2 * STEP_PART),
        (
            {"gamma": 0.0},
            grpo() + np.array([0.0, 0.3, 0.0, -0.3, 0.0, -0.1, 0.1]),
        ),
        (
            {"similarity": 0.8},  # "state 0" and "state 1" are then one state
            grpo() + np.array([*(STEP[:5] - STEP[:5].mean()), -0.1, 0.1]),
        ),
    ],
)
def test_the_settings_of_the_step_part(
    algorithm: str,
    settings: dict[str, Any],
    expected: np.ndarray,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = looped(algorithm, config_of(algorithm, **settings), monkeypatch)
    assert run.advantages == pytest.approx(expected, rel=1e-4)


REPLY = reply_of(WORDS)
SHAPED: dict[str, tuple[dict[str, Any], list[float]]] = {
    "reward_on_success": ({"reward_on_success": 10.0}, [0.0, 10.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
    # Phi' counts as 0 where the episode terminated; turn 6 was truncated.
    "progress_weight": (
        {"progress_weight": 2.0, "gamma": 0.5},
        [
            *(2 * 0.125, 1.0 + 2 * (0 - 0.25), 2 * 0.125, 0.4 + 2 * (0 - 0.25)),
            *(2 * 0.0, 2 * 0.0, 0.2 + 2 * 0.125),
        ],
    ),
    "overlong_buffer": (
        {"overlong_buffer": 16, "overlong_penalty": 2.0},
        [
            reward - 2.0 * (REPLY.num_tokens - 4) / 16  # from token 20 - 16 on
            for reward in (0.0, 1.0, 0.0, 0.4, 0.0, 0.0, 0.2)
        ],
    ),
}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("name", SHAPED)
def test_every_trainer_learns_from_the_training_reward(
    algorithm: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, rewards = SHAPED[name]
    assert REPLY.num_tokens > 4, "else overlong shaping would have nothing to do"
    run = looped(algorithm, config_of(algorithm, **{"step_weight": 0.0} | settings), monkeypatch)
    r = np.array(rewards)
    if algorithm == "ppo":
        gamma = settings.get("gamma", 0.5)
        expected = whitened(gae(r, gamma, 0.95))
    else:
        totals = np.array([r[0] + r[1], r[2] + r[3], r[4], r[5], r[6]])
        scores = totals[[0, 0, 1, 1, 2, 3, 4]]
        expected = grpo(scores, means=(totals[:3].mean(), totals[3:].mean()))
    assert run.advantages == pytest.approx(expected, rel=1e-4)


def test_the_length_penalty_is_taken_for_thinking_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    long = replace(GROUPS[0].trajectories[0].turns[1].generation, think_tokens=7)
    first = GROUPS[0].trajectories[0]
    turns = (first.turns[0], replace(first.turns[1], generation=long))
    changed = replace(
        GROUPS[0], trajectories=(replace(first, turns=turns), *GROUPS[0].trajectories[1:])
    )
    groups = [changed, GROUPS[1]]
    run = looped("grpo", config_of("grpo", length_penalty=0.01), monkeypatch, groups)
    scores = RETURNS - np.array([0.07, 0.07, 0, 0, 0, 0, 0])
    assert run.advantages == pytest.approx(grpo(scores, means=((0.93 + 0.4) / 3, 0.1)))


def gae(rewards: np.ndarray, gamma: float, lam: float, cut_value: float = 0.0) -> np.ndarray:
    """GAE of the three episodes with values of 0, but for the state turn 6 was cut at."""
    r = rewards
    return np.array(
        [
            *(r[0] + gamma * lam * r[1], r[1], r[2] + gamma * lam * r[3], r[3]),
            *(r[4], r[5], r[6] + gamma * cut_value),
        ]
    )


def whitened(values: np.ndarray) -> np.ndarray:
    white: np.ndarray = (values - values.mean()) / np.sqrt(values.var(ddof=1) + 1e-8)
    return white


REWARDS = np.array([0.0, 1.0, 0.0, 0.4, 0.0, 0.0, 0.2])


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, gae(REWARDS, 0.5, 0.95)),
        ({"gamma": 0.9}, gae(REWARDS, 0.9, 0.95)),
        ({"gae_lambda": 0.2}, gae(REWARDS, 0.5, 0.2)),
        ({"invalid_penalty": 0.3}, gae(REWARDS - 0.3 * INVALID, 0.5, 0.95)),
    ],
)
def test_ppo(
    settings: dict[str, Any], expected: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The critic's head starts at 0, so that every value is 0 and GAE is easy."""
    run = looped("ppo", config_of("ppo", **settings), monkeypatch)
    assert run.advantages == pytest.approx(rel=1e-4, expected=whitened(expected))
    assert run.kept == ["critic"]
    assert {"value_loss", "explained_variance"} <= set(run.recorded)


def test_ppo_bootstraps_truncated_episodes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        ppo_train.Critic,
        "final_values",
        lambda self, groups: np.array([9.0, 0.0, 9.0, 0.0, 0.0, 0.0, 3.0]),
    )
    run = looped("ppo", config_of("ppo"), monkeypatch)
    assert run.advantages == pytest.approx(
        rel=1e-4, expected=whitened(gae(REWARDS, 0.5, 0.95, cut_value=3.0))
    )


def test_only_t2po_intervenes(monkeypatch: pytest.MonkeyPatch) -> None:
    for algorithm in ("gigpo", "grpo", "ppo"):
        assert looped(algorithm, config_of(algorithm), monkeypatch).rules == {}
    config = config_of("t2po")
    rules = looped("t2po", config, monkeypatch).rules
    assert rules == {"thinking": config.thinking.rule(0.125), "turns": config.turns.rule(0.25)}


@pytest.mark.parametrize(("closes", "resamples"), [(True, False), (False, True), (False, False)])
def test_each_of_the_two_mechanisms_has_a_switch(
    closes: bool, resamples: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_of("t2po")
    config = replace(
        config,
        thinking=replace(config.thinking, enabled=closes),
        turns=replace(config.turns, enabled=resamples),
    )
    rules = looped("t2po", config, monkeypatch).rules
    assert isinstance(rules["thinking"], ThinkingRule) == closes
    assert isinstance(rules["turns"], TurnRule) == resamples


def test_tds_weighting_multiplies_the_advantages(monkeypatch: pytest.MonkeyPatch) -> None:
    first = GROUPS[0].trajectories[0]
    judged = replace(first.turns[1], gamma=0.01, void=True, cost=TurnCost(rejected=2))
    changed = replace(
        GROUPS[0],
        trajectories=(
            replace(first, turns=(first.turns[0], judged)),
            *GROUPS[0].trajectories[1:],
        ),
    )
    groups = [changed, GROUPS[1]]
    config = config_of("t2po", step_weight=0.0)
    plain = looped("t2po", config, monkeypatch, groups).advantages
    config = replace(config, loss=replace(config.loss, tds_weighting=True))
    weighted = looped("t2po", config, monkeypatch, groups).advantages
    q = 2 / 3  # one of one was rejected: (1 + 1) / (1 + 2)
    ratio = np.ones(7)
    ratio[1] = 1 / q**2
    assert weighted == pytest.approx(plain * ratio)


# ---- how little they differ ------------------------------------------------------------------


def code_lines(algorithm: str) -> list[str]:
    """The lines of a trainer from its imports on."""
    text = (ROOT / "baselines" / f"{algorithm}_train.py").read_text(encoding="utf-8")
    return text[text.index("import sys") :].splitlines()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_trainer_is_short(algorithm: str) -> None:
    text = (ROOT / "baselines" / f"{algorithm}_train.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120


@pytest.mark.parametrize(("algorithm", "own"), [("gigpo", 3), ("grpo", 6), ("ppo", 28)])
def test_a_trainer_shares_all_but_its_algorithm_with_t2po(algorithm: str, own: int) -> None:
    """Lines that T2PO does not have; its name aside."""
    lines = [
        line.replace(f'"{algorithm}"', '"t2po"').replace(f"{algorithm}_train", "t2po_train")
        for line in code_lines(algorithm)
    ]
    different = [line for line in lines if line not in set(code_lines("t2po"))]
    assert len(different) <= own, different
