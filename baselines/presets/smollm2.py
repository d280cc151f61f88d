"""A first real model on a CPU: one step of SmolLM2-135M-Instruct on WebShop, in some minutes."""

from __future__ import annotations

from dataclasses import replace

from ..config import TrainConfig
from .llm import webshop_llm

__all__ = ["smollm2"]


def smollm2() -> TrainConfig:
    """Return the published WebShop settings cut down to 2 tasks x 2 episodes of four short turns.

    It shows that everything works with a real tokenizer and a real chat template. To learn
    something takes more steps, more episodes and longer replies. All that differs is ours.
    """
    base = webshop_llm()
    return replace(
        base,
        env_kwargs={"catalogue": "compact", "page_size": 3, "title_words": 7, "max_turns": 4},
        # The model writes no thought by itself.
        prompt=replace(
            base.prompt, template="plain", history=1, max_tokens=512, reply_prefix="<think>"
        ),
        policy=replace(base.policy, gradient_checkpointing=True),
        rollout=replace(base.rollout, tasks=2, group=2, max_reply_tokens=64),
        thinking=replace(
            base.thinking, min_tokens=8, window=3, max_tokens=32, min_action_tokens=20
        ),
        calibration=replace(base.calibration, tasks=2, group=1),
        # As the script: without it a rollout in which all fail equally would move no weight.
        loss=replace(base.loss, entropy_coef=0.001),
        optim=replace(base.optim, lr=1e-5, minibatches=1, micro_batch_tokens=1024),
        eval=replace(base.eval, before=False, tasks=8, every=0),
        run=replace(base.run, steps=1, tensorboard=False),
    )
