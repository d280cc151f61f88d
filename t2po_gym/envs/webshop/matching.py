"""Fuzzy comparison of attribute and option texts (facts: section 7, ``token_set_ratio``).

Two texts match when thefuzz 0.19's ``token_set_ratio`` with difflib is above 85. That ratio never
exceeds the one rapidfuzz computes (difflib's matching blocks are a common subsequence, rapidfuzz
takes the longest), so rapidfuzz rules out almost all pairs and difflib decides the rest exactly.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from rapidfuzz import fuzz, process

MATCH_ABOVE = 85
"""Rounded ratio above which two texts match."""

# Below this, a ratio cannot round to more than MATCH_ABOVE; the slack covers float rounding.
_POSSIBLE = MATCH_ABOVE + 0.49

_LATIN_1 = dict.fromkeys(range(0x80, 0x100))
_NOT_WORD = re.compile(r"\W")


@lru_cache(maxsize=1 << 15)
def prepare(text: str) -> str:
    """Delete U+0080..U+00FF, blank out what is not a word character, lower-case and strip."""
    return _NOT_WORD.sub(" ", text.translate(_LATIN_1)).lower().strip()


def token_set_ratio(left: str, right: str) -> int:
    """Return the token set ratio, 0..100, of two prepared texts; 0 when one is empty.

    The texts are compared as sets of words: common words against common words plus the rest of
    either side, and the two full sides; the best of the three counts. Not symmetric, like difflib.
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
    return round(100 * SequenceMatcher(None, left, right).ratio())


@lru_cache(maxsize=1 << 14)
def _confirmed(left: str, right: str) -> bool:
    return token_set_ratio(left, right) > MATCH_ABOVE


def matches(left: str, right: str) -> bool:
    """Tell whether two raw texts match; the product's text is the left one."""
    prepared_left, prepared_right = prepare(left), prepare(right)
    if fuzz.token_set_ratio(prepared_left, prepared_right) < _POSSIBLE:
        return False
    return _confirmed(prepared_left, prepared_right)


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
    return [position for left, _, position in candidates if _confirmed(left, prepared)]
