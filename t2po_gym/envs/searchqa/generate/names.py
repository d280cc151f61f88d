"""What the things of an invented world are called: names, titles of passages, other names."""

from __future__ import annotations

from math import isqrt

from t2po_gym.data.permutation import Permutation
from t2po_gym.envs.searchqa.generate import naming
from t2po_gym.envs.searchqa.generate.graph import Entity, Graph
from t2po_gym.envs.searchqa.generate.name_words import title_words
from t2po_gym.envs.searchqa.generate.naming import NameSpace

_REUSE = 12  # one work in so many takes the title of the work before it
_NAMES_KEPT = 1 << 17  # about 25 MB
_SUFFIXES = {
    **{form: form.capitalize() for form in ("press", "theatre", "university", "museum")},
    **{form: form.capitalize() for form in ("institute", "prize", "medal", "expedition")},
    **{form: form.capitalize() for form in ("congress", "festival", "uprising")},
    "studio": "Studios",
    "football": "Rovers",
    "rowing": "Oarsmen",
    "cycling": "Wheelers",
}
_WITH_ARTICLE = {"river", "institution", "award", "event"}


class Names:
    """Names of all entities of a graph.

    Args:
        graph: the world.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._known: dict[Entity, str] = {}
        sizes, key = graph.sizes, graph.key
        people = sizes["person"]
        given = max(24, isqrt(people))
        self._surnames = people * 3 // 5
        """The first this many people have a family name of their own; the others share it."""
        self._houses = sizes["institution"] * 3 // 5 | 1
        """Institutions with a name of their own; the others share it, with another form."""

        def space(style: naming.NameStyle, size: int, syllables: int) -> NameSpace:
            return NameSpace(style, size, f"{key}/names/{style.endings[0]}", syllables)

        self._spaces = {
            "country": space(naming.COUNTRY, sizes["country"], 2),
            "region": space(naming.REGION, sizes["region"], 1),
            "river": space(naming.RIVER, sizes["river"], 1),
            "town": space(naming.TOWN, (sizes["town"] + 1) // 2, 2),
            "institution": space(naming.HOUSE, self._houses, 1),
            "award": space(naming.AWARD, sizes["award"], 1),
            "event": space(naming.EVENT, sizes["event"], 1),
            "team": space(naming.TEAM, sizes["team"], 1),
        }
        self._surname = space(naming.SURNAME, self._surnames, 1)
        self._given = (space(naming.FEMALE, given, 1), space(naming.MALE, given, 1))
        self._num_given = given
        self._coin = space(naming.COIN, sizes["country"], 1)
        words = title_words()
        self._words = words
        pairs = len(words.adjectives) * len(words.nouns)
        two_words = pairs + len(words.nouns) * len(words.matters)
        self._title_words = 2 if 4 * sizes["work"] < two_words else 3
        titles = two_words if self._title_words == 2 else pairs * len(words.matters)
        self._titles = Permutation(titles, f"{key}/titles")

    def is_female(self, number: int) -> bool:
        """Whether a person is a woman; of the two of a couple one is."""
        mixed = (number // 2 * 0x9E3779B1 + self._graph.seed * 0x85EBCA6B) & 0xFFFFFFFF
        return bool(mixed >> 17 & 1) ^ bool(number & 1)

    def surname(self, number: int) -> str:
        """Return the family name of a person."""
        return self._surname(number % self._surnames)

    def surname_is_unique(self, number: int) -> bool:
        """Whether nobody else has the family name of this person."""
        return number < self._surnames and number + self._surnames >= self._graph.sizes["person"]

    def namesake(self, number: int) -> int | None:
        """Return another person with the family name of this one, None if there is none."""
        if number >= self._surnames:
            return number - self._surnames
        other = number + self._surnames
        return other if other < self._graph.sizes["person"] else None

    def sister_house(self, number: int) -> int | None:
        """Return the institution that shares its name but for the form, None if there is none."""
        if number >= self._houses:
            return number - self._houses
        other = number + self._houses
        return other if other < self._graph.sizes["institution"] else None

    def shares_title(self, number: int) -> bool:
        """Whether another work has the title of this one."""
        place = number % _REUSE
        return place == _REUSE - 5 or (
            place == _REUSE - 6 and number + 1 < self._graph.sizes["work"]
        )

    def coin(self, number: int) -> str:
        """Return the name of a country's currency."""
        return self._coin(number).lower()

    def name(self, entity: Entity) -> str:
        """Return the name of an entity, without an article before it."""
        name = self._known.get(entity)
        if name is None:
            if len(self._known) >= _NAMES_KEPT:
                self._known.clear()
            name = self._known[entity] = self._make_name(entity)
        return name

    def _make_name(self, entity: Entity) -> str:
        kind, number = entity.kind, entity.number
        if kind == "person":
            return f"{self._given_name(number)} {self.surname(number)}"
        if kind == "work":
            return self._title(number)
        if kind == "town":
            return self._spaces[kind](number // 2, similar=bool(number % 2))
        if kind == "institution":
            number %= self._houses
        name = self._spaces[kind](number)
        suffix = _SUFFIXES.get(self._graph.form(entity))
        return f"{name} {suffix}" if suffix else name

    def title(self, entity: Entity) -> str:
        """Return the title of the passage about an entity; no two are equal."""
        name = self.name(entity)
        if entity.kind == "work" and self.shares_title(entity.number):
            return f"{name} ({self._graph.form(entity)})"
        return name

    def mention(self, entity: Entity) -> str:
        """Return the name as it stands within a sentence: with an article where it takes one."""
        name = self.name(entity)
        return f"the {name}" if entity.kind in _WITH_ARTICLE else name

    def aliases(self, entity: Entity) -> tuple[str, ...]:
        """Return other names by which nothing else in the world is known."""
        name = self.name(entity)
        if entity.kind == "person":
            unique = self.surname_is_unique(entity.number)
            return (self.surname(entity.number),) if unique else ()
        if entity.kind == "country":
            return (f"{self._graph.form(entity).capitalize()} of {name}",)
        if entity.kind == "river":
            return (f"River {name}", f"{name} River")
        if entity.kind == "town":
            return (f"town of {name}",)
        if entity.kind == "region":
            return (f"{name} region",)
        return ()

    def _given_name(self, number: int) -> str:
        # People who share a family name are `_surnames` apart and get different given names.
        own = number % self._surnames * 31 + number // self._surnames * (self._num_given // 2)
        return self._given[0 if self.is_female(number) else 1](own % self._num_given)

    def _title(self, number: int) -> str:
        if number % _REUSE == _REUSE - 5:
            number -= 1
        adjectives, nouns, matters = self._words.adjectives, self._words.nouns, self._words.matters
        rest, noun = divmod(self._titles(number), len(nouns))
        words: tuple[str, ...]
        if self._title_words == 3:
            matter, adjective = divmod(rest, len(adjectives))
            words = (adjectives[adjective], nouns[noun], "of", matters[matter])
        elif rest < len(adjectives):
            words = (adjectives[rest], nouns[noun])
        else:
            words = (nouns[noun], "of", matters[rest - len(adjectives)])
        title = " ".join(word if word == "of" else word.capitalize() for word in words)
        return f"The {title}" if len(words) > 2 or number % 3 else title
