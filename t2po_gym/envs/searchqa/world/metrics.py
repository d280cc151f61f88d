"""How an answer is scored: exact match, F1, substring match; as published and repaired.

The functions without ``repaired`` reproduce Search-R1 (a14dc3a) and T2PO (bb92004) for
``exact_match`` and ``substring_match`` and FlashRAG (1ee5249) for ``token_f1``, character for
character. The repaired ones differ in two points: an empty prediction never scores, and a gold
answer of which normalisation leaves nothing ("A+", "The The", "---") is compared as it stands
instead of matching every empty text.

Rules: docs/originals/searchqa.md, section 6. Tests compare them with recordings of the originals.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

__all__ = [
    "F1",
    "Golds",
    "exact_match",
    "gold_list",
    "normalize",
    "repaired_exact_match",
    "repaired_f1",
    "repaired_substring_match",
    "substring_match",
    "token_f1",
]

Golds = str | Iterable[str]
"""Accepted answers: several, or one alone; arrays of strings are fine."""

_PUNCTUATION = {ord(character): None for character in string.punctuation}
_ARTICLES = re.compile(r"\b(a|an|the)\b")
YES_NO = frozenset({"yes", "no", "noanswer"})
"""Normalised answers that give no F1 for being part of another answer (HotpotQA's rule)."""


class F1(NamedTuple):
    """Token overlap of a prediction with the best gold answer. Example: ``F1(0.8, 1.0, 2 / 3)``."""

    f1: float
    precision: float
    recall: float


def normalize(text: str) -> str:
    """Lower case, no ASCII punctuation, no English articles, single blanks.

    Punctuation goes before articles, and leaves no blank behind: "a-ha" is "aha", "3.14" is "314",
    "A. A. Milne" is "milne". Other scripts' punctuation, accents and number words stay.

    Example:
        >>> normalize("The  rock-n-roll, U.S.A.!")
        'rocknroll usa'
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def gold_list(golds: Golds) -> tuple[str, ...]:
    """Return the accepted answers as a tuple; a string is one answer."""
    return (golds,) if isinstance(golds, str) else tuple(str(gold) for gold in golds)


def exact_match(prediction: str, golds: Golds) -> int:
    """Return 1 if the normalised prediction equals a normalised gold answer, else 0."""
    ours = normalize(prediction)
    return int(any(normalize(gold) == ours for gold in gold_list(golds)))


def substring_match(prediction: str, golds: Golds) -> int:
    """Return 1 if a normalised gold answer is part of the normalised prediction, else 0."""
    ours = normalize(prediction)
    return int(any(normalize(gold) in ours for gold in gold_list(golds)))


def token_f1(prediction: str, golds: Golds, *, yes_no_rule: bool = True) -> F1:
    """Return the largest F1, precision and recall over the gold answers, each on its own.

    Args:
        prediction: the answer given.
        golds: accepted answers.
        yes_no_rule: whether an answer of `YES_NO` on either side must match whole (FlashRAG,
            HotpotQA); ZeroSearch's F1 has no such rule.
    """
    ours = normalize(prediction)
    best = F1(0.0, 0.0, 0.0)
    for gold in gold_list(golds):
        one = _pair_f1(ours, normalize(gold), yes_no_rule)
        best = F1(*map(max, best, one))
    return best


def _pair_f1(prediction: str, gold: str, yes_no_rule: bool) -> F1:
    if yes_no_rule and prediction != gold and (prediction in YES_NO or gold in YES_NO):
        return F1(0.0, 0.0, 0.0)
    ours, theirs = prediction.split(), gold.split()
    common = sum((Counter(ours) & Counter(theirs)).values())
    if common == 0:
        return F1(0.0, 0.0, 0.0)
    precision, recall = common / len(ours), common / len(theirs)
    return F1(2 * precision * recall / (precision + recall), precision, recall)


def repaired_exact_match(prediction: str, golds: Golds) -> int:
    """Exact match that neither an empty answer nor an emptied gold answer can win."""
    ours = normalize(prediction)
    plain = prediction.strip().lower()
    if not plain:
        return 0
    for gold in gold_list(golds):
        theirs = normalize(gold)
        if theirs == ours if theirs else gold.strip().lower() == plain:
            return 1
    return 0


def repaired_substring_match(prediction: str, golds: Golds) -> int:
    """Substring match in which an emptied gold answer counts as it stands."""
    ours = normalize(prediction)
    plain = prediction.strip().lower()
    for gold in gold_list(golds):
        theirs = normalize(gold)
        if theirs and theirs in ours:
            return 1
        raw = gold.strip().lower()
        if not theirs and raw and raw in plain:
            return 1
    return 0


def repaired_f1(prediction: str, golds: Golds) -> F1:
    """F1 that is 1 wherever the repaired exact match is."""
    if repaired_exact_match(prediction, golds):
        return F1(1.0, 1.0, 1.0)
    return token_f1(prediction, golds)
