"""Invented names: one for each number, never the same twice.

A name is a run of syllables and an ending. Every syllable is consonants and one vowel, so a
spelling can be cut up in one way only and different numbers give different spellings; kinds of
names are kept apart by their endings.
"""

from __future__ import annotations

from dataclasses import dataclass

from t2po_gym.data.permutation import Permutation

VOWELS = ("a", "e", "i", "o", "u")
FIRST = (
    *("b", "br", "c", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "kr", "l", "m", "n", "p"),
    *("pr", "r", "s", "sk", "st", "t", "tr", "v", "vr", "w", "z"),
)
"""Consonants a name may begin with."""

MIDDLE = (
    *("b", "d", "g", "l", "ld", "lm", "ln", "lv", "m", "mb", "n", "nd", "ng", "r", "rd", "rk"),
    *("rn", "rv", "s", "sk", "st", "t", "v", "z"),
)
"""Consonants inside a name."""

_SHORT = len(FIRST) * len(VOWELS)
_STEP = len(MIDDLE) * len(VOWELS)


@dataclass(frozen=True, slots=True)
class NameStyle:
    """How the names of a kind end.

    Example:
        >>> NameStyle(("ford", "wick")).endings[1]
        'wick'
    """

    endings: tuple[str, ...]
    """Each begins with a consonant; no other style has an ending that ends alike."""

    similar: tuple[str, ...] = ()
    """For each ending one that differs in a letter or two, for names that are easily confused."""


TOWN = NameStyle(
    ("wick", "ford", "holm", "stead", "burgh", "haven", "mouth", "gate", "ham"),
    similar=("wyck", "fjord", "helm", "sted", "berg", "havn", "muth", "gatt", "hem"),
)
REGION = NameStyle(("shire", "glen", "moor", "fell", "march", "wold"))
COUNTRY = NameStyle(("land", "mark", "stan", "via", "nia", "garde"))
RIVER = NameStyle(("bek", "wen", "dur", "lis", "rho"))
SURNAME = NameStyle(("sen", "mond", "vik", "lund", "quist", "der", "nov", "ska", "rell", "mann"))
FEMALE = NameStyle(("ra", "lla", "na", "dith", "line", "tte"))
MALE = NameStyle(("bert", "ric", "las", "mir", "don", "thor"))
HOUSE = NameStyle(("crest", "lock", "spring", "well", "thorne", "brook"))
AWARD = NameStyle(("light", "crown", "laurel", "star"))
EVENT = NameStyle(("reach", "strand", "gorge", "pass", "sound"))
TEAM = NameStyle(("side", "pool", "kirk", "borough"))
COIN = NameStyle(("kro", "tak", "lir", "zot"))
"""Styles by kind of thing; institutions are called houses here."""


class NameSpace:
    """The names of one style in one world, in an order chosen by a key.

    Args:
        style: endings.
        size: how many names are needed; decides how long they are.
        key: text that chooses the order.
        syllables: fewest syllables before the ending; more are taken until most spellings are
            unused.
    """

    def __init__(self, style: NameStyle, size: int, key: str, syllables: int = 1) -> None:
        self._style = style
        self._middles = syllables - 1
        while 3 * size > self._capacity():
            self._middles += 1
        self._order = Permutation(self._capacity(), key)

    def _capacity(self) -> int:
        inside: int = _STEP**self._middles
        return _SHORT * inside * len(self._style.endings)

    def __call__(self, number: int, similar: bool = False) -> str:
        """Return the name of a number below the size, or the one easily confused with it."""
        rest, ending = divmod(self._order(number), len(self._style.endings))
        parts = [(self._style.similar if similar else self._style.endings)[ending]]
        for _ in range(self._middles):
            rest, syllable = divmod(rest, _STEP)
            parts.append(MIDDLE[syllable // len(VOWELS)] + VOWELS[syllable % len(VOWELS)])
        parts.append(FIRST[rest // len(VOWELS)] + VOWELS[rest % len(VOWELS)])
        return "".join(reversed(parts)).capitalize()
