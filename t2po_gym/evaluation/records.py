"""What an evaluation writes: its plan, and one record per episode. All values are plain JSON.

A record holds everything a replay needs: the raw replies, the actions that were read from them, and
the hash chain of the observations. It holds no times, so equal runs write equal bytes.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

__all__ = [
    "LONGEST_TEXT",
    "MOST_TURNS",
    "CommitOrNone",
    "Count",
    "EpisodeRecord",
    "Hash",
    "HashOrNone",
    "Plan",
    "PromptSettings",
    "Record",
    "Text",
    "TurnRecord",
    "first_fault",
]

LONGEST_TEXT = 200_000
"""Most characters of any text in a record."""
MOST_TURNS = 1_000
MOST_TRIALS = 1_000

Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
HashOrNone = Annotated[str, Field(pattern="^([0-9a-f]{64})?$")]
CommitOrNone = Annotated[str, Field(pattern="^([0-9a-f]{40})?$")]
Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
Count = Annotated[int, Field(ge=0, le=2**53)]
Tokens = Annotated[int, Field(ge=0, le=10_000_000)]
"""Tokens of one turn."""


class Record(BaseModel):
    """Checked values; unknown fields, NaN and infinity are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    def line(self) -> str:
        """Return the record as one line of JSON."""
        return self.model_dump_json()


def first_fault(error: ValidationError) -> str:
    """Return the first thing that is wrong with a record, and where; bounded, for it is quoted."""
    fault = error.errors(include_url=False, include_input=False)[0]
    place = ascii(".".join(map(str, fault["loc"])))[1:-1][:200]
    return f"{place}: {fault['msg']}" if place else str(fault["msg"])


class TurnRecord(Record):
    """One turn.

    Example: `TurnRecord(reply="<think>Up.</think><action>go[attic]</action>", action="go[attic]",
    format_ok=True, action_valid=True, reward=0.0, score=0.0, progress=0.25,
    observation_hash="9f...")`
    """

    reply: Text
    """What the policy wrote, whole."""
    action: Text
    """What the parser read from it."""
    format_ok: bool
    """Whether the reply had the required format."""
    action_valid: bool
    """Whether the environment accepted the action."""
    reward: float
    """The benchmark's reward of the step."""
    score: float
    """The benchmark's metric after the step."""
    progress: float
    """Progress in [0, 1] after the step."""
    observation_hash: Hash
    """Hash chain up to and including the observation that followed."""
    prompt_tokens: Tokens | None = None
    """Tokens read, as the policy counts them; None where it does not say."""
    reply_tokens: Tokens | None = None
    """Tokens of the reply."""
    rejected_tokens: Tokens = 0
    """Tokens generated for this turn and thrown away."""
    uncertainty: float | None = None
    """The policy's own uncertainty over the reply, as TDS measures it; None where unknown."""


class EpisodeRecord(Record):
    """One episode, from reset to its end."""

    task_id: Text
    """Public name of the task."""
    task_type: Text
    """Kind of task; empty if there is one kind only."""
    trial: Count
    """Which of the trials of this task it is, from 0."""
    seed: Count
    """Seed of the reset."""
    first_hash: Hash
    """Hash of the first observation."""
    prompts_hash: Hash
    """Hash over the prompts that the scaffold made, one per turn."""
    turns: Annotated[tuple[TurnRecord, ...], Field(max_length=MOST_TURNS, strict=False)]
    """The turns in order."""
    terminated: bool
    """Whether the world ended."""
    truncated: bool
    """Whether the turn limit ended it."""
    score: float
    """The benchmark's metric at the end."""
    success: bool
    """Whether the task was solved."""

    @property
    def key(self) -> tuple[str, int]:
        """What names the episode within its run."""
        return self.task_id, self.trial


class PromptSettings(Record):
    """The standard scaffold: how observations become prompts and replies become actions."""

    template: Text = "plain"
    """A name of `t2po_gym.evaluation.templates`, or `module:attribute` of a template."""
    history: Count = 2
    """Past turns shown."""
    list_actions: bool = True
    """Whether the admissible actions are listed."""
    parser: Text = "tagged"
    """A name of `t2po_gym.evaluation.parsers`."""


class Plan(Record):
    """Everything that decides what is played; a run is resumed with an equal plan only."""

    track: Text = ""
    """Name of the leaderboard's track; empty for none."""
    base: CommitOrNone = ""
    """Commit that a fresh track's world is drawn from; empty on other tracks."""
    env_id: Text
    """Registered id."""
    env_kwargs: dict[str, Any]
    """JSON-able arguments of `gymnasium.make`."""
    fingerprint: Hash
    """Digest of the environment: data, rules, split, turn limit."""
    task_ids: Annotated[tuple[Text, ...], Field(min_length=1, strict=False)]
    """The panel, in order."""
    trials: Annotated[int, Field(ge=1, le=MOST_TRIALS)] = 1
    """Episodes per task."""
    seed: Count = 0
    """Decides the seeds of all episodes."""
    prompt: PromptSettings = PromptSettings()
    """The scaffold."""
    policy: dict[str, Any]
    """What plays, as it describes itself."""
    privileged: bool
    """Whether it looks at hidden state."""
    version: Text
    """Version of the package."""
