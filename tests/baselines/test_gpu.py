"""On a CUDA device: the replies and updates of a CPU (tools/gpu_check.sh runs these)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from baseline_fakes import TINY, tiny_policy
from memory_runs import config_of, stale_turns

from baselines.policy.model import Policy
from baselines.sampling.generation import HFGenerator
from baselines.sampling.protocol import Decoding, Request
from baselines.sampling.stepping import FixedStages
from baselines.trajectory import Generation
from baselines.uncertainty import SignalConfig
from baselines.update import Learner

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the compiler's own parts
]
HOW = Decoding(max_tokens=24, temperature=0.7, signal=SignalConfig())


def on(device: str) -> Policy:
    return tiny_policy(config=replace(TINY, device=device))


def replies(policy: Policy, count: int, compiled: bool = False) -> list[Generation]:
    stages = FixedStages(policy, 64) if compiled else None
    decoder = HFGenerator(policy, queue="</think>\n<action>", stages=stages)
    draw = np.random.default_rng(3)
    asked = [
        Request(prompt_ids=draw.integers(10, 280, 3 + 2 * i), seed=(0, i)) for i in range(count)
    ]
    decoder.generate(asked, HOW)  # a graph is captured once and then played
    return decoder.generate(asked, HOW)


@pytest.mark.parametrize("compiled", [False, True])
def test_replies_are_those_of_a_cpu(compiled: bool) -> None:
    mine, theirs = replies(on("cpu"), 6), replies(on("cuda"), 6, compiled)
    for one, other in zip(mine, theirs, strict=True):
        assert one.token_ids.tolist() == other.token_ids.tolist()
        np.testing.assert_allclose(one.log_probs, other.log_probs, rtol=0, atol=1e-3)
        np.testing.assert_allclose(one.entropy, other.entropy, rtol=0, atol=1e-3)


@pytest.mark.parametrize("settings", [{}, {"gradient_checkpointing": True, "logit_chunk": 5}])
def test_an_update_is_that_of_a_cpu(settings: dict[str, object]) -> None:
    config = config_of(entropy_coef=0.01)
    turns, advantages = stale_turns(config)
    learned = [
        Learner(tiny_policy(config=replace(TINY, device=device, **settings)), config).update(
            turns, advantages, 0
        )
        for device in ("cpu", "cuda")
    ]
    assert learned[0] == pytest.approx(learned[1], rel=1e-3, abs=1e-4)
