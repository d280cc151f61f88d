"""Fuzzy comparison of attribute and option texts (docs/originals/webshop.md, section 7).

Two texts match if thefuzz 0.19's ``token_set_ratio`` with difflib is above 85. That ratio never
exceeds the one rapidfuzz computes (difflib's matching blocks are a common subsequence, rapidfuzz
takes the longest), so rapidfuzz rules out almost all pairs and difflib decides the rest exactly.
"""

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from rapidfuzz import fuzz, process

MATCH_ABOVE = 85
"""Rounded ratio above which two texts match."""

# Below this, a ratio cannot round to more than MATCH_ABOVE; the slack covers float rounding.
_POSSIBLE = MATCH_ABOVE + 0.49

# From this length on, difflib ignores frequent characters.
_LONG = 200

_LATIN_1 = dict.fromkeys(range(0x80, 0x100))
_NOT_WORD = re.compile(r"\W")


@lru_cache(maxsize=1 << 15)
def prepare(text: str) -> str:
    """Delete U+0080..U+00FF, replace non-word characters with spaces, lower-case and strip."""
    return _NOT_WORD.sub(" ", text.translate(_LATIN_1)).lower().strip()


def token_set_ratio(left: str, right: str) -> int:
    """Return the token set ratio, 0..100, of two prepared texts; 0 if one is empty.

    The texts are compared as sets of words: common words against common words plus the rest of
    either side, and the two full sides; the best of the three counts. Like difflib, it is not
    symmetric.
    """
    if not left or not right:
        return 0
    words_left, words_right = set(left.split()), set(right.split())
    common = " ".join(sorted(words_left & words_right))
    both_left = f"{common} {' '.join(sorted(words_left - words_right))}".strip()
    both_right = f"{common} {' '.join(sorted(words_right - words_left))}".strip()
    pairs = ((common, both_left), (common, both_right), (both_left, both_right))
    return max(_ratio(a, b) for a, b in pairs)


def _ratio(left: str, right: str) -> int:
    if left == right:
        return 100
    if not left or not right:
        return 0
    if right.startswith(left) and len(right) < _LONG:  # difflib then matches all of the left text
        return round(100 * (2.0 * len(left) / (len(left) + len(right))))
    return round(100 * SequenceMatcher(None, left, right).ratio())


@lru_cache(maxsize=1 << 15)
def _prepared_match(left: str, right: str) -> bool:
    possible = fuzz.token_set_ratio(left, right) >= _POSSIBLE
    return possible and token_set_ratio(left, right) > MATCH_ABOVE


def matches(left: str, right: str) -> bool:
    """Return whether two raw texts match; the product's text is the left one."""
    return _prepared_match(prepare(left), prepare(right))


def matching_positions(prepared_lefts: Sequence[str], right: str) -> list[int]:
    """Return the positions of the prepared texts that match the raw text ``right``."""
    prepared = prepare(right)
    if not prepared:
        return []
    candidates = process.extract(
        prepared,
        prepared_lefts,
        scorer=fuzz.token_set_ratio,
        processor=None,
        score_cutoff=_POSSIBLE,
        limit=None,
    )
    return [position for left, _, position in candidates if _prepared_match(left, prepared)]


class PreparedTexts:
    """Texts of a product, prepared for comparison with many others.

    Two texts without a common word match only if their lengths are close, so looking up words and
    lengths rules out most pairs.

    Args:
        texts: raw texts.

    Example:
        >>> values = PreparedTexts(["navy blue", "red", "blue navy!"])
        >>> values.matching("Navy-Blue")
        5
    """

    __slots__ = ("_lengths", "_prepared", "_with_word")

    def __init__(self, texts: Iterable[str]) -> None:
        self._prepared = tuple(map(prepare, texts))
        # Bit sets of texts, by word and by length (of the distinct words joined by spaces).
        self._with_word: dict[str, int] = {}
        self._lengths: dict[int, int] = {}
        for position, text in enumerate(self._prepared):
            words = set(text.split())
            for word in words:
                self._with_word[word] = self._with_word.get(word, 0) | 1 << position
            length = len(" ".join(words))
            self._lengths[length] = self._lengths.get(length, 0) | 1 << position

    def matching(self, right: str) -> int:
        """Return the bit set of the texts that match the raw text ``right``."""
        prepared, words, shortest, longest = _parts(right)
        possible = 0
        for word in words:
            possible |= self._with_word.get(word, 0)
        for length, texts in self._lengths.items():
            if shortest <= length <= longest:
                possible |= texts
        found = 0
        while possible:
            bit = possible & -possible
            possible ^= bit
            if _prepared_match(self._prepared[bit.bit_length() - 1], prepared):
                found |= bit
        return found


@lru_cache(maxsize=1 << 13)
def _parts(text: str) -> tuple[str, frozenset[str], int, int]:
    """Return a prepared text, its words, and the length range of matches that share no word.

    The ratio of two lengths is at most 2 shorter / (shorter + longer).
    """
    prepared = prepare(text)
    words = frozenset(prepared.split())
    length = len(" ".join(words))
    rest = 200 - MATCH_ABOVE
    return prepared, words, MATCH_ABOVE * length // rest + 1, (rest * length - 1) // MATCH_ABOVE
