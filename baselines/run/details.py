"""What a policy knew while it played: one record per traced episode, beside the replayable trace.

A record names its trace by task, seed and member. It holds what a trace has no room for: the reply
token by token with M, H and C, the tokens that TTI forced and why, every try that TDS threw away
with what it was judged by, and each turn's advantage. Numbers are rounded, so a file stays small
and equal runs write equal bytes.
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from t2po_gym.data.whole_file import write_whole

from ..evaluation import Player
from ..intervention import ThinkingRule, TurnRule
from ..policy.chat import Chat, opening_of
from ..policy.tokenizer import decode
from ..trajectory import FloatArray, Generation, Trajectory, Turn
from ..uncertainty import SignalConfig, SignalRange, causal_series, released_score

__all__ = ["DETAILS_VERSION", "MOST_TOKENS", "Detailing", "pieces", "write_details"]

DETAILS_VERSION = 1
MOST_TOKENS = 20_000
"""Tokens of an episode that are written one by one, rejected ones included; turns after that keep
their text and their numbers."""
DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Detailing:
    """How the episodes of one rollout are described.

    Example: `Detailing.of(player, rule, None, measured=True).record(episode)`
    """

    tokenizer: Any
    """Of the policy."""
    prefix: str
    """Text that replies are taken to start with: the prompt ends with it."""
    vocab_size: int
    """Number of logits."""
    signal: SignalConfig | None
    """How H and C were measured; None where they were not."""
    thinking: ThinkingRule | None = None
    """When thoughts were closed by force."""
    turns: TurnRule | None = None
    """When turns were sampled again."""
    advantages: Mapping[int, float] = field(default_factory=dict)
    """Advantage of a turn, by the identity of the `Turn`."""

    @classmethod
    def of(
        cls,
        player: Player,
        thinking: ThinkingRule | None,
        turns: TurnRule | None,
        *,
        measured: bool,
        advantages: Mapping[int, float] | None = None,
    ) -> Detailing:
        """Describe what a player plays.

        Args:
            player: the policy and its settings.
            thinking: when thoughts are closed by force; None never.
            turns: when turns are sampled again; None never.
            measured: whether H and C are measured.
            advantages: of turns, by the identity of the `Turn`.
        """
        config, tokenizer = player.config, player.policy.tokenizer
        _, prefix = opening_of(tokenizer, config.prompt.reply_prefix, Chat.of(config.prompt))
        return cls(
            tokenizer=tokenizer,
            prefix=prefix,
            vocab_size=player.vocab_size,
            signal=config.signal if measured else None,
            thinking=thinking,
            turns=turns,
            advantages=advantages or {},
        )

    def record(self, episode: Trajectory) -> dict[str, Any]:
        """Return the details of an episode as plain JSON values."""
        bounds = self.signal.new_range(self.vocab_size) if self.signal else SignalRange()
        left, turns = MOST_TOKENS, []
        for turn in episode.turns:
            left -= turn.generation.num_tokens + turn.cost.rejected_tokens
            turns.append(self._turn(turn, bounds, whole=left >= 0))
            h, c = _sampled(turn.generation)
            bounds.update_all(h, c)
        return {
            "details_version": DETAILS_VERSION,
            "task_id": episode.task_id,
            "seed": episode.env_seed,
            "member": episode.member,
            "signal": self._signal(),
            "epsilon": self.thinking.epsilon if self.thinking else None,
            "eta": self.turns.eta if self.turns else None,
            "turns": turns,
        }

    def _signal(self) -> dict[str, Any] | None:
        how = self.signal
        if how is None:
            return None
        return {
            "form": how.form,
            "alpha": how.alpha,
            "top_j": how.top_j,
            "normaliser": how.normaliser,
        }

    def _turn(self, turn: Turn, bounds: SignalRange, whole: bool) -> dict[str, Any]:
        """Describe a turn. `bounds` is the range of the tokens accepted before it."""
        return {
            "prompt_tokens": len(turn.prompt_ids),
            "dropped_history": turn.dropped_history,
            "valid": turn.valid,
            "phi": _rounded(turn.phi),
            "gamma": _rounded(turn.gamma),
            "void": turn.void,
            "advantage": _rounded(self.advantages.get(id(turn))),
            **self._reply(turn.generation, bounds, whole),
            "rejected": [
                {
                    "phi": _rounded(tried.phi),
                    "gamma": _rounded(tried.gamma),
                    **self._reply(tried.generation, bounds, whole),
                }
                for tried in turn.tries
            ],
        }

    def _reply(self, reply: Generation, bounds: SignalRange, whole: bool) -> dict[str, Any]:
        return {
            "reply": reply.text,
            "finish": reply.finish.value,
            "reply_tokens": reply.num_tokens,
            "think_tokens": reply.think_tokens,
            "think_closed": reply.think_closed,
            "stop_reason": reply.stop_reason,
            "lowest_window_mean": _rounded(reply.lowest_window_mean),
            "tokens": self._tokens(reply, bounds) if whole else None,
        }

    def _tokens(self, reply: Generation, bounds: SignalRange) -> dict[str, Any]:
        """Return the tokens of a reply, and three numbers for each that the policy drew."""
        body = reply.text.removeprefix(self.prefix)
        prefix = reply.text[: len(reply.text) - len(body)]
        found = {
            "prefix": prefix,
            "texts": pieces(self.tokenizer, reply.token_ids.tolist(), body),
            "forced": np.flatnonzero(~reply.sampled).tolist(),
        }
        if self.signal is None:
            return found
        h, c = _sampled(reply)
        numbers = {"measure": self._measure(h, c, bounds), "entropy": h, "confidence": c}
        return {**found, **{name: _spread(v, reply) for name, v in numbers.items()}}

    def _measure(self, h: FloatArray, c: FloatArray, bounds: SignalRange) -> FloatArray:
        """Return M of every sampled token as its controller saw it."""
        how = self.signal
        assert how is not None
        if how.form == "released":
            pairs = zip(h.tolist(), c.tolist(), strict=True)
            return np.array([released_score(a, -b, self.vocab_size, how.alpha) for a, b in pairs])
        return causal_series(h, c, how.alpha, bounds).measure


def pieces(tokenizer: Any, ids: Sequence[int], text: str) -> list[str]:
    """Return what each token adds to a reply; joined, the pieces are the text.

    A token that ends within a character adds nothing; the one that completes it adds it whole. A
    closing end-of-sequence token, which is no part of the text, adds nothing either.

    Args:
        tokenizer: decodes the tokens.
        ids: of the reply [T].
        text: the reply, decoded as a whole.
    """
    found, at = [], 0
    for count in range(1, len(ids)):
        part, start = decode(tokenizer, ids[:count]), at
        while at < min(len(part), len(text)) and part[at] == text[at]:
            at += 1
        found.append(text[start:at])
    return [*found, text[at:]] if ids else found


def write_details(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """Write records as gzipped JSON lines; equal records give equal bytes."""
    lines = (json.dumps(r, ensure_ascii=False, separators=(",", ":")) + "\n" for r in records)
    data = "".join(lines).encode("utf-8", "surrogatepass")
    write_whole(path, gzip.compress(data, mtime=0))


def _sampled(reply: Generation) -> tuple[FloatArray, FloatArray]:
    return reply.entropy[reply.sampled], reply.confidence[reply.sampled]


def _spread(values: FloatArray, reply: Generation) -> list[float | None]:
    """Put numbers of sampled tokens at their places; forced tokens have none."""
    given = iter(values.tolist())
    return [_rounded(next(given)) if drawn else None for drawn in reply.sampled.tolist()]


def _rounded(value: float | None) -> float | None:
    if value is None or not math.isfinite(value):
        return None
    return round(value, DIGITS)
