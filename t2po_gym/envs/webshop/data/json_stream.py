"""Read JSON files of gigabytes one element at a time."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from t2po_gym.data.json_text import ENCODING, json_fault
from t2po_gym.envs.webshop.data.readers import DataFileError

CHUNK_CHARS = 1 << 20
"""Characters read at a time."""

MAX_ELEMENT_CHARS = 1 << 25
"""Maximum length of an element; a longer one counts as a broken file, so memory is bounded."""

_BLANK = re.compile(r"[ \t\n\r]*")


class _Reader:
    """A window over a text file that decodes one JSON value at a time."""

    def __init__(self, path: Path, chunk_chars: int) -> None:
        self._path = path
        self._file = path.open(encoding=ENCODING)
        self._chunk = chunk_chars
        self._text = ""
        self._at = 0
        self._decoder = json.JSONDecoder()

    def close(self) -> None:
        self._file.close()

    def peek(self) -> str:
        """Return the next character that is not whitespace, or an empty string at the end."""
        while True:
            blank = _BLANK.match(self._text, self._at)
            self._at = blank.end() if blank else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def skip(self) -> None:
        """Step over the character that ``peek`` returned."""
        self._at += 1

    def value(self) -> Any:
        """Decode the next value."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if len(self._text) - self._at > MAX_ELEMENT_CHARS or not self._more():
                    raise self.broken(str(error.msg)) from error
                continue
            except (ValueError, RecursionError) as error:
                raise self.broken(json_fault(error)) from error
            # A number near the end of the window may continue after it ("0." begins "0.5").
            unsure = isinstance(value, int | float) and end + 3 > len(self._text)
            if unsure and self._more():
                continue
            self._at = end
            return value

    def broken(self, reason: str) -> DataFileError:
        """Return the error for a malformed file."""
        return DataFileError(
            f"{self._path} is cut off or not valid JSON ({reason}); fetch the file again"
        )

    def _more(self) -> bool:
        try:
            chunk = self._file.read(self._chunk)
        except UnicodeDecodeError as error:
            raise self.broken("it is not UTF-8 text; save it as UTF-8") from error
        if chunk:
            self._text, self._at = self._text[self._at :] + chunk, 0
        return bool(chunk)


def stream_list(path: Path, chunk_chars: int = CHUNK_CHARS) -> Iterator[Any]:
    """Yield the elements of a file that contains one JSON list.

    Raises:
        DataFileError: If the file is empty, cut off, or contains something else.
        OSError: If the file cannot be read.
    """
    with _opened(path, chunk_chars, "[", "list of products") as reader:
        for _ in _separated(reader, "]"):
            yield reader.value()


def stream_object(path: Path, chunk_chars: int = CHUNK_CHARS) -> Iterator[tuple[str, Any]]:
    """Yield the keys and values of a file that contains one JSON object.

    Raises:
        DataFileError: If the file is empty, cut off, or contains something else.
        OSError: If the file cannot be read.
    """
    with _opened(path, chunk_chars, "{", "object keyed by ASIN") as reader:
        for _ in _separated(reader, "}"):
            key = reader.value()
            if not isinstance(key, str) or reader.peek() != ":":
                raise reader.broken("expected a key and a colon")
            reader.skip()
            yield key, reader.value()


@contextmanager
def _opened(path: Path, chunk_chars: int, opening: str, what: str) -> Iterator[_Reader]:
    """Open a file that must begin with this bracket."""
    reader = _Reader(path, chunk_chars)
    try:
        found = reader.peek()
        if found != opening:
            instead = "does not" if found else "is empty"
            raise DataFileError(f"{path} should hold one JSON {what}, but {instead}")
        yield reader
    finally:
        reader.close()


def _separated(reader: _Reader, end: str) -> Iterator[None]:
    """Yield before each comma-separated element until ``end``; nothing may follow it."""
    reader.skip()
    if reader.peek() != end:
        yield
        while reader.peek() == ",":
            reader.skip()
            yield
    if reader.peek() != end:
        raise reader.broken(f"expected a comma or {end!r}")
    reader.skip()
    if reader.peek():
        raise reader.broken("text follows its end")
