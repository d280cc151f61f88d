"""How the turns of an episode travel through TRL, which knows one prompt and one completion.

The completion of an episode is its transcript: the first reply, the second prompt, the second
reply and so on, with a mask that is 1 on the tokens to learn from. TRL counts, shuffles and splits
transcripts. A `Ledger` finds the turns of a transcript again, by its exact tokens and mask. Nothing
ever computes with a transcript: each turn was sampled after its own prompt, and is learned so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from ...collate import Row
from ...trajectory import IntArray

__all__ = ["Ledger", "Transcript"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """An episode as one prompt and one completion.

    Example: two turns with prompts `[5, 6]`, `[5, 7, 8]` and replies `[1, 2]`, `[3]`::

        Transcript(prompt=[5, 6], completion=[1, 2, 5, 7, 8, 3], mask=[1, 1, 0, 0, 0, 1],
                   log_probs=[-.1, -.2, 0., 0., 0., -.3])
    """

    prompt: list[int]
    """The first turn's prompt. `[P]`"""
    completion: list[int]
    """Everything after it. `[C]`"""
    mask: list[int]
    """1 on sampled tokens. `[C]`"""
    log_probs: list[float]
    """Of the sampler; 0 where the mask is 0. `[C]`"""

    @classmethod
    def of(cls, turns: Sequence[Row]) -> Transcript:
        """Write down the turns of one episode, in time order."""
        completion: list[int] = []
        mask: list[int] = []
        log_probs: list[float] = []
        for number, row in enumerate(turns):
            if number:
                completion += row.prompt_ids.tolist()
                mask += [0] * len(row.prompt_ids)
                log_probs += [0.0] * len(row.prompt_ids)
            completion += row.reply_ids.tolist()
            mask += row.loss_mask.astype(int).tolist()
            log_probs += np.where(row.loss_mask, row.old_log_probs, 0.0).tolist()
        prompt = turns[0].prompt_ids.tolist()
        return cls(prompt=prompt, completion=completion, mask=mask, log_probs=log_probs)

    def key(self) -> bytes:
        """Return what it is found by."""
        return _key(np.array(self.prompt), np.array(self.completion), np.array(self.mask))


class Ledger:
    """The turns of the last rollout, by transcript.

    Episodes with the same transcript took the same actions in the same task, so their turns and
    advantages are the same and one entry stands for all of them.
    """

    def __init__(self) -> None:
        self._turns: dict[bytes, Sequence[Row]] = {}

    def replace(self, episodes: Iterable[tuple[Transcript, Sequence[Row]]]) -> None:
        """Forget the rollout before and write down a new one."""
        self._turns = {transcript.key(): turns for transcript, turns in episodes}

    def turns_of(self, batch: dict[str, Tensor]) -> list[Row]:
        """Return the turns of the episodes in a batch of TRL, episode after episode.

        Args:
            batch: `prompt_ids`, `prompt_mask` [B, P], `completion_ids`, `completion_mask` and
                `tool_mask` [B, C].

        Raises:
            ValueError: an episode is unknown: something changed its tokens on the way.
        """
        arrays = {name: value.cpu().numpy() for name, value in batch.items()}
        found: list[Row] = []
        for b in range(len(arrays["prompt_ids"])):
            real = arrays["completion_mask"][b] != 0
            key = _key(
                arrays["prompt_ids"][b][arrays["prompt_mask"][b] != 0],
                arrays["completion_ids"][b][real],
                arrays["tool_mask"][b][real],
            )
            if key not in self._turns:
                raise ValueError(
                    "TRL asks for an episode that the last rollout did not play: leave prompts, "
                    "completions and masks of a batch as they are."
                )
            found += self._turns[key]
        return found


def _key(prompt: IntArray, completion: IntArray, mask: IntArray) -> bytes:
    parts = [np.asarray(part, dtype=np.int64) for part in (prompt, completion, mask)]
    return b"".join([np.int64(len(parts[0])).tobytes(), *(part.tobytes() for part in parts)])
