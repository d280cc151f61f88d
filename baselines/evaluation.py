"""Held-out evaluation on a fixed panel, and the first rollout that thresholds are read from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from typing import Any

import gymnasium as gym
import numpy as np

from t2po_gym.core.many.vector import GroupedEnvs
from t2po_gym.evaluation.environment import panel

from .config import EvalConfig, ThinkingConfig, TrainConfig, TurnRuleConfig
from .intervention import ThinkingRule, TurnRule, threshold_at
from .metrics import mean_interval, rollout_metrics, wilson_interval
from .parallel.world import here
from .policy.model import Policy
from .rollout import Plan, collect, derive_seed, draw_tasks
from .sampling.prompting import Prompting
from .sampling.protocol import Decoding, Engine, Generator
from .trajectory import Group, Trajectory, Turn

__all__ = [
    "FALLBACK",
    "Evaluation",
    "Player",
    "Thresholds",
    "calibrate",
    "evaluate",
    "make_envs",
    "panel",
    "play",
    "training_plan",
]

TRAIN_STREAM, CALIBRATION_STREAM, EVAL_STREAM = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Where the two interventions fire. Example: `Thresholds(epsilon=0.03, eta=0.008)`."""

    epsilon: float = 0.0
    """TTI: window means below this close a thought."""
    eta: float = 0.0
    """TDS: turns that moved less than this are sampled again."""


