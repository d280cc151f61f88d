"""Presets whose policies hesitate: a controlled test of T2PO's two mechanisms.

The cold starts imitate experts with thoughts of 40 to 120 tokens, of which the part behind the last
informative step leads nowhere, and with turns that visit the same page again
(`baselines.cold_start.deliberation`). These worlds are built to contain hesitation. They say what
the mechanisms do where there is some, and nothing about how much of it large models have.
"""

from __future__ import annotations

from dataclasses import replace

from ..config import TrainConfig
from .small import alfworld, searchqa, webshop

__all__ = ["alfworld_deliberate", "searchqa_deliberate", "webshop_deliberate"]

EXPERTS = "baselines.cold_start.deliberate:"


def _deliberate(base: TrainConfig, name: str, expert: str, reply: int) -> TrainConfig:
    """Give a small preset long thoughts: room, rules and an expert for them."""
    return replace(
        base,
        model=f"builtin:{name}-deliberate",
        rollout=replace(base.rollout, tasks=8, group=8, max_reply_tokens=reply),
        thinking=replace(
            base.thinking,
            min_tokens=20,
            window=7,
            max_tokens=128,
            min_action_tokens=reply - 136,
            epsilon_quantile=0.25,
        ),
        turns=replace(base.turns, eta_quantile=0.2),
        # Replies five times as long hold five times the noise: small steps, four per rollout.
        optim=replace(base.optim, lr=2e-4, minibatches=4),
        cold_start=replace(base.cold_start, expert=EXPERTS + expert),
    )


def webshop_deliberate() -> TrainConfig:
    """Return WebShop with deliberation; like `webshop`, but for two more turns."""
    base = _deliberate(webshop(), "webshop", "DeliberateShopper", reply=184)
    return replace(
        base,
        env_kwargs={**base.env_kwargs, "max_turns": 10},
        cold_start=replace(
            base.cold_start,
            episodes=12000,
            slips=0.05,
            expert_kwargs={"stall": 0.1, "noise": 0.04, "vague": 0.88},
        ),
    )


def alfworld_deliberate() -> TrainConfig:
    """Return ALFWorld with deliberation, on easy games: a policy of this size needs those.

    Tried with games as the official ones, a cold start of 2,500 episodes won 5 of 100, and one of
    10,000 made on easy games won 8 of 100.
    """
    base = _deliberate(alfworld(), "alfworld", "DeliberateExplorer", reply=168)
    return replace(
        base,
        env_kwargs={"difficulty": "easy", "max_turns": 10},
        cold_start=replace(
            base.cold_start,
            episodes=10000,
            # The wish and the decision are short here: more must follow to make a long thought.
            expert_kwargs={"stall": 0.1, "tour": 0.5, "count": [4, 9]},
        ),
    )


def searchqa_deliberate() -> TrainConfig:
    """Return Search QA with deliberation. One hop: a policy of this size copies too few names.

    Tried with two hops, the cold start answered 3 of 100 questions.
    """
    base = _deliberate(searchqa(), "searchqa", "DeliberateSearcher", reply=168)
    return replace(
        base,
        env_kwargs={"corpus": "generated:30000:0", "max_turns": 4},
        cold_start=replace(
            base.cold_start, episodes=10000, expert_kwargs={"stall": 0.1, "hasty": 0.3}
        ),
    )
