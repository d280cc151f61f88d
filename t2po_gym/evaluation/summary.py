"""From episodes to numbers. A task or trial that was not played counts as failed.

Intervals are 95 % bootstrap intervals over tasks: trials of one task are averaged first, since they
are not independent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import comb, fsum
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from t2po_gym.evaluation.records import Count, EpisodeRecord, Record, Text

__all__ = [
    "Curves",
    "Figures",
    "Summary",
    "bootstrap",
    "curves",
    "figures_of",
    "pass_at",
    "pass_hat",
    "summarise",
]

REPS = 2_000
BLOCK = 4_000_000
Share = Annotated[float, Field(ge=0.0, le=1.0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the results need of one episode; its texts are left behind.

    Example: `figures_of(record).success`
    """

    task_id: str
    """Its task."""
    task_type: str
    """Kind of task."""
    success: bool
    """Whether the task was solved."""
    score: float
    """The benchmark's metric at the end."""
    progress: tuple[float, ...]
    """Progress after each turn."""
    invalid: int
    """Turns whose reply or action was invalid."""
    tokens: int | None
    """Generated tokens, rejected ones too; None where the policy does not count."""


class Summary(Record):
    """Results on a panel, or on the tasks of one kind.

    Example: `Summary(kind="all", tasks=200, episodes=200, success=0.62, success_low=0.55, ...)`
    """

    kind: Text
    """`all`, or a task type."""
    tasks: Count
    """Tasks of the panel."""
    episodes: Count
    """Episodes that were played."""
    success: Share
    """Mean success over tasks and trials."""
    success_low: Share
    """Lower end of its interval."""
    success_high: Share
    """Upper end."""
    score: float
    """Mean of the benchmark's metric."""
    score_low: float
    """Lower end of its interval."""
    score_high: float
    """Upper end."""
    progress: Share
    """Mean progress at the end."""
    turns: float | None
    """Turns per played episode; None if none was played."""
    invalid: Share | None
    """Share of turns whose reply or action was invalid; None if there are none."""
    tokens: float | None
    """Generated tokens per episode, rejected ones too; None where a policy does not count."""
    pass_at_k: Share
    """Chance that at least one of the trials succeeds (pass@k, k = trials)."""
    pass_hat_k: Share
    """Chance that all trials succeed (pass^k, k = trials)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """Results along the turns of an episode, over all tasks and trials.

    Example: `Curves(success=(0.0, 0.25), progress=(0.0, 0.5, 0.75))`
    """

    success: tuple[float, ...]
    """Share of episodes solved within turn 1, 2, ..."""
    progress: tuple[float, ...]
    """Mean progress at the start and after turn 1, 2, ...; an ended episode keeps its last one."""


def figures_of(episode: EpisodeRecord) -> Figures:
    """Return what the results need of an episode."""
    counts = [turn.reply_tokens for turn in episode.turns]
    known = [count for count in counts if count is not None]
    rejected = sum(turn.rejected_tokens for turn in episode.turns)
    return Figures(
        task_id=episode.task_id,
        task_type=episode.task_type,
        success=episode.success,
        score=episode.score,
        progress=tuple(turn.progress for turn in episode.turns),
        invalid=sum(not (turn.format_ok and turn.action_valid) for turn in episode.turns),
        tokens=sum(known) + rejected if len(known) == len(counts) else None,
    )


def bootstrap(values: NDArray[np.float64], reps: int = REPS) -> tuple[float, float]:
    """Return the 95 % percentile interval of the mean of `values` [n], the same one every time."""
    rng = np.random.Generator(np.random.PCG64(0))
    # Drawn in blocks of rows, which gives the same numbers in bounded memory.
    rows = max(1, BLOCK // len(values))
    counts = [min(rows, reps - start) for start in range(0, reps, rows)]
    draws = (rng.integers(0, len(values), size=(count, len(values))) for count in counts)
    means = np.concatenate([values[places].mean(axis=1) for places in draws])
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def pass_at(trials: int, solved: int, k: int) -> float:
    """Return the unbiased estimate of pass@k: 1 - C(n - c, k) / C(n, k) (Chen et al. 2021)."""
    return 1.0 - comb(trials - solved, k) / comb(trials, k)


def pass_hat(trials: int, solved: int, k: int) -> float:
    """Return the unbiased estimate of pass^k: C(c, k) / C(n, k) (Yao et al. 2024)."""
    return comb(solved, k) / comb(trials, k)


def summarise(
    task_ids: Sequence[str],
    trials: int,
    episodes: Iterable[Figures],
    task_types: Sequence[str] | None = None,
) -> list[Summary]:
    """Return the results of all tasks, then of each task type by name.

    Args:
        task_ids: the panel.
        trials: episodes per task.
        episodes: what was played, in any order.
        task_types: type of each task. Without them a type is known from episodes, and a task that
            was never played counts only under `all`.
    """
    by_task: dict[str, list[Figures]] = {task: [] for task in task_ids}
    for episode in episodes:
        by_task[episode.task_id].append(episode)
    every = list(by_task.values())
    types = task_types or [played[0].task_type if played else "" for played in every]
    kinds = sorted(set(types) - {""})
    found = [_summary("all", trials, every)]
    if len(kinds) > 1:
        for kind in kinds:
            tasks = [played for played, own in zip(every, types, strict=True) if own == kind]
            found.append(_summary(kind, trials, tasks))
    return found


def _summary(kind: str, trials: int, tasks: Sequence[Sequence[Figures]]) -> Summary:
    def per_task(values: Sequence[Sequence[float]]) -> NDArray[np.float64]:
        return np.array([fsum(of_task) / trials for of_task in values])

    success = per_task([[float(e.success) for e in played] for played in tasks])
    score = per_task([[e.score for e in played] for played in tasks])
    progress = per_task([[e.progress[-1] for e in played if e.progress] for played in tasks])
    solved = [sum(e.success for e in played) for played in tasks]
    flat = [e for played in tasks for e in played]
    turns = sum(len(e.progress) for e in flat)
    tokens = [e.tokens for e in flat if e.tokens is not None]
    success_ends, score_ends = bootstrap(success), bootstrap(score)
    return Summary(
        kind=kind,
        tasks=len(tasks),
        episodes=len(flat),
        success=_mean(success),
        success_low=success_ends[0],
        success_high=success_ends[1],
        score=_mean(score),
        score_low=score_ends[0],
        score_high=score_ends[1],
        progress=_mean(progress),
        turns=turns / len(flat) if flat else None,
        invalid=sum(e.invalid for e in flat) / turns if turns else None,
        tokens=sum(tokens) / len(flat) if flat and len(tokens) == len(flat) else None,
        pass_at_k=_mean([pass_at(trials, count, trials) for count in solved]),
        pass_hat_k=_mean([pass_hat(trials, count, trials) for count in solved]),
    )


def _mean(values: Iterable[float]) -> float:
    exact = [float(value) for value in values]
    return fsum(exact) / len(exact)


def curves(planned: int, max_turns: int, episodes: Sequence[Figures]) -> Curves:
    """Return success and progress by turn.

    Args:
        planned: episodes of the panel; those that were not played solved nothing.
        max_turns: the turn limit.
        episodes: what was played.
    """
    every = range(1, max_turns + 1)
    won = [len(e.progress) for e in episodes if e.success]
    paths = [e.progress for e in episodes if e.progress]
    # Exact sums: `sum` rounds otherwise from Python 3.12 on, and the board compares bytes.
    reached = [fsum(path[min(turn, len(path)) - 1] for path in paths) / planned for turn in every]
    return Curves(
        success=tuple(sum(turns <= turn for turns in won) / planned for turn in every),
        progress=(0.0, *reached),
    )