FALLBACK = Thresholds(epsilon=0.03, eta=0.008)
"""Taken where calibration has nothing to read; near what the small presets calibrate to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """A policy ready to play: what rollouts, calibration and evaluation share.

    Example: `Player(config=config, generator=HFGenerator(...), prompting=..., vocab_size=512)`
    """

    config: TrainConfig
    """All settings."""
    generator: Generator
    """Replies to prompts."""
    prompting: Prompting
    """Makes prompts, reads replies."""
    vocab_size: int
    """Number of logits."""
    policy: Policy
    """What the generator plays with."""


def play(
    player: Player, envs: GroupedEnvs | Callable[[int], GroupedEnvs], plan: Plan
) -> list[Group]:
    """Play a plan: each process its share of the groups. Every one returns all of them, in order.

    Args:
        player: the policy.
        envs: as many groups as this process's share has, or what makes so many.
        plan: all groups.
    """
    world = here()
    share = world.share(len(plan.tasks))
    part = plan.part(share)
    groups: list[Group] = []
    engine = isinstance(player.generator, Engine)  # it has weights of its own
    with nullcontext() if engine else player.policy.whole():
        if part.tasks:
            stage = envs(len(part.tasks)) if callable(envs) else envs
            groups = collect(stage, player.generator, player.prompting, part)
    return world.gathered([replace(g, index=g.index + share.start) for g in groups])


def make_envs(config: TrainConfig, split: str, tasks: int, group: int) -> GroupedEnvs:
    """Make `tasks` groups of `group` environments of one split."""
    return GroupedEnvs(lambda: gym.make(config.env, split=split, **config.env_kwargs), tasks, group)


def num_tasks(envs: GroupedEnvs) -> int:
    """Return how many tasks the split of some environments has."""
    env: Any = envs.envs[0].unwrapped
    return int(env.num_tasks())


def training_plan(
    player: Player,
    envs: GroupedEnvs,
    step: int,
    draw: int = 0,
    *,
    thinking: ThinkingRule | None,
    turns: TurnRule | None,
) -> Plan:
    """Return a rollout of one training step; it depends on run seed, step and draw alone.

    Args:
        player: the policy.
        envs: as many groups as tasks are drawn; of many processes each has its share of them.
        step: training step from 0.
        draw: how many rollouts the step has had before this one (dynamic sampling).
        thinking: when thoughts are closed by force; None never.
        turns: when turns are sampled again; None never.
    """
    config, seed = player.config, player.config.run.seed
    place = (seed, TRAIN_STREAM, step, draw) if draw else (seed, TRAIN_STREAM, step)
    count = int(here().total([envs.num_tasks])[0])
    first = draw * count
    return Plan(
        tasks=draw_tasks(num_tasks(envs), count, *place),
        env_seeds=tuple(
            derive_seed(seed, TRAIN_STREAM, step, first + group) for group in range(count)
        ),
        stream=(seed, TRAIN_STREAM, step),
        first_group=first,
        decoding=Decoding(
            max_tokens=config.rollout.max_reply_tokens,
            temperature=config.rollout.temperature,
            signal=config.signal,
            thinking=thinking,
        ),
        turn_rule=turns,
        vocab_size=player.vocab_size,
        detailed=config.run.detailed_episodes,
    )


def calibrate(player: Player, warn: Callable[[str], None] = lambda sentence: None) -> Thresholds:
    """Read epsilon and eta off a first rollout in which nothing fires.

    Values that the settings fix are left alone; if nothing is wanted nothing is played. Epsilon is
    wanted for training with TTI and for evaluation with it. Where the rollout shows nothing to
    read a threshold from, `FALLBACK` is taken and a sentence says so.

    Args:
        player: the policy.
        warn: told that sentence.
    """
    config = player.config
    thinking, turns = config.thinking, config.turns
    closes = thinking.enabled or config.eval.thinking != "off"
    wants_epsilon = closes and thinking.epsilon is None and thinking.cut == "window"
    wants_eta = turns.enabled and turns.eta is None
    epsilon, eta = thinking.epsilon or 0.0, turns.eta or 0.0
    if wants_epsilon or wants_eta:
        groups = _quiet_rollout(player)
        played = [turn for g in groups for t in g.trajectories for turn in t.turns]
        if wants_epsilon:
            epsilon = _read_epsilon(played, thinking, warn)
        if wants_eta:
            eta = _read_eta(played, turns, warn)
    return Thresholds(epsilon=epsilon, eta=eta)


def _read_epsilon(
    played: Sequence[Turn], how: ThinkingConfig, warn: Callable[[str], None]
) -> float:
    lowest = [turn.generation.lowest_window_mean for turn in played]
    known = [value for value in lowest if value is not None]
    if known:
        return threshold_at(known, how.epsilon_quantile)
    longest = max(turn.generation.think_tokens for turn in played)
    warn(
        "No thought of the calibration rollout was long enough for TTI to judge (the longest has "
        f"{longest} tokens, it takes {max(how.min_tokens, how.window + 2)}); epsilon is set to "
        f"{FALLBACK.epsilon:g}. Lower --thinking.min-tokens and --thinking.window, or give "
        "--thinking.epsilon."
    )
    return FALLBACK.epsilon


def _read_eta(played: Sequence[Turn], how: TurnRuleConfig, warn: Callable[[str], None]) -> float:
    gammas = [turn.gamma for turn in played if turn.gamma == turn.gamma]
    if gammas:
        return threshold_at(gammas, how.eta_quantile)
    warn(
        "No episode of the calibration rollout had a second turn for TDS to compare; eta is set to "
        f"{FALLBACK.eta:g}. Give --turns.eta, or set --turns.enabled False."
    )
    return FALLBACK.eta


def _quiet_rollout(player: Player) -> list[Group]:
    config, seed = player.config, player.config.run.seed
    how = config.calibration
    total = num_tasks(make_envs(config, config.train_split, 1, 1))
    tasks = draw_tasks(total, how.tasks, seed, CALIBRATION_STREAM)
    rule = ThinkingRule(
        epsilon=0.0,
        window=config.thinking.window,
        min_tokens=config.thinking.min_tokens,
        max_tokens=config.rollout.max_reply_tokens + 1,
        min_action_tokens=config.thinking.min_action_tokens,
    )
    plan = Plan(
        tasks=tasks,
        env_seeds=tuple(derive_seed(seed, CALIBRATION_STREAM, g) for g in range(how.tasks)),
        stream=(seed, CALIBRATION_STREAM, 0),
        decoding=Decoding(
            max_tokens=config.rollout.max_reply_tokens,
            temperature=config.rollout.temperature,
            signal=config.signal,
            thinking=rule,
        ),
        turn_rule=TurnRule(eta=0.0),
        vocab_size=player.vocab_size,
    )
    return play(player, lambda n: make_envs(config, config.train_split, n, how.group), plan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Results on a panel; intervals are 95 %.

    Example: 124 of 200 tasks solved::

        Evaluation(split="test", tasks=200, thinking=False, success=0.62,
                   success_low=0.551, success_high=0.684, score=0.81, ...)
    """

    split: str
    """Where the tasks are from."""
    tasks: int
    """How many were played."""
    thinking: bool
    """Whether thoughts were closed by TTI."""
    success: float
    """Share of tasks solved."""
    success_low: float
    """Lower end of its Wilson interval."""
    success_high: float
    """Upper end."""
    score: float
    """Mean of the benchmark's metric."""
    score_low: float
    """Lower end of its normal interval."""
    score_high: float
    """Upper end."""
    progress: float
    """Mean final progress."""
    turns: float
    """Mean turns per episode."""
    tokens: float
    """Mean generated tokens per episode."""
    think_tokens: float
    """Mean sampled thinking tokens per turn."""
    valid: float
    """Share of turns with a well-formed, accepted action."""
    tti_rate: float
    """Share of turns whose thought was closed by force."""
    closed_by_policy: float
    """Share of turns whose thought the policy closed itself."""
    solved: str = ""
    """1 or 0 for each task of the panel, in order."""

    def to_json(self) -> dict[str, Any]:
        """Plain numbers and texts."""
        return asdict(self)


