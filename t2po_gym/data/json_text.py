"""Parse user-supplied JSON, with a one-sentence error if it is malformed.

A byte-order mark is skipped (Windows programs write it). Anything else that is not JSON in UTF-8 is
an error: another encoding, a cut-off file, brackets nested too deeply for Python.
"""

from __future__ import annotations

import json
from typing import Any

__all__ = ["ENCODING", "TOO_DEEP", "json_fault", "parse_json"]

ENCODING = "utf-8-sig"
"""UTF-8 with or without a byte-order mark."""

TOO_DEEP = "its brackets are nested too deeply to be data"
"""Error text for JSON on which the parser runs out of stack."""


def json_fault(error: ValueError | RecursionError) -> str:
    """Return why text could not be parsed as JSON, as a sentence fragment without a file name.

    Args:
        error: the exception from decoding or parsing.
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
        errors: error handling for bytes that are not UTF-8, as for `bytes.decode`.

    Raises:
        ValueError: If it is not JSON in UTF-8; the message is a sentence fragment that says why.
    """
    try:
        text = data if isinstance(data, str) else data.decode(ENCODING, errors)
        text = text.removeprefix("\ufeff")
        if text and not text.isspace():
            return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(json_fault(error)) from error
    raise ValueError("it is empty")
