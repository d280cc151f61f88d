"""Where a reply ends, what it says and who closed its thought: the same for every generator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..intervention import (
    Controller,
    StopReason,
    ThinkingRecord,
    ThinkingTokens,
    make_controller,
)
from ..policy.chat import Chat, opening_of
from ..policy.model import Policy
from ..policy.tokenizer import Tags, decode
from ..trajectory import BoolArray, Finish, FloatArray, Generation, IntArray
from ..uncertainty import SignalRange
from .protocol import Decoding

__all__ = ["ReplyReader", "reader_settings"]


def reader_settings(policy: Policy, queue: str, reply_prefix: str, chat: Chat) -> dict[str, Any]:
    """Return the arguments of a policy's `ReplyReader` beside the tokenizer, as plain values.

    Args:
        policy: model and tokenizer.
        queue: text that closes a thought when the intervention fires.
        reply_prefix: text that prompts end with and replies start with.
        chat: how prompts become text.
    """
    return {
        "vocab_size": policy.vocab_size,
        "queue": queue,
        "opening": opening_of(policy.tokenizer, reply_prefix, chat),
        "end_ids": policy.end_ids,
    }


class ReplyReader:
    """Reads replies token by token and as a whole.

    Args:
        tokenizer: the policy's tokenizer.
        vocab_size: number of logits.
        queue: text that closes a thought when the intervention fires.
        opening: whether replies start inside a thought, and the text they are taken to start with
            (`baselines.policy.chat.opening_of`).
        end_ids: tokens that end a reply beside the tokenizer's own end token.
    """

    def __init__(
        self,
        tokenizer: Any,
        *,
        vocab_size: int,
        queue: str,
        opening: tuple[bool, str] = (False, ""),
        end_ids: Sequence[int] = (),
    ) -> None:
        self.tokenizer, self.vocab_size = tokenizer, vocab_size
        self.tags = Tags.of(tokenizer, queue, end_ids)
        self.thinking_tokens = ThinkingTokens(
            open_id=self.tags.think_open, close_id=self.tags.think_close, queue=self.tags.queue
        )
        self.inside, self.prefix = opening
        self.single_stop = len(self.tags.action_close) == 1
        self._stops: BoolArray = np.zeros(vocab_size, dtype=np.bool_)
        self._stops[list(self.tags.end_ids)] = True
        if self.single_stop:
            self._stops[self.tags.action_close[0]] = True

    def controller(self, how: Decoding, bounds: SignalRange | None) -> Controller | None:
        """Return a new controller for one reply; None where no signal is measured.

        Args:
            how: rule, signal and length.
            bounds: range of H and C accepted earlier in the episode; None starts a new one.
        """
        if how.signal is None:
            return None
        return make_controller(
            rule=how.thinking,
            signal=how.signal,
            tokens=self.thinking_tokens,
            bounds=bounds or how.signal.new_range(self.vocab_size),
            max_new_tokens=how.max_tokens,
            vocab_size=self.vocab_size,
            inside=self.inside,
        )

    def is_stop(self, tokens: IntArray) -> BoolArray:
        """Whether each token ends a reply by itself."""
        ends: BoolArray = self._stops[tokens]
        return ends

    def ends_action(self, ids: IntArray) -> bool:
        """Whether a reply has just closed its action, for tokenizers that split the tag."""
        tail = ids[-len(self.tags.action_close) - 2 :]  # neighbours may share a token with the tag
        return "</action>" in decode(self.tokenizer, tail.tolist())

    def text_of(self, ids: IntArray) -> str:
        """Decode a reply, without the end-of-sequence token, after the reply prefix."""
        kept = ids[:-1] if len(ids) and int(ids[-1]) in self.tags.end_ids else ids
        return self.prefix + decode(self.tokenizer, kept.tolist())

    def think_span(self, ids: IntArray, sampled: BoolArray) -> tuple[int, str]:
        """Return the sampled tokens of the thought and who closed it."""
        opened = np.flatnonzero(ids == self.tags.think_open)
        if not self.inside and not len(opened):
            return 0, "open"
        start = 0 if self.inside else int(opened[0]) + 1
        closes = np.flatnonzero(ids[start:] == self.tags.think_close)
        if not len(closes):
            return int(sampled[start:].sum()), "open"
        end = start + int(closes[0])
        return int(sampled[start : end + 1].sum()), "policy" if sampled[end] else "forced"

    def generation(
        self,
        ids: IntArray,
        sampled: BoolArray,
        numbers: FloatArray,
        *,
        stopped: bool,
        record: ThinkingRecord | None,
    ) -> Generation:
        """Return a finished reply.

        Args:
            ids: its tokens `[T]`.
            sampled: which of them the policy drew `[T]`.
            numbers: log-probability, H and C of each `[3, T]`.
            stopped: whether it ended by itself.
            record: what its controller saw.
        """
        log_probs, entropy, confidence = numbers
        think_tokens, closed = self.think_span(ids, sampled)
        return Generation(
            token_ids=ids,
            sampled=sampled,
            log_probs=log_probs,
            entropy=entropy,
            confidence=confidence,
            text=self.text_of(ids),
            finish=Finish.STOP if stopped else Finish.LENGTH,
            think_tokens=think_tokens,
            think_closed=closed,
            stop_reason=(record.stop_reason if record else StopReason.NONE).value,
            lowest_window_mean=record.lowest_window_mean if record else None,
        )
