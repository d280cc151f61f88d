"""The settings of T2PO's released code, with its stopping and turn rules."""

from __future__ import annotations

from dataclasses import replace

from ..config import TrainConfig
from ..intervention import released_preset
from .llm import webshop_llm

__all__ = ["released"]


def released() -> TrainConfig:
    """Return the authors' released settings for WebShop, with their stopping and turn rules.

    Meant for a pretrained model (`--model`) on a GPU. The stopping limit of 450 tokens can never be
    reached in replies of 300, as in the released script; it is kept that way.
    """
    signal, thinking, turns = released_preset()
    base, published = TrainConfig(), webshop_llm()
    return replace(
        base,
        env_kwargs={"rules": "exact"},
        prompt=published.prompt,
        policy=published.policy,
        rollout=published.rollout,
        signal=signal,
        thinking=replace(
            base.thinking,
            epsilon=thinking.epsilon,
            window=thinking.window,
            min_tokens=thinking.min_tokens,
            max_tokens=thinking.max_tokens,
            min_action_tokens=thinking.min_action_tokens,
        ),
        turns=replace(
            base.turns, eta=turns.eta, max_resamples=turns.max_resamples, variant=turns.variant
        ),
        advantage=replace(base.advantage, unit="turn", reward_on_success=10.0),
        # As in the released code, ratios are measured against the trainer's own log-probs (with
        # bfloat16 `tis` does that by itself); its weights for the sampler's rounding are ours.
        loss=replace(base.loss, entropy_coef=0.001, train_on_forced=True),
        optim=replace(
            base.optim,
            lr=1e-6,
            betas=(0.9, 0.999),
            micro_batch_tokens=published.optim.micro_batch_tokens,
        ),
        cold_start=replace(base.cold_start, when="never"),  # the model is fine-tuned already
        eval=replace(base.eval, greedy=False, temperature=0.6, top_p=0.95),
        run=replace(base.run, steps=200, checkpoint_every=10),
    )
