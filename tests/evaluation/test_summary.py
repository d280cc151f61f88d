"""Results by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from t2po_gym.evaluation import summary
from t2po_gym.evaluation.records import EpisodeRecord, TurnRecord
from t2po_gym.evaluation.summary import (
    Summary,
    bootstrap,
    curves,
    figures_of,
    pass_at,
    pass_hat,
    summarise,
)

HASH = "0" * 64


def turn(
    *, progress: float = 0.0, tokens: int | None = None, rejected: int = 0, valid: bool = True
) -> TurnRecord:
    return TurnRecord(
        reply="",
        action="",
        format_ok=True,
        action_valid=valid,
        reward=0.0,
        score=0.0,
        progress=progress,
        observation_hash=HASH,
        reply_tokens=tokens,
        rejected_tokens=rejected,
    )


def episode(task: str, trial: int, success: bool, kind: str, *turns: TurnRecord) -> EpisodeRecord:
    return EpisodeRecord(
        task_id=task,
        task_type=kind,
        trial=trial,
        seed=0,
        first_hash=HASH,
        prompts_hash=HASH,
        turns=turns,
        terminated=True,
        truncated=False,
        score=0.5 + 0.5 * success,
        success=success,
    )


def rows(tasks: str, episodes: list[EpisodeRecord], trials: int = 2) -> list[Summary]:
    return summarise(list(tasks), trials, map(figures_of, episodes))


def test_results_by_hand() -> None:
    """Task a: both trials solved; b: one of two; c: only one trial was played, and failed."""
    episodes = [
        episode("a", 0, True, "k", turn(tokens=4), turn(progress=1.0, tokens=6, rejected=10)),
        episode("a", 1, True, "k", turn(progress=1.0, tokens=10)),
        episode("b", 0, True, "l", turn(progress=1.0, tokens=10)),
        episode("b", 1, False, "l", turn(progress=0.5, tokens=10, valid=False)),
        episode("c", 0, False, "l", turn(progress=0.25, tokens=10)),
    ]
    everything, k, rest = rows("abc", episodes)
    assert (everything.kind, everything.tasks, everything.episodes) == ("all", 3, 5)
    assert everything.success == pytest.approx((1 + 0.5 + 0) / 3)
    assert everything.score == pytest.approx((1 + 0.75 + 0.25) / 3), "an unplayed trial scores 0"
    assert everything.progress == pytest.approx((1 + 0.75 + 0.125) / 3)
    assert everything.turns == pytest.approx(6 / 5)
    assert everything.invalid == pytest.approx(1 / 6)
    assert everything.tokens == pytest.approx(60 / 5), "rejected tokens were generated too"
    assert everything.pass_at_k == pytest.approx(2 / 3)
    assert everything.pass_hat_k == pytest.approx(1 / 3)
    assert (k.kind, k.success, k.pass_hat_k) == ("k", 1.0, 1.0)
    assert (rest.kind, rest.tasks, rest.success) == ("l", 2, 0.25)


def test_a_run_without_episodes_scores_nothing() -> None:
    (row,) = rows("ab", [])
    assert (row.success, row.score, row.episodes) == (0.0, 0.0, 0)
    assert row.turns is None
    assert row.invalid is None
    assert row.tokens is None


def test_tokens_are_left_out_where_one_turn_does_not_count_them() -> None:
    (row,) = rows("a", [episode("a", 0, True, "", turn(tokens=1), turn())], trials=1)
    assert row.tokens is None


def test_pass_at_k_by_hand() -> None:
    assert pass_at(4, 1, 2) == pytest.approx(1 - (3 / 4) * (2 / 3))
    assert pass_hat(4, 3, 2) == pytest.approx((3 / 4) * (2 / 3))
    assert pass_at(4, 4, 1) == 1.0
    assert pass_hat(4, 0, 1) == 0.0


def test_the_bootstrap_is_near_the_normal_interval() -> None:
    values = np.array([1.0] * 60 + [0.0] * 40)
    low, high = bootstrap(values)
    spread = 1.96 * math.sqrt(0.6 * 0.4 / 100)
    assert (low, high) == pytest.approx((0.6 - spread, 0.6 + spread), abs=0.011)
    assert bootstrap(values) == (low, high)


def test_curves_by_hand() -> None:
    """One episode wins in turn 2, one stops at half in turn 1, two were not played."""
    played = [
        episode("a", 0, True, "", turn(progress=0.5), turn(progress=1.0)),
        episode("b", 0, False, "", turn(progress=0.5)),
    ]
    found = curves(4, 3, [figures_of(e) for e in played])
    assert found.success == (0.0, 0.25, 0.25)
    assert found.progress == (0.0, 0.25, 0.375, 0.375)


def test_the_bootstrap_in_blocks_gives_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.linspace(0.0, 1.0, 37)
    whole = bootstrap(values)
    monkeypatch.setattr(summary, "BLOCK", 100)
    assert bootstrap(values) == whole


def test_types_of_tasks_that_were_not_played_count() -> None:
    """Of two tasks of kind k one was never played: the kind's success is half."""
    played = [episode("a", 0, True, "k", turn(progress=1.0)), episode("c", 0, True, "l", turn())]
    found = summarise(["a", "b", "c"], 1, map(figures_of, played), ["k", "k", "l"])
    assert [(row.kind, row.tasks, row.success) for row in found] == [
        ("all", 3, pytest.approx(2 / 3)),
        ("k", 2, 0.5),
        ("l", 1, 1.0),
    ]
