"""The passage about each thing of an invented world: facts in varied words, among neutral ones."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from t2po_gym.data.draws import Draws
from t2po_gym.envs.searchqa.data.corpus import Passage
from t2po_gym.envs.searchqa.generate.graph import Entity, Graph, Value
from t2po_gym.envs.searchqa.generate.hashing import stream
from t2po_gym.envs.searchqa.generate.name_words import EARLIER_OCCUPATION, occupations
from t2po_gym.envs.searchqa.generate.names import Names
from t2po_gym.envs.searchqa.generate.wording import Lead, Wording, named_asides, slots, wordings

FORM_NOUNS = {
    "press": "publishing house",
    "studio": "film company",
    "institute": "research institute",
}
"""What a form is called in a sentence where its own name would not do."""

FEWEST_WORDS = 90
MOST_WORDS = 110
"""Words of a passage, its title not counted."""

_MENTIONS = 3  # of a subject by its full name, so that a search for it finds its own passage first
_SPREAD = 16  # in words, of the wished lengths of passages
_DENIED_PERCENT = 45
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAYS_BITS = 512  # a birth is year * 512 + day of the year
_FILM_BIRTH = 1870


def year_of(birth: int) -> int:
    """Return the year of a date of birth."""
    return birth // _DAYS_BITS


def date_forms(birth: int) -> tuple[str, str, str]:
    """Return the three ways to write a date of birth.

    >>> date_forms(1823 * 512 + 72)
    ('14 March 1823', 'March 14, 1823', '1823-03-14')
    """
    year, day = divmod(birth, _DAYS_BITS)
    month = 0
    while day >= _MONTH_DAYS[month]:
        day -= _MONTH_DAYS[month]
        month += 1
    name = _MONTHS[month]
    return (
        f"{day + 1} {name} {year}",
        f"{name} {day + 1}, {year}",
        f"{year}-{month + 1:02d}-{day + 1:02d}",
    )


def with_article(noun: str) -> str:
    """Put "a" or "an" before a noun."""
    # "university" begins with a consonant sound
    return f"an {noun}" if noun[0] in "aeio" else f"a {noun}"


@cache
def wording_of(kind: str, form: str, relation: str) -> Wording:
    """Return the words for a relation of a subject of this kind and form.

    Raises:
        KeyError: there are none.
    """
    for words in wordings()[kind].relations:
        if words.relation == relation and (not words.forms or form in words.forms):
            return words
    raise KeyError(f"no words for {relation} of {kind} ({form})")


class _Slots(dict[str, str]):
    """Values of braces: given ones, and drawn words for the names in `slots`."""

    def __init__(self, draws: Draws, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self._draws = draws

    def __missing__(self, key: str) -> str:
        words = slots()[key.rstrip("2")]
        word = self._draws.pick(words)
        while key.endswith("2") and word == self.get(key[:-1]):
            word = self._draws.pick(words)
        self[key] = word
        return word


class PassageWriter:
    """Writes the passages of a world.

    Args:
        graph: its facts.
        names: its names.
    """

    def __init__(self, graph: Graph, names: Names) -> None:
        self._graph = graph
        self._names = names

    def occupation(self, number: int) -> str:
        """Return what a person did for a living."""
        entity = Entity("person", number)
        group = self._graph.form(entity)
        birth = int(self._graph.column("person", "birth")[number])
        if group == "director" and year_of(birth) < _FILM_BIRTH:
            group = EARLIER_OCCUPATION
        drawn = int(self._graph.column("person", "occupation")[number])
        known = occupations()[group]
        return known[drawn % len(known)]

    def value_forms(self, entity: Entity, relation: str, value: Value) -> tuple[str, ...]:
        """Return the ways to write the object of a fact, as in an answer; the usual one first."""
        if isinstance(value, Entity):
            return (self._names.name(value), *self._names.aliases(value))
        if relation == "birth":
            return date_forms(value)
        if relation == "occupation":
            return (self.occupation(entity.number),)
        if relation == "coin":
            return (self._names.coin(value),)
        return (str(value),)

    def denied(self, entity: Entity) -> Entity | None:
        """Return the other thing that a passage warns of, None if it warns of none."""
        draws = stream(f"{self._graph.key}/denied/{entity.kind}/{entity.number}")
        if not draws.percent(_DENIED_PERCENT):
            return None
        kind = "person" if entity.kind in ("work", "award", "event") else entity.kind
        other = self._easily_confused(entity) if draws.percent(60) else None
        stated = set(self._graph.facts(entity).values()) | {entity}
        while other is None or other in stated:
            other = Entity(kind, draws.below(self._graph.sizes[kind]))
        return other

    def mentioned(self, entity: Entity) -> set[Entity]:
        """Return every entity that the passage about `entity` names, itself excepted."""
        found = {v for v in self._graph.facts(entity).values() if isinstance(v, Entity)}
        denied = self.denied(entity)
        return found | {denied} if denied else found

    def write(self, entity: Entity) -> Passage:
        """Return the passage about an entity; its id is ``p`` and the number of the passage."""
        number = self._graph.passage(entity)
        text = _Composition(self, self._graph, self._names, entity).text()
        return Passage(f"p{number}", self._names.title(entity), text)

    def _easily_confused(self, entity: Entity) -> Entity | None:
        kind, number = entity.kind, entity.number
        if kind == "town":
            return Entity(kind, number ^ 1) if number ^ 1 < self._graph.sizes[kind] else None
        other = None
        if kind == "person":
            other = self._names.namesake(number)
        if kind == "institution":
            other = self._names.sister_house(number)
        return None if other is None else Entity(kind, other)


class _Composition:
    """One passage in the making."""

    def __init__(self, writer: PassageWriter, graph: Graph, names: Names, entity: Entity) -> None:
        self._graph, self._entity = graph, entity
        self._draws = draws = stream(f"{graph.key}/text/{entity.kind}/{entity.number}")
        self._words = wordings()[entity.kind]
        self._form = graph.form(entity)
        self._name = names.name(entity)
        self._mention = names.mention(entity)
        self._mentions = 0
        female = entity.kind == "person" and names.is_female(entity.number)
        person = entity.kind == "person"
        self._pronouns = ("she", "her", "her") if female else ("he", "his", "him")
        if not person:
            self._pronouns = ("it", "its", "it")
        self._values: dict[str, str] = {}
        for relation, value in graph.facts(entity).items():
            if isinstance(value, Entity):
                self._values[relation] = names.mention(value)
            else:
                forms = writer.value_forms(entity, relation, value)
                self._values[relation] = forms[draws.below(2)] if len(forms) > 1 else forms[0]
        denied = writer.denied(entity)
        self._denied = names.mention(denied) if denied else None

    def text(self) -> str:
        """Return the text."""
        draws = self._draws
        wanted = FEWEST_WORDS + draws.below(_SPREAD)
        lead = self._lead()
        body = self._statements(lead.states)
        if self._denied:
            body.append((draws.pick(self._words.denials), self._denied))
        draws.shuffle(body)
        first = self._render(lead.text, name=self._name)
        sentences = [self._render(text, value) for text, value in body]
        asides = [*self._words.asides]
        draws.shuffle(asides)
        named = [*named_asides()]
        draws.shuffle(named)
        total = len(first.split()) + sum(len(sentence.split()) for sentence in sentences)
        while asides and (total < wanted or self._mentions < _MENTIONS):
            aside = self._render(named.pop() if self._mentions < _MENTIONS else asides.pop())
            length = len(aside.split())
            if total + length <= MOST_WORDS:
                sentences.insert(draws.below(len(sentences) + 1), aside)
                total += length
        return " ".join((first, *sentences))

    def _lead(self) -> Lead:
        return self._draws.pick(
            [
                lead
                for lead in self._words.leads
                if (not lead.forms or self._form in lead.forms)
                and all(relation in self._values for relation in lead.states)
            ]
        )

    def _statements(self, stated: tuple[str, ...]) -> list[tuple[str, str]]:
        """Choose a sentence for each fact that the lead does not state, and give its object."""
        chosen = []
        for relation, value in self._values.items():
            if relation not in stated:
                words = wording_of(self._entity.kind, self._form, relation)
                chosen.append((self._draws.pick(words.statements), value))
        return chosen

    def _render(self, template: str, value: str = "", name: str = "") -> str:
        """Fill in a sentence; leads bring their own article and want the bare `name`."""
        pronoun, possessive, objective = self._pronouns
        form = FORM_NOUNS.get(self._form, self._form)
        given = {
            "n": name or self._mention,
            "s": self._subject() if "{s}" in template else pronoun,
            "p": possessive,
            "p_": possessive.capitalize(),
            "m": objective,
            "o": value,
            "a_o": with_article(value) if value else "",
            "form": form,
            "a_form": with_article(form),
            "a_occupation": with_article(self._values.get("occupation", "person")),
            **self._values,
        }
        if "{n}" in template:
            self._mentions += 1
        sentence = template.format_map(_Slots(self._draws, given))
        return sentence[0].upper() + sentence[1:]

    def _subject(self) -> str:
        """Return what the subject of the next sentence is called."""
        if self._draws.percent(60 if self._mentions < _MENTIONS else 20):
            self._mentions += 1
            return self._mention
        if self._words.nouns and self._draws.percent(50):
            form = FORM_NOUNS.get(self._form, self._form)
            return self._draws.pick(self._words.nouns).format(form=form)
        if self._entity.kind == "person" and self._draws.percent(50):
            return self._name.rpartition(" ")[2]
        return self._pronouns[0]
