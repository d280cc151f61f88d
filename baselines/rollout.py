"""Collecting experience: groups of identical episodes, played turn by turn in one batch.

The environment is stepped exactly once per turn, with the accepted reply. The turn rule (TDS) may
throw candidates away before that; they are counted and forgotten.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from baselines.intervention import TurnMonitor, TurnRule, Verdict
from baselines.sampling.generation import Decoding, Generator, Request
from baselines.sampling.prompting import EncodedPrompt, Prompting
from baselines.trajectory import Finish, Generation, Group, IntArray, Trajectory, Turn, TurnCost
from t2po_gym.core.agent.actions import ParsedAction
from t2po_gym.core.agent.history import PastTurn
from t2po_gym.core.many.vector import GroupedEnvs, StepResult

__all__ = ["Plan", "RewardError", "collect", "derive_seed", "draw_tasks"]

TASK_STREAM, ENV_STREAM = 1_000_001, 1_000_002


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to play and how.

    Example: tasks 4 and 9, for the third training step of run 0::

        Plan(tasks=(4, 9), env_seeds=(11, 12), stream=(0, 0, 3), decoding=Decoding(...))
    """

    tasks: tuple[int, ...]
    """Task index of each group."""
    env_seeds: tuple[int, ...]
    """Reset seed of each group; its members share it."""
    stream: tuple[int, ...]
    """Start of every reply's seed, (run seed, purpose, step); group, member, turn, try follow."""
    decoding: Decoding
    """How replies are decoded."""
    first_group: int = 0
    """Number of the first group in reply seeds, where one plan is played in several parts."""
    turn_rule: TurnRule | None = None
    """When turns are sampled again; None never. Needs `decoding.signal`."""
    vocab_size: int = 0
    """Number of logits, for the signal."""

    def part(self, groups: slice) -> Plan:
        """Return the plan of some of its groups alone; they play as they do among all."""
        return replace(
            self,
            tasks=self.tasks[groups],
            env_seeds=self.env_seeds[groups],
            first_group=self.first_group + groups.start,
        )


class RewardError(ValueError):
    """An environment paid NaN or an infinite reward; names task, turn and value."""


@dataclass(slots=True, kw_only=True)
class _Episode:
    """A member's episode in progress."""

    group: int
    member: int
    task: str
    observation: str
    info: dict[str, Any]
    first_hash: str
    monitor: TurnMonitor | None
    past: list[PastTurn] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    live: bool = True


@dataclass(slots=True, kw_only=True)
class _Candidate:
    """A turn while it is sampled: one prompt, and the replies tried for it."""

    prompt: EncodedPrompt
    tries: int = 0
    rejected_tokens: int = 0
    reply: Generation | None = None
    verdict: Verdict | None = None


def derive_seed(*entropy: int) -> int:
    """Return an environment seed derived from integers alone."""
    return int(np.random.SeedSequence(list(entropy)).generate_state(1)[0])


