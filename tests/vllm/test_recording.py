"""verl's way to our decisions: requests as text, records in a folder, the same replies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.adapters.verl.records import Records, sealed
from baselines.engine.messages import ARGUMENT, Ask
from baselines.engine.process import ENVIRONMENT
from baselines.evaluation import make_envs, training_plan
from baselines.policy.chat import Chat
from baselines.rollout import collect
from baselines.sampling.protocol import Decoding, Request
from baselines.sampling.replies import ReplyReader, reader_settings
from baselines.trajectory import Finish, Generation

# The engine is in this process here, with the deprecated things that it calls.
pytestmark = pytest.mark.filterwarnings("default")
CLOSE = 1e-3


@pytest.fixture(scope="module")
def asked(pair: Any) -> tuple[list[Request], Decoding]:
    """What a few episodes of WebShop ask for, and how it is decoded, TTI included."""
    envs = make_envs(pair.config, "train", 2, 4)
    player = type("Player", (), {"config": pair.config, "vocab_size": pair.policy.vocab_size})
    plan = training_plan(player, envs, 3, thinking=pair.config.thinking.rule(0.08), turns=None)
    requests: list[Request] = []

    class Listening:
        def generate(self, batch: Any, decoding: Decoding) -> list[Generation]:
            requests.extend(batch)
            return pair.hf.generate(batch, decoding)

    collect(envs, Listening(), pair.prompting, plan)
    return requests, replace(plan.decoding, max_tokens=120)


@pytest.fixture(scope="module")
def engine(pair: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """An engine as verl's server starts one, with a folder for records."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (*ENVIRONMENT.items(), ("VLLM_CPU_KVCACHE_SPACE", "1")):
            patch.setenv(name, value)
        yield from started(pair, tmp_path_factory)


def started(pair: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from vllm import LLM

    folder = tmp_path_factory.mktemp("served")
    pair.policy.model.save_pretrained(folder)
    pair.policy.tokenizer.save_pretrained(folder)
    records = tmp_path_factory.mktemp("records")
    prompt, queue = pair.config.prompt, pair.config.thinking.queue
    ours = reader_settings(pair.policy, queue, prompt.reply_prefix, Chat.of(prompt))
    made = LLM(
        str(folder),
        dtype="float32",
        max_model_len=pair.config.longest_sequence,
        max_num_seqs=8,
        enforce_eager=True,
        async_scheduling=False,
        logits_processors=["baselines.adapters.verl.processor:Recording"],
        additional_config={ARGUMENT: {**ours, "records": str(records)}},
    )
    yield made, Records(records), ReplyReader(pair.policy.tokenizer, **ours)


def test_records_hold_what_the_decoder_writes(
    pair: Any, asked: tuple[list[Request], Decoding], engine: Any
) -> None:
    from vllm import SamplingParams

    (requests, decoding), (llm, records, reader) = asked, engine
    stops = np.flatnonzero(reader.is_stop(np.arange(reader.vocab_size))).tolist()
    params = [
        SamplingParams(
            temperature=0.0,
            max_tokens=decoding.max_tokens,
            stop_token_ids=stops,
            ignore_eos=True,
            extra_args={ARGUMENT: sealed(Ask(key=key, request=request, decoding=decoding))},
        )
        for key, request in enumerate(requests)
    ]
    plain = SamplingParams(temperature=0.0, max_tokens=5, ignore_eos=True)  # not one of ours
    prompts = [{"prompt_token_ids": request.prompt_ids.tolist()} for request in requests]
    outputs = llm.generate([*prompts, prompts[0]], [*params, plain], use_tqdm=False)
    assert len(outputs[-1].outputs[0].token_ids) == 5
    same = forced = 0
    for key, reply in enumerate(pair.hf.generate(requests, decoding)):
        written = records.take(key)
        assert outputs[key].outputs[0].token_ids[: len(written.ids)] == written.ids.tolist()
        if written.ids.tolist() != reply.token_ids.tolist():
            continue  # a draw that fell on the edge between two tokens
        same += 1
        forced += int((~written.sampled).sum())
        np.testing.assert_array_equal(written.sampled, reply.sampled)
        numbers = np.stack([reply.log_probs, reply.entropy, reply.confidence])
        np.testing.assert_allclose(written.numbers, numbers, atol=CLOSE)
        assert written.stopped == (reply.finish is Finish.STOP)
    assert same >= len(requests) - 1
    assert forced > 0, "TTI fired"
    assert not list(Path(records.folder).iterdir())
