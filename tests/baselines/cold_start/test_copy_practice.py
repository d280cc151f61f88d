"""Copy practice: what is practised, and that it helps."""

import numpy as np
import pytest
import torch

from baselines.cold_start.copy_practice import DISTINCT, LENGTHS, CopyPractice, practise_copying
from baselines.config import PolicyConfig
from baselines.policy.loading import new_policy
from baselines.policy.model import Policy
from baselines.policy.tokenizer import train_tokenizer


@pytest.fixture
def policy() -> Policy:
    shape = PolicyConfig(
        vocab_size=320, hidden_size=64, layers=2, heads=2, intermediate_size=64, device="cpu"
    )
    return new_policy(shape, train_tokenizer(["red"], 320), torch.Generator().manual_seed(0))


def practice_of(policy: Policy) -> CopyPractice:
    return CopyPractice(policy, np.random.Generator(np.random.PCG64(0)))


def train(policy: Policy, steps: int) -> list[float]:
    losses: list[float] = []
    optimizer = torch.optim.AdamW(policy.model.parameters(), lr=2e-3)
    practise_copying(practice_of(policy), optimizer, steps, lambda _, loss: losses.append(loss))
    return losses


def test_a_batch_says_everything_twice_in_few_words(policy: Policy) -> None:
    practice = practice_of(policy)
    for _ in range(5):
        batch = practice.batch(6)
        length = batch.shape[1] // 2
        assert LENGTHS[0] <= length <= LENGTHS[1]
        assert torch.equal(batch[:, :length], batch[:, length:])
        assert all(len(set(row.tolist())) <= DISTINCT for row in batch)
        assert not set(batch.flatten().tolist()) & set(policy.tokenizer.all_special_ids)


def test_practice_helps_and_repeats_itself(policy: Policy) -> None:
    start = {name: value.clone() for name, value in policy.model.state_dict().items()}
    losses = train(policy, 30)
    assert losses[-1] < 0.85 * losses[0]
    policy.model.load_state_dict(start)
    assert train(policy, 30) == losses


def test_no_steps_change_nothing(policy: Policy) -> None:
    before = [p.clone() for p in policy.model.parameters()]
    assert train(policy, 0) == []
    assert all(torch.equal(a, b) for a, b in zip(before, policy.model.parameters(), strict=True))
