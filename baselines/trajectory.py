"""The data that flows through a training run, innermost first.

`Generation` (one reply of the policy) -> `Turn` (one accepted reply and what the environment said)
-> `Trajectory` (one episode) -> `Group` (several episodes of one task from one first state).
Token ids are the truth: `text` is decoded from them once, for the environment, and never encoded
back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

__all__ = [
    "BoolArray",
    "Finish",
    "FloatArray",
    "Generation",
    "Group",
    "IntArray",
    "RejectedTry",
    "Trajectory",
    "Turn",
    "TurnCost",
]


class Finish(str, Enum):
    """Why a reply ended."""

    STOP = "stop"
    """The closing action tag (or the end-of-sequence token) was sampled."""
    LENGTH = "length"
    """The token budget ran out first; the reply is cut and counts as an invalid action."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Generation:
    """One reply, token by token, with what the sampler knew when it chose each token.

    Example: the policy thought two tokens, the intervention closed the thought (three forced
    tokens), the policy wrote one action token and the closing tag::

        token_ids  = [311, 87,  6, 201, 7,  412,  8]   # ..., </think>, newline, <action>, ...
        sampled    = [ 1,   1,  0,  0,  0,   1,   1]
        log_probs  = [-.9, -2., 0., 0., 0., -.1, -.0]  # 0 where nothing was sampled
        entropy    = [1.2, 2.4, -, -, -, .4, .1]       # of the raw distribution; 0 when forced
        think_tokens = 2; think_closed = "forced"; stop_reason = "window"
    """

    token_ids: IntArray
    """Reply tokens, the stopping token included. `[T]`"""
    sampled: BoolArray
    """True where the policy drew the token, False where the intervention forced it. `[T]`"""
    log_probs: FloatArray
    """Log-probability of each token under the sampling distribution; 0 where forced. `[T]`"""
    entropy: FloatArray
    """Entropy H of the raw distribution in nats; 0 where forced. `[T]`"""
    confidence: FloatArray
    """Confidence C: minus the mean log-probability of the top j tokens; 0 if forced. `[T]`"""
    text: str
    """The reply decoded from `token_ids`, preceded by the prompt's reply prefix if there is one."""
    finish: Finish
    """Why the reply ended."""
    think_tokens: int = 0
    """Sampled tokens inside the thought, its closing tag included."""
    think_closed: str = "open"
    """Who closed the thought: "policy", "forced", or "open" if nobody did."""
    stop_reason: str = "none"
    """Why the thought was closed by force: "window" (settled), "length", or "none"."""
    lowest_window_mean: float | None = None
    """Smallest window mean of |M_t - M_{t-1}| in the thought; epsilon is calibrated from it."""

    @property
    def num_tokens(self) -> int:
        """Length of the reply, forced tokens included."""
        return len(self.token_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnCost:
    """What one turn cost beyond the accepted reply.

    Example: two candidates of 30 and 25 tokens were thrown away before the third was played::

        TurnCost(rejected=2, rejected_tokens=55)
    """

    rejected: int = 0
    """Candidates sampled and thrown away by the turn rule (TDS)."""
    rejected_tokens: int = 0
    """Their tokens: paid for, never trained on, never seen again."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RejectedTry:
    """A candidate that the turn rule (TDS) threw away.

    Example: `RejectedTry(generation=Generation(...), phi=0.41, gamma=0.003)`
    """

    generation: Generation
    """The reply that was not played."""
    phi: float
    """Its Phi, under the range it was judged by."""
    gamma: float
    """|Phi - Phi of the previous turn|: below eta."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Turn:
    """One accepted reply and the environment's answer to it.

    Example: a search that led to a results page::

        Turn(index=0, prompt_ids=[...], generation=Generation(...), observation="You are ...",
             action="search[red shoes]", reward=0.0, valid=True, accepted=True, anchor="9c1f..",
             progress=0.1, terminated=False, truncated=False, cost=TurnCost())
    """

    index: int
    """Position of the turn in its episode, from 0."""
    prompt_ids: IntArray
    """Tokens the reply was conditioned on. `[P]`"""
    generation: Generation
    """The reply that was played."""
    observation: str
    """What the environment showed before the turn."""
    action: str
    """The bare action handed to the environment."""
    reward: float
    """The environment's own reward for it."""
    valid: bool
    """Whether the reply was complete, had the right format, and the environment accepted it."""
    accepted: bool
    """Whether the environment accepted the action."""
    anchor: str
    """`state_key` before the turn: GiGPO compares turns that share it."""
    score: float = 0.0
    """The benchmark's metric after the turn."""
    success: bool = False
    """Whether the task was solved by this turn."""
    progress: float = 0.0
    """Progress after the turn, in [0, 1]."""
    observation_hash: str = ""
    """The environment's hash chain after the turn."""
    terminated: bool = False
    """Whether the episode reached an end of its own."""
    truncated: bool = False
    """Whether it ran out of turns."""
    dropped_history: int = 0
    """Oldest turns left out of the prompt because it would have been too long."""
    phi: float = float("nan")
    """Phi, the turn's geometric mean uncertainty, under the range the turn rule used."""
    gamma: float = float("nan")
    """|Phi - Phi of the previous turn|; nan at the first turn."""
    void: bool = False
    """Played although the turn rule rejected it, because the tries had run out."""
    cost: TurnCost = TurnCost()
    """What was sampled and thrown away on the way."""
    tries: tuple[RejectedTry, ...] = ()
    """The same, whole; of the first `Plan.detailed` episodes of a rollout only."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trajectory:
    """One episode.

    Example: two turns, the second one bought the right thing::

        Trajectory(task_id="webshop:fixed:ab12:000007", member=3, turns=(t0, t1),
                   score=1.0, success=True, progress=1.0)
    """

    task_id: str
    """Which task was played."""
    member: int
    """Position in its group, from 0."""
    turns: tuple[Turn, ...]
    """Turns in time order; never empty."""
    score: float
    """The benchmark's own metric at the end."""
    success: bool
    """Whether the task was solved."""
    progress: float
    """Progress at the end."""
    env_seed: int = 0
    """Seed the environment was reset with."""
    first_hash: str = ""
    """The environment's hash chain at reset."""
    next_prompt_ids: IntArray | None = None
    """What the policy would have read next, where the episode was truncated: the state that a
    critic bootstraps from. None where it terminated. `[P]`"""

    @property
    def reward(self) -> float:
        """Undiscounted sum of the environment's rewards."""
        return float(sum(turn.reward for turn in self.turns))

    @property
    def tokens(self) -> int:
        """All tokens generated for the episode, rejected candidates included."""
        return sum(t.generation.num_tokens + t.cost.rejected_tokens for t in self.turns)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """Several episodes of one task, all from the same first state, under different samples.

    Example: `Group(index=0, task_id="...:000007", trajectories=(a, b, c, d))` with four members.
    """

    index: int
    """Position of the task in its batch, from 0."""
    task_id: str
    """The task all members played."""
    trajectories: tuple[Trajectory, ...]
    """The members in order."""
