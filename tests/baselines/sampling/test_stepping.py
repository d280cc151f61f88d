"""Decoding in fixed shapes, and prompts that are not read again: the same replies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from baseline_fakes import tiny_policy
from transformers import MistralConfig

from baselines import presets
from baselines.intervention import ThinkingRule
from baselines.policy.model import Policy
from baselines.run.panels import make_player
from baselines.sampling.generation import HFGenerator
from baselines.sampling.protocol import Decoding, Request
from baselines.sampling.stepping import FixedStages, require_fixed_shapes
from baselines.trajectory import Generation
from baselines.uncertainty import SignalConfig

QUEUE = "</think>\n<action>"
RULE = ThinkingRule(epsilon=1e9, window=1, min_tokens=4, max_tokens=99, min_action_tokens=4)
HOW = Decoding(max_tokens=24, temperature=0.7, signal=SignalConfig(), thinking=RULE)


def generator(policy: Policy, **others: Any) -> HFGenerator:
    return HFGenerator(policy, queue=QUEUE, reply_prefix="<think>", **others)


def requests(count: int, again: int = 0, start: int = 0) -> list[Request]:
    draw = np.random.default_rng(7 + start)
    prompts = [draw.integers(10, 280, size=n).astype(np.int64) for n in (3, 9, 5, 14)]
    return [
        Request(prompt_ids=prompts[i % 4], seed=(0, 0, 1, i, 0, 0, again)) for i in range(count)
    ]


def assert_same(mine: list[Generation], theirs: list[Generation]) -> None:
    assert len(mine) == len(theirs) > 0
    for one, other in zip(mine, theirs, strict=True):
        assert one.token_ids.tolist() == other.token_ids.tolist()
        assert one.sampled.tolist() == other.sampled.tolist()
        np.testing.assert_allclose(one.log_probs, other.log_probs, rtol=0, atol=1e-4)
        np.testing.assert_allclose(one.entropy, other.entropy, rtol=0, atol=1e-4)


def check_fixed(compiles: bool, calls: tuple[int, ...]) -> None:
    policy = tiny_policy()
    fixed = generator(policy, stages=FixedStages(policy, 64, compiles=compiles))
    growing = generator(policy)
    for number, count in enumerate(calls):
        asked = requests(count, start=number)
        for how in (HOW, replace(HOW, greedy=True)):
            assert_same(fixed.generate(asked, how), growing.generate(asked, how))


def test_fixed_shapes_give_the_same_replies() -> None:
    check_fixed(False, (5, 1, 8, 5))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the compiler's own, of its own parts
def test_compiled_steps_give_the_same_replies() -> None:
    check_fixed(True, (5, 8))


def test_a_stage_of_another_number_of_rows_is_kept() -> None:
    policy = tiny_policy()
    stages = FixedStages(policy, 64, compiles=False)
    fixed = generator(policy, stages=stages)
    for count in (5, 2, 7):
        fixed.generate(requests(count), HOW)
    assert sorted(stages._stages) == [2, 8]


def test_models_with_windows_are_refused_in_one_sentence() -> None:
    windows = MistralConfig(num_hidden_layers=1, sliding_window=8)
    with pytest.raises(ValueError, match=r"--rollout.compile .* sliding windows"):
        require_fixed_shapes(windows)


def counted(policy: Policy) -> list[int]:
    """Note how many prompts the model reads from now on."""
    rows: list[int] = []
    forward = policy.model.forward

    def note(*args: Any, **inputs: Any) -> Any:
        if inputs["input_ids"].shape[1] > 1:
            rows.append(len(inputs["input_ids"]))
        return forward(*args, **inputs)

    policy.model.forward = note
    return rows


def test_further_tries_read_nothing_again() -> None:
    policy = tiny_policy()
    reusing = generator(policy, reuse_prompts=True)
    plain = generator(tiny_policy())
    read = counted(policy)
    assert_same(reusing.generate(requests(7), HOW), plain.generate(requests(7), HOW))
    assert read == [4]  # of seven members' prompts four are distinct
    some = requests(7, again=1)[2:5]
    assert_same(reusing.generate(some, HOW), plain.generate(some, HOW))
    other = requests(2, again=2)
    assert_same(reusing.generate(other, HOW), plain.generate(other, HOW))
    assert read == [4]


def test_new_prompts_and_new_weights_are_read() -> None:
    policy, twin = tiny_policy(), tiny_policy()
    reusing = generator(policy, reuse_prompts=True)
    reusing.generate(requests(4), HOW)
    read = counted(policy)
    fresh = requests(3, start=1)
    assert_same(reusing.generate(fresh, HOW), generator(twin).generate(fresh, HOW))
    assert read == [3]
    for changed in (policy, twin):
        with torch.no_grad():
            changed.model.get_input_embeddings().weight.mul_(1.5)
    assert_same(reusing.generate(fresh, HOW), generator(twin).generate(fresh, HOW))
    assert read == [3, 3]


def test_nothing_is_kept_unless_asked_for() -> None:
    policy = tiny_policy()
    plain = generator(policy)
    read = counted(policy)
    for again in range(2):
        plain.generate(requests(4, again=again), HOW)
    assert read == [4, 4]


def test_the_settings_reach_the_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", lambda model, mode: model)
    toy = presets.toy()
    config = replace(toy, rollout=replace(toy.rollout, compile=True, reuse_prompts=True))
    made = make_player(tiny_policy(), config).generator
    assert isinstance(made, HFGenerator)
    assert made._stages is not None
    assert made._stages.room == config.longest_sequence
    assert made._reader._reuses
    plain = make_player(tiny_policy(), toy).generator
    assert isinstance(plain, HFGenerator)
    assert plain._stages is None
    assert not plain._reader._reuses
