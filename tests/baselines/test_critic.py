"""The critic: values of prompts, what is bootstrapped, how it learns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from baseline_fakes import TINY, tiny_policy
from rollouts import rollout

from baselines.collate import turn_rows
from baselines.config import CriticConfig, OptimConfig, TrainConfig
from baselines.critic import Critic, explained_variance
from baselines.optimisation import stepped_weights

RNG = np.random.default_rng(0)
PROMPTS = [RNG.integers(10, 280, length) for length in (5, 9, 5, 3, 9)]


def critic_of(**settings: Any) -> Critic:
    optim = OptimConfig(micro_batch_tokens=settings.pop("micro_batch_tokens", 8192), minibatches=1)
    config = TrainConfig(
        optim=optim, critic=CriticConfig(**{"lr": 1e-2, "epochs": 1, "minibatches": 1} | settings)
    )
    critic = Critic(tiny_policy(), config)
    torch.nn.init.constant_(critic.head.weight, 0.1)
    return critic


def test_a_new_critic_knows_nothing() -> None:
    assert Critic(tiny_policy(), TrainConfig()).values(PROMPTS).tolist() == [0.0] * 5


@pytest.mark.parametrize("tokens", [1, 20, 8192])
def test_a_prompt_is_worth_the_same_alone_and_in_a_padded_batch(tokens: int) -> None:
    alone = [critic_of().values([prompt])[0] for prompt in PROMPTS]
    together = critic_of(micro_batch_tokens=tokens).values(PROMPTS)
    assert np.ptp(together) > 1e-3
    assert together == pytest.approx(alone, abs=1e-5)


def test_the_value_is_read_at_the_last_token_of_the_prompt() -> None:
    critic = critic_of()
    ids = torch.from_numpy(PROMPTS[1]).unsqueeze(0)
    with torch.no_grad():
        hidden = critic.trunk(input_ids=ids).last_hidden_state[0, -1]
        expected = float(critic.head(hidden))
    assert critic.values([PROMPTS[1]])[0] == pytest.approx(expected, abs=1e-5)


def test_training_the_critic_never_moves_the_policy() -> None:
    policy = tiny_policy()
    before = {name: p.clone() for name, p in policy.model.named_parameters()}
    critic = Critic(policy, TrainConfig(critic=CriticConfig(lr=0.1)))
    critic.update(PROMPTS, [0] * 5, np.zeros(5), np.ones(5), step=0)
    assert all(torch.equal(p, before[name]) for name, p in policy.model.named_parameters())
    assert critic.values(PROMPTS).mean() > 0.01


def test_truncated_episodes_are_bootstrapped_and_terminated_ones_are_not() -> None:
    groups = rollout(tiny_policy())
    cut = replace(groups[1].trajectories[0], next_prompt_ids=PROMPTS[1])
    groups[1] = replace(groups[1], trajectories=(cut, groups[1].trajectories[1]))
    critic = critic_of()
    final = critic.final_values(groups)
    assert len(final) == len(turn_rows(groups))
    expected = np.zeros(12)
    expected[5] = critic.values([PROMPTS[1]])[0]  # its second turn, after the two of group 0
    assert final == pytest.approx(expected)
    assert expected[5] != 0.0


def test_one_step_by_hand() -> None:
    """Loss, clipping and explained variance of one update."""
    old, returns = np.array([0.0, 0.0, 0.4, 0.0, 0.0]), np.array([1.0, 0.0, 0.5, -1.0, 0.2])
    critic = critic_of(clip=0.05)
    now = critic.values(PROMPTS)
    near = np.clip(now, old - 0.05, old + 0.05)
    worse = (near - returns) ** 2 > (now - returns) ** 2
    loss = 0.5 * np.maximum((now - returns) ** 2, (near - returns) ** 2).mean()
    learned = critic.update(PROMPTS, [0, 0, 1, 1, 2], old, returns, step=0)
    assert learned["value_loss"] == pytest.approx(loss, rel=1e-4)
    assert learned["value_clip_fraction"] == pytest.approx(worse.mean())
    assert worse.sum() > 0
    assert learned["value_mean"] == pytest.approx(old.mean())
    spread = 1 - np.var(returns - old) / np.var(returns)
    assert learned["explained_variance"] == pytest.approx(spread)
    plain = critic_of(clip=None).update(PROMPTS, [0, 0, 1, 1, 2], old, returns, step=0)
    assert plain["value_loss"] == pytest.approx(0.5 * ((now - returns) ** 2).mean(), rel=1e-4)
    assert plain["value_clip_fraction"] == 0.0


def test_micro_batches_change_nothing() -> None:
    returns = np.array([1.0, 0.0, 0.5, -1.0, 0.2])
    values = []
    for tokens in (1, 20, 8192):
        critic = critic_of(micro_batch_tokens=tokens)
        critic.update(PROMPTS, [0, 0, 1, 1, 2], np.zeros(5), returns, step=0)
        values.append(critic.values(PROMPTS))
    assert values[0] == pytest.approx(values[2], abs=1e-4)
    assert values[1] == pytest.approx(values[2], abs=1e-4)


def test_the_settings_of_the_critic_reach_its_optimiser() -> None:
    critic = critic_of(lr=0.5, epochs=3, grad_clip=0.01)
    groups = [0, 0, 1, 1, 2]
    learned = critic.update(PROMPTS, groups, np.zeros(5), np.ones(5), step=0, position=0.0)
    assert {group["lr"] for group in critic.optimizer.param_groups} == {0.5}
    steps = {int(state["step"]) for state in critic.optimizer.state.values()}
    assert steps == {3}, "an epoch is a step"
    squares = [float((p.grad**2).sum()) for p in critic.network.parameters() if p.grad is not None]
    assert np.sqrt(sum(squares)) <= 0.0101
    assert learned["value_grad_norm"] > 0.01


def test_the_gradients_of_a_bfloat16_critic_are_clipped() -> None:
    """They are in the float32 copies; the weights' own are gone by then."""
    config = TrainConfig(critic=CriticConfig(lr=1e-2, epochs=1, minibatches=1, grad_clip=0.01))
    critic = Critic(tiny_policy(config=replace(TINY, dtype="bfloat16")), config)
    torch.nn.init.constant_(critic.head.weight, 0.1)
    learned = critic.update(PROMPTS, [0] * 5, np.zeros(5), np.ones(5), step=0)
    stepped = stepped_weights(critic.network, critic.optimizer)
    squares = [float((p.grad**2).sum()) for p in stepped if p.grad is not None]
    assert len(squares) > 2
    assert np.sqrt(sum(squares)) <= 0.0101
    assert learned["value_grad_norm"] > 0.01


def test_a_saved_critic_goes_on_as_if_nothing_happened() -> None:
    returns = np.array([1.0, 0.0, 0.5, -1.0, 0.2])

    def step(critic: Critic, number: int) -> None:
        critic.update(PROMPTS, [0, 0, 1, 1, 2], np.zeros(5), returns, step=number)

    whole, first, second = critic_of(), critic_of(), critic_of()
    step(whole, 0)
    step(whole, 1)
    step(first, 0)
    second.load_state_dict(first.state_dict())
    step(second, 1)
    assert second.values(PROMPTS).tolist() == whole.values(PROMPTS).tolist()


def test_explained_variance() -> None:
    returns = np.array([0.0, 1.0, 2.0])
    assert explained_variance(returns, returns) == 1.0
    assert explained_variance(np.full(3, 5.0), returns) == 0.0
    assert explained_variance(-returns, returns) == pytest.approx(-3.0)
    assert np.isnan(explained_variance(returns, np.ones(3)))
