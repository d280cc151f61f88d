"""Thoughts cut where a rule says, and the action that follows from them."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
from benchmark_scripts import load_script


@pytest.fixture(scope="module")
def script() -> ModuleType:
    pytest.importorskip("torch", reason="needs the extra train")
    return load_script("closing")


def test_the_oracle_cuts_behind_the_last_information(script: ModuleType) -> None:
    from baseline_fakes import reply_of, tiny_tokenizer

    tokenizer = tiny_tokenizer()
    cut = script.behind_the_last_information(lambda token: len(tokenizer.decode([token])))
    close = tokenizer.convert_tokens_to_ids("</think>")

    def kept(thought: str) -> tuple[str, bool]:
        reply = reply_of(f"{thought}</think>\n<action>go</action>")
        size = int(np.flatnonzero(reply.token_ids == close)[0])
        place = cut(reply, size)
        return tokenizer.decode(reply.token_ids[:place].tolist()), place < size

    assert kept("I go. Hm, wait. Never mind.") == ("I go.", True)
    assert kept("Hm, wait. I go.") == ("Hm, wait. I go.", False)
    assert kept("I go.") == ("I go.", False)
    assert kept("Hm, wait.")[1] is False, "a thought without information is left alone"


def test_a_cut_thought_is_answered_again(script: ModuleType) -> None:
    """The action is generated behind the cut thought and its closing tag; forced tokens are so."""
    from baseline_fakes import tiny_policy

    from baselines.sampling.generation import HFGenerator
    from baselines.sampling.protocol import Decoding, Request
    from baselines.uncertainty import SignalConfig

    policy = tiny_policy()
    inner = HFGenerator(policy, queue="</think>\n<action>", reply_prefix="<think>")
    request = Request(prompt_ids=np.array([5, 6, 7]), seed=(0,))
    decoding = Decoding(max_tokens=12, greedy=True, signal=SignalConfig())
    plain = inner.generate([request], decoding)[0]
    made = script.Closing(inner, lambda reply, size: 2).generate([request, request], decoding)
    queue = np.array(inner.tags.queue)
    longer = np.concatenate([request.prompt_ids, plain.token_ids[:2], queue])
    tail = inner.generate([replace(request, prompt_ids=longer)], decoding)[0]
    for reply in made:
        assert reply.token_ids.tolist() == [*plain.token_ids[:2], *queue, *tail.token_ids]
        assert reply.sampled.tolist() == [True] * 2 + [False] * len(queue) + [True] * len(
            tail.token_ids
        )
        assert len(reply.entropy) == len(reply.log_probs) == len(reply.token_ids)
        assert reply.think_tokens == 2
        assert reply.think_closed == "forced"
    untouched = script.Closing(inner, lambda reply, size: size).generate([request], decoding)
    assert untouched[0].token_ids.tolist() == plain.token_ids.tolist()


def test_random_cuts_come_as_often_as_asked(script: ModuleType) -> None:
    cut = script.at_random(0.3, least=5)
    places = [cut(None, 40) for _ in range(2_000)]
    assert np.mean([place < 40 for place in places]) == pytest.approx(0.3, abs=0.03)
    assert min(places) >= 5
    assert script.at_random(1.0, least=5)(None, 3) == 3, "short thoughts are left alone"
