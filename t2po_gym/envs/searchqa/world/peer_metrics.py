"""Compare answers as R1-Searcher (631167c) does, to relate its published numbers to ours.

Punctuation (and the quotes ‘ ’ ´ `) becomes a space instead of being deleted, "True" and "False"
count as yes and no, and the "cover" match requires the gold answer's words in any order.
"""

from __future__ import annotations

import re
import string
from collections import Counter

__all__ = ["cover_match", "exact_match", "f1", "normalize"]

_TO_BLANK = {ord(character): " " for character in string.punctuation + "‘’´`"}
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_TRUTH = {"True": "yes", "False": "no"}
_WHOLE = frozenset({"yes", "no", "noanswer"})


def normalize(text: str) -> str:
    """Lower-case, turn punctuation into spaces, drop English articles, collapse spaces."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_TO_BLANK)).split())


def _comparable(text: str) -> str:
    return normalize(_TRUTH.get(text, text))


def exact_match(prediction: str, gold: str) -> bool:
    """Return whether both are equal after normalisation."""
    return _comparable(prediction) == _comparable(gold)


def cover_match(prediction: str, gold: str) -> bool:
    """Return whether every word of the gold answer is in the prediction, in any order."""
    words = _comparable(prediction).split(" ")
    return all(word in words for word in _comparable(gold).split(" "))


def f1(prediction: str, gold: str) -> float:
    """Return token F1; yes, no and noanswer must match completely."""
    ours, theirs = _comparable(prediction), _comparable(gold)
    if ours != theirs and (ours in _WHOLE or theirs in _WHOLE):
        return 0.0
    common = sum((Counter(ours.split()) & Counter(theirs.split())).values())
    if common == 0:
        return 0.0
    precision, recall = common / len(ours.split()), common / len(theirs.split())
    return 2 * precision * recall / (precision + recall)
