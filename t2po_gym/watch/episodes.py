"""A recorded episode as it is shown, wherever it was read from.

`Episode` -> `Turn` -> `Reply` (the one that was played, those that were thrown away) -> `Token`.
What a source does not know is None or empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from t2po_gym.core.agent.actions import parse_tagged

__all__ = ["LEVELS", "Episode", "Head", "Reply", "State", "Token", "Turn", "levels_of"]

LEVELS = 10
"""Shades of uncertainty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One token of a reply.

    Example: `Token(text=" red", level=4, measure=0.41, entropy=1.2, confidence=6.3)`
    """

    text: str
    """What it adds to the reply; empty within a character and at the end of the sequence."""
    forced: bool = False
    """Whether TTI wrote it."""
    given: bool = False
    """Whether the prompt wrote it."""
    level: int | None = None
    """Shade of its uncertainty, 0 (sure) to `LEVELS` - 1; None where nothing was measured."""
    measure: float | None = None
    """M, the uncertainty as it was measured."""
    entropy: float | None = None
    """H in nats."""
    confidence: float | None = None
    """C in nats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a policy wrote in one try.

    Example: `Reply(text="<think>Up.</think><action>go[attic]</action>", phi=0.4, gamma=0.02)`
    """

    text: str
    """All of it."""
    tokens: tuple[Token, ...] = ()
    """Joined they are the text; empty where they are not known."""
    count: int | None = None
    """Number of tokens."""
    think_tokens: int | None = None
    """Of them, those that the policy thought."""
    closed: str = ""
    """Who closed the thought: `policy`, `forced`, `open` for nobody; empty where unknown."""
    reason: str = ""
    """Why TTI closed it: `window` (settled), `peak`, `length`; empty if it did not."""
    cut: bool = False
    """Whether it ran out of tokens."""
    phi: float | None = None
    """Phi, the uncertainty of the whole try."""
    gamma: float | None = None
    """How far Phi moved since the turn before: what TDS judges by."""

    @property
    def thought(self) -> str | None:
        """The thought alone; None if it was not closed."""
        return parse_tagged(self.text).think


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What there was to see at one moment of an episode.

    Example: `State(observation="You are in a hall.", admissible=("go[attic]",), progress=0.0,
    milestones={"key_taken": False})`
    """

    observation: str
    """What the agent sees."""
    admissible: tuple[str, ...]
    """What it may do."""
    progress: float | None
    """In [0, 1]; None where the environment does not measure it."""
    milestones: Mapping[str, bool]
    """Which of them are reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One action.

    Example: `Turn(before=state, after=state, action="look", action_valid=True, reward=0.0,
    score=0.0)`
    """

    before: State
    """What the agent saw."""
    after: State
    """What came of it."""
    action: str
    """What was done."""
    action_valid: bool
    """Whether the environment accepted it."""
    reward: float
    """Of this step."""
    score: float
    """The benchmark's metric after the step."""
    format_ok: bool | None = None
    """Whether the reply had the required format."""
    reply: Reply | None = None
    """What the policy wrote."""
    rejected: tuple[Reply, ...] = ()
    """Tries that TDS threw away before."""
    rejected_tokens: int | None = None
    """Their tokens."""
    prompt_tokens: int | None = None
    """Tokens that were read."""
    advantage: float | None = None
    """What training made of the turn."""
    void: bool = False
    """Whether TDS rejected this try too, and it was played for want of more."""

    @property
    def progress_delta(self) -> float | None:
        """By how much progress rose."""
        if self.before.progress is None or self.after.progress is None:
            return None
        return self.after.progress - self.before.progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a list shows of an episode.

    Example: `Head(source="train-000003", task_id="toykeys:train:0003", copy="member 2", turns=5,
    score=1.0, success=True)`
    """

    source: str
    """Which part of the run it is from: step, track, or file."""
    task_id: str
    """The task that was played."""
    turns: int
    """How many."""
    score: float
    """The benchmark's metric at the end."""
    success: bool
    """Whether the task was solved."""
    task_type: str = ""
    """Kind of task; empty where unknown."""
    copy: str = ""
    """Which of several episodes of the task; empty if there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One episode, whole.

    Example: `Episode(head=head, env_id="t2po/ToyKeys-v0", seed=7, turns=(turn,), first=state,
    terminated=True, truncated=False)`
    """

    head: Head
    """Its line in the list."""
    env_id: str
    """Registered id."""
    seed: int
    """Seed of the reset."""
    first: State
    """After the reset."""
    turns: tuple[Turn, ...]
    """In order."""
    terminated: bool
    """Whether the world ended."""
    truncated: bool
    """Whether the turn limit ended it."""
    epsilon: float | None = None
    """Below this window mean TTI closed thoughts; None if it did not."""
    eta: float | None = None
    """Below this Gamma TDS threw tries away; None if it did not."""
    signal: Mapping[str, object] = field(default_factory=dict)
    """How uncertainty was measured; empty where it was not."""


def levels_of(measures: Sequence[float | None], released: bool = False) -> list[int | None]:
    """Return a shade for each token.

    Args:
        measures: M of each token; None where nothing was measured.
        released: whether they are scores of the authors' released code, which rise with certainty
            and have no fixed range: they are spread over their own.
    """
    known = [value for value in measures if value is not None]
    low, high = (max(known), min(known)) if released and known else (0.0, 1.0)
    span = (high - low) or 1.0
    return [
        None if value is None else min(LEVELS - 1, max(0, int((value - low) / span * LEVELS)))
        for value in measures
    ]
