"""Reading JSON that people hand in: what is wrong with it, in one sentence.

A byte-order mark is read over (Windows programs write it). Everything else that is no JSON in UTF-8
is told: another encoding, a cut-off file, brackets nested deeper than Python can follow.
"""

from __future__ import annotations

import json
from typing import Any

__all__ = ["ENCODING", "TOO_DEEP", "parse_json"]

ENCODING = "utf-8-sig"
"""UTF-8 with or without a byte-order mark."""

TOO_DEEP = "its brackets are nested too deeply to be data"
"""What is said of text on which the parser runs out of stack."""


def parse_json(data: bytes | str) -> Any:
    """Parse JSON text.

    Raises:
        ValueError: it is no JSON in UTF-8; the sentence fragment says why, without naming a file.
    """
    try:
        text = data.decode(ENCODING) if isinstance(data, bytes) else data.removeprefix("\ufeff")
        return json.loads(text)
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    except RecursionError as error:
        raise ValueError(TOO_DEEP) from error
