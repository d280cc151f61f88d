"""Presets for pretrained language models: the settings of T2PO's published example scripts.

Source of every value unless a comment says otherwise: the WebShop, ALFWorld and Search scripts of
the T2PO-ICML repository (docs/originals/algorithms.md, section 15). They were written for models of
4 to 8 billion parameters on eight GPUs. "Paper" is section 11 there, "GiGPO" section 8.

Six things differ on purpose. The thresholds of TTI and TDS are calibrated on the first rollout,
because those of the scripts belong to another score (`released`). Mini-batches are given as a
number per rollout: the scripts' row counts, at the usual number of turns. There is no entropy
bonus, which the scripts leave at 0.001 for WebShop and ALFWorld. An episode counts once in its
group's statistics, where the scripts count it once per turn (`--advantage.unit turn`). Evaluation
has no top_k, which the scripts set to 20. The sixth comes with bfloat16: truncated importance
sampling, which `--loss.tis off` turns off.
"""

from __future__ import annotations

from dataclasses import replace

from ..config import TrainConfig

__all__ = ["alfworld_llm", "searchqa_llm", "webshop_llm"]


def webshop_llm() -> TrainConfig:
    """Return the published WebShop settings, on the repaired shop."""
    base = TrainConfig()
    return replace(
        base,
        env="t2po/WebShop-v0",
        env_kwargs={"max_turns": 15},
        prompt=replace(
            base.prompt,
            template="t2po_gym.envs.webshop.originals.verl_agent_prompts:VerlAgentTemplate",
            history=2,
            max_tokens=4096,
            parser="webshop",
        ),
        # Ours, for memory and speed only: checkpointing; two of the longest rows at once in
        # learning, 32 in playing. Qwen3-4B fits so on eight GPUs of 80 GB, Qwen3-1.7B on one.
        policy=replace(base.policy, dtype="bfloat16", gradient_checkpointing=True),
        rollout=replace(
            base.rollout, tasks=16, group=8, max_reply_tokens=300, temperature=1.0, max_rows=32
        ),
        # Scripts: 450 thinking tokens at most, which replies of 300 can never reach; ours: 200.
        # Ours: N, for the scripts' 20 steps in a row, and L_min, from where their scores begin.
        thinking=replace(base.thinking, max_tokens=200, window=19, min_tokens=32),
        turns=replace(base.turns, max_resamples=2),
        advantage=replace(
            base.advantage,
            gamma=0.95,
            step_weight=1.0,
            norm="mean_norm",
            invalid_penalty=0.1,  # GiGPO
            reward_on_success=10.0,  # docs/originals/webshop.md, section 8
        ),
        loss=replace(
            base.loss,
            clip_low=0.2,
            clip_high=0.2,
            dual_clip=3.0,
            aggregation="token-mean",
            kl_coef=0.0,
        ),
        optim=replace(
            base.optim,
            lr=1e-6,
            weight_decay=0.01,
            betas=(0.9, 0.999),  # torch's own, which the scripts leave alone
            grad_clip=1.0,
            epochs=1,
            minibatches=5,  # 128 rows of the 640 that 128 episodes of five turns have
            micro_batch_tokens=10_000,  # ours, see policy
        ),
        cold_start=replace(base.cold_start, when="never"),  # scripts start from a fine-tuned model
        # Ours: how often, how many tasks.
        eval=replace(base.eval, greedy=False, temperature=0.6, top_p=0.95, every=10, dev_tasks=64),
        run=replace(base.run, steps=200, checkpoint_every=10),
    )


def alfworld_llm() -> TrainConfig:
    """Return the published ALFWorld settings, on the games of `games="generated"`."""
    base = webshop_llm()
    return replace(
        base,
        env="t2po/ALFWorld-v0",
        env_kwargs={"max_turns": 50},
        prompt=replace(
            base.prompt,
            template="t2po_gym.envs.alfworld.originals.verl_agent_prompts:VerlAgentTemplate",
            max_tokens=2048,
        ),
        rollout=replace(base.rollout, max_reply_tokens=500),
        thinking=replace(base.thinking, max_tokens=450),
        advantage=replace(base.advantage, norm="mean_std_norm"),
        loss=replace(base.loss, kl_coef=0.01),
        optim=replace(base.optim, minibatches=12),  # 256 rows of about 3,200
    )


def searchqa_llm() -> TrainConfig:
    """Return the published Search settings, in the dialect of the published prompts."""
    base = webshop_llm()
    return replace(
        base,
        env="t2po/SearchQA-v0",
        env_kwargs={"rules": "t2po", "max_turns": 4},
        prompt=replace(
            base.prompt,
            template="searchqa-t2po",
            parser="searchqa-t2po",
            history=4,
            list_actions=False,
        ),
        rollout=replace(base.rollout, tasks=256, group=5, max_reply_tokens=500),
        thinking=replace(base.thinking, max_tokens=450),
        advantage=replace(
            base.advantage, norm="mean_std_norm", similarity=0.9, reward_on_success=None
        ),
        # 256 rows of about 3,840. The scripts warm up over a tenth of one pass through their data:
        # here a tenth of 200 steps. They leave decoding in evaluation to their framework; it is the
        # paper's here, as above.
        optim=replace(base.optim, minibatches=15, warmup_steps=20),
    )
