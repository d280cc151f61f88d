"""Decoding: log-probabilities, forced tokens, independence of neighbours, stopping."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from baseline_fakes import teacher_forced, tiny_policy, tiny_tokenizer

from baselines.intervention import ThinkingRule
from baselines.policy.model import Policy
from baselines.policy.tokenizer import encode
from baselines.sampling.choice import nucleus, sample_at
from baselines.sampling.generation import HFGenerator
from baselines.sampling.protocol import Decoding, Request, uniforms
from baselines.trajectory import Finish, Generation
from baselines.uncertainty import SignalConfig

QUEUE = "</think>\n<action>"
OPEN = 5  # id of <think>
SIGNAL = SignalConfig()
ALWAYS = ThinkingRule(epsilon=1e9, window=1, min_tokens=4, max_tokens=99, min_action_tokens=4)


def generator(policy: Policy, prefix: str = "<think>", max_rows: int = 128) -> HFGenerator:
    return HFGenerator(policy, queue=QUEUE, reply_prefix=prefix, max_rows=max_rows)


def requests(count: int, lengths: tuple[int, ...] = (3, 9, 5, 14)) -> list[Request]:
    rng = np.random.default_rng(7)
    rows = []
    for i in range(count):
        ids = rng.integers(10, 280, size=lengths[i % len(lengths)])
        rows.append(Request(prompt_ids=ids.astype(np.int64), seed=(0, 0, 1, i, 0, 0, 0)))
    return rows


@pytest.mark.parametrize("rule", [None, ALWAYS])
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_trap_03_sampler_log_probs_are_teacher_forced_ones(
    rule: ThinkingRule | None, temperature: float
) -> None:
    policy = tiny_policy()
    rows = requests(9)
    how = Decoding(max_tokens=24, temperature=temperature, signal=SIGNAL, thinking=rule)
    replies = generator(policy).generate(rows, how)
    assert any(not reply.sampled.all() for reply in replies) == (rule is not None)
    for request, reply in zip(rows, replies, strict=True):
        own = teacher_forced(policy, request, reply, temperature)
        assert reply.sampled.sum() > 0
        np.testing.assert_allclose(
            own[reply.sampled], reply.log_probs[reply.sampled], rtol=0, atol=1e-4
        )


def test_entropy_and_confidence_belong_to_the_position_of_their_token() -> None:
    policy = tiny_policy()
    rows = requests(3)
    how = Decoding(max_tokens=10, signal=SIGNAL)
    for request, reply in zip(rows, generator(policy).generate(rows, how), strict=True):
        ids = torch.tensor([[*request.prompt_ids.tolist(), *reply.token_ids.tolist()]])
        with torch.no_grad():
            logits = policy.model(input_ids=ids).logits[0, len(request.prompt_ids) - 1 : -1]
        log_p = logits.log_softmax(-1)
        np.testing.assert_allclose(-(log_p.exp() * log_p).sum(-1), reply.entropy, atol=1e-4)
        np.testing.assert_allclose(
            -log_p.topk(20).values.mean(-1), reply.confidence, rtol=0, atol=1e-4
        )


def test_forced_tokens_are_the_queue_and_carry_nothing() -> None:
    policy = tiny_policy()
    queue = encode(tiny_tokenizer(), QUEUE)
    for reply in generator(policy).generate(
        requests(6), Decoding(max_tokens=24, signal=SIGNAL, thinking=ALWAYS)
    ):
        forced = np.flatnonzero(~reply.sampled)
        assert reply.token_ids[forced].tolist() == queue
        # A thought that the random model opens once more is a new thought of its own.
        reopened = np.flatnonzero(reply.token_ids[: forced[0]] == OPEN) + 1
        assert forced[0] - (reopened[-1] if len(reopened) else 0) == 4
        assert not reply.log_probs[forced].any()
        assert not reply.entropy[forced].any()
        assert reply.stop_reason == "window"
        assert reply.think_closed == "forced"
        assert reply.think_tokens == forced[0]


def test_intervention_fires_once_and_only_inside_a_thought() -> None:
    policy = tiny_policy()
    how = Decoding(max_tokens=40, signal=SIGNAL, thinking=ALWAYS)
    inside = generator(policy).generate(requests(6), how)
    assert all((~reply.sampled).sum() == 3 for reply in inside)
    outside = generator(policy, prefix="").generate(requests(6), how)
    opened = [OPEN in reply.token_ids.tolist() for reply in outside]
    for reply, thinks in zip(outside, opened, strict=True):
        assert thinks or reply.sampled.all()


def test_nothing_is_forced_without_room_for_an_action() -> None:
    how = Decoding(max_tokens=10, signal=SIGNAL, thinking=ALWAYS)
    assert all(r.sampled.all() for r in generator(tiny_policy()).generate(requests(4), how))


def same(a: Generation, b: Generation) -> bool:
    return a.token_ids.tolist() == b.token_ids.tolist() and a.sampled.tolist() == b.sampled.tolist()


def test_trap_19_a_reply_does_not_depend_on_its_neighbours() -> None:
    policy = tiny_policy()
    rows = requests(9)
    how = Decoding(max_tokens=24, signal=SIGNAL, thinking=replace(ALWAYS, epsilon=0.2))
    together = generator(policy).generate(rows, how)
    assert len({reply.num_tokens for reply in together}) > 1 or any(
        not reply.sampled.all() for reply in together
    )
    alone = [generator(policy).generate([row], how)[0] for row in rows]
    small = generator(policy, max_rows=4).generate(rows, how)
    backwards = generator(policy).generate(rows[::-1], how)[::-1]
    for other in (alone, small, backwards):
        assert all(same(a, b) for a, b in zip(together, other, strict=True))


def test_equal_prompts_are_read_once_and_sampled_apart() -> None:
    policy = tiny_policy()
    first = requests(1)[0]
    twins = [first, replace(first, seed=(0, 0, 1, 0, 1, 0, 0)), requests(2)[1]]
    how = Decoding(max_tokens=12)
    replies = generator(policy).generate(twins, how)
    assert same(replies[0], generator(policy).generate([first], how)[0])
    assert not same(replies[0], replies[1])


def test_greedy_equals_the_library() -> None:
    policy = tiny_policy()
    rows = requests(5)
    replies = generator(policy, prefix="").generate(rows, Decoding(max_tokens=16, greedy=True))
    for request, reply in zip(rows, replies, strict=True):
        ids = torch.from_numpy(request.prompt_ids).unsqueeze(0)
        expected = policy.model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=len(reply.token_ids),
            do_sample=False,
        )[0, ids.shape[1] :]
        assert reply.token_ids.tolist() == expected.tolist()


def favour(policy: Policy, token: int, strength: float = 50.0) -> None:
    """Make the model always say one token: its embedding is what the final norm gives."""
    weight = policy.model.get_output_embeddings().weight

    def hook(module: object, inputs: object, output: torch.Tensor) -> torch.Tensor:
        output[..., token] = output.amax() + strength
        return output

    assert weight.shape[0] > token
    policy.model.get_output_embeddings().register_forward_hook(hook)


@pytest.mark.parametrize("token", [8, 1])  # </action>, <|end|>
def test_a_stop_token_is_kept_and_ends_the_reply(token: int) -> None:
    policy = tiny_policy()
    favour(policy, token)
    for reply in generator(policy).generate(requests(3), Decoding(max_tokens=9)):
        assert reply.token_ids.tolist() == [token]
        assert reply.finish is Finish.STOP
        assert reply.sampled.all()
        assert reply.text == ("<think></action>" if token == 8 else "<think>")


def test_running_out_of_tokens_is_no_stop() -> None:
    policy = tiny_policy()
    favour(policy, 100)
    reply = generator(policy).generate(requests(1), Decoding(max_tokens=5))[0]
    assert reply.num_tokens == 5
    assert reply.finish is Finish.LENGTH


def test_sampling_inverts_the_cumulative_distribution() -> None:
    probs = torch.tensor([[0.2, 0.0, 0.5, 0.3]]).expand(5, 4)
    draws = torch.tensor([0.0, 0.19999, 0.2, 0.69999, 0.9999999], dtype=torch.float64)
    assert sample_at(probs, draws).tolist() == [0, 0, 2, 2, 3]


def test_sampled_frequencies_are_the_probabilities() -> None:
    p = torch.tensor([0.1, 0.25, 0.05, 0.6])
    draws = torch.from_numpy(uniforms((3, 1), 40_000))
    tokens = sample_at(p.expand(len(draws), 4), draws)
    frequencies = torch.bincount(tokens, minlength=4) / len(draws)
    torch.testing.assert_close(frequencies, p, rtol=0, atol=0.01)


def test_nucleus_keeps_the_smallest_set() -> None:
    log_p = torch.tensor([[0.5, 0.1, 0.3, 0.1]]).log()
    kept = nucleus(log_p, 0.75).exp()
    torch.testing.assert_close(kept, torch.tensor([[0.625, 0.0, 0.375, 0.0]]))
    torch.testing.assert_close(nucleus(log_p, 0.49).exp(), torch.tensor([[1.0, 0.0, 0.0, 0.0]]))


def test_global_random_state_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    policy = tiny_policy()
    generator(policy).generate(requests(3), Decoding(max_tokens=5))
    assert torch.equal(before, torch.random.get_rng_state())
