"""Reading JSON that people hand in: what is wrong with it, in one sentence.

A byte-order mark is read over (Windows programs write it). Everything else that is no JSON in UTF-8
is told: another encoding, a cut-off file, brackets nested deeper than Python can follow.
"""

from __future__ import annotations

import json
from typing import Any

__all__ = ["ENCODING", "TOO_DEEP", "json_fault", "parse_json"]

ENCODING = "utf-8-sig"
"""UTF-8 with or without a byte-order mark."""

TOO_DEEP = "its brackets are nested too deeply to be data"
"""What is said of text on which the parser runs out of stack."""


def json_fault(error: ValueError | RecursionError) -> str:
    """Say in a sentence fragment, without naming a file, why text could not be parsed as JSON.

    Args:
        error: what decoding or parsing raised.
    """
    if isinstance(error, RecursionError):
        return TOO_DEEP
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 text (byte {error.start}); save it as UTF-8"
    if isinstance(error, json.JSONDecodeError):
        return str(error)
    return "it has a whole number of more digits than Python reads"


def parse_json(data: bytes | str, errors: str = "strict") -> Any:
    """Parse JSON text.

    Args:
        data: the text, or its bytes in UTF-8.
        errors: how bytes that are no UTF-8 are decoded, as `bytes.decode` takes it.

    Raises:
        ValueError: it is no JSON in UTF-8; the sentence fragment says why, without naming a file.
    """
    try:
        text = data if isinstance(data, str) else data.decode(ENCODING, errors)
        text = text.removeprefix("\ufeff")
        if text and not text.isspace():
            return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(json_fault(error)) from error
    raise ValueError("it is empty")
