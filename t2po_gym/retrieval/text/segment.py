"""Split text into words by Unicode's rules (UAX #29), as Lucene's standard tokenizer does.

Tokens are segments with a letter or digit, runs of Thai and other complex-context scripts, single
Han and Hiragana characters, and emoji sequences; everything else is a separator. Tokens longer than
255 UTF-16 units are cut: the scanner sees at most 255 units from the start of a token.

Each character is first replaced by the letter of its class (`unicode_classes`). The grammar is one
regular expression over class letters, written so that greedy matching is longest matching.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

import numpy as np

from t2po_gym.retrieval.text.unicode_classes import class_table

MAX_TOKEN_UNITS = 255
"""Maximum token length in UTF-16 units, Lucene's default."""

# ASCII: "." ":" "'" join letters, "." "," ";" "'" join digits, "_" joins everything.
_ASCII_WORD = re.compile(
    r"[A-Za-z0-9_]+(?:(?:(?<=[A-Za-z])[.:'](?=[A-Za-z])|(?<=[0-9])[.,;'](?=[0-9]))[A-Za-z0-9_]+)*"
)
_NON_ASCII = re.compile(r"[^\x00-\x7f]+")
_CACHED_PIECE = 32  # characters

_LETTER_AND_EMOJI = ord("E")
# Long runs of characters that attach to others would be scanned repeatedly without a window.
_LONG_RUN = re.compile(rb"[_xzvwKgGs]{255}")


def _grammar() -> tuple[str, str]:
    """Return the patterns of a word and of an emoji sequence over class letters."""
    extend = "[xzvwKgGs]*"  # WB4: follows any character without a boundary
    number = f"[nd]{extend}"
    hebrew = f"h{extend}"
    connector = f"_{extend}"
    any_letter = f"[ahE]{extend}"
    # A Hebrew letter followed by a quote is left to `quoted`.
    plain = f"(?!h{extend}(?:'|\"{extend}h))"
    letter = f"{plain}{any_letter}"
    quoted = f"{hebrew}(?:\"{extend}{hebrew}|'{extend})"
    numbers = f"{number}(?:(?:(?:{connector})+|[.,']{extend})?{number})*"
    letters = f"{letter}(?:[.:']{extend}{any_letter}|(?:{connector})*{letter})*"
    katakana = f"k{extend}(?:(?:{connector})*k{extend})*"
    part = f"(?:{katakana}|(?:{quoted}|{numbers}|{letters})+)"
    word = f"(?:{connector})*{part}(?:(?:{connector})+{part})*(?:{connector})*"

    mark = "[xzKgGs]*"  # `extend` without the two presentation selectors
    picture = f"(?:[eE]{mark}v?|b{mark}(?:m{mark}|v)?)"
    tone = f"m{mark}"
    joined = f"(?:(?<=z)(?:{picture}|{tone})|(?<=v)z(?:z*{picture}|{tone}))*"
    emoji = f"(?:z*{picture}|{tone})(?:(?<=v)g+G|{joined})"
    return word, emoji


@cache
def _patterns() -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Return two patterns: a token (group 1) or junk to skip; an emoji sequence."""
    word, emoji = _grammar()
    key_cap = "#[xzKgGs]*v?K[xzKgGs]*"
    flag = "r[xzvwKgGs]*r[xzvwKgGs]*"
    complex_context = "[ts][xzvwKgGts]*"
    ideograph = "c[xzvwKgGs]*"
    token = "|".join((word, emoji, key_cap, flag, complex_context, ideograph))
    return re.compile(f"({token})|_+|z+".encode()), re.compile(emoji.encode())


def _classes(text: str) -> bytes:
    """Return the class letter of each character."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return np.frombuffer(class_table(), np.uint8)[codes].tobytes()


def _units(text: str) -> int:
    """Return the length in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def _windows(text: str) -> list[int]:
    """Return, for each position, the last possible end of a token that begins there."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    ends = np.cumsum(1 + (codes > 0xFFFF))  # UTF-16 units up to and including each character
    starts = np.concatenate(([0], ends[:-1]))
    stops: list[int] = np.searchsorted(ends, starts + MAX_TOKEN_UNITS, side="right").tolist()
    return stops


def _segment_windows(text: str, classes: bytes) -> list[str]:
    """Split token by token, each within its window; an emoji sequence wins if it is longer."""
    token, emoji = _patterns()
    stops = _windows(text)
    tokens = []
    start = 0
    while start < len(text):
        stop = stops[start]
        found = token.match(classes, start, stop)
        end = found.end(1) if found and found.group(1) is not None else start
        if classes[start] == _LETTER_AND_EMOJI:
            sequence = emoji.match(classes, start, stop)
            end = max(end, sequence.end() if sequence else start)
        if end > start:
            tokens.append(text[start:end])
        start = max(end, start + 1)
    return tokens


def _segment_ascii(text: str) -> list[str]:
    words: list[str] = _ASCII_WORD.findall(text)
    if "_" in text:
        words = [word for word in words if word.strip("_")]
    if len(text) > MAX_TOKEN_UNITS and max(map(len, words), default=0) > MAX_TOKEN_UNITS:
        return _segment_windows(text, _classes(text))
    return words


def _segment_classes(text: str) -> list[str]:
    classes = _classes(text)
    if _LETTER_AND_EMOJI in classes or _LONG_RUN.search(classes):
        return _segment_windows(text, classes)
    spans = [found.span(1) for found in _patterns()[0].finditer(classes)]
    words = [text[start:end] for start, end in spans if end > start]
    if len(text) * 2 > MAX_TOKEN_UNITS and max(map(_units, words), default=0) > MAX_TOKEN_UNITS:
        return _segment_windows(text, classes)
    return words


_segment_piece = lru_cache(maxsize=4096)(_segment_classes)  # names, "★", "5′" recur


def segment(text: str) -> list[str]:
    """Return the words of `text` in order, as spelled.

    >>> segment("It's a 5.5 ft x 7 ft rug_pad, 2,000 g!")
    ["It's", 'a', '5.5', 'ft', 'x', '7', 'ft', 'rug_pad', '2,000', 'g']
    """
    if text.isascii():
        return _segment_ascii(text)
    words: list[str] = []
    done = 0
    for found in _NON_ASCII.finditer(text):  # no token crosses a space: pieces are independent
        if found.start() < done:
            continue
        start = max(done, text.rfind(" ", done, found.start()) + 1)
        stop = text.find(" ", found.end())
        stop = len(text) if stop < 0 else stop
        words += _segment_ascii(text[done:start])
        short = stop - start <= _CACHED_PIECE
        words += (_segment_piece if short else _segment_classes)(text[start:stop])
        done = stop
    return words + _segment_ascii(text[done:])
