"""Presets of small policies: minutes on a CPU, from the cold starts that come with the package."""

from __future__ import annotations

from dataclasses import replace

from ..config import (
    AdvantageConfig,
    CalibrationConfig,
    ColdStartConfig,
    EvalConfig,
    LossConfig,
    OptimConfig,
    PolicyConfig,
    PromptConfig,
    RolloutConfig,
    RunConfig,
    ThinkingConfig,
    TrainConfig,
)

__all__ = ["alfworld", "searchqa", "toy", "webshop"]

WEBSHOP_PROMPT = "t2po_gym.envs.webshop.agents.compact_prompt:TEMPLATE"
ALFWORLD_PROMPT = "t2po_gym.envs.alfworld.agents.compact_prompt:TEMPLATE"
SEARCHQA_PROMPT = "t2po_gym.envs.searchqa.agents.compact_prompt:NOTES"


def webshop() -> TrainConfig:
    """Return the default run: T2PO on WebShop from the committed cold start."""
    return TrainConfig(
        env="t2po/WebShop-v0",
        env_kwargs={
            "catalogue": "compact:16000",
            "page_size": 3,
            "title_words": 7,
            "max_turns": 8,
        },
        model="builtin:webshop-cold-start",
        prompt=PromptConfig(
            template=WEBSHOP_PROMPT,
            history=1,
            max_tokens=320,
            reply_prefix="<think>",
            list_actions=False,
        ),
        policy=PolicyConfig(
            vocab_size=1280, hidden_size=128, layers=3, heads=4, intermediate_size=384
        ),
        rollout=RolloutConfig(tasks=12, group=8, max_reply_tokens=64, temperature=0.7),
        thinking=ThinkingConfig(
            min_tokens=6, window=3, max_tokens=32, min_action_tokens=24, epsilon_quantile=0.03
        ),
        advantage=AdvantageConfig(reward_on_success=1.0),
        loss=LossConfig(kl_coef=0.03),
        optim=OptimConfig(lr=5e-4, warmup_steps=3, schedule="linear"),
        cold_start=ColdStartConfig(
            episodes=12000,
            epochs=1,
            batch_rows=16,
            lr=2e-3,
            practice_steps=400,
            tokenizer_episodes=512,
            expert_kwargs={"noise": 0.04, "vague": 0.88, "reasons": 1},
        ),
        eval=EvalConfig(every=6, dev_tasks=100, select="best", thinking="both"),
        # One thread: at this size a second one costs more than it brings, and a machine with other
        # work to do would make them wait for each other.
        run=RunConfig(steps=30, checkpoint_every=6, threads=1),
    )


def alfworld() -> TrainConfig:
    """Return the run of a small policy on ALFWorld, from its committed cold start."""
    base = webshop()
    return replace(
        base,
        env="t2po/ALFWorld-v0",
        env_kwargs={"difficulty": "easy", "max_turns": 8},
        model="builtin:alfworld-cold-start",
        prompt=replace(
            base.prompt, template=ALFWORLD_PROMPT, history=7, max_tokens=448, list_actions=True
        ),
        policy=replace(base.policy, vocab_size=768, split_digits=False),
        rollout=replace(base.rollout, max_reply_tokens=48),
        thinking=replace(base.thinking, max_tokens=24, min_action_tokens=16),
        # Gentler than on WebShop: what it has to change is one choice in the first turn.
        advantage=replace(base.advantage, invalid_penalty=0.02),
        loss=replace(base.loss, kl_coef=0.1),
        optim=replace(base.optim, lr=3e-4),
        eval=replace(base.eval, every=12),
        run=replace(base.run, steps=36, checkpoint_every=12),
        cold_start=replace(
            base.cold_start, min_score=0.0, slips=0.06, expert_kwargs={"tour": 0.66}
        ),
    )


def searchqa() -> TrainConfig:
    """Return the run of a small policy on Search QA, from its committed cold start."""
    base = webshop()
    return replace(
        base,
        model="builtin:searchqa-cold-start",
        policy=replace(base.policy, split_digits=False),
        env="t2po/SearchQA-Easy-v0",
        env_kwargs={"corpus": "generated:30000:0", "max_turns": 3},
        rollout=replace(base.rollout, tasks=16, max_reply_tokens=56),
        prompt=replace(base.prompt, template=SEARCHQA_PROMPT, history=2, max_tokens=448),
        thinking=replace(base.thinking, max_tokens=28, min_action_tokens=20),
        eval=replace(base.eval, every=20),
        run=replace(base.run, steps=60, checkpoint_every=20),
        # Wrong answers are kept: the policy first learns to guess as its teacher mostly does.
        cold_start=replace(
            base.cold_start, episodes=12000, min_score=0.0, expert_kwargs={"hasty": 0.52}
        ),
    )


def toy() -> TrainConfig:
    """Return a run on ToyKeys that takes some minutes on a CPU."""
    return TrainConfig(
        env="t2po/ToyKeys-v0",
        prompt=PromptConfig(template="compact", history=0, max_tokens=192, reply_prefix="<think>"),
        policy=PolicyConfig(
            vocab_size=384, hidden_size=64, layers=2, heads=2, intermediate_size=192
        ),
        rollout=RolloutConfig(tasks=8, group=8, max_reply_tokens=40),
        thinking=ThinkingConfig(min_tokens=3, window=2, max_tokens=16, min_action_tokens=16),
        calibration=CalibrationConfig(tasks=4, group=4),
        optim=OptimConfig(lr=5e-4, epochs=4, warmup_steps=2),
        cold_start=ColdStartConfig(episodes=160, epochs=4, batch_rows=16, lr=4e-3),
        eval=EvalConfig(tasks=64, dev_tasks=32),
        run=RunConfig(steps=30),
    )
