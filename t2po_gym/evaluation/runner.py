"""Plays the missing episodes of a run, several at once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from queue import Empty, Queue
from typing import Any

import gymnasium as gym

import t2po_gym
from t2po_gym.core.env import TextEnv
from t2po_gym.evaluation.journal import Journal
from t2po_gym.evaluation.player import builder_of, episode, play_episode
from t2po_gym.evaluation.policies import BatchPolicy, Policy, Reply, Seen
from t2po_gym.evaluation.records import EpisodeRecord, Plan, PromptSettings

__all__ = ["make_env", "make_plan", "panel", "run_plan"]


def make_env(env_id: str, kwargs: Mapping[str, Any]) -> TextEnv:
    """Make a bare environment.

    Raises:
        ValueError: If the id is unknown, an argument is refused, or it is no text environment.
    """
    try:
        env = gym.make(env_id, **kwargs).unwrapped
    except (gym.error.Error, TypeError) as error:
        known = ", ".join(t2po_gym.ENV_IDS)
        raise ValueError(f"cannot make {env_id!r}: {error} (ids: {known})") from error
    if not isinstance(env, TextEnv):
        raise ValueError(f"{env_id!r} is no text environment (ids: {', '.join(t2po_gym.ENV_IDS)})")
    return env


def panel(total: int, count: int) -> list[int]:
    """Return `count` evenly spaced tasks of a split of `total`, all of them for 0."""
    count = min(count or total, total)
    return [place * total // count for place in range(count)]


def make_plan(
    env_id: str,
    env_kwargs: Mapping[str, Any],
    policy: Policy | BatchPolicy,
    *,
    tasks: int = 0,
    trials: int = 1,
    seed: int = 0,
    prompt: PromptSettings | None = None,
) -> Plan:
    """Return the plan of an evaluation on an evenly spaced panel.

    Args:
        env_id: registered id.
        env_kwargs: arguments of the environment, the split among them; plain JSON.
        policy: who plays.
        tasks: panel size; 0 for the whole split.
        trials: episodes per task.
        seed: decides the seeds of all episodes.
        prompt: the scaffold; the default one if None.

    Raises:
        ValueError: If the environment cannot be made, or its arguments cannot be written as JSON.
    """
    try:
        kwargs = json.loads(json.dumps(dict(env_kwargs)))
    except (TypeError, ValueError) as error:
        raise ValueError(f"The environment's arguments must be plain JSON: {error}.") from error
    env = make_env(env_id, kwargs)
    ids = [env.task_id(place) for place in panel(env.num_tasks(), tasks)]
    env.close()
    return Plan(
        env_id=env_id,
        env_kwargs=kwargs,
        task_ids=tuple(ids),
        trials=trials,
        seed=seed,
        prompt=prompt or PromptSettings(),
        policy=policy.describe(),
        version=t2po_gym.__version__,
    )


def run_plan(
    journal: Journal,
    policy: Policy | BatchPolicy,
    *,
    concurrency: int = 1,
    on_episode: Callable[[EpisodeRecord], None] = lambda episode: None,
) -> None:
    """Play what a run misses.

    Args:
        journal: the run.
        policy: who plays.
        concurrency: episodes at once, each with an environment of its own.
        on_episode: told of every episode, from any thread.

    Raises:
        ValueError: If another process plays this run.
        Exception: What the policy raised; finished episodes are kept.
    """

    def ended(episode: EpisodeRecord) -> None:
        journal.add(episode)
        on_episode(episode)

    with journal.alone():
        if isinstance(policy, BatchPolicy):
            _in_step(journal, policy, concurrency, ended)
        else:
            _in_lanes(journal, policy, concurrency, ended)
    journal.close()


def _in_lanes(
    journal: Journal, policy: Policy, concurrency: int, ended: Callable[[EpisodeRecord], None]
) -> None:
    """Play each episode in a thread of its own, `concurrency` of them at once."""
    plan, prompts = journal.plan, builder_of(journal.plan.prompt)
    waiting: Queue[tuple[str, int]] = Queue()
    for key in journal.missing:
        waiting.put(key)
    stopped = threading.Event()

    def lane() -> None:
        env = make_env(plan.env_id, plan.env_kwargs)
        try:
            while not stopped.is_set():
                try:
                    task_id, trial = waiting.get_nowait()
                except Empty:
                    return
                ended(play_episode(env, policy, plan, prompts, task_id, trial))
        finally:
            env.close()

    with ThreadPoolExecutor(concurrency) as pool:
        lanes = [pool.submit(lane) for _ in range(min(concurrency, waiting.qsize()))]
        try:
            wait(lanes, return_when=FIRST_EXCEPTION)
        finally:
            stopped.set()  # after a failure or Ctrl-C the other lanes end with their episode
        for one in lanes:
            one.result()


def _in_step(
    journal: Journal, policy: BatchPolicy, concurrency: int, ended: Callable[[EpisodeRecord], None]
) -> None:
    """Play `concurrency` episodes turn by turn, one call of the policy per turn of all."""
    plan, prompts = journal.plan, builder_of(journal.plan.prompt)
    waiting = iter(journal.missing)
    free = [make_env(plan.env_id, plan.env_kwargs) for _ in journal.missing[:concurrency]]
    live: list[tuple[TextEnv, Generator[Seen, Reply, EpisodeRecord], Seen]] = []
    while True:
        while free:
            key = next(waiting, None)
            if key is None:
                break
            env = free.pop()
            playing = episode(env, plan, prompts, *key)
            live.append((env, playing, next(playing)))
        if not live:
            break
        replies = policy.replies([seen for _, _, seen in live])
        going = []
        for (env, playing, _), reply in zip(live, replies, strict=True):
            try:
                going.append((env, playing, playing.send(reply)))
            except StopIteration as end:
                ended(end.value)
                free.append(env)
        live = going
    for env in free:
        env.close()
