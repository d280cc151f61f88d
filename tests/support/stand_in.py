"""A training run of one step, to test what stands in the loop of a trainer and nothing else."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from baseline_fakes import tiny_policy
from rich.console import Console

from baselines import gigpo_train
from baselines.collate import Row, TurnRow
from baselines.config import TrainConfig
from baselines.evaluation import Thresholds
from baselines.policy.model import Policy
from baselines.run.checkpoint import RunState
from baselines.trajectory import Group
from baselines.update import training_rows


class StandIn:
    """A training run of one step on given groups, which remembers what it was asked for."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self.groups = list(groups)
        self.turns: Sequence[TurnRow] = ()
        self.policy = tiny_policy()
        self.state = RunState(step=0, thresholds=Thresholds(epsilon=0.125, eta=0.25))
        self.position = 0.0
        self.rules: dict[str, Any] = {}
        self.advantages = np.zeros(0)
        self.kept: list[str] = []
        self.recorded: dict[str, float] = {}
        self.finished = False

    def learner(self) -> StandIn:
        return self

    def start(self) -> Policy:
        return self.policy

    def keep(self, name: str, part: Any) -> None:
        self.kept.append(name)

    def steps(self) -> Iterator[int]:
        yield 0

    def rollout(self, step: int, **rules: Any) -> list[Group]:
        self.rules = rules
        return self.groups

    def update(
        self, turns: list[TurnRow], advantages: np.ndarray, step: int, position: float
    ) -> dict[str, float]:
        self.turns, self.advantages = turns, advantages
        return {"taught_tokens": 1.0}

    def record(
        self, learned: dict[str, float], turns: list[TurnRow], advantages: np.ndarray
    ) -> None:
        assert turns is self.turns  # what is written down is what was learned from
        assert advantages is self.advantages
        self.recorded = learned

    def finish(self) -> None:
        self.finished = True


def gigpo(groups: Sequence[Group], config: TrainConfig) -> tuple[list[TurnRow], np.ndarray]:
    """The turns of a rollout and their advantages, as the loop of GiGPO makes them."""
    run = StandIn(groups)
    make, gigpo_train.TrainingRun = gigpo_train.TrainingRun, lambda *a: run  # type: ignore[misc,assignment]
    try:
        gigpo_train.train(config, None, Console(file=io.StringIO()), False)  # type: ignore[arg-type]
    finally:
        gigpo_train.TrainingRun = make  # type: ignore[misc]
    return list(run.turns), run.advantages


def gigpo_rows(groups: Sequence[Group], config: TrainConfig) -> list[Row]:
    """What is learned from each of them."""
    turns, advantages = gigpo(groups, config)
    return training_rows(turns, advantages, config)
