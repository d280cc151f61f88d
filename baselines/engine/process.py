"""The engine's process as the trainer sees it: started, talked to, found dead, ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import weakref
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path

from .. import found_as
from .messages import Failed, Settings

__all__ = ["EngineError", "EngineProcess"]

ENVIRONMENT = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # the process is our own already
    "VLLM_USE_V2_MODEL_RUNNER": "0",  # the other runner has another kind of logits processor
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_NO_USAGE_STATS": "1",
}


class EngineError(RuntimeError):
    """The engine cannot be used, or has died; one sentence."""


class EngineProcess:
    """One engine in a process of its own, which ends with this object or with the trainer.

    Args:
        settings: how the engine is started.
        log: where the process writes what it says.
        environment: variables beside ours and the trainer's own.

    Raises:
        EngineError: later, by whatever is asked of an engine that has failed.
    """

    def __init__(self, settings: Settings, log: Path, environment: Mapping[str, str]) -> None:
        self.log = log
        ours, theirs = socket.socketpair()
        # The folder above the outermost package, whose name has as many dots as there are between.
        top = Path(__file__).parents[__name__.count(".")]
        path = [str(top), os.environ.get("PYTHONPATH", "")]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", found_as("baselines.engine.host"), str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(filter(None, path)),
                    **ENVIRONMENT,
                    **environment,
                },
                start_new_session=True,  # Ctrl-C is the trainer's to deal with
            )
        theirs.close()
        self._connection = Connection(ours.detach())
        self.close = weakref.finalize(self, _end, self._process, self._connection)
        self.send(settings)

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    def send(self, message: object) -> None:
        """Tell the engine something."""
        try:
            self._connection.send(message)
        except (BrokenPipeError, ConnectionResetError):
            raise self._died() from None

    def receive(self) -> object:
        """Wait for the next message of the engine."""
        try:
            message = self._connection.recv()
        except (EOFError, ConnectionResetError):
            raise self._died() from None
        if isinstance(message, Failed):
            self.close()
            raise EngineError(f"The vLLM engine failed: {message.reason} (log: {self.log}).")
        return message

    def waiting(self) -> bool:
        """Whether a message is there already."""
        try:
            return self._connection.poll(0)
        except (BrokenPipeError, ConnectionResetError):
            raise self._died() from None

    def _died(self) -> EngineError:
        self.close()
        status = self._process.returncode
        how = f"with status {status}"
        if status < 0:
            how = f"by signal {signal.Signals(-status).name}"
        return EngineError(
            f"The vLLM engine's process ended {how} in the middle of its work; its last words are "
            f"in {self.log}."
        )


def _end(process: subprocess.Popen[bytes], connection: Connection) -> None:
    """Hang up, which ends the process, and wait for it."""
    connection.close()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
