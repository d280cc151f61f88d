"""Prompts in, replies out: batched decoding with everything T2PO needs to know about each token.

`Generator` is the protocol; `HFGenerator` runs a Hugging Face causal LM. A reply depends on its own
prompt and seed alone: every row draws from its own stream of uniform numbers, so neighbours, batch
size and resampling elsewhere change nothing (beyond the last bits of a float). Controllers of the
thinking intervention are made afresh for every call, one per row.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ..policy.chat import OWN, Chat
from ..policy.model import Policy, log_softmax_of
from ..trajectory import BoolArray, FloatArray, Generation, IntArray
from ..uncertainty import token_signal_of
from .choice import LARGE_VOCABULARY, nucleus, pick, pick_nucleus
from .protocol import Decoding, Request, uniforms
from .reading import PromptReader
from .replies import ReplyReader, reader_settings
from .stepping import FixedStages, Growing, Steps

__all__ = ["HFGenerator", "choose"]


class HFGenerator(ReplyReader):
    """Decodes with a Hugging Face model and KV cache, left padding and explicit positions.

    Args:
        policy: model and tokenizer.
        queue: text that closes a thought when the intervention fires.
        reply_prefix: text that prompts end with and replies start with.
        chat: how prompts become text.
        max_rows: most rows decoded at once.
        reuse_prompts: whether further tries of a turn use what the first one read.
        stages: decoding steps of fixed shapes; None takes a cache that grows.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        queue: str,
        reply_prefix: str = "",
        chat: Chat = OWN,
        max_rows: int = 128,
        reuse_prompts: bool = False,
        stages: FixedStages | None = None,
    ) -> None:
        super().__init__(policy.tokenizer, **reader_settings(policy, queue, reply_prefix, chat))
        self.policy, self.max_rows = policy, max_rows
        self._reader = PromptReader(policy, reuse_prompts)
        self._stages = stages

    def generate(self, requests: Sequence[Request], decoding: Decoding) -> list[Generation]:
        """Return one reply per request, in order."""
        order = sorted(range(len(requests)), key=lambda i: len(requests[i].prompt_ids))
        chunks = -(-len(order) // self.max_rows)
        replies: list[Generation | None] = [None] * len(requests)
        for part in range(chunks):  # even chunks of similar lengths: less padding
            rows = order[part * len(order) // chunks : (part + 1) * len(order) // chunks]
            for i, reply in zip(
                rows, self._generate_chunk([requests[i] for i in rows], decoding), strict=True
            ):
                replies[i] = reply
        return [reply for reply in replies if reply is not None]

    @torch.inference_mode()
    def _generate_chunk(self, rows: Sequence[Request], how: Decoding) -> list[Generation]:
        book = _Book(self, rows, how)
        prompts = [row.prompt_ids for row in rows]
        logits, cache, mask = self._reader.read(prompts, how.max_tokens)
        width = mask.shape[1] - how.max_tokens
        steps: Steps
        if self._stages is None:
            steps = Growing(self.policy, cache, mask, width)
        else:
            steps = self._stages.begin(cache, mask, width)
        for t in range(how.max_tokens):
            tokens = book.step(logits, t)
            if t + 1 == how.max_tokens or book.done.all():
                break
            logits = steps.step(tokens, t, book.repack(steps.repack_below))
        return book.close()


class _Book:
    """Everything recorded about one batch of replies while it is decoded.

    `live[b]` is the reply that row b of the packed batch belongs to; `done[b]` says that it is
    finished and only waits for the next repacking.
    """

    def __init__(self, generator: HFGenerator, rows: Sequence[Request], how: Decoding) -> None:
        shape = (len(rows), how.max_tokens)
        self.generator, self.how = generator, how
        self.ids: IntArray = np.zeros(shape, dtype=np.int64)
        self.sampled: BoolArray = np.ones(shape, dtype=np.bool_)
        self.numbers: FloatArray = np.zeros((3, *shape))  # log-probability, H, C
        self.lengths: IntArray = np.zeros(len(rows), dtype=np.int64)
        self.stopped: BoolArray = np.zeros(len(rows), dtype=np.bool_)
        self.live: IntArray = np.arange(len(rows))
        self.done: BoolArray = np.zeros(len(rows), dtype=np.bool_)
        self.draws: Tensor | None = None
        if not how.greedy:
            table = np.stack([uniforms(row.seed, how.max_tokens) for row in rows])
            self.draws = torch.from_numpy(table).to(generator.policy.device)
        found = [generator.controller(how, row.bounds) for row in rows]
        self.controllers = [controller for controller in found if controller is not None]

    def step(self, logits: Tensor, t: int) -> IntArray:
        """Choose token `t` of every packed row from its raw logits `[B, V]`; returns `[B]`."""
        numbers, tokens = self._choose(logits, t)
        active = np.flatnonzero(~self.done)
        rows = self.live[active]
        if self.controllers:
            self._consult(numbers, tokens, active, t)
        chosen = tokens[active]
        self.ids[rows, t] = chosen
        self.numbers[:, rows, t] = numbers[:, active]
        self.lengths[rows] = t + 1
        stop = self.generator.is_stop(chosen)
        if not self.generator.single_stop:
            stop |= [self.generator.ends_action(self.ids[row, : t + 1]) for row in rows]
        self.stopped[rows] = stop
        self.done[active] = stop
        return tokens

    def _choose(self, logits: Tensor, t: int) -> tuple[FloatArray, IntArray]:
        """Sample candidates; one transfer brings everything back from the device."""
        columns = choose(logits, None if self.draws is None else self.draws[:, t], self.how)
        table = torch.stack([column.double() for column in columns]).cpu().numpy()
        numbers = np.zeros((3, len(logits))) if self.how.signal is None else table[1:]
        numbers[0] = table[1]
        return numbers, table[0].astype(np.int64)

    def _consult(self, numbers: FloatArray, tokens: IntArray, active: IntArray, t: int) -> None:
        """Show every live row's candidate to its controller and apply what it answers."""
        picked, (entropy, confidence) = tokens.tolist(), numbers[1:].tolist()
        for b, row in zip(active.tolist(), self.live[active].tolist(), strict=True):
            token, sampled = self.controllers[row].step(picked[b], entropy[b], confidence[b])
            if not sampled:
                tokens[b] = token
                numbers[:, b] = 0.0
                self.sampled[row, t] = False

    def repack(self, below: float) -> IntArray | None:
        """Drop finished rows if they are many; returns the packed rows that stay, or None.

        Args:
            below: largest share of rows that may be left for that.
        """
        keep = np.flatnonzero(~self.done)
        if len(keep) > below * len(self.done):
            return None
        self.live, self.done = self.live[keep], self.done[keep]
        if self.draws is not None:
            self.draws = self.draws[torch.from_numpy(keep).to(self.draws.device)]
        return keep

    def close(self) -> list[Generation]:
        """Return the finished replies."""
        return [self._reply(row, int(length)) for row, length in enumerate(self.lengths)]

    def _reply(self, row: int, length: int) -> Generation:
        return self.generator.generation(
            self.ids[row, :length].copy(),
            self.sampled[row, :length].copy(),
            self.numbers[:, row, :length].copy(),
            stopped=bool(self.stopped[row]),
            record=self.controllers[row].record() if self.controllers else None,
        )


def choose(logits: Tensor, draws: Tensor | None, how: Decoding) -> list[Tensor]:
    """Choose one token per row and measure what the intervention needs.

    Args:
        logits: raw logits `[B, V]`.
        draws: uniform numbers in [0, 1) `[B]`, float64; None takes the most likely token.
        how: temperature, nucleus and signal.

    Returns:
        Token ids, their log-probabilities and, where a signal is asked for, H and C; `[B]` each.
    """
    if how.top_p < 1.0 and logits.shape[-1] >= LARGE_VOCABULARY:
        columns: list[Tensor] = [*pick_nucleus(logits, how.top_p, draws, how.temperature)]
        if how.signal is not None:
            columns += token_signal_of(log_softmax_of(logits, 1.0), how.signal.top_j)
        return columns
    log_p = log_softmax_of(logits, how.temperature)
    raw = log_p if how.temperature == 1.0 else log_softmax_of(logits, 1.0)
    if how.top_p < 1.0:
        log_p = nucleus(log_p, how.top_p)
    shared = log_p.exp()
    tokens = log_p.argmax(-1) if draws is None else pick(shared, draws)
    columns = [tokens, log_p.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)]
    if how.signal is not None:
        probs = shared if raw is log_p else None  # at T = 1 the sampler's work is the signal's
        columns += token_signal_of(raw, how.signal.top_j, probs)
    return columns