def draw_tasks(num_tasks: int, count: int, *entropy: int) -> tuple[int, ...]:
    """Draw `count` task indexes, without repetition while there are enough tasks."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([TASK_STREAM, *entropy])))
    return tuple(int(i) for i in rng.choice(num_tasks, count, replace=count > num_tasks))


def collect(
    envs: GroupedEnvs, generator: Generator, prompting: Prompting, plan: Plan
) -> list[Group]:
    """Play every task of the plan with every member of its group.

    Args:
        envs: as many groups as the plan has tasks; reset here.
        generator: replies to prompts.
        prompting: makes prompts and reads replies.
        plan: what to play and how.

    Returns:
        One `Group` per task, in order. Every episode has at least one turn, and only live episodes
        generate: the number of turns equals the sum of the episode lengths.
    """
    episodes = _start(envs, prompting, plan)
    while any(episode.live for episode in episodes):
        live = [number for number, episode in enumerate(episodes) if episode.live]
        candidates = {n: _Candidate(prompt=_prompt(episodes[n], prompting)) for n in live}
        _sample_turns(candidates, episodes, generator, plan)
        parsed = {n: prompting.parser(_reply(c).text) for n, c in candidates.items()}
        results = envs.step({n: parsed[n].action for n in live})
        for n in live:
            result = results[n]
            assert result is not None
            _advance(
                episodes[n], _turn(episodes[n], candidates[n], result, parsed[n], plan), result
            )
    return list(_groups(envs, episodes, prompting, plan))


def _start(envs: GroupedEnvs, prompting: Prompting, plan: Plan) -> list[_Episode]:
    episodes = []
    signal = plan.decoding.signal
    for number, (observation, info) in enumerate(envs.reset(plan.env_seeds, plan.tasks)):
        monitor = None
        if signal is not None:
            monitor = TurnMonitor(signal=signal, rule=plan.turn_rule, vocab_size=plan.vocab_size)
        episodes.append(
            _Episode(
                group=envs.group_of(number),
                member=number % envs.group_size,
                task=prompting.task(observation),
                observation=observation,
                info=info,
                monitor=monitor,
                first_hash=info["observation_hash"],
            )
        )
    return episodes


def _prompt(episode: _Episode, prompting: Prompting) -> EncodedPrompt:
    return prompting.encode(episode.task, episode.past, episode.observation, episode.info)


def _reply(candidate: _Candidate) -> Generation:
    assert candidate.reply is not None
    return candidate.reply


def _sample_turns(
    candidates: dict[int, _Candidate],
    episodes: Sequence[_Episode],
    generator: Generator,
    plan: Plan,
) -> None:
    """Sample a reply for every candidate; rejected ones are sampled again, together."""
    waiting = sorted(candidates)
    while waiting:
        requests = [_request(episodes[n], candidates[n], plan) for n in waiting]
        again = []
        for n, reply in zip(waiting, generator.generate(requests, plan.decoding), strict=True):
            candidate, monitor = candidates[n], episodes[n].monitor
            candidate.reply = reply
            if monitor is None:
                continue
            entropy, confidence = reply.entropy[reply.sampled], reply.confidence[reply.sampled]
            candidate.verdict = monitor.judge(entropy, confidence)
            if candidate.verdict.resample:
                candidate.tries += 1
                candidate.rejected_tokens += reply.num_tokens
                again.append(n)
            else:
                monitor.accept(entropy, confidence)
        waiting = again


def _request(episode: _Episode, candidate: _Candidate, plan: Plan) -> Request:
    place = (plan.first_group + episode.group, episode.member, len(episode.turns), candidate.tries)
    return Request(
        prompt_ids=candidate.prompt.ids,
        seed=(*plan.stream, *place),
        bounds=episode.monitor.start_range() if episode.monitor else None,
    )


def _turn(
    episode: _Episode, candidate: _Candidate, result: StepResult, parsed: ParsedAction, plan: Plan
) -> Turn:
    verdict, info, reply = candidate.verdict, result.info, _reply(candidate)
    if not math.isfinite(result.reward):
        raise RewardError(
            f"{episode.info['task_id']} paid a reward of {result.reward} at turn "
            f"{len(episode.turns) + 1}, for the action {parsed.action[:80]!r}: nothing can be "
            "learned from that. Rewards must be finite numbers; mend the environment."
        )
    valid = parsed.format_ok and reply.finish is Finish.STOP
    phi = verdict.phi if verdict and verdict.phi is not None else math.nan
    gamma = verdict.gamma if verdict and verdict.gamma is not None else math.nan
    return Turn(
        index=len(episode.turns),
        prompt_ids=candidate.prompt.ids,
        generation=reply,
        observation=episode.observation,
        action=parsed.action,
        reward=result.reward,
        valid=valid and bool(info["action_valid"]),
        accepted=bool(info["action_valid"]),
        anchor=episode.info["state_key"],
        score=float(info["score"]),
        success=bool(info["success"]),
        progress=float(info.get("progress", 0.0)),
        observation_hash=info["observation_hash"],
        terminated=result.terminated,
        truncated=result.truncated,
        dropped_history=candidate.prompt.dropped,
        phi=phi,
        gamma=gamma,
        void=verdict is not None and verdict.void,
        cost=TurnCost(rejected=candidate.tries, rejected_tokens=candidate.rejected_tokens),
    )


def _advance(episode: _Episode, turn: Turn, result: StepResult) -> None:
    past = PastTurn(
        number=len(episode.past) + 1, observation=episode.observation, action=turn.action
    )
    episode.turns.append(turn)
    episode.past.append(past)
    episode.observation, episode.info = result.observation, result.info
    episode.live = not (result.terminated or result.truncated)


def _next_prompt(episode: _Episode, prompting: Prompting) -> IntArray | None:
    """The prompt of the turn that a truncated episode did not get; None where it terminated."""
    return None if episode.turns[-1].terminated else _prompt(episode, prompting).ids


def _groups(
    envs: GroupedEnvs, episodes: Sequence[_Episode], prompting: Prompting, plan: Plan
) -> Iterator[Group]:
    for index in range(envs.num_tasks):
        members = [e for e in episodes if e.group == index]
        task_id = members[0].info["task_id"]
        yield Group(
            index=index,
            task_id=task_id,
            trajectories=tuple(
                Trajectory(
                    task_id=task_id,
                    member=e.member,
                    turns=tuple(e.turns),
                    score=float(e.info["score"]),
                    success=bool(e.info["success"]),
                    progress=float(e.info.get("progress", 0.0)),
                    env_seed=plan.env_seeds[index],
                    first_hash=e.first_hash,
                    next_prompt_ids=_next_prompt(e, prompting),
                )
                for e in members
            ),
        )
