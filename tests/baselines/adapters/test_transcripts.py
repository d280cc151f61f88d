"""Turns travel through TRL as transcripts and are found again, shuffled, padded and split."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import pad
from torch.nn.utils.rnn import pad_sequence

from baselines.adapters.trl.transcripts import Ledger, Transcript
from baselines.collate import Row


def row(prompt: list[int], reply: list[int], mask: list[int], advantage: float = 0.0) -> Row:
    learned = np.array(mask, dtype=np.bool_)
    return Row(
        prompt_ids=np.array(prompt, dtype=np.int64),
        reply_ids=np.array(reply, dtype=np.int64),
        loss_mask=learned,
        old_log_probs=np.where(learned, -0.5, np.nan),
        advantage=advantage,
    )


FIRST = [row([5, 6], [1, 2], [1, 0], 0.5), row([5, 7, 8], [3], [1], -0.5)]
OTHERS = [[row([5, 6], [1, 2], [1, 1])], [row([5, 6], [1], [1]), row([2, 5], [3, 4], [1, 1])]]


def batch(episodes: list[list[Row]]) -> dict[str, torch.Tensor]:
    """Pad as TRL does: prompts to the left, completions to the right, masks with ones."""
    written = [Transcript.of(turns) for turns in episodes]
    prompts = [torch.tensor(t.prompt) for t in written]
    width = max(len(p) for p in prompts) + 1
    completions = [torch.tensor(t.completion) for t in written]
    ones = [torch.ones_like(c) for c in completions]

    def left(parts: list[torch.Tensor]) -> torch.Tensor:
        return torch.stack([pad(part, (width - len(part), 0)) for part in parts])

    return {
        "prompt_ids": left(prompts),
        "prompt_mask": left([torch.ones_like(p) for p in prompts]),
        "completion_ids": pad_sequence(completions, batch_first=True),
        "completion_mask": pad_sequence(ones, batch_first=True),
        "tool_mask": pad_sequence(
            [torch.tensor(t.mask) for t in written], batch_first=True, padding_value=1
        ),
    }


def test_the_example_of_the_docstring() -> None:
    turns = [row([5, 6], [1, 2], [1, 1]), row([5, 7, 8], [3], [1])]
    made = Transcript.of(turns)
    assert made.prompt == [5, 6]
    assert made.completion == [1, 2, 5, 7, 8, 3]
    assert made.mask == [1, 1, 0, 0, 0, 1]
    assert made.log_probs == [-0.5, -0.5, 0.0, 0.0, 0.0, -0.5]


def test_forced_tokens_are_in_the_transcript_and_not_in_its_mask() -> None:
    made = Transcript.of(FIRST)
    assert made.mask == [1, 0, 0, 0, 0, 1]
    assert made.log_probs[1] == 0.0


def test_turns_are_found_in_any_order() -> None:
    episodes = [FIRST, *OTHERS]
    ledger = Ledger()
    ledger.replace((Transcript.of(turns), turns) for turns in episodes)
    order = [2, 0, 1, 0]
    found = ledger.turns_of(batch([episodes[i] for i in order]))
    assert found == [turn for i in order for turn in episodes[i]]


def test_equal_tokens_with_another_mask_are_another_episode() -> None:
    ledger = Ledger()
    ledger.replace([(Transcript.of(FIRST), FIRST)])
    changed = [row([5, 6], [1, 2], [1, 1]), FIRST[1]]
    with pytest.raises(ValueError, match="did not play"):
        ledger.turns_of(batch([changed]))


def test_a_rollout_replaces_the_one_before() -> None:
    ledger = Ledger()
    ledger.replace([(Transcript.of(FIRST), FIRST)])
    ledger.replace([(Transcript.of(OTHERS[0]), OTHERS[0])])
    with pytest.raises(ValueError, match="did not play"):
        ledger.turns_of(batch([FIRST]))