def evaluate(
    player: Player, how: EvalConfig, *, split: str, tasks: int, rule: ThinkingRule | None
) -> tuple[Evaluation, list[Trajectory]]:
    """Play a fixed panel, each task once.

    The turn rule never resamples here. When sampling, a reply's seed depends on its place in the
    panel alone, so two policies meet the same random numbers.

    Args:
        player: the policy.
        how: decoding and batch size.
        split: split of the panel.
        tasks: its size.
        rule: closes thoughts by force; None never.
    """
    config = player.config
    total = num_tasks(make_envs(config, split, 1, 1))
    chosen = panel(total, tasks)
    groups: list[Group] = []
    for start in range(0, len(chosen), how.max_rows):
        part = chosen[start : start + how.max_rows]
        plan = Plan(
            tasks=part,
            env_seeds=tuple(derive_seed(EVAL_STREAM, task) for task in part),
            stream=(EVAL_STREAM,),
            first_group=start,
            decoding=Decoding(
                max_tokens=config.rollout.max_reply_tokens,
                temperature=how.temperature,
                top_p=how.top_p,
                greedy=how.greedy,
                signal=None if rule is None else config.signal,
                thinking=rule,
            ),
            vocab_size=player.vocab_size,
        )
        groups += play(player, lambda n: make_envs(config, split, n, 1), plan)
    return _summary(groups, split, rule is not None), [g.trajectories[0] for g in groups]


def _summary(groups: Sequence[Group], split: str, thinking: bool) -> Evaluation:
    played = [group.trajectories[0] for group in groups]
    metrics = rollout_metrics(groups)
    low, high = wilson_interval(sum(t.success for t in played), len(played))
    score_low, score_high = mean_interval([t.score for t in played])
    shown = ("success", "score", "progress", "turns", "tokens", "think_tokens", "valid")
    return Evaluation(
        split=split,
        tasks=len(played),
        thinking=thinking,
        success_low=low,
        success_high=high,
        score_low=score_low,
        score_high=score_high,
        tti_rate=metrics["tti_rate"],
        closed_by_policy=metrics["closed_by_policy"],
        solved="".join(str(int(t.success)) for t in played),
        **{name: float(np.round(metrics[name], 10)) for name in shown},
    )
