"""Episodes that every adapter must reproduce: what `gym.make` gives for the same actions.

``expected_episodes`` plays scripted and random episodes on the bare environment and returns what
it saw. An adapter's test plays the same tasks, seeds and actions through the other framework and
compares observation by observation, reward by reward and hash by hash.

``T2PO_GYM_ADAPTER_EPISODES`` sets how many of each kind are played (`make test-adapters` sets it).
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple

import gymnasium as gym
from hostile import SHORT_HOSTILE, random_text

from t2po_gym import ENV_IDS, TextEnv, parse_tagged
from t2po_gym.evaluation import policies
from t2po_gym.evaluation.experts import ExpertPolicy
from t2po_gym.evaluation.policies import Policy, RandomAdmissible

EPISODES = int(os.environ.get("T2PO_GYM_ADAPTER_EPISODES", "3"))
"""Episodes of each kind per environment."""
FAMILIES = ("t2po/ToyKeys-v0", "t2po/WebShop-v0", "t2po/ALFWorld-v0", "t2po/SearchQA-v0")
"""One id of each environment, for the many episodes; `ENV_IDS` has the levels too."""
ALL_IDS = ENV_IDS
ODD_ACTIONS = 0.1
"""Share of a random episode's actions that are no actions at all."""

Kind = Literal["scripted", "random"]
KINDS: tuple[Kind, ...] = ("scripted", "random")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One episode on the bare environment; the lists of pages have one entry more than actions."""

    env_id: str
    split: str
    seed: int
    task_index: int | None  # None: the seed draws the task
    task_id: str
    task: str
    actions: tuple[str, ...]
    observations: tuple[str, ...]
    hashes: tuple[str, ...]
    progress: tuple[float, ...]
    admissible: tuple[tuple[str, ...], ...]
    rewards: tuple[float, ...]
    terminated: bool
    truncated: bool
    score: float
    success: bool

    @property
    def options(self) -> dict[str, Any] | None:
        """The reset options that choose the task."""
        return None if self.task_index is None else {"task_index": self.task_index}


class Seen(NamedTuple):
    """A page as it came out of an adapter."""

    observation: str
    reward: float | None  # None after a reset
    terminated: bool
    truncated: bool
    observation_hash: str


def assert_same(expected: Expected, seen: Sequence[Seen]) -> None:
    """Compare an episode through an adapter with the bare environment's, page by page.

    Args:
        expected: The episode.
        seen: The pages after the reset and after each of `expected.actions`.
    """
    name = f"{expected.env_id}, task {expected.task_id}, seed {expected.seed}"
    assert [page.observation for page in seen] == list(expected.observations), name
    assert [page.observation_hash for page in seen] == list(expected.hashes), name
    assert [page.reward for page in seen] == [None, *expected.rewards], name
    ends = [(page.terminated, page.truncated) for page in seen]
    running = [(False, False)] * len(expected.actions)
    assert ends == [*running, (expected.terminated, expected.truncated)], name


@cache
def expected_episodes(
    env_id: str, kind: Kind, count: int = EPISODES, split: str = "test"
) -> tuple[Expected, ...]:
    """Play episodes on the bare environment, the same ones every time.

    Args:
        env_id: Registered id.
        kind: ``scripted``: an expert plays tasks spread over the split. ``random``: tasks drawn by
            the seed, random admissible actions and now and then a text that is none.
        count: Number of episodes.
        split: Split of the tasks.
    """
    env = gym.make(env_id, split=split).unwrapped
    assert isinstance(env, TextEnv)
    policy: Policy = ExpertPolicy() if kind == "scripted" else RandomAdmissible()
    played = []
    for number in range(count):
        index = number * env.num_tasks() // count if kind == "scripted" else None
        seed = 1_000 + number
        odd = _odd_actions(seed) if kind == "random" else lambda: None
        played.append(_play(env, policy, env_id, seed, index, odd))
    env.close()
    return tuple(played)


def _odd_actions(seed: int) -> Callable[[], str | None]:
    rng = random.Random(seed)

    def odd() -> str | None:
        if rng.random() >= ODD_ACTIONS:
            return None
        text = rng.choice((random_text(rng), rng.choice(SHORT_HOSTILE)))
        # Half characters are no Unicode: JSON parsers of the frameworks refuse them.
        return text.encode("utf-8", "replace").decode()

    return odd


def _play(
    env: TextEnv,
    policy: Policy,
    env_id: str,
    seed: int,
    index: int | None,
    odd: Callable[[], str | None],
) -> Expected:
    options = None if index is None else {"task_index": index}
    observation, info = env.reset(seed=seed, options=options)
    agent = policy.start(env, seed)
    pages, actions, rewards = [(observation, info)], [], []
    terminated = truncated = False
    while not (terminated or truncated):
        reply = agent.reply(policies.Seen(prompt="", observation=observation, info=info)).text
        action = odd() or parse_tagged(reply).action
        observation, reward, terminated, truncated, info = env.step(action)
        actions.append(action)
        rewards.append(reward)
        pages.append((observation, info))
    return Expected(
        env_id=env_id,
        split=env.split,
        seed=seed,
        task_index=index,
        task_id=info["task_id"],
        task=info["task"],
        actions=tuple(actions),
        observations=tuple(page for page, _ in pages),
        hashes=tuple(info["observation_hash"] for _, info in pages),
        progress=tuple(info["progress"] for _, info in pages),
        admissible=tuple(info["admissible_actions"] for _, info in pages),
        rewards=tuple(rewards),
        terminated=terminated,
        truncated=truncated,
        score=info["score"],
        success=info["success"],
    )
