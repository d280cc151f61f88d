"""Queries in words: the question, its accepted answers, what an oracle searches for."""

from __future__ import annotations

from t2po_gym.data.draws import Draws
from t2po_gym.envs.searchqa.generate.graph import Entity, Graph
from t2po_gym.envs.searchqa.generate.names import Names
from t2po_gym.envs.searchqa.generate.passages import FORM_NOUNS, PassageWriter, wording_of
from t2po_gym.envs.searchqa.generate.query import (
    AgeQuery,
    Answer,
    Arm,
    MeetQuery,
    PathQuery,
    Query,
    arms,
    path_of,
    things_on,
)
from t2po_gym.envs.searchqa.generate.wording import wordings
from t2po_gym.envs.searchqa.generate.wording_questions import (
    age_questions,
    meetings,
    year_of_birth_questions,
)
from t2po_gym.envs.searchqa.world.metrics import normalize


class QuestionWords:
    """Puts queries into words.

    Args:
        graph: facts.
        names: names.
        writer: passages.
    """

    def __init__(self, graph: Graph, names: Names, writer: PassageWriter) -> None:
        self._graph, self._names, self._writer = graph, names, writer

    def text(self, draws: Draws, query: Query, unseen: bool) -> str:
        """Return the question; `unseen` takes the wordings that are kept back."""

        def choose(texts: tuple[str, ...]) -> str:
            return texts[-1] if unseen else draws.pick(texts[:-1])

        phrases = [self._phrase(draws, arm, unseen) for arm in _given(query)]
        if isinstance(query, AgeQuery):
            kind = things_on(self._graph, query.first)[-1].kind
            return choose(age_questions()[kind, query.asks]).format(x=phrases[0], y=phrases[1])
        if isinstance(query, MeetQuery):
            found = next(
                meeting
                for meeting in meetings()
                if (meeting.kind, meeting.second) == (query.kind, query.other_relation)
            )
            form = FORM_NOUNS.get(query.form, query.form)
            other = self._names.mention(query.other)
            return choose(found.questions).format(form=form, x=phrases[0], y=other)
        subject = things_on(self._graph, _given(query)[0])[-1]
        relation = query.arm.relations[-1]
        texts = wording_of(subject.kind, self._graph.form(subject), relation).questions
        return choose(year_of_birth_questions() if query.wants_year else texts).format(x=phrases[0])

    def golds(self, query: Query, answer: Answer) -> tuple[str, ...] | None:
        """Return the accepted answers, None where another thing has the same name."""
        if isinstance(answer, bool):
            return ("yes" if answer else "no",)
        if isinstance(answer, Entity):
            if answer.kind == "work" and self._names.shares_title(answer.number):
                return None
            return (self._names.name(answer), *self._names.aliases(answer))
        if isinstance(query, PathQuery) and not query.wants_year:
            subject = things_on(self._graph, query.arm)[-1]
            return self._writer.value_forms(subject, query.arm.relations[-1], answer)
        return (str(answer),)

    def names_too_much(self, text: str, golds: tuple[str, ...], hidden: list[Entity]) -> bool:
        """Whether a question contains an answer or a name of a hidden thing."""
        secrets = [*golds]
        for thing in hidden:
            secrets += (self._names.name(thing), *self._names.aliases(thing))
        asked = f" {normalize(text)} "
        return any(f" {normalize(secret)} " in asked for secret in secrets)

    def searches(self, query: Query, passages: tuple[Entity, ...]) -> tuple[str, ...]:
        """Return what an oracle searches for in turn: the title of each passage that matters.

        The last passage of a meeting is what is looked for; it is found by the names it holds.
        """
        titles = [self._names.title(thing) for thing in passages]
        if isinstance(query, MeetQuery):
            met = things_on(self._graph, query.arm)[-1]
            titles[-1] = f"{self._names.name(met)} {self._names.name(query.other)} {query.form}"
        return tuple(titles)

    def _phrase(self, draws: Draws, arm: Arm, unseen: bool) -> str:
        """Return words for the thing at the end of a path, by way of its start alone."""
        start = arm.start
        form = FORM_NOUNS.get(self._graph.form(start), self._graph.form(start))
        mention = draws.pick(wordings()[start.kind].mentions)
        phrase = mention.format(m=self._names.mention(start), form=form)
        for here, relation in zip(path_of(self._graph, arm), arm.relations, strict=False):
            assert isinstance(here, Entity)
            texts = wording_of(here.kind, self._graph.form(here), relation).phrases
            phrase = (texts[-1] if unseen else draws.pick(texts[:-1])).format(x=phrase)
        return phrase


def _given(query: Query) -> tuple[Arm, ...]:
    """Return the paths that a question puts into nested words; its last relation is asked for."""
    if isinstance(query, PathQuery):
        return (Arm(query.arm.start, query.arm.relations[:-1]),)
    return arms(query)
