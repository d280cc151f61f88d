"""The engine's process: `python -m baselines.engine.host FD`, FD being its end of a connection.

It serves one trainer and ends with it. Requests come in at any time, between two steps of the
engine; each reply goes out as soon as it is written.
"""

from __future__ import annotations

import os
import sys
import traceback
from multiprocessing.connection import Connection
from typing import Any, NoReturn

from .. import found_as
from .messages import (
    ARGUMENT,
    Ask,
    Failed,
    Load,
    Ready,
    Settings,
    Sleep,
    Wake,
)

__all__ = ["main"]


class Host:
    """A vLLM engine and the trainer's connection.

    Args:
        connection: to the trainer.
        settings: how the engine is started.
    """

    def __init__(self, connection: Connection, settings: Settings) -> None:
        from vllm import EngineArgs, LLMEngine, SamplingParams
        from vllm.platforms import current_platform

        self.connection, self.stop_ids = connection, list(settings.stop_ids)
        self.sleeps = settings.sleeps and bool(current_platform.is_sleep_mode_available())
        self._params: Any = SamplingParams
        arguments = EngineArgs(
            model=settings.folder,
            skip_tokenizer_init=True,
            load_format="dummy",
            # One token ahead, the engine would show its processors outputs it has not seen itself.
            async_scheduling=False,
            disable_log_stats=True,
            logits_processors=[f"{found_as('baselines.engine.processor')}:Deciding"],
            worker_extension_cls=found_as("baselines.engine.worker.WorkerMethods"),
            additional_config={ARGUMENT: settings.reader},
            enable_sleep_mode=self.sleeps,
            **settings.arguments,
        )
        self.engine: Any = LLMEngine.from_engine_args(arguments)

    def serve(self) -> NoReturn:
        """Work until the trainer closes the connection.

        Raises:
            EOFError: it has.
        """
        self.connection.send(Ready(sleeps=self.sleeps))
        while True:
            while self.connection.poll(0 if self.engine.has_unfinished_requests() else None):
                self._obey(self.connection.recv())
            done = [output for output in self.engine.step() if output.finished]
            if done:
                keys = [int(output.request_id) for output in done]
                # Every worker has a record; the first one's is as good as any.
                self.connection.send(self.engine.collective_rpc("t2po_take", args=(keys,))[0])

    def _obey(self, message: object) -> None:
        if isinstance(message, Ask):
            self._ask(message)
            return
        if isinstance(message, Load):
            self.engine.collective_rpc("t2po_load", args=(message,))
            self.engine.reset_prefix_cache()  # keys and values of the old weights
        elif isinstance(message, Sleep):
            self.engine.sleep(level=1)
        elif isinstance(message, Wake):
            self.engine.wake_up()
        self.connection.send(Ready())

    def _ask(self, ask: Ask) -> None:
        params = self._params(
            temperature=0.0,
            max_tokens=ask.decoding.max_tokens,
            stop_token_ids=self.stop_ids,
            ignore_eos=True,
            detokenize=False,
            extra_args={ARGUMENT: ask},
        )
        prompt = {"prompt_token_ids": ask.request.prompt_ids.tolist()}
        self.engine.add_request(str(ask.key), prompt, params)


def main(arguments: list[str]) -> int:
    """Serve the connection; returns the exit status."""
    connection = Connection(int(arguments[0]))
    host: Host | None = None
    try:
        host = Host(connection, connection.recv())
        host.serve()
    except (EOFError, ConnectionResetError, BrokenPipeError):
        status = 0  # the trainer has ended
    except Exception as problem:
        traceback.print_exc()
        connection.send(Failed(reason=f"{type(problem).__name__}: {problem}"))
        status = 1
    if host is not None:
        host.engine.engine_core.shutdown()  # ends the workers of other GPUs
    return status


if __name__ == "__main__":
    ended = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(ended)  # taking the interpreter apart takes seconds and nobody waits for anything
