"""Replies of a server of verl, as this project's rollouts want them.

`PlainReplies` takes what any server gives: tokens and their log-probabilities. There is no
uncertainty in it, so neither TTI nor TDS. `RecordedReplies` asks a vLLM server with our logits
processor, which writes a reply as `HFGenerator` would, and takes the record it leaves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import uuid4

import numpy as np

from ...engine.messages import ARGUMENT, Ask
from ...sampling.protocol import Decoding, Request
from ...sampling.replies import ReplyReader
from ...trajectory import FloatArray, Generation
from .records import Records, sealed

__all__ = ["Client", "PlainReplies", "RecordedReplies", "Replies"]


class Client(Protocol):
    """verl's client of its servers, as far as it is used."""

    async def generate(
        self, request_id: str, *, prompt_ids: list[int], sampling_params: dict[str, Any]
    ) -> Any:
        """Return an output with `token_ids`, `log_probs`, `stop_reason` and `extra_fields`."""
        ...


class Replies(Protocol):
    """Something that answers one request."""

    async def reply(self, request: Request, decoding: Decoding) -> Generation:
        """Return the reply."""
        ...


class PlainReplies:
    """Replies as the server samples them.

    Args:
        client: of the servers.
        reader: knows where replies end.
        sampling: verl's sampling settings, which validation changes.
    """

    def __init__(self, client: Client, reader: ReplyReader, sampling: Mapping[str, Any]) -> None:
        self._client, self._reader, self._sampling = client, reader, sampling

    async def reply(self, request: Request, decoding: Decoding) -> Generation:
        """Ask for a reply up to its closing tag; only the length is taken from `decoding`."""
        output = await ask_server(
            self._client,
            request,
            {
                **self._sampling,
                "logprobs": True,
                "max_tokens": decoding.max_tokens,
                "stop": ["</action>"],
                "include_stop_str_in_output": True,
            },
        )
        ids = np.array(output.token_ids, dtype=np.int64)
        numbers: FloatArray = np.zeros((3, len(ids)))
        if output.log_probs:
            numbers[0] = output.log_probs
        ended = bool(self._reader.is_stop(ids[-1:])[0]) or self._reader.ends_action(ids)
        return self._reader.generation(
            ids, np.ones(len(ids), dtype=np.bool_), numbers, stopped=ended, record=None
        )


class RecordedReplies:
    """Replies of a server with `processor.Recording`: seeds, TTI and measurements included.

    Args:
        client: of the servers.
        reader: the processor's own settings.
        records: the folder that both know.
        stop_ids: tokens that end a reply.
    """

    def __init__(
        self, client: Client, reader: ReplyReader, records: Records, stop_ids: Sequence[int]
    ) -> None:
        self._client, self._reader, self._records = client, reader, records
        self._stop_ids = list(stop_ids)

    async def reply(self, request: Request, decoding: Decoding) -> Generation:
        """Ask for a reply. The processor leaves one token possible at a time, so it is greedy."""
        ask = Ask(key=uuid4().int >> 65, request=request, decoding=decoding)
        sampling = {
            "temperature": 0.0,
            "max_tokens": decoding.max_tokens,
            "stop_token_ids": self._stop_ids,
            "ignore_eos": True,
            "repetition_penalty": 1.0,
            "extra_args": {ARGUMENT: sealed(ask)},
        }
        await ask_server(self._client, request, sampling)
        written = self._records.take(ask.key)
        return self._reader.generation(
            written.ids,
            written.sampled,
            written.numbers,
            stopped=written.stopped,
            record=written.record,
        )


async def ask_server(client: Client, request: Request, sampling: dict[str, Any]) -> Any:
    """Send a request.

    Raises:
        RuntimeError: the server gave it up.
    """
    output = await client.generate(
        uuid4().hex, prompt_ids=request.prompt_ids.tolist(), sampling_params=sampling
    )
    if not output.token_ids or output.stop_reason == "aborted":
        raise RuntimeError(
            f"The server gave a reply up (stop reason {output.stop_reason}): replies must be "
            "finished under the weights that began them. Use a trainer that waits for rollouts "
            "(trainer.v1.trainer_mode=sync)."
        )
    return output
