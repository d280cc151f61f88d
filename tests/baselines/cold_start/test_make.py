"""Demonstrations: what was played, and what is to be learned from it."""

from __future__ import annotations

from dataclasses import replace

from baselines.cold_start.make import demonstrate
from baselines.config import ColdStartConfig, T2POConfig
from baselines.presets import PRESETS
from baselines.sampling.prompting import Prompting


def played(name: str, how: ColdStartConfig) -> tuple[list[list[str]], list[list[str]]]:
    """Return, per episode, the actions to learn and the actions that were played before them."""
    config: T2POConfig = replace(PRESETS[name](), cold_start=how)
    episodes = list(demonstrate(config, Prompting.of(config.prompt, None)))
    taught = [[turn.action for turn in episode] for episode in episodes]
    return taught, [[past.action for past in episode[-1].past] for episode in episodes]


def test_without_slips_the_experts_actions_are_played() -> None:
    taught, before = played("alfworld", ColdStartConfig(episodes=20))
    assert all(actions[:-1] == past for actions, past in zip(taught, before, strict=True))


def test_slips_are_played_but_not_taught() -> None:
    how = ColdStartConfig(episodes=60, slips=0.2, min_score=0.0)
    taught, before = played("alfworld", how)
    turns = sum(len(past) for past in before)
    differ = sum(
        action != other
        for actions, past in zip(taught, before, strict=True)
        for action, other in zip(actions, past, strict=False)
    )
    assert 0.1 < differ / turns < 0.25  # a slip may be the expert's own action
    assert not any(action in ("help", "inventory") for actions in taught for action in actions)
    assert any(action in ("help", "inventory") for past in before for action in past)
    assert (taught, before) == played("alfworld", how)


def test_an_expert_goes_on_after_slips() -> None:
    how = ColdStartConfig(episodes=60, slips=0.15)
    config = replace(PRESETS["alfworld"](), cold_start=how)
    config = replace(config, env_kwargs={"difficulty": "easy", "max_turns": 40})
    won = list(demonstrate(config, Prompting.of(config.prompt, None)))
    assert len(won) >= 57
