"""What passes between the trainer and the engine's process, and into a request's settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..intervention import ThinkingRecord
from ..sampling.protocol import Decoding, Request
from ..trajectory import BoolArray, FloatArray, IntArray

__all__ = ["ARGUMENT", "Ask", "Failed", "Load", "Ready", "Settings", "Sleep", "Wake", "Written"]

ARGUMENT = "t2po"
"""Name of our part in the engine's settings and in those of each request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the engine is started."""

    folder: str
    """Holds the model's configuration and the tokenizer; weights come later, through memory."""
    arguments: dict[str, Any] = field(default_factory=dict)
    """Arguments of `vllm.EngineArgs`."""
    reader: dict[str, Any] = field(default_factory=dict)
    """Arguments of `ReplyReader` beside the tokenizer."""
    stop_ids: tuple[int, ...] = ()
    """Tokens that end a reply."""
    sleeps: bool = True
    """Whether the engine may give its memory back while the trainer learns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One reply to be written."""

    key: int
    """Names it."""
    request: Request
    """Prompt, seed and range of the signal."""
    decoding: Decoding
    """How it is decoded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Take new weights: the tensors that `table` describes, in the file that `path` opens."""

    path: str
    """A file in memory."""
    table: tuple[tuple[str, str, tuple[int, ...], int], ...]
    """Name, number format, shape and first byte of each tensor."""


@dataclass(frozen=True, slots=True)
class Sleep:
    """Give memory back until `Wake`."""


@dataclass(frozen=True, slots=True)
class Wake:
    """Take memory again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The engine has started, or has done what it was told."""

    sleeps: bool = False
    """Whether the backend can give memory back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One reply as the engine wrote it; arrays as in `Generation`."""

    key: int
    """Which request it answers."""
    ids: IntArray
    """Tokens `[T]`."""
    sampled: BoolArray
    """Which of them the policy drew `[T]`."""
    numbers: FloatArray
    """Log-probability, H and C `[3, T]`."""
    stopped: bool
    """Whether it ended by itself."""
    record: ThinkingRecord | None
    """What its controller saw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The engine cannot go on."""

    reason: str
    """What it says about it."""
