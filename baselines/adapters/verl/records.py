"""How a reply's measurements travel through verl's server, which returns token ids alone.

What is asked goes into the request's `extra_args` as text. What was written, with forced positions,
log-probabilities, H and C, comes back as a file in a folder that engine and loop share: memory of
the machine (`/dev/shm/...`), or a shared file system where loops run on other machines.
"""

from __future__ import annotations

import json
import os
import pickle
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ... import found_as
from ...engine.messages import Ask, Written
from ...intervention import ThinkingRule
from ...sampling.protocol import Decoding, Request
from ...uncertainty import SignalConfig, SignalRange

__all__ = ["Records", "sealed", "unsealed"]


def sealed(ask: Ask) -> str:
    """Return a request as JSON. It passes a server's port, so it may hold nothing but values."""
    request, bounds = ask.request, ask.request.bounds
    return json.dumps(
        {
            "key": ask.key,
            "prompt_ids": request.prompt_ids.tolist(),
            "seed": request.seed,
            "bounds": bounds and {name: getattr(bounds, name) for name in SignalRange.__slots__},
            "decoding": asdict(ask.decoding),
        }
    )


def unsealed(text: str) -> Ask:
    """Read a request back.

    Raises:
        ValueError: the text is no request.
    """
    try:
        found = json.loads(text)
        decoding, bounds = found["decoding"], None
        signal, thinking = decoding.pop("signal"), decoding.pop("thinking")
        if found["bounds"] is not None:
            bounds = SignalRange()
            for name in SignalRange.__slots__:
                setattr(bounds, name, found["bounds"][name])
        return Ask(
            key=found["key"],
            request=Request(
                prompt_ids=np.array(found["prompt_ids"], dtype=np.int64),
                seed=tuple(found["seed"]),
                bounds=bounds,
            ),
            decoding=Decoding(
                **decoding,
                signal=None if signal is None else SignalConfig(**signal),
                thinking=None if thinking is None else ThinkingRule(**thinking),
            ),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"This is no request of the agent loop: {error}.") from error


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
                f"{found_as('baselines.adapters.verl.processor')}:Recording, and the folder must "
                "be the same for engine and loop."
            ) from error
        path.unlink()
        return written

    def _path(self, key: int) -> Path:
        return self.folder / f"{key:016x}.reply"
