"""Plays one episode of a plan and records it."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from hashlib import sha256
from math import isfinite
from numbers import Integral, Real
from typing import Any

from t2po_gym.core.agent.actions import ParsedAction
from t2po_gym.core.agent.history import HistoryWindow
from t2po_gym.core.agent.prompts import PromptBuilder
from t2po_gym.core.env import TextEnv
from t2po_gym.evaluation.parsers import parser_of
from t2po_gym.evaluation.policies import PUBLIC_INFO, Policy, Reply, Seen
from t2po_gym.evaluation.records import (
    LONGEST_TEXT,
    EpisodeRecord,
    Plan,
    TurnRecord,
)

__all__ = [
    "LONGEST_ACTION",
    "PromptChain",
    "episode",
    "episode_seed",
    "outcome",
    "play_episode",
    "remembered",
    "writable",
]


LONGEST_ACTION = 4_096
"""Most characters of an action in the history of a prompt."""


def episode_seed(seed: int, task_id: str, trial: int) -> int:
    """Return the seed of an episode: it depends on run seed, task and trial alone."""
    digest = sha256(f"{seed}/{task_id}/{trial}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "big") >> 1


class PromptChain:
    """The prompts of one episode, and their hash.

    Args:
        prompts: the scaffold.
        first: the first observation.
    """

    def __init__(self, prompts: PromptBuilder, first: str) -> None:
        self._prompts, self._task = prompts, prompts.template.task(first)
        self.history = HistoryWindow(prompts.history_length)
        self._digest = sha256()

    def ask(self, observation: str, info: Mapping[str, Any]) -> str:
        """Return the prompt of the next turn."""
        text = self._prompts.build(self._task, self.history.turns, observation, info).text
        data = text.encode("utf-8", "surrogatepass")
        self._digest.update(f"{len(data)}:".encode() + data)
        return text

    def hash(self) -> str:
        """Return the hash of all prompts so far: lengths in bytes, and texts."""
        return self._digest.hexdigest()


def remembered(action: str) -> str:
    """Return an action as later prompts show it: bounded, since all of them would hold it."""
    return action[:LONGEST_ACTION]


def counted(reply: Reply) -> dict[str, Any]:
    """Return what a reply says of its own tokens and uncertainty.

    Raises:
        ValueError: If a count is no whole number of at least 0, or the uncertainty no number.
    """
    found: dict[str, Any] = {}
    for name in ("prompt_tokens", "reply_tokens", "rejected_tokens"):
        value = getattr(reply, name)
        if value is None and name != "rejected_tokens":
            found[name] = None
        elif isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= 0:
            found[name] = int(value)
        else:
            raise ValueError(f"A policy's reply has {name}={value!r}; expected a whole number.")
    level = reply.uncertainty
    if level is not None and not (isinstance(level, Real) and isfinite(level)):
        raise ValueError(f"A policy's reply has uncertainty={level!r}; expected a number.")
    return {**found, "uncertainty": None if level is None else float(level)}


def writable(text: str) -> str:
    """Return a reply as a file can hold it: bounded, and half characters replaced by `?`."""
    return text[:LONGEST_TEXT].encode("utf-8", "replace").decode()


def play_episode(
    env: TextEnv, policy: Policy, plan: Plan, prompts: PromptBuilder, task_id: str, trial: int
) -> EpisodeRecord:
    """Play one episode to its end; the arguments are those of `episode`."""
    playing = episode(env, plan, prompts, task_id, trial)
    seen = next(playing)
    agent = policy.start(env, seen.seed)
    while True:
        try:
            seen = playing.send(agent.reply(seen))
        except StopIteration as end:
            record: EpisodeRecord = end.value
            return record


def episode(
    env: TextEnv, plan: Plan, prompts: PromptBuilder, task_id: str, trial: int
) -> Generator[Seen, Reply, EpisodeRecord]:
    """Play one episode: yields what the agent sees, takes its reply, returns the record.

    Args:
        env: a bare environment as the plan says.
        plan: seed and parser are read.
        prompts: the plan's prompt builder.
        task_id: task of the panel.
        trial: which trial of the task.
    """
    parse = parser_of(plan.prompt.parser)
    seed = episode_seed(plan.seed, task_id, trial)
    first, info = env.reset(seed=seed, options={"task_id": task_id})
    observation, first_hash = first, info["observation_hash"]
    chain = PromptChain(prompts, first)
    turns: list[TurnRecord] = []
    terminated = truncated = False
    while not (terminated or truncated):
        reply = yield Seen(
            prompt=chain.ask(observation, info),
            observation=observation,
            info={key: info[key] for key in PUBLIC_INFO},
            first=first,
            past=tuple(chain.history.turns),
            seed=seed,
        )
        text = writable(reply.text)
        parsed = parse(text)
        chain.history.append(observation, remembered(parsed.action))
        observation, reward, terminated, truncated, info = env.step(parsed.action)
        turns.append(
            TurnRecord(
                **outcome(parsed, float(reward), info),
                **counted(reply),
                reply=text,
            )
        )
    return EpisodeRecord(
        task_id=info["task_id"],
        task_type=info["task_type"],
        trial=trial,
        seed=seed,
        first_hash=first_hash,
        prompts_hash=chain.hash(),
        turns=tuple(turns),
        terminated=terminated,
        truncated=truncated,
        score=float(info["score"]),
        success=bool(info["success"]),
    )


def outcome(parsed: ParsedAction, reward: float, info: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a `TurnRecord` that reading a reply and stepping with it decide."""
    return {
        "action": parsed.action,
        "format_ok": parsed.format_ok,
        "action_valid": bool(info["action_valid"]),
        "reward": reward,
        "score": float(info["score"]),
        "progress": float(info["progress"]),
        "observation_hash": info["observation_hash"],
    }
