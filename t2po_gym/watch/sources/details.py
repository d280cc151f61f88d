"""The details of a training run's episodes: what its policy knew while it played.

They lie in `details/` beside `traces/`, under the same names, a line per episode in the same order.
They are read as data: nothing of the trainer is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from t2po_gym.evaluation.records import MOST_TURNS, Count, Record, Text, Tokens, first_fault
from t2po_gym.watch.episodes import Reply, Token, levels_of
from t2po_gym.watch.sources.lines import read_lines

__all__ = ["EpisodeDetails", "TurnDetails", "read_details", "reply_of"]

MOST_TRIES = 1_000
Numbers = Annotated[tuple[float | None, ...], Field(strict=False)]


class SignalRecord(Record):
    """How uncertainty was measured."""

    form: Literal["published", "released"]
    """The published M, or the score of the authors' released code."""
    alpha: float
    """Weight of the entropy."""
    top_j: Count
    """Number of most likely tokens in C."""
    normaliser: Literal["causal", "fixed"]
    """Which range H and C were put into."""


class TokensRecord(Record):
    """The tokens of a reply; the numbers are None at forced tokens."""

    prefix: Text
    """What the prompt had written of the reply."""
    texts: Annotated[tuple[Text, ...], Field(strict=False)]
    """What each token adds."""
    forced: Annotated[tuple[Count, ...], Field(strict=False)]
    """Places of the tokens that TTI wrote."""
    measure: Numbers | None = None
    """M of each; None where nothing was measured."""
    entropy: Numbers | None = None
    """H of each."""
    confidence: Numbers | None = None
    """C of each."""

    @model_validator(mode="after")
    def _as_long(self) -> TokensRecord:
        columns = (self.measure, self.entropy, self.confidence)
        if any(column is not None and len(column) != len(self.texts) for column in columns):
            raise ValueError("there must be one number per token")
        return self


class ReplyDetails(Record):
    """One try of a turn."""

    reply: Text
    """What was written."""
    finish: Literal["stop", "length"]
    """Whether it ended by itself or ran out of tokens."""
    reply_tokens: Tokens
    """Its tokens."""
    think_tokens: Tokens
    """Of them, those that the policy thought."""
    think_closed: Literal["policy", "forced", "open"]
    """Who closed the thought."""
    stop_reason: Literal["none", "window", "peak", "length"]
    """Why TTI closed it."""
    lowest_window_mean: float | None
    """The smallest mean that TTI compared with epsilon."""
    phi: float | None
    """Uncertainty of the whole try."""
    gamma: float | None
    """How far it moved since the turn before."""
    tokens: TokensRecord | None
    """One by one; None where the episode was too long."""

    @model_validator(mode="after")
    def _whole(self) -> ReplyDetails:
        tokens = self.tokens
        if tokens is not None and tokens.prefix + "".join(tokens.texts) != self.reply:
            raise ValueError("the tokens do not make up the reply")
        return self


class TurnDetails(ReplyDetails):
    """One turn: the try that was played, and those before it."""

    prompt_tokens: Tokens
    """Tokens that were read."""
    dropped_history: Count
    """Past turns that did not fit into the prompt."""
    valid: bool
    """Whether the reply was complete, well-formed and accepted."""
    void: bool
    """Whether TDS rejected it too, and it was played for want of tries."""
    advantage: float | None
    """What training made of it."""
    rejected: Annotated[tuple[ReplyDetails, ...], Field(max_length=MOST_TRIES, strict=False)]
    """Tries that TDS threw away."""


class EpisodeDetails(Record):
    """One episode."""

    details_version: Literal[1]
    """Version of this layout."""
    task_id: Text
    """As in the trace."""
    seed: Count
    """As in the trace."""
    member: Count
    """Which episode of its group."""
    signal: SignalRecord | None
    """How uncertainty was measured; None where it was not."""
    epsilon: float | None
    """Threshold of TTI; None if it was off."""
    eta: float | None
    """Threshold of TDS; None if it was off."""
    turns: Annotated[tuple[TurnDetails, ...], Field(max_length=MOST_TURNS, strict=False)]
    """In order."""


def read_details(path: Path) -> Iterator[tuple[int, EpisodeDetails]]:
    """Yield the details of a file with their line numbers.

    Raises:
        ValueError: If a line is damaged; the message names file and line.
    """
    for number, line in read_lines(path):
        try:
            yield number, EpisodeDetails.model_validate_json(line)
        except ValidationError as error:
            raise ValueError(f"{path}, line {number}: {first_fault(error)}.") from error


def reply_of(found: ReplyDetails, signal: SignalRecord | None) -> Reply:
    """Return a try as it is shown."""
    return Reply(
        text=found.reply,
        tokens=_tokens(found.tokens, signal) if found.tokens else (),
        count=found.reply_tokens,
        think_tokens=found.think_tokens,
        closed=found.think_closed,
        reason="" if found.stop_reason == "none" else found.stop_reason,
        cut=found.finish == "length",
        phi=found.phi,
        gamma=found.gamma,
    )


def _tokens(found: TokensRecord, signal: SignalRecord | None) -> tuple[Token, ...]:
    nothing = (None,) * len(found.texts)
    measures, forced = found.measure or nothing, set(found.forced)
    levels = levels_of(measures, released=signal is not None and signal.form == "released")
    columns = (found.texts, levels, measures, found.entropy or nothing, found.confidence or nothing)
    tokens = [
        Token(text=text, forced=place in forced, level=level, measure=m, entropy=h, confidence=c)
        for place, (text, level, m, h, c) in enumerate(zip(*columns, strict=True))
    ]
    return (Token(text=found.prefix, given=True), *tokens) if found.prefix else tuple(tokens)
