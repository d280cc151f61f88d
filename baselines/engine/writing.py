"""Replies while an engine writes them: candidates, controllers, records.

The engine shows raw logits and appends what it is told. Choice, log-probability, H and C are those
of the Hugging Face decoder (`choose`), each row at the next number of its own stream, so a reply
does not depend on its neighbours or on when it was asked for. No engine is imported here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ..sampling.generation import choose
from ..sampling.protocol import Decoding, uniforms
from ..sampling.replies import ReplyReader
from .messages import Ask, Written

__all__ = ["Writing", "decide"]


class Writing:
    """One reply in progress.

    Args:
        ask: what is asked for.
        reader: knows where replies end.
    """

    def __init__(self, ask: Ask, reader: ReplyReader) -> None:
        self.ask, self.reader = ask, reader
        how = ask.decoding
        self.draws = None if how.greedy else uniforms(ask.request.seed, how.max_tokens)
        self.done = False
        self._candidates: list[tuple[int, float, float, float]] = []
        self._ids: list[int] = []
        self._sampled: list[bool] = []
        self._controller = reader.controller(how, ask.request.bounds)

    @property
    def how(self) -> Decoding:
        """How it is decoded."""
        return self.ask.decoding

    @property
    def place(self) -> int:
        """Position of the next token."""
        return len(self._ids)

    def at(self, place: int) -> bool:
        """Go to the position the engine asks for; returns whether a token is wanted there.

        An engine computes a position again after it read a prompt in pieces or threw a request out
        of its cache: what was decided there and later is decided anew, from the same numbers.
        """
        if place < self.place:
            kept = self._candidates[:place]
            self._candidates, self._ids, self._sampled, self.done = [], [], [], False
            self._controller = self.reader.controller(self.how, self.ask.request.bounds)
            for candidate in kept:
                self.append(*candidate)
        if place > self.place and not self.done:
            raise RuntimeError(
                f"The engine is at token {place} of a reply of which {self.place} tokens were "
                "decided: it runs ahead of its logits processors. Turn asynchronous scheduling off."
            )
        return not self.done

    def append(self, token: int, log_prob: float, entropy: float, confidence: float) -> int:
        """Show a candidate to the controller; returns the token that is appended."""
        self._candidates.append((token, log_prob, entropy, confidence))
        sampled = True
        if self._controller is not None:
            token, sampled = self._controller.step(token, entropy, confidence)
        self._ids.append(token)
        self._sampled.append(sampled)
        ids = np.array(self._ids[-1:], dtype=np.int64)
        self.done = bool(self.reader.is_stop(ids)[0])
        if not self.reader.single_stop and not self.done:
            self.done = self.reader.ends_action(np.array(self._ids, dtype=np.int64))
        return token

    def written(self) -> Written:
        """Return the finished reply."""
        sampled = np.array(self._sampled, dtype=np.bool_)
        table = np.array([row[1:] for row in self._candidates], dtype=np.float64)
        return Written(
            key=self.ask.key,
            ids=np.array(self._ids, dtype=np.int64),
            sampled=sampled,
            numbers=np.where(sampled, table.reshape(-1, 3).T, 0.0),
            stopped=self.done,
            record=None if self._controller is None else self._controller.record(),
        )


def decide(rows: Sequence[Writing], logits: Tensor) -> list[int]:
    """Choose the next token of each reply from its raw logits `[B, V]`; returns `[B]`.

    Replies that are decoded alike are chosen for together.
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    for number, row in enumerate(rows):
        how = row.how
        alike = (how.temperature, how.top_p, how.greedy, how.signal)
        groups.setdefault(alike, []).append(number)
    tokens = [0] * len(rows)
    for numbers in groups.values():
        part = logits if len(groups) == 1 else logits[numbers]
        for number, token in zip(numbers, _decide([rows[n] for n in numbers], part), strict=True):
            tokens[number] = token
    return tokens


def _decide(rows: Sequence[Writing], logits: Tensor) -> list[int]:
    how, draws = rows[0].how, None
    if not how.greedy:
        drawn = [row.draws[row.place] for row in rows if row.draws is not None]
        draws = torch.tensor(drawn, dtype=torch.float64, device=logits.device)
    columns = choose(logits, draws, how)
    table = torch.stack([column.double() for column in columns]).cpu().tolist()
    signals = table[2:] or [[0.0] * len(rows)] * 2
    chosen = zip(rows, table[0], table[1], *signals, strict=True)
    return [row.append(int(token), log_p, h, c) for row, token, log_p, h, c in chosen]
