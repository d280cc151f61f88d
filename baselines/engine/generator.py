"""`VLLMGenerator`: replies of a vLLM engine, which has the policy's weights and follows them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

import numpy as np

from ..config import VLLMConfig
from ..parallel.world import own_devices
from ..policy.chat import OWN, Chat
from ..policy.model import Policy
from ..sampling.protocol import Decoding, Request
from ..sampling.replies import ReplyReader, reader_settings
from ..trajectory import Generation
from .messages import Ask, Load, Ready, Settings, Sleep, Wake, Written
from .process import EngineProcess
from .requirements import refuse_adapter
from .weights import SharedWeights

__all__ = ["VLLMGenerator"]


class VLLMGenerator(ReplyReader):
    """A `Generator` and `StreamingGenerator`: requests go in one by one, replies come out as ready.

    Tokens, forced positions and numbers equal those of `HFGenerator` up to the rounding of logits.

    Args:
        policy: model and tokenizer; its weights are taken over at once.
        how: settings of the engine.
        max_model_len: longest prompt plus reply in tokens.
        queue: text that closes a thought when the intervention fires.
        reply_prefix: text that prompts end with and replies start with.
        chat: how prompts become text.
        log: where the engine's process writes what it says; None throws it away at the end.
        threads: threads of the engine on a CPU; 0 leaves them to it.

    Raises:
        ValueError: the policy has an adapter.
        EngineError: the engine does not start, with the reason.
    """

    def __init__(
        self,
        policy: Policy,
        how: VLLMConfig,
        *,
        max_model_len: int,
        queue: str,
        reply_prefix: str = "",
        chat: Chat = OWN,
        log: Path | None = None,
        threads: int = 0,
    ) -> None:
        reader = reader_settings(policy, queue, reply_prefix, chat)
        super().__init__(policy.tokenizer, **reader)
        refuse_adapter(policy.adapter is not None)
        self._folder = tempfile.TemporaryDirectory(prefix="t2po-gym-vllm-")
        folder = Path(self._folder.name)
        shape = deepcopy(policy.model.config)
        shape.architectures = [policy.architecture]
        shape.save_pretrained(folder)
        policy.tokenizer.save_pretrained(folder)
        with policy.whole():
            self._weights = SharedWeights(policy.model)
            dtype = str(policy.model.dtype).removeprefix("torch.")
        self._places: dict[int, int] = {}
        self._asked = 0
        self._asleep = False
        settings = Settings(
            folder=str(folder),
            arguments={
                "dtype": dtype,
                "max_model_len": max_model_len,
                **how.arguments(),
            },
            reader=reader,
            stop_ids=tuple(np.flatnonzero(self._stops).tolist()),
            sleeps=how.sleep,
        )
        environment = {"OMP_NUM_THREADS": str(threads)} if threads else {}
        environment |= own_devices(policy.device, how.tensor_parallel)
        self.engine = EngineProcess(settings, log or folder / "engine.log", environment)
        self._sleeps = self._done().sleeps
        self.push(policy)

    # ---- weights ------------------------------------------------------------------------------

    def push(self, policy: Policy) -> None:
        """Give the engine the policy's weights as they are now; keys and values are forgotten.

        Where they are cut among processes, all of them come here, each with an engine of its own.
        """
        self._wake()
        with policy.whole():
            message = self._weights.write(policy.model)
        self._tell(message)

    def sleep(self) -> None:
        """Let the engine give its memory back until it is asked again, where it can."""
        if self._sleeps and not self._asleep:
            self._tell(Sleep())
            self._asleep = True

    def _wake(self) -> None:
        if self._asleep:
            self._tell(Wake())
            self._asleep = False

    def _tell(self, message: Load | Sleep | Wake) -> None:
        if self._places:
            raise RuntimeError(f"{len(self._places)} replies are still being written.")
        self.engine.send(message)
        self._done()

    def _done(self) -> Ready:
        answer = self.engine.receive()
        assert isinstance(answer, Ready), answer
        return answer

    def close(self) -> None:
        """End the engine and give everything back."""
        self.engine.close()
        self._weights.close()
        self._folder.cleanup()

    # ---- replies ------------------------------------------------------------------------------

    def submit(self, key: int, request: Request, decoding: Decoding) -> None:
        """Begin a reply; `key` names it until `ready` has returned it."""
        self._wake()
        self._places[self._asked] = key
        self.engine.send(Ask(key=self._asked, request=request, decoding=decoding))
        self._asked += 1

    def ready(self) -> list[tuple[int, Generation]]:
        """Return the replies that are finished; waits until there is one."""
        replies: list[tuple[int, Generation]] = []
        while self._places and (not replies or self.engine.waiting()):
            for written in self._received():
                replies.append((self._places.pop(written.key), self._read(written)))
        return replies

    def generate(self, requests: Sequence[Request], decoding: Decoding) -> list[Generation]:
        """Return one reply per request, in order."""
        for place, request in enumerate(requests):
            self.submit(place, request, decoding)
        replies: dict[int, Generation] = {}
        while len(replies) < len(requests):
            replies |= self.ready()
        return [replies[place] for place in range(len(requests))]

    def _received(self) -> list[Written]:
        message = self.engine.receive()
        assert isinstance(message, list), message
        return message

    def _read(self, written: Written) -> Generation:
        return self.generation(
            written.ids,
            written.sampled,
            written.numbers,
            stopped=written.stopped,
            record=written.record,
        )
