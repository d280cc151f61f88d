"""Plays recorded episodes again and compares everything that was recorded.

A replay proves that the recorded replies earn the recorded score in this environment. It does not
prove who wrote them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from t2po_gym.core.agent.actions import ActionParser
from t2po_gym.core.agent.prompts import PromptBuilder
from t2po_gym.core.env import TextEnv
from t2po_gym.evaluation.environment import make_recorded_env
from t2po_gym.evaluation.journal import PLAN, read_episodes, read_plan
from t2po_gym.evaluation.parsers import parser_of
from t2po_gym.evaluation.player import PromptChain, episode_seed, outcome, remembered
from t2po_gym.evaluation.records import EpisodeRecord
from t2po_gym.evaluation.templates import ours_or_none

__all__ = ["Mismatch", "replay_episode", "replay_run"]


class Mismatch(ValueError):  # noqa: N818 - it names a finding, not a malfunction
    """A record that does not replay: where, what, recorded and found.

    Args:
        episode: the record.
        turn: turn from 1; 0 is the reset or the episode as a whole.
        name: what differs.
        recorded: its value in the record.
        found: its value in the replay.
    """

    def __init__(
        self, episode: EpisodeRecord, turn: int, name: str, recorded: Any, found: Any
    ) -> None:
        self.key, self.turn, self.name = episode.key, turn, name
        super().__init__(
            f"task {episode.task_id!r}, trial {episode.trial}, turn {turn}: {name} was recorded as "
            f"{str(recorded)[:80]!r} but replays as {str(found)[:80]!r}"
        )


def replay_episode(
    env: TextEnv,
    seed: int,
    parse: ActionParser,
    prompts: PromptBuilder | None,
    episode: EpisodeRecord,
    told: Callable[[str, Mapping[str, Any]], None] = lambda observation, info: None,
) -> tuple[str, ...]:
    """Play an episode again from its raw replies.

    Args:
        env: a bare environment.
        seed: of the run.
        parse: reads actions from replies.
        prompts: the scaffold; None leaves the prompts' hash alone, where it is not ours to build.
        episode: what was recorded.
        told: hears of every observation and info, from the reset on.

    Returns:
        The observations: the first one, and one per turn.

    Raises:
        Mismatch: At the first difference.
    """

    def same(turn: int, name: str, recorded: Any, found: Any) -> None:
        if recorded != found:
            raise Mismatch(episode, turn, name, recorded, found)

    own_seed = episode_seed(seed, episode.task_id, episode.trial)
    same(0, "seed", episode.seed, own_seed)
    observation, info = env.reset(seed=own_seed, options={"task_id": episode.task_id})
    same(0, "task_type", episode.task_type, info["task_type"])
    same(0, "first_hash", episode.first_hash, info["observation_hash"])
    told(observation, info)
    seen = [observation]
    chain = PromptChain(prompts, observation) if prompts else None
    terminated = truncated = False
    for number, turn in enumerate(episode.turns, start=1):
        if terminated or truncated:
            same(number, "the number of turns", len(episode.turns), number - 1)
        parsed = parse(turn.reply)
        if chain:
            chain.ask(observation, info)
            chain.history.append(observation, remembered(parsed.action))
        observation, reward, terminated, truncated, info = env.step(parsed.action)
        for name, found in outcome(parsed, float(reward), info).items():
            same(number, name, getattr(turn, name), found)
        told(observation, info)
        seen.append(observation)
    last = len(episode.turns)
    if not (terminated or truncated):
        raise Mismatch(episode, last, "the number of turns", last, "an episode that goes on")
    same(last, "terminated", episode.terminated, terminated)
    same(last, "truncated", episode.truncated, truncated)
    same(last, "score", episode.score, float(info["score"]))
    same(last, "success", episode.success, bool(info["success"]))
    if chain:
        same(last, "prompts_hash", episode.prompts_hash, chain.hash())
    return tuple(seen)


def replay_run(folder: Path) -> Iterator[EpisodeRecord]:
    """Replay a run's folder, yielding each episode that holds.

    Raises:
        ValueError: If a file is damaged, or an episode does not replay, stands twice or is not of
            the plan; the message names the file, the task and the turn.
    """
    plan = read_plan(folder)
    env = make_recorded_env(plan.env_id, plan.env_kwargs)
    if env.fingerprint != plan.fingerprint:
        raise ValueError(
            f"{folder / PLAN}: the run was played with other data or rules: fingerprint "
            f"{plan.fingerprint[:16]}, here {env.fingerprint[:16]}."
        )
    prompts, parse = ours_or_none(plan.prompt), parser_of(plan.prompt.parser)
    tasks, seen = set(plan.task_ids), set()
    try:
        for number, episode in enumerate(read_episodes(folder), start=1):
            place = f"{folder / 'episodes.jsonl'}, line {number}"
            known = episode.task_id in tasks and episode.trial < plan.trials
            if not known or episode.key in seen:
                raise ValueError(
                    f"{place}: task {episode.task_id!r}, trial {episode.trial}, stands here twice "
                    "or is not of the plan."
                )
            seen.add(episode.key)
            try:
                replay_episode(env, plan.seed, parse, prompts, episode)
            except Mismatch as error:
                raise ValueError(f"{place}: {error}.") from error
            yield episode
    finally:
        env.close()
