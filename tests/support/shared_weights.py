"""Updates that one process and several must agree about; a script for torchrun and a module.

    torchrun --standalone --nproc_per_node=2 tests/support/shared_weights.py BASE OUT [OUT:FROM]

(with the repository and tests/support on PYTHONPATH)

Every scenario learns from the same turns and leaves metrics, gradients, weights and a checkpoint in
OUT. With FROM it goes on from the checkpoints of another call.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from baseline_fakes import TINY, tiny_policy
from memory_runs import adapted, config_of, stale_turns, stirred

from baselines.config import CriticConfig, LoRAConfig, TrainConfig
from baselines.critic import Critic
from baselines.optimisation import stepped_weights
from baselines.parallel.parts import Part, read_part, write_part
from baselines.parallel.world import here, joined
from baselines.policy.loading import load_policy
from baselines.policy.model import Policy
from baselines.policy.reference import AdapterOff, Reference
from baselines.update import Learner

RNG = np.random.default_rng(0)
PROMPTS = [RNG.integers(10, 280, length) for length in (5, 9, 5, 3, 9, 4, 7)]
RETURNS = np.linspace(-1.0, 1.0, len(PROMPTS))


def whole(tensor: Any) -> torch.Tensor:
    return (tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor).float()


def keep(name: str, out: Path, numbers: dict[str, float], stepped: Sequence[Any]) -> None:
    """Leave what came out of a scenario; all processes come here."""
    gradients = [whole(p.grad) for p in stepped if p.grad is not None]
    weights = [whole(p.detach()) for p in stepped]
    (out / name).mkdir(parents=True, exist_ok=True)
    if here().first:
        torch.save([gradients, weights], out / name / "tensors.pt")
        (out / name / "numbers.json").write_text(json.dumps(numbers))


def learned(policy: Policy, config: TrainConfig, reference: bool) -> Callable[..., None]:
    """A scenario: two updates of a policy, a checkpoint, and what a third one does."""

    def run(name: str, out: Path, source: Path | None) -> None:
        turns, advantages = stale_turns(config)
        odd = len(turns) - 1 + len(turns) % 2  # one process has a row more than the other
        turns, advantages = turns[:odd], advantages[:odd]
        mine = policy
        if source is not None:
            mine = load_policy(str(source / name / "policy"), config.policy)
        mine.distribute()
        learner = Learner(mine, config, reference_of(mine) if reference else None)
        stepped = stepped_weights(mine.model, learner.optimizer)
        stepped = [weight for weight in stepped if weight.requires_grad]
        if source is None:
            keep(name, out / "first", learner.update(turns, advantages, 0), stepped)
            learner.update(turns, advantages, 1)
            write(mine, learner, out / name)
        else:
            assert read_part(learner, source / name / "part", mine.device)
        keep(name, out / "third", learner.update(turns, advantages, 2), stepped)

    return run


def reference_of(policy: Policy) -> Reference:
    """What a KL term is measured against."""
    if policy.adapter is not None:
        return AdapterOff(policy)
    other = tiny_policy(seed=1)
    other.distribute()
    return other


def write(policy: Policy, part: Part, place: Path) -> None:
    """Leave a checkpoint."""
    if here().first:
        (place / "policy").mkdir(parents=True)
    here().wait()
    policy.save(place / "policy")
    write_part(part.state_dict(), place / "part")


def criticised(name: str, out: Path, source: Path | None) -> None:
    """A scenario: the critic."""
    config = replace(config_of(), critic=CriticConfig(lr=1e-3, epochs=2, minibatches=2))
    critic = Critic(tiny_policy(), config)
    with torch.no_grad():
        for weight in critic.head.parameters():
            weight.fill_(0.1)
    groups = [0, 0, 1, 1, 2, 2, 2]

    def update(step: int) -> dict[str, float]:
        return critic.update(PROMPTS, groups, critic.values(PROMPTS), RETURNS, step=step)

    stepped = stepped_weights(critic.network, critic.optimizer)
    if source is None:
        keep(name, out / "first", update(0), stepped)
        update(1)
        (out / name).mkdir(exist_ok=True)
        write_part(critic.state_dict(), out / name / "part")
    else:
        assert read_part(critic, source / name / "part", critic.device)
    keep(name, out / "third", update(2), stepped)


def scenarios(base: str) -> dict[str, Callable[..., None]]:
    """Every scenario by name; `base` is the folder of a tiny model."""
    lora = LoRAConfig(rank=2)
    low = replace(TINY, dtype="bfloat16")
    lean = replace(TINY, gradient_checkpointing=True, logit_chunk=5)
    plain = config_of(kl_coef=0.1, entropy_coef=0.01)
    alone = replace(plain, optim=replace(plain.optim, micro_batch_tokens=1))  # every row
    narrow = replace(config_of(), policy=low)
    return {
        "plain": learned(tiny_policy(), plain, reference=True),
        "corrected": learned(tiny_policy(), config_of(tis="token"), reference=False),
        "lean": learned(load_policy(base, lean), replace(alone, policy=lean), reference=True),
        "bfloat16": learned(load_policy(base, low), narrow, reference=False),
        "adapter": learned(stirred(adapted(base, lora)), config_of(kl_coef=0.1), reference=True),
        "adapter-bfloat16": learned(
            stirred(adapted(base, lora, dtype="bfloat16")), narrow, reference=False
        ),
        "critic": criticised,
    }


def main(base: str, *jobs: str) -> None:
    """Run every scenario, for each of the jobs: `OUT`, or `OUT:FROM` to go on from another's."""
    torch.set_num_threads(1)
    with joined("cpu"):
        for job in jobs:
            out, _, source = job.partition(":")
            for name, run in scenarios(base).items():
                run(name, Path(out), Path(source) if source else None)


if __name__ == "__main__":
    main(*sys.argv[1:])
