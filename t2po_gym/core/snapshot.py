"""The byte format of environment snapshots: versioned JSON with a checksum, and rng state.

A snapshot has three parts joined by newlines: a format line, the SHA-256 of the payload in hex, and
the payload. The payload is UTF-8 JSON with lone surrogates passed through (escaping them would
merge an adjacent high and low one).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from t2po_gym.data.json_text import parse_json

__all__ = ["pack", "pack_rng", "unpack", "unpack_rng"]

FORMAT_LINE = b"t2po-gym snapshot 1"
FORMAT_PREFIX = b"t2po-gym snapshot "


def pack(payload: Mapping[str, Any]) -> bytes:
    """Turn a JSON-able mapping into snapshot bytes."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    body = text.encode("utf-8", "surrogatepass")
    return b"\n".join((FORMAT_LINE, hashlib.sha256(body).hexdigest().encode(), body))


def unpack(state: bytes) -> dict[str, Any]:
    """Read snapshot bytes back.

    Raises:
        TypeError: If ``state`` is not bytes.
        ValueError: If it is not a snapshot, has another format version, or is damaged.
    """
    if not isinstance(state, (bytes, bytearray, memoryview)):
        raise TypeError(f"A snapshot is bytes from env.snapshot(), got {type(state).__name__}.")
    format_line, _, rest = bytes(state).partition(b"\n")
    if not format_line.startswith(FORMAT_PREFIX):
        raise ValueError("These bytes are not a T2PO Gym snapshot; pass what env.snapshot() gave.")
    if format_line != FORMAT_LINE:
        version = format_line[len(FORMAT_PREFIX) :][:20].decode("ascii", "replace")
        raise ValueError(
            f"This snapshot has format version {version}, this release reads version 1; "
            "take it again with the same release."
        )
    digest, _, body = rest.partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != digest:
        raise ValueError("This snapshot is damaged (its checksum differs); take it again.")
    try:
        payload = parse_json(body, "surrogatepass")
    except ValueError as error:
        raise ValueError(f"This snapshot is no JSON ({error}); take it again.") from error
    if not isinstance(payload, dict):
        raise ValueError("This snapshot holds no named values; take it again.")
    return payload


def pack_rng(rng: np.random.Generator) -> dict[str, Any]:
    """Return the state of a PCG64 generator (the kind Gymnasium makes) as plain integers."""
    state = rng.bit_generator.state
    if state["bit_generator"] != "PCG64":
        raise ValueError(
            f"Only PCG64 generators can be saved, this one is {state['bit_generator']}; "
            "seed the environment through reset(seed=...)."
        )
    return dict(state)


def unpack_rng(state: Mapping[str, Any]) -> np.random.Generator:
    """Return a generator that continues where `pack_rng` left off."""
    bit_generator = np.random.PCG64(0)
    bit_generator.state = cast("Any", state)
    return np.random.Generator(bit_generator)
