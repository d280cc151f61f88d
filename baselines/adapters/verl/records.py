"""How a reply's measurements travel through verl's server, which returns token ids alone.

What is asked goes into the request's `extra_args` as text. What was written, with forced positions,
log-probabilities, H and C, comes back as a file in a folder that engine and loop share: memory of
the machine (`/dev/shm/...`), or a shared file system where loops run on other machines.
"""

from __future__ import annotations

import base64
import os
import pickle
from pathlib import Path

from baselines.engine.messages import Ask, Written

__all__ = ["Records", "sealed", "unsealed"]


def sealed(ask: Ask) -> str:
    """Return a request as text. Both ends belong to one training run."""
    return base64.b64encode(pickle.dumps(ask)).decode("ascii")


def unsealed(text: str) -> Ask:
    """Read a request back.

    Raises:
        TypeError: the text holds something else.
    """
    ask = pickle.loads(base64.b64decode(text))
    if not isinstance(ask, Ask):
        raise TypeError(f"A request holds {type(ask).__name__}, not what was asked.")
    return ask


class Records:
    """The folder that finished replies are left in.

    Args:
        folder: made if it does not exist.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def put(self, written: Written) -> None:
        """Leave a reply; it appears whole."""
        path = self._path(written.key)
        unfinished = path.with_suffix(f".{os.getpid()}.tmp")
        unfinished.write_bytes(pickle.dumps(written))
        unfinished.replace(path)

    def take(self, key: int) -> Written:
        """Take a reply away.

        Raises:
            RuntimeError: it is not there.
        """
        path = self._path(key)
        try:
            written: Written = pickle.loads(path.read_bytes())
        except FileNotFoundError as error:
            raise RuntimeError(
                f"The engine left no record of a reply in {self.folder}: its logits processor is "
                "baselines.adapters.verl.processor:Recording, and the folder must be the same for "
                "engine and loop."
            ) from error
        path.unlink()
        return written

    def _path(self, key: int) -> Path:
        return self.folder / f"{key:016x}.reply"
