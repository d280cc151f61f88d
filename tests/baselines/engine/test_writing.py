"""What the engine's processor decides, driven by the decoder's own model instead of an engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from baseline_fakes import tiny_policy

from baselines.engine.messages import Ask
from baselines.engine.writing import Writing, decide
from baselines.intervention import ThinkingRule
from baselines.policy.model import Policy
from baselines.sampling.generation import HFGenerator
from baselines.sampling.protocol import Decoding, Request
from baselines.uncertainty import SignalConfig

QUEUE = "</think>\n<action>"
RULE = ThinkingRule(epsilon=0.1, window=2, min_tokens=4, max_tokens=14, min_action_tokens=4)
USUAL = Decoding(max_tokens=24, signal=SignalConfig(top_j=5), thinking=RULE)
KINDS = {
    "sampled": USUAL,
    "greedy": replace(USUAL, greedy=True),
    "cold": replace(USUAL, temperature=0.7),
    "nucleus": Decoding(max_tokens=24, top_p=0.9),
}


def requests(count: int) -> list[Request]:
    rng = np.random.default_rng(2)
    return [Request(prompt_ids=rng.integers(10, 280, 4 + i % 5), seed=(0, i)) for i in range(count)]


@torch.no_grad()
def logits_after(policy: Policy, writing: Writing, ids: list[int]) -> torch.Tensor:
    sequence = torch.tensor([[*writing.ask.request.prompt_ids.tolist(), *ids]])
    logits: torch.Tensor = policy.model(input_ids=sequence).logits[:, -1]
    return logits


def write(policy: Policy, rows: list[Writing], forgetful: bool = False) -> None:
    """Stand for the engine: one step after the other; a forgetful one shows some places again."""
    outputs: list[list[int]] = [[] for _ in rows]
    rng = np.random.default_rng(0)
    while True:
        live = [
            n
            for n, row in enumerate(rows)
            if len(outputs[n]) < row.how.max_tokens and row.at(len(outputs[n]))
        ]
        if not live:
            return
        shown = torch.cat([logits_after(policy, rows[n], outputs[n]) for n in live])
        for n, token in zip(live, decide([rows[n] for n in live], shown), strict=True):
            if not forgetful or rng.random() < 0.7:
                outputs[n].append(token)


@pytest.mark.parametrize("forgetful", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_decisions_are_the_decoders(kind: str, forgetful: bool) -> None:
    policy = tiny_policy()
    decoder = HFGenerator(policy, queue=QUEUE, reply_prefix="<think>")
    asked = requests(9)
    rows = [Writing(Ask(key=i, request=r, decoding=KINDS[kind]), decoder) for i, r in
            enumerate(asked)]  # fmt: skip
    write(policy, rows, forgetful)
    for row, expected in zip(rows, decoder.generate(asked, KINDS[kind]), strict=True):
        made = row.written()
        reply = decoder.generation(
            made.ids, made.sampled, made.numbers, stopped=made.stopped, record=made.record
        )
        assert reply.token_ids.tolist() == expected.token_ids.tolist()
        assert reply.sampled.tolist() == expected.sampled.tolist()
        for name in ("log_probs", "entropy", "confidence"):
            np.testing.assert_allclose(
                getattr(reply, name), getattr(expected, name), atol=1e-4, err_msg=name
            )
        assert (reply.text, reply.finish) == (expected.text, expected.finish)
        assert reply.stop_reason == expected.stop_reason
        assert reply.lowest_window_mean == pytest.approx(expected.lowest_window_mean, abs=1e-4)


def test_rows_decoded_differently_are_told_apart() -> None:
    policy = tiny_policy()
    decoder = HFGenerator(policy, queue=QUEUE, reply_prefix="<think>")
    asked, kinds = requests(8), [*KINDS.values(), *KINDS.values()]
    rows = [
        Writing(Ask(key=i, request=r, decoding=how), decoder)
        for i, (r, how) in enumerate(zip(asked, kinds, strict=True))
    ]
    write(policy, rows)
    for row, request, how in zip(rows, asked, kinds, strict=True):
        expected = decoder.generate([request], how)[0]
        assert row.written().ids.tolist() == expected.token_ids.tolist()


def test_an_engine_that_runs_ahead_is_found_out() -> None:
    decoder = HFGenerator(tiny_policy(), queue=QUEUE)
    row = Writing(Ask(key=0, request=requests(1)[0], decoding=USUAL), decoder)
    assert row.at(0)
    with pytest.raises(RuntimeError, match="asynchronous scheduling"):
        row.at(1)
