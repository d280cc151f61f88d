"""Words of titles and occupations, read once from ``words/names.ini``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from t2po_gym.envs.searchqa.generate.wording import read_words

EARLIER_OCCUPATION = "scholar"
"""What directors are who were born before there were films."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleWords:
    """Words of titles; the three lists share no word.

    Example: The Copper Lantern is an adjective and a noun, The Ferry of Salt a noun and a matter.
    """

    adjectives: tuple[str, ...]
    """Come first in a title."""

    nouns: tuple[str, ...]
    """Things and people."""

    matters: tuple[str, ...]
    """Stuff, seasons and feelings, after "of"."""


@cache
def title_words() -> TitleWords:
    """Return the words of titles."""
    section = read_words("names.ini")[0].expect(("adjectives", "nouns", "matters"))
    return TitleWords(**{key: tuple(section.text(key).split()) for key in section.entries})


@cache
def occupations() -> Mapping[str, tuple[str, ...]]:
    """Return occupations by class of people."""
    section = read_words("names.ini")[1]
    return MappingProxyType({group: section.items(group) for group in section.entries})
