"""Loss masks and micro-batches."""

from __future__ import annotations

import numpy as np
import torch
from baseline_fakes import tiny_policy

from baselines.collate import Row, collate, micro_batches
from baselines.losses import ppo_token_loss, token_log_probs

CPU = torch.device("cpu")


def make_row(prompt: int, mask: list[int], advantage: float = 1.0, seed: int = 0) -> Row:
    rng = np.random.default_rng([seed, prompt, len(mask)])
    return Row(
        prompt_ids=rng.integers(10, 280, prompt),
        reply_ids=rng.integers(10, 280, len(mask)),
        loss_mask=np.array(mask, dtype=np.bool_),
        old_log_probs=np.full(len(mask), -1.0),
        advantage=advantage,
    )


ROWS = [
    make_row(5, [1, 1, 0, 0, 0, 1]),
    make_row(2, [1]),
    make_row(9, [1, 1, 1], -0.5),
    make_row(9, [0, 0, 1, 1], 2.0, seed=1),
]


def test_the_mask_holds_the_sampled_tokens_and_nothing_else() -> None:
    micro = collate(ROWS, CPU)
    assert int(micro.loss_mask.sum()) == sum(int(row.loss_mask.sum()) for row in ROWS)
    assert micro.loss_mask[1].tolist() == [True, False, False, False, False, False]
    assert micro.batch.reply_mask.sum(1).tolist() == [6, 1, 3, 4]
    assert micro.batch.prompt_mask[1].tolist() == [0] * 7 + [1, 1]


def test_trap_02_masked_targets_move_neither_loss_nor_gradient() -> None:
    micro = collate(ROWS, CPU)
    logits = tiny_policy().reply_logits(micro.batch).detach().requires_grad_()

    def loss(values: torch.Tensor) -> torch.Tensor:
        new = token_log_probs(values, micro.batch.reply_ids)
        return ppo_token_loss(new, micro.old_log_probs, micro.advantages, micro.loss_mask).values

    loss(logits).sum().backward()
    assert logits.grad is not None
    assert not logits.grad[~micro.loss_mask].any()
    assert logits.grad[micro.loss_mask].abs().sum() > 0
    changed = torch.where(micro.loss_mask.unsqueeze(-1), logits, logits + torch.inf)
    torch.testing.assert_close(loss(changed).sum(), loss(logits).sum())


def test_micro_batches_hold_every_row_once() -> None:
    rows = [make_row(3 + i % 5, [1] * (1 + i % 4), float(i), seed=i) for i in range(40)]
    for size in (1, 40, 10_000):
        parts = micro_batches(rows, size, CPU)
        found = sorted(float(a[0]) for part in parts for a in part.advantages)
        assert found == [float(i) for i in range(40)]
    assert len(micro_batches(rows, 1, CPU)) == 40
    assert len(micro_batches(rows, 10_000, CPU)) == 1
    for part in micro_batches(rows, 60, CPU):
        padded = part.batch.prompt_ids.numel() + part.batch.reply_ids.numel()
        assert padded <= 60


def test_equal_prompts_are_kept_once() -> None:
    twins = [make_row(6, [1, 1], seed=3), make_row(6, [1, 1], seed=3), make_row(6, [1], seed=4)]
    micro = collate(twins, CPU)
    assert micro.batch.prompt_of.tolist() == [0, 0, 1]
    assert len(micro.batch.prompt_ids) == 2
