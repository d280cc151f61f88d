"""Text to index terms, identical to Anserini's default English analyser.

The chain: Unicode words (`segment`), English possessive, lower case, 33 stop words, Porter stems.
Checked against the analyser of Anserini 0.14.3 (Lucene 8.11).
"""

from __future__ import annotations

from t2po_gym.retrieval.text.porter import stem
from t2po_gym.retrieval.text.segment import segment

STOP_WORDS = frozenset(
    (
        *("a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into"),
        *("is", "it", "no", "not", "of", "on", "or", "such", "that", "the", "their", "then"),
        *("there", "these", "they", "this", "to", "was", "will", "with"),
    )
)
"""Lucene's default English stop words."""

_MEMO_LIMIT = 1 << 16
_memo: dict[str, str] = {}  # word -> term, "" for a stop word; a cache of a pure function


def _lower(word: str) -> str:
    """Lower-case each character separately: no final sigma, one "i" for a dotted capital I."""
    if "Σ" in word or "İ" in word:
        return "".join("i" if letter == "İ" else letter.lower() for letter in word)
    return word.lower()


def term_of(word: str) -> str:
    """Return the index term of one segmented word, "" if it is a stop word."""
    if len(word) >= 2 and word[-1] in "sS" and word[-2] in "'\u2019\uff07":
        word = word[:-2]
    word = _lower(word)
    return "" if word in STOP_WORDS else stem(word)


def analyze(text: str) -> list[str]:
    """Return the index terms of `text`, in order and with repetitions.

    >>> analyze("The men's 5.5 ft. rugs, machine-washable")
    ['men', '5.5', 'ft', 'rug', 'machin', 'washabl']
    """
    terms = []
    for word in segment(text.lower() if text.isascii() else text):
        term = _memo.get(word)
        if term is None:
            if len(_memo) >= _MEMO_LIMIT:
                _memo.clear()
            term = _memo[word] = term_of(word)
        if term:
            terms.append(term)
    return terms
