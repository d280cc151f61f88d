"""Episodes in progress, whatever the order in which replies come.

Nothing here depends on another episode: a reply's seed names its place, its prompt and the range of
its signal come from its own episode, and the environment is stepped once per turn, with the
accepted reply.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from t2po_gym.core.agent.actions import ParsedAction
from t2po_gym.core.agent.history import PastTurn
from t2po_gym.core.many.vector import GroupedEnvs, StepResult

from ..intervention import TurnMonitor, Verdict
from ..sampling.prompting import EncodedPrompt, Prompting
from ..sampling.protocol import Request
from ..trajectory import (
    Finish,
    Generation,
    Group,
    IntArray,
    RejectedTry,
    Trajectory,
    Turn,
    TurnCost,
)
from .plan import Plan

__all__ = [
    "Candidate",
    "Episode",
    "RewardError",
    "finished_groups",
    "new_candidate",
    "play",
    "request_of",
    "settle",
    "start",
]


class RewardError(ValueError):
    """An environment paid NaN or an infinite reward; names task, turn and value."""


@dataclass(slots=True, kw_only=True)
class Episode:
    """A member's episode in progress."""

    group: int
    member: int
    task: str
    observation: str
    info: dict[str, Any]
    first_hash: str
    monitor: TurnMonitor | None
    detailed: bool = False
    past: list[PastTurn] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    live: bool = True


@dataclass(slots=True, kw_only=True)
class Candidate:
    """A turn while it is sampled: one prompt, and the replies tried for it."""

    prompt: EncodedPrompt
    tries: int = 0
    rejected_tokens: int = 0
    rejected: list[RejectedTry] = field(default_factory=list)
    reply: Generation | None = None
    verdict: Verdict | None = None


def start(envs: GroupedEnvs, prompting: Prompting, plan: Plan) -> list[Episode]:
    """Reset the environments; one episode each, in their order."""
    episodes = []
    signal = plan.decoding.signal
    for number, (observation, info) in enumerate(envs.reset(plan.env_seeds, plan.tasks)):
        monitor = None
        if signal is not None:
            monitor = TurnMonitor(signal=signal, rule=plan.turn_rule, vocab_size=plan.vocab_size)
        episodes.append(
            Episode(
                group=envs.group_of(number),
                member=number % envs.group_size,
                task=prompting.task(observation),
                observation=observation,
                info=info,
                monitor=monitor,
                detailed=plan.first_group * envs.group_size + number < plan.detailed,
                first_hash=info["observation_hash"],
            )
        )
    return episodes


def new_candidate(episode: Episode, prompting: Prompting) -> Candidate:
    """Begin an episode's next turn."""
    return Candidate(prompt=_prompt(episode, prompting))


def _prompt(episode: Episode, prompting: Prompting) -> EncodedPrompt:
    return prompting.encode(episode.task, episode.past, episode.observation, episode.info)


def request_of(episode: Episode, candidate: Candidate, plan: Plan) -> Request:
    """Return what is asked of the generator for a turn, or for its next try."""
    place = (plan.first_group + episode.group, episode.member, len(episode.turns), candidate.tries)
    return Request(
        prompt_ids=candidate.prompt.ids,
        seed=(*plan.stream, *place),
        bounds=episode.monitor.start_range() if episode.monitor else None,
    )


def settle(candidate: Candidate, episode: Episode, reply: Generation) -> bool:
    """Judge a reply (TDS); returns whether it is played, else it has to be sampled again."""
    monitor = episode.monitor
    candidate.reply = reply
    if monitor is None:
        return True
    entropy, confidence = reply.entropy[reply.sampled], reply.confidence[reply.sampled]
    candidate.verdict = monitor.judge(entropy, confidence)
    if candidate.verdict.resample:
        candidate.tries += 1
        candidate.rejected_tokens += reply.num_tokens
        if episode.detailed:
            candidate.rejected.append(_rejected(reply, candidate.verdict))
        return False
    monitor.accept(entropy, confidence)
    return True


def _rejected(reply: Generation, verdict: Verdict) -> RejectedTry:
    phi, gamma = _numbers(verdict)
    return RejectedTry(generation=reply, phi=phi, gamma=gamma)


def _numbers(verdict: Verdict | None) -> tuple[float, float]:
    """Return Phi and Gamma; nan where there is none."""
    if verdict is None:
        return math.nan, math.nan
    phi, gamma = verdict.phi, verdict.gamma
    return math.nan if phi is None else phi, math.nan if gamma is None else gamma


def play(
    turns: dict[int, Candidate],
    episodes: Sequence[Episode],
    envs: GroupedEnvs,
    prompting: Prompting,
    plan: Plan,
) -> None:
    """Step the environments of some episodes, each with its accepted reply."""
    parsed = {n: prompting.parser(_reply(c).text) for n, c in turns.items()}
    results = envs.step({n: action.action for n, action in parsed.items()})
    for n, candidate in turns.items():
        result = results[n]
        assert result is not None
        _advance(episodes[n], _turn(episodes[n], candidate, result, parsed[n], plan), result)


def _reply(candidate: Candidate) -> Generation:
    assert candidate.reply is not None
    return candidate.reply


def _turn(
    episode: Episode, candidate: Candidate, result: StepResult, parsed: ParsedAction, plan: Plan
) -> Turn:
    verdict, info, reply = candidate.verdict, result.info, _reply(candidate)
    if not math.isfinite(result.reward):
        raise RewardError(
            f"{episode.info['task_id']} paid a reward of {result.reward} at turn "
            f"{len(episode.turns) + 1}, for the action {parsed.action[:80]!r}: nothing can be "
            "learned from that. Rewards must be finite numbers; mend the environment."
        )
    valid = parsed.format_ok and reply.finish is Finish.STOP
    phi, gamma = _numbers(verdict)
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
        tries=tuple(candidate.rejected),
    )


def _advance(episode: Episode, turn: Turn, result: StepResult) -> None:
    past = PastTurn(
        number=len(episode.past) + 1, observation=episode.observation, action=turn.action
    )
    episode.turns.append(turn)
    episode.past.append(past)
    episode.observation, episode.info = result.observation, result.info
    episode.live = not (result.terminated or result.truncated)


def _next_prompt(episode: Episode, prompting: Prompting) -> IntArray | None:
    """The prompt of the turn that a truncated episode did not get; None where it terminated."""
    return None if episode.turns[-1].terminated else _prompt(episode, prompting).ids


def finished_groups(
    envs: GroupedEnvs, episodes: Sequence[Episode], prompting: Prompting, plan: Plan
) -> Iterator[Group]:
    """Yield the groups of a rollout whose episodes have all ended."""
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
