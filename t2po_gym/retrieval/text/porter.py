"""Porter's stemmer with its author's later changes, as search engines use it.

Source: M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980, with the departures
of Porter's own later implementations: words of one or two letters stay as they are, "bli" becomes
"ble" (first "abli" became "able"), and "logi" becomes "log".

Letters are UTF-16 units, as in Java, so a character beyond U+FFFF counts as two consonants.
"""

from __future__ import annotations

from collections.abc import Sequence

_VOWELS = frozenset("aeiou")

# Suffix lists in the order they are tried: the first match ends the step.
_STEP_2 = (
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("bli", "ble"),
    ("alli", "al"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
    ("logi", "log"),
)
_STEP_3 = (
    ("icate", "ic"),
    ("ative", ""),
    ("alize", "al"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ful", ""),
    ("ness", ""),
)
_STEP_4 = (
    *("al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent"),
    *("ion", "ou", "ism", "ate", "iti", "ous", "ive", "ize"),
)


def _shape(word: str) -> str:
    """Return "v" for each vowel and "c" for each consonant; "y" after a consonant is a vowel."""
    shape = []
    last = "v"
    for index, letter in enumerate(word):
        if letter == "y":
            last = "c" if index == 0 or last == "v" else "v"
        else:
            last = "v" if letter in _VOWELS else "c"
        shape.append(last)
    return "".join(shape)


def _measure(word: str) -> int:
    """Return m of the form C?(VC){m}V?."""
    return _shape(word).count("vc")


def _ends_short(word: str) -> bool:
    """Return whether the word ends in consonant, vowel, consonant, the last not w, x or y."""
    return _shape(word).endswith("cvc") and word[-1] not in "wxy"


def _ends_double(word: str) -> bool:
    """Return whether the word ends in two equal consonants."""
    return len(word) > 1 and word[-1] == word[-2] and _shape(word)[-1] == "c"


def _plural_and_past(word: str) -> str:
    """Apply steps 1a and 1b: plurals, -ed, -ing."""
    if word.endswith(("sses", "ies")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    for suffix in ("ed", "ing"):
        if word.endswith(suffix):
            stem = word[: -len(suffix)]
            return _restore_e(stem) if "v" in _shape(stem) else word
    return word


def _restore_e(word: str) -> str:
    """Repair the stem after -ed or -ing was removed."""
    if word.endswith(("at", "bl", "iz")):
        return word + "e"
    if _ends_double(word):
        return word if word[-1] in "lsz" else word[:-1]
    return word + "e" if _measure(word) == 1 and _ends_short(word) else word


def _replace(word: str, rules: Sequence[tuple[str, str]]) -> str:
    """Replace the first matching suffix if the part before it has m > 0."""
    for suffix, new in rules:
        if word.endswith(suffix):
            stem = word[: -len(suffix)]
            return stem + new if _measure(stem) > 0 else word
    return word


def _strip(word: str) -> str:
    """Apply step 4: drop the first matching suffix if the part before it has m > 1."""
    for suffix in _STEP_4:
        if word.endswith(suffix):
            stem = word[: -len(suffix)]
            if suffix == "ion" and not stem.endswith(("s", "t")):
                continue
            return stem if _measure(stem) > 1 else word
    return word


def _final_e(word: str) -> str:
    """Apply step 5: drop a final e, and one l of a final ll."""
    full = word
    if word.endswith("e"):
        measure = _measure(word)
        if measure > 1 or (measure == 1 and not _ends_short(word[:-1])):
            word = word[:-1]
    return word[:-1] if word.endswith("ll") and _measure(full) > 1 else word


def _stem_units(word: str) -> str:
    word = _plural_and_past(word)
    if word.endswith("y") and "v" in _shape(word[:-1]):
        word = word[:-1] + "i"
    word = _replace(word, _STEP_2)
    word = _replace(word, _STEP_3)
    return _final_e(_strip(word))


def stem(word: str) -> str:
    """Return the stem of a lower-case word.

    >>> [stem(w) for w in ("caresses", "relational", "technology", "us")]
    ['caress', 'relat', 'technolog', 'us']
    """
    if word and max(word) > "\uffff":
        pairs = word.encode("utf-16-le", "surrogatepass")
        units = "".join(
            chr(int.from_bytes(pairs[at : at + 2], "little")) for at in range(0, len(pairs), 2)
        )
        short = _stem_units(units) if len(units) > 2 else units
        return short.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return _stem_units(word) if len(word) > 2 else word
