"""A client of verl's servers that answers from a tiny policy: plain, or with our processor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from baselines.adapters.verl.records import Records, unsealed
from baselines.engine.messages import ARGUMENT, Written
from baselines.intervention import StopReason, ThinkingRecord
from baselines.policy.model import Policy
from baselines.sampling.generation import HFGenerator
from baselines.sampling.protocol import Decoding, Request
from baselines.trajectory import Finish

QUEUE = "</think>\n<action>"


@dataclass
class Output:
    """What verl's servers return."""

    token_ids: list[int]
    log_probs: list[float] | None = None
    stop_reason: str | None = "completed"
    extra_fields: dict[str, Any] = field(default_factory=dict)


class FakeServer:
    """Samples with a policy. Requests of ours leave a record, as the processor in vLLM does."""

    def __init__(self, policy: Policy, records: Records | None = None, prefix: str = "") -> None:
        self.generator = HFGenerator(policy, queue=QUEUE, reply_prefix=prefix)
        self.records = records
        self.seen: list[dict[str, Any]] = []

    async def generate(
        self, request_id: str, *, prompt_ids: list[int], sampling_params: dict[str, Any]
    ) -> Output:
        self.seen.append(sampling_params)
        text = sampling_params.get("extra_args", {}).get(ARGUMENT)
        if text is None:
            return self._plain(prompt_ids, sampling_params)
        assert self.records is not None
        ask = unsealed(text)
        assert ask.request.prompt_ids.tolist() == prompt_ids
        (reply,) = self.generator.generate([ask.request], ask.decoding)
        self.records.put(
            Written(
                key=ask.key,
                ids=reply.token_ids,
                sampled=reply.sampled,
                numbers=np.stack([reply.log_probs, reply.entropy, reply.confidence]),
                stopped=reply.finish is Finish.STOP,
                record=ThinkingRecord(
                    entropy=reply.entropy[reply.sampled],
                    confidence=reply.confidence[reply.sampled],
                    thinking_tokens=reply.think_tokens,
                    forced_tokens=int((~reply.sampled).sum()),
                    closed_naturally=reply.think_closed == "policy",
                    stop_reason=StopReason(reply.stop_reason),
                    lowest_window_mean=reply.lowest_window_mean,
                ),
            )
        )
        return Output(token_ids=reply.token_ids.tolist())

    def _plain(self, prompt_ids: list[int], params: dict[str, Any]) -> Output:
        request = Request(prompt_ids=np.array(prompt_ids), seed=(len(self.seen),))
        how = Decoding(max_tokens=params["max_tokens"], temperature=params["temperature"])
        (reply,) = self.generator.generate([request], how)
        return Output(token_ids=reply.token_ids.tolist(), log_probs=reply.log_probs.tolist())
