"""Plays the missing episodes of a run, several at once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack
from queue import Empty, Queue
from typing import Any

import t2po_gym
from t2po_gym.core.env import TextEnv
from t2po_gym.evaluation.environment import make_env, panel
from t2po_gym.evaluation.journal import Journal
from t2po_gym.evaluation.player import episode, play_episode
from t2po_gym.evaluation.policies import BatchPolicy, Policy, Reply, Seen
from t2po_gym.evaluation.records import MOST_TURNS, EpisodeRecord, Plan, PromptSettings
from t2po_gym.evaluation.templates import builder_of

__all__ = ["make_plan", "run_plan"]


def make_plan(
    env_id: str,
    env_kwargs: Mapping[str, Any],
    policy: Policy | BatchPolicy,
    *,
    tasks: int = 0,
    task_ids: Sequence[str] | None = None,
    trials: int = 1,
    seed: int = 0,
    prompt: PromptSettings | None = None,
    track: str = "",
    base: str = "",
) -> Plan:
    """Return the plan of an evaluation.

    Args:
        env_id: registered id.
        env_kwargs: arguments of the environment, the split among them; plain JSON.
        policy: who plays.
        tasks: size of an evenly spaced panel; 0 for the whole split.
        task_ids: the panel itself, in place of `tasks`.
        trials: episodes per task.
        seed: decides the seeds of all episodes.
        prompt: the scaffold; the default one if None.
        track: name of the leaderboard's track, if it is one.
        base: commit of a fresh track.

    Raises:
        ValueError: If the environment cannot be made, or its arguments cannot be written as JSON.
    """
    try:
        kwargs = json.loads(json.dumps(dict(env_kwargs)))
    except (TypeError, ValueError) as error:
        raise ValueError(f"The environment's arguments must be plain JSON: {error}.") from error
    env = make_env(env_id, kwargs)
    total, fingerprint, longest = env.num_tasks(), env.fingerprint, env.max_turns
    ids = task_ids or [env.task_id(place) for place in panel(total, tasks or total)]
    env.close()
    if longest > MOST_TURNS:
        raise ValueError(
            f"An episode may take at most {MOST_TURNS:,} turns here; set max_turns, as --set "
            "max_turns=15."
        )
    return Plan(
        track=track,
        base=base,
        fingerprint=fingerprint,
        env_id=env_id,
        env_kwargs=kwargs,
        task_ids=tuple(ids),
        trials=trials,
        seed=seed,
        prompt=prompt or PromptSettings(),
        policy=described(policy),
        privileged=policy.privileged,
        version=t2po_gym.__version__,
    )


def described(policy: Policy | BatchPolicy) -> dict[str, Any]:
    """Return what a policy says of itself, as a file keeps it.

    Raises:
        ValueError: If it is no JSON object with a kind and a name.
    """
    try:
        text = json.dumps(policy.describe(), allow_nan=False, ensure_ascii=False)
        text.encode("utf-8")
        found = json.loads(text)
    except (TypeError, ValueError) as error:
        raise ValueError(f"The policy's describe() must be plain JSON: {error}.") from error
    if not isinstance(found, dict) or not all(
        isinstance(found.get(key), str) for key in ("kind", "name")
    ):
        raise ValueError("The policy's describe() must hold texts `kind` and `name`.")
    return found


def run_plan(
    journal: Journal,
    policy: Policy | BatchPolicy,
    *,
    concurrency: int = 1,
    on_episode: Callable[[EpisodeRecord], None] = lambda episode: None,
) -> None:
    """Play what a run misses.

    Args:
        journal: the run, opened by `open_journal`.
        policy: who plays.
        concurrency: episodes at once, each with an environment of its own.
        on_episode: told of every episode, from any thread.

    Raises:
        Exception: What the policy raised; finished episodes are kept.
    """

    def ended(episode: EpisodeRecord) -> None:
        journal.add(episode)
        on_episode(episode)

    if isinstance(policy, BatchPolicy):
        _in_step(journal, policy, concurrency, ended)
    else:
        _in_lanes(journal, policy, concurrency, ended)


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
    missing = journal.missing
    waiting = iter(missing)
    live: list[tuple[TextEnv, Generator[Seen, Reply, EpisodeRecord], Seen]] = []
    with ExitStack() as opened:
        free = [make_env(plan.env_id, plan.env_kwargs) for _ in missing[:concurrency]]
        for env in free:
            opened.callback(env.close)
        while free or live:
            for env, key in zip(free, waiting, strict=False):
                playing = episode(env, plan, prompts, *key)
                live.append((env, playing, next(playing)))
            free = []
            if not live:
                return
            replies = policy.replies([seen for _, _, seen in live])
            asked, live = live, []
            for (env, playing, _), reply in zip(asked, replies, strict=True):
                try:
                    live.append((env, playing, playing.send(reply)))
                except StopIteration as end:
                    ended(end.value)
                    free.append(env)
