"""`submission.json`: who, what model, how it was trained, asked and decoded, what is claimed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from t2po_gym.evaluation.origin import Origin
from t2po_gym.evaluation.records import (
    CommitOrNone,
    Count,
    Hash,
    HashOrNone,
    PromptSettings,
    Record,
)
from t2po_gym.evaluation.summary import Summary

__all__ = ["Decoding", "Model", "Scaffold", "Submission", "TrackEntry", "Training"]

_PLAIN = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
"""No control characters, line ends or marks that turn the direction of text."""
Line = Annotated[str, StringConstraints(max_length=300, pattern=f"^{_PLAIN}*$")]
"""One line of text."""
Words = Annotated[str, StringConstraints(max_length=4_000, pattern=f"^({_PLAIN}|[\\n\\t])*$")]
"""Some lines of text."""
Named = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=f"^{_PLAIN}+$")]
Slug = Annotated[str, Field(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
Url = Annotated[str, Field(pattern=r"^(https://[^\s\x00-\x1f\"<>]+)?$", max_length=500)]
Amount = Annotated[float, Field(ge=0.0, le=1e12)]


class Model(Record):
    """The model that wrote the replies.

    Example: `Model(name="Qwen/Qwen3-4B", revision="1cfa9a72", parameters=4_020_000_000)`
    """

    name: Named
    """Name, as on the hub or at the endpoint."""
    revision: Line = ""
    """Revision or digest of the weights."""
    parameters: Count | None = None
    """Number of weights; None if unknown."""
    open_weights: bool = False
    """Whether anybody can get the weights."""
    url: Url = ""
    """Where the weights or the service are."""


class Training(Record):
    """How it was trained for these tracks.

    Example: `Training(algorithm="gigpo", initial_checkpoint="builtin:webshop-cold-start",
    environments=("t2po/WebShop-v0, split train",), overlap="none", seeds=(0,))`
    """

    algorithm: Named
    """Name of the algorithm."""
    initial_checkpoint: Line
    """What training began with."""
    environments: tuple[Line, ...] = Field(max_length=50, strict=False)
    """Environments and splits that it was trained on."""
    train_panel_sha256: HashOrNone = ""
    """Digest of the list of training tasks; empty where all of a split was used."""
    overlap: Named
    """Which tasks of the panel may have been seen in training: `none`, or what and why."""
    seeds: tuple[Count, ...] = Field(max_length=100, strict=False)
    """Seeds of the training runs; the submitted weights are those of the first."""
    tokens: Count | None = None
    """Tokens generated in training; None if unknown."""
    uses_progress_rewards: bool
    """Whether `info["progress"]` was part of the reward."""
    uses_privileged_info: bool
    """Whether training read hidden state."""


class Scaffold(Record):
    """How observations became prompts and replies actions."""

    kind: Literal["standard", "custom"]
    """`standard`: a template of the package, whose prompts the verification builds again."""
    prompt: PromptSettings
    """Template, history, listed actions, parser."""
    template_sha256: HashOrNone = ""
    """Digest of a custom template's source."""


class Decoding(Record):
    """How tokens were chosen."""

    temperature: Annotated[float, Field(ge=0.0, le=10.0)]
    """0 for greedy."""
    top_p: Annotated[float, Field(gt=0.0, le=1.0)] | None = None
    """Nucleus; None for none."""
    max_tokens: Count | None = None
    """Longest reply; None if unlimited or unknown."""
    tti: bool = False
    """Whether thoughts were closed by thinking intervention."""
    tds: bool = False
    """Whether turns were sampled again by turn dynamics."""


class TrackEntry(Record):
    """One track of a submission."""

    panel_sha256: Hash
    """Digest of the panel."""
    fingerprint: Hash
    """Digest of data and rules."""
    base: CommitOrNone = ""
    """Commit that a fresh track was drawn from."""
    trials: Annotated[int, Field(ge=1, le=100)]
    """Trials of every task."""
    seed: Count
    """Seed of the run."""
    origin: Origin
    """Code and machine that played."""
    claimed: Summary
    """The results over all tasks."""


class Submission(Record):
    """All that is known of a submission beside its trajectories."""

    schema_version: Literal[1]
    """Version of this format."""
    name: Named
    """What the page calls it."""
    org: Slug
    """Who submits: second part of the folder's name."""
    slug: Slug
    """Third part of the folder's name."""
    date: Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
    """Day of the submission; first part of the folder's name."""
    contact: Named
    """How to ask about it: an address, or a name on a public forge."""
    url: Url = ""
    """Paper, report or code."""
    kind: Literal["prompted", "trained", "scripted"]
    """`scripted`: no model plays."""
    privileged: bool
    """Whether play reads hidden state; such entries are shown and not ranked."""
    model: Model | None = None
    """None for scripted entries."""
    training: Training | None = None
    """None if nothing was trained for these tracks."""
    scaffold: Scaffold
    """Prompts and parser."""
    decoding: Decoding | None = None
    """None for scripted entries."""
    hardware: Line = ""
    """What it ran on."""
    cost_usd: Amount | None = None
    """What the evaluation cost; None if unknown."""
    same_traces_as: tuple[Line, ...] = Field(default=(), max_length=20, strict=False)
    """Folders of other submissions whose replies these repeat on purpose."""
    notes: Words = ""
    """Anything else."""
    tracks: Mapping[Slug, TrackEntry] = Field(min_length=1, max_length=50)
    """Results by track."""

    @property
    def folder(self) -> str:
        """Name of its folder."""
        return f"{self.date.replace('-', '')}_{self.org}_{self.slug}"
