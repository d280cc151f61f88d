"""Named starting points for the settings; flags override them one by one.

| name | what |
|---|---|
| `webshop` | the default run: a small policy learns to shop on a CPU in minutes |
| `alfworld` | the same for household tasks |
| `searchqa` | the same for questions to look up |
| `toy` | ToyKeys in some minutes, for trying things out |
| `*-deliberate` | each of the three with long thoughts that hesitate: a test of TTI and TDS |
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
from baselines.presets.deliberate import (
    alfworld_deliberate,
    searchqa_deliberate,
    webshop_deliberate,
)
from baselines.presets.llm import alfworld_llm, searchqa_llm, webshop_llm
from baselines.presets.small import alfworld, searchqa, webshop

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

SMALL = (
    *("webshop", "alfworld", "searchqa", "toy"),
    *("webshop-deliberate", "alfworld-deliberate", "searchqa-deliberate"),
)
"""Presets whose learning rate, lengths and prompts suit policies of about a million parameters."""


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
    "webshop-deliberate": webshop_deliberate,
    "alfworld-deliberate": alfworld_deliberate,
    "searchqa-deliberate": searchqa_deliberate,
    "webshop-llm": webshop_llm,
    "alfworld-llm": alfworld_llm,
    "searchqa-llm": searchqa_llm,
    "released": released,
}
