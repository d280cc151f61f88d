"""From episodes to numbers. A task or trial that was not played counts as failed.

Intervals are 95 % bootstrap intervals over tasks: trials of one task are averaged first, since they
are not independent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from t2po_gym.evaluation.records import EpisodeRecord, Plan

__all__ = ["Summary", "bootstrap", "pass_at", "pass_hat", "summarise"]

REPS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Results on a panel, or on the tasks of one kind.

    Example: `Summary(kind="all", tasks=200, episodes=200, success=0.62, success_low=0.55, ...)`
    """

    kind: str
    """`all`, or a task type."""
    tasks: int
    """Tasks of the panel."""
    episodes: int
    """Episodes that were played."""
    success: float
    """Mean success over tasks and trials."""
    success_low: float
    """Lower end of its interval."""
    success_high: float
    """Upper end."""
    score: float
    """Mean of the benchmark's metric."""
    progress: float
    """Mean progress at the end."""
    turns: float
    """Turns per played episode; nan for none."""
    invalid: float
    """Share of turns whose reply or action was invalid; nan for none."""
    tokens: float | None
    """Generated tokens per episode, rejected ones too; None where a policy does not count."""
    pass_at_k: float
    """Chance that at least one of the trials succeeds (pass@k, k = trials)."""
    pass_hat_k: float
    """Chance that all trials succeed (pass^k, k = trials)."""


def bootstrap(values: NDArray[np.float64], reps: int = REPS) -> tuple[float, float]:
    """Return the 95 % percentile interval of the mean of `values` [n], the same one every time."""
    rng = np.random.Generator(np.random.PCG64(0))
    places = rng.integers(0, len(values), size=(reps, len(values)))
    low, high = np.quantile(values[places].mean(axis=1), (0.025, 0.975))
    return float(low), float(high)


def pass_at(trials: int, solved: int, k: int) -> float:
    """Return the unbiased estimate of pass@k: 1 - C(n - c, k) / C(n, k) (Chen et al. 2021)."""
    return 1.0 - comb(trials - solved, k) / comb(trials, k)


def pass_hat(trials: int, solved: int, k: int) -> float:
    """Return the unbiased estimate of pass^k: C(c, k) / C(n, k) (Yao et al. 2024)."""
    return comb(solved, k) / comb(trials, k)


def summarise(plan: Plan, episodes: Iterable[EpisodeRecord]) -> list[Summary]:
    """Return the results of all tasks, then of each task type by name.

    The type of a task is known from its episodes; one never played counts only under `all`.
    """
    by_task: dict[str, list[EpisodeRecord]] = {task: [] for task in plan.task_ids}
    for episode in episodes:
        by_task[episode.task_id].append(episode)
    kinds = sorted({e.task_type for played in by_task.values() for e in played} - {""})
    found = [_summary("all", plan.trials, list(by_task.values()))]
    if len(kinds) > 1:
        for kind in kinds:
            tasks = [
                played for played in by_task.values() if played and played[0].task_type == kind
            ]
            found.append(_summary(kind, plan.trials, tasks))
    return found


def _summary(kind: str, trials: int, tasks: Sequence[Sequence[EpisodeRecord]]) -> Summary:
    def mean_of(values: Sequence[float]) -> float:
        return sum(values) / trials

    success = np.array([mean_of([float(e.success) for e in played]) for played in tasks])
    low, high = bootstrap(success)
    solved = [sum(e.success for e in played) for played in tasks]
    flat = [e for played in tasks for e in played]
    turns = [turn for e in flat for turn in e.turns]
    counts = [turn.reply_tokens for turn in turns]
    known = [count for count in counts if count is not None]
    tokens = sum(known) + sum(turn.rejected_tokens for turn in turns)
    invalid = [not (turn.format_ok and turn.action_valid) for turn in turns]
    return Summary(
        kind=kind,
        tasks=len(tasks),
        episodes=len(flat),
        success=float(success.mean()),
        success_low=low,
        success_high=high,
        score=float(np.mean([mean_of([e.score for e in played]) for played in tasks])),
        progress=float(np.mean([mean_of([_last_progress(e) for e in played]) for played in tasks])),
        turns=len(turns) / len(flat) if flat else float("nan"),
        invalid=float(np.mean(invalid)) if invalid else float("nan"),
        tokens=tokens / len(flat) if flat and len(known) == len(counts) else None,
        pass_at_k=float(np.mean([pass_at(trials, count, trials) for count in solved])),
        pass_hat_k=float(np.mean([pass_hat(trials, count, trials) for count in solved])),
    )


def _last_progress(episode: EpisodeRecord) -> float:
    return episode.turns[-1].progress if episode.turns else 0.0
