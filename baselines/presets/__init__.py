"""Named starting points for the settings; flags override them one by one.

| name | what |
|---|---|
| `webshop` | the default run: a small policy learns to shop on a CPU in minutes |
| `alfworld` | the same for household tasks |
| `searchqa` | the same for questions to look up |
| `toy` | ToyKeys in some minutes, for trying things out |
| `webshop-llm`, `alfworld-llm`, `searchqa-llm` | a pretrained model, with the published settings |
| `released` | the authors' released T2PO settings on WebShop, for a pretrained model on a GPU |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from baselines.config import (
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
    TurnRuleConfig,
)
from baselines.intervention import released_preset
from baselines.presets.llm import alfworld_llm, searchqa_llm, webshop_llm

__all__ = [
    "DEFAULT",
    "OF_ENV",
    "OF_ENV_LLM",
    "PRESETS",
    "SMALL",
    "alfworld",
    "alfworld_llm",
    "released",
    "searchqa",
    "searchqa_llm",
    "toy",
    "webshop",
    "webshop_llm",
]

DEFAULT = "webshop"

OF_ENV: Mapping[str, str] = {
    "t2po/WebShop-v0": "webshop",
    "t2po/ALFWorld-v0": "alfworld",
    "t2po/SearchQA-Easy-v0": "searchqa",
    "t2po/ToyKeys-v0": "toy",
}
"""Preset that `--env` means where none is named and the policy is a small one."""

OF_ENV_LLM: Mapping[str, str] = {
    "t2po/WebShop-v0": "webshop-llm",
    "t2po/ALFWorld-v0": "alfworld-llm",
    "t2po/SearchQA-v0": "searchqa-llm",
    "t2po/SearchQA-Easy-v0": "searchqa-llm",
    "t2po/SearchQA-Medium-v0": "searchqa-llm",
    "t2po/SearchQA-Hard-v0": "searchqa-llm",
    "t2po/SearchQA-Expert-v0": "searchqa-llm",
}
"""Preset that `--env` means where none is named and `--model` is a pretrained one."""

SMALL = ("webshop", "alfworld", "searchqa", "toy")
"""Presets whose learning rate, lengths and prompts suit policies of about a million parameters."""


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
        env="t2po/SearchQA-Easy-v0",
        env_kwargs={"corpus": "generated:30000:0", "max_turns": 3},
        model="builtin:searchqa-cold-start",
        prompt=replace(base.prompt, template=SEARCHQA_PROMPT, history=2, max_tokens=448),
        policy=replace(base.policy, split_digits=False),
        rollout=replace(base.rollout, tasks=16, max_reply_tokens=56),
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


def released() -> TrainConfig:
    """Return the authors' released settings for WebShop, with their stopping and turn rules.

    Meant for a pretrained model (`--model`) on a GPU. The stopping limit of 450 tokens can never be
    reached in replies of 300, as in the released script; it is kept that way.
    """
    signal, thinking, turns = released_preset()
    base = TrainConfig()
    return replace(
        base,
        env_kwargs={"rules": "exact"},
        prompt=PromptConfig(
            template="t2po_gym.envs.webshop.originals.verl_agent_prompts:VerlAgentTemplate",
            history=2,
            max_tokens=4096,
            parser="webshop",
        ),
        policy=PolicyConfig(dtype="bfloat16"),
        rollout=RolloutConfig(tasks=16, group=8, max_reply_tokens=300),
        signal=signal,
        thinking=ThinkingConfig(
            epsilon=thinking.epsilon,
            window=thinking.window,
            min_tokens=thinking.min_tokens,
            max_tokens=thinking.max_tokens,
            min_action_tokens=thinking.min_action_tokens,
        ),
        turns=TurnRuleConfig(
            eta=turns.eta, max_resamples=turns.max_resamples, variant=turns.variant
        ),
        advantage=AdvantageConfig(unit="turn", reward_on_success=10.0),
        loss=replace(base.loss, entropy_coef=0.001, train_on_forced=True),
        optim=OptimConfig(lr=1e-6, betas=(0.9, 0.999), micro_batch_tokens=32768),
        cold_start=replace(base.cold_start, when="never"),  # the model is fine-tuned already
        eval=EvalConfig(greedy=False, temperature=0.6, top_p=0.95),
        run=RunConfig(steps=200, checkpoint_every=10),
    )


PRESETS: Mapping[str, Callable[[], TrainConfig]] = {
    "webshop": webshop,
    "alfworld": alfworld,
    "searchqa": searchqa,
    "toy": toy,
    "webshop-llm": webshop_llm,
    "alfworld-llm": alfworld_llm,
    "searchqa-llm": searchqa_llm,
    "released": released,
}
