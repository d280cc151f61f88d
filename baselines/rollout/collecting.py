"""The two loops of a rollout: turn by turn in one batch, or every episode at its own pace."""

from __future__ import annotations

from collections.abc import Sequence

from t2po_gym.core.many.vector import GroupedEnvs

from ..sampling.prompting import Prompting
from ..sampling.protocol import Generator, StreamingGenerator
from ..trajectory import Group
from .episodes import (
    Candidate,
    Episode,
    finished_groups,
    new_candidate,
    play,
    request_of,
    settle,
    start,
)
from .plan import Plan

__all__ = ["collect"]


def collect(
    envs: GroupedEnvs, generator: Generator, prompting: Prompting, plan: Plan
) -> list[Group]:
    """Play every task of the plan with every member of its group.

    A generator that takes requests one by one (`StreamingGenerator`) never makes an episode wait
    for another one; the groups are the same.

    Args:
        envs: as many groups as the plan has tasks; reset here.
        generator: replies to prompts.
        prompting: makes prompts and reads replies.
        plan: what to play and how.

    Returns:
        One `Group` per task, in order. Every episode has at least one turn, and only live episodes
        generate: the number of turns equals the sum of the episode lengths.
    """
    episodes = start(envs, prompting, plan)
    if isinstance(generator, StreamingGenerator):
        _stream(episodes, envs, generator, prompting, plan)
    else:
        _turn_by_turn(episodes, envs, generator, prompting, plan)
    return list(finished_groups(envs, episodes, prompting, plan))


def _turn_by_turn(
    episodes: Sequence[Episode],
    envs: GroupedEnvs,
    generator: Generator,
    prompting: Prompting,
    plan: Plan,
) -> None:
    """Play all live episodes' next turns together until none is left."""
    while any(episode.live for episode in episodes):
        live = [number for number, episode in enumerate(episodes) if episode.live]
        candidates = {n: new_candidate(episodes[n], prompting) for n in live}
        _sample_turns(candidates, episodes, generator, plan)
        play(candidates, episodes, envs, prompting, plan)


def _sample_turns(
    candidates: dict[int, Candidate],
    episodes: Sequence[Episode],
    generator: Generator,
    plan: Plan,
) -> None:
    """Sample a reply for every candidate; rejected ones are sampled again, together."""
    waiting = sorted(candidates)
    while waiting:
        requests = [request_of(episodes[n], candidates[n], plan) for n in waiting]
        replies = generator.generate(requests, plan.decoding)
        waiting = [
            n
            for n, reply in zip(waiting, replies, strict=True)
            if not settle(candidates[n], episodes[n], reply)
        ]


def _stream(
    episodes: Sequence[Episode],
    envs: GroupedEnvs,
    generator: StreamingGenerator,
    prompting: Prompting,
    plan: Plan,
) -> None:
    """Step an episode as soon as its reply is there; rejected turns go back at once."""

    def ask(number: int) -> None:
        request = request_of(episodes[number], open_turns[number], plan)
        generator.submit(number, request, plan.decoding)

    open_turns = {n: new_candidate(episode, prompting) for n, episode in enumerate(episodes)}
    for number in open_turns:
        ask(number)
    while open_turns:
        for number, reply in generator.ready():
            if settle(open_turns[number], episodes[number], reply):
                turn = {number: open_turns.pop(number)}
                play(turn, episodes, envs, prompting, plan)
                if not episodes[number].live:
                    continue
                open_turns[number] = new_candidate(episodes[number], prompting)
            ask(number)
