"""Rollout numbers, intervals, the examples of the data types, the picture."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from baseline_fakes import reply_of

from baselines.metrics import mean_interval, rollout_metrics, wilson_interval
from baselines.run.curves import PANELS, draw_curves, smooth
from baselines.trajectory import Finish, Generation, Group, Trajectory, Turn, TurnCost
from t2po_gym.evaluation.environment import panel


def make_turn(index: int, **changes: object) -> Turn:
    values: dict[str, object] = {
        "index": index,
        "prompt_ids": np.arange(5),
        "generation": reply_of("<think>a</think>\n<action>go</action>"),
        "observation": "",
        "action": "go",
        "reward": 0.0,
        "valid": True,
        "accepted": True,
        "anchor": "s",
    }
    return Turn(**(values | changes))  # type: ignore[arg-type]


def episode(member: int, *turns: Turn, success: bool = False) -> Trajectory:
    return Trajectory(
        task_id="t",
        member=member,
        turns=turns,
        score=float(success),
        success=success,
        progress=0.5,
    )


def test_rollout_numbers_by_hand() -> None:
    lost = episode(0, make_turn(0, valid=False, truncated=True))
    cost = TurnCost(rejected=2, rejected_tokens=30)
    won = episode(
        1,
        make_turn(0),
        make_turn(1, reward=1.0, gamma=0.2, cost=cost, void=True),
        make_turn(2, gamma=0.4),
        success=True,
    )
    found = rollout_metrics([Group(index=0, task_id="t", trajectories=(lost, won))])
    length = lost.turns[0].generation.num_tokens
    assert found["success"] == 0.5
    assert found["turns"] == 2.0
    assert found["tokens"] == pytest.approx((4 * length + 30) / 2)
    assert found["valid"] == 0.75
    assert found["truncated"] == 0.5
    assert found["uniform_groups"] == 0.0
    assert found["tds_rate"] == 0.5
    assert found["tds_void"] == 0.5
    assert found["gamma"] == pytest.approx(0.3)
    assert found["tds_rejected_tokens"] == 15.0


def test_wilson_interval_by_hand() -> None:
    low, high = wilson_interval(124, 200)
    assert low == pytest.approx(0.5511, abs=2e-4)
    assert high == pytest.approx(0.6845, abs=2e-4)
    assert wilson_interval(0, 10)[0] == 0.0
    assert wilson_interval(10, 10)[1] == pytest.approx(1.0)
    assert math.isnan(wilson_interval(0, 0)[0])


def test_mean_interval_by_hand() -> None:
    low, high = mean_interval([0.0, 1.0, 0.0, 1.0])
    assert (low + high) / 2 == pytest.approx(0.5)
    assert high - 0.5 == pytest.approx(1.959964 * math.sqrt(1 / 3) / 2)
    assert math.isnan(mean_interval([1.0])[0])


def test_trap_22_panels_are_evenly_spaced_and_fixed() -> None:
    assert panel(1000, 4) == (0, 250, 500, 750)
    assert panel(3, 200) == (0, 1, 2)
    assert len(set(panel(501, 200))) == 200


def test_the_example_of_a_forced_thought() -> None:
    reply = Generation(
        token_ids=np.array([311, 87, 6, 201, 7, 412, 8]),
        sampled=np.array([1, 1, 0, 0, 0, 1, 1], dtype=np.bool_),
        log_probs=np.array([-0.9, -2.0, 0, 0, 0, -0.1, 0.0]),
        entropy=np.array([1.2, 2.4, 0, 0, 0, 0.4, 0.1]),
        confidence=np.zeros(7),
        text="",
        finish=Finish.STOP,
        think_tokens=2,
        think_closed="forced",
        stop_reason="window",
    )
    assert reply.num_tokens == 7
    assert not reply.log_probs[~reply.sampled].any()


def test_rejected_tokens_count_as_cost() -> None:
    turn = make_turn(0, cost=TurnCost(rejected=2, rejected_tokens=55))
    assert episode(0, turn).tokens == turn.generation.num_tokens + 55


def test_smooth_leaves_gaps_out() -> None:
    found = smooth([1.0, math.nan, 3.0], width=2)
    assert found.tolist() == [1.0, 1.0, 3.0]
    assert np.isnan(smooth([math.nan])).all()


def test_curves_are_drawn(tmp_path: Path) -> None:
    keys = {key for panel in PANELS for key in panel.keys}
    rows = [{"step": i} | {key: 0.1 * i for key in keys} for i in range(1, 6)]
    rows[2]["entropy"] = None  # type: ignore[assignment]
    points = [
        {"step": step, "split": "test", "thinking": False, "success": 0.5, "success_low": 0.4}
        | {"success_high": 0.6, "score": 0.5, "score_low": 0.4, "score_high": 0.6}
        | {"progress": 0.5, "turns": 4.0, "tokens": 90.0}
        for step in (0, 5)
    ]
    draw_curves(tmp_path / "curves.png", rows, points)
    draw_curves(tmp_path / "empty.png", [], [])
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["curves.png", "empty.png"]
