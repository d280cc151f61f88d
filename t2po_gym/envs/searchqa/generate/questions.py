"""Questions about an invented world: drawn, checked and put into words.

A question is kept only if the graph gives exactly one answer and

- neither the answer nor anything on the way to it stands in the question;
- nothing occurs twice on its path;
- no passage on the way gives away what comes later, and only the first passage of each path names
  what the question names, so that one search does not find them all.

Levels are the numbers of passages that must be read: 1 to 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from t2po_gym.data.draws import Draws
from t2po_gym.envs.searchqa.data.questions import Question
from t2po_gym.envs.searchqa.generate.graph import Entity, Graph, Value
from t2po_gym.envs.searchqa.generate.hashing import draw_table, stream
from t2po_gym.envs.searchqa.generate.names import Names
from t2po_gym.envs.searchqa.generate.passages import PassageWriter
from t2po_gym.envs.searchqa.generate.query import (
    AgeQuery,
    Answer,
    Arm,
    MeetQuery,
    PathQuery,
    Query,
    arms,
    execute,
    named,
    support,
    things_on,
)
from t2po_gym.envs.searchqa.generate.question_texts import QuestionWords
from t2po_gym.envs.searchqa.generate.wording_questions import meetings

SPLITS = ("train", "dev", "test", "test-wording", "test-entities")
"""``test-wording`` has wordings that no other split has; ``test-entities`` names, passes through
and arrives at things that no question of ``train`` does."""

LEVELS = (1, 2, 3, 4)
"""Passages to be read: Easy, Medium, Hard, Expert."""

SOURCE = "generated"
"""``source`` of these questions."""

MAX_PER_LEVEL = 30_000
"""Most questions of one level, all of train, dev and test together."""

_SHARES = (8, 1, 1)  # of the starts: train, dev, test
_RESERVED = 5  # one thing in so many is kept for test-entities
_SHAPES = (77, 8, 15)  # paths, meetings, comparisons
_TRIES = 300  # to find a question of a shape, before a small world is taken to be used up
_AGE_KINDS = frozenset({"person", "town", "institution"})


@dataclass(frozen=True, slots=True)
class DrawnQuestion:
    """A question with what it was made from."""

    question: Question
    """What is asked."""

    query: Query
    """What it asks of the graph."""


def level_sizes(size: int) -> dict[str, int]:
    """Return how many questions each split has per level, in a world of `size` passages.

    >>> level_sizes(10_000)["train"] * 3
    8001
    """
    total = min(size // 3, MAX_PER_LEVEL)
    tenth = total // 10
    return {"train": total - 2 * tenth, **dict.fromkeys(SPLITS[1:], tenth)}


class QuestionMaker:
    """Makes the questions of a world, split by split.

    Args:
        graph: facts.
        names: names.
        writer: passages.
    """

    def __init__(self, graph: Graph, names: Names, writer: PassageWriter) -> None:
        self._graph, self._writer = graph, writer
        self._words = QuestionWords(graph, names, writer)
        self._starts, self._reserved = _deal(graph)
        self._inverses: dict[tuple[str, str], dict[int, list[int]]] = {}

    def make(self, split: str) -> Iterator[DrawnQuestion]:
        """Yield the questions of a split, level by level.

        A level has as many as `level_sizes` says, unless the world is too small for them.
        """
        for level in LEVELS:
            seen: set[Query] = set()
            draws = stream(f"{self._graph.key}/questions/{split}/{level}")
            for number in range(level_sizes(self._graph.size)[split]):
                shape = draws.weighted(_SHAPES) if level > 1 else 0
                name = f"g{self._graph.seed}-{self._graph.size}-{split}-{level}-{number}"
                drawn = self._make_one(draws, split, level, shape, name, seen)
                if drawn is None and shape:
                    drawn = self._make_one(draws, split, level, 0, name, seen)
                if drawn is None:
                    break
                seen.add(drawn.query)
                yield drawn

    def _make_one(
        self, draws: Draws, split: str, level: int, shape: int, name: str, seen: set[Query]
    ) -> DrawnQuestion | None:
        draw = (self._draw_path, self._draw_meeting, self._draw_age)[shape]
        for _ in range(_TRIES):
            query = draw(draws, split, level)
            if query is not None and query not in seen:
                question = self._check(draws, query, split, level, name)
                if question is not None:
                    return DrawnQuestion(question, query)
        return None

    def _may_use(self, split: str, value: Value) -> bool:
        """Whether questions of a split may involve a thing."""
        if split not in ("train", "test-entities") or not isinstance(value, Entity):
            return True
        return bool(self._reserved[value.kind][value.number]) == (split == "test-entities")

    def _walk(self, draws: Draws, split: str, start: Entity, length: int) -> Arm | None:
        """Draw a path of `length` things after its start, None if it comes to a dead end."""
        relations: list[str] = []
        here = start
        for _ in range(length):
            choices = [
                (relation, value)
                for relation, value in self._graph.facts(here).items()
                if isinstance(value, Entity) and self._may_use(split, value)
            ]
            if not choices:
                return None
            relation, here = draws.pick(choices)
            relations.append(relation)
        return Arm(start, tuple(relations))

    def _draw_path(self, draws: Draws, split: str, level: int) -> PathQuery | None:
        arm = self._walk(draws, split, draws.pick(self._starts[split]), level - 1)
        if arm is None:
            return None
        facts = self._graph.facts(things_on(self._graph, arm)[-1])
        choices = [relation for relation, value in facts.items() if self._may_use(split, value)]
        if not choices:
            return None
        relation = draws.pick(choices)
        wants_year = relation == "birth" and draws.percent(50)
        return PathQuery(Arm(arm.start, (*arm.relations, relation)), wants_year)

    def _draw_meeting(self, draws: Draws, split: str, level: int) -> MeetQuery | None:
        arm = self._walk(draws, split, draws.pick(self._starts[split]), level - 1)
        met = things_on(self._graph, arm)[-1] if arm else None
        if arm is None or met is None or met.kind != "person":
            return None
        meeting = draws.pick(meetings())
        subjects = self._inverse(meeting.kind, meeting.first).get(met.number)
        if not subjects:
            return None
        found = Entity(meeting.kind, draws.pick(subjects))
        other = self._graph.get(found, meeting.second)
        form = self._graph.form(found)
        if form not in meeting.forms or not isinstance(other, Entity):
            return None
        if not (self._may_use(split, found) and self._may_use(split, other)):
            return None
        return MeetQuery(arm, meeting.kind, form, meeting.first, meeting.second, other)

    def _inverse(self, kind: str, relation: str) -> dict[int, list[int]]:
        """Return the subjects of each object of a relation."""
        known = self._inverses.get((kind, relation))
        if known is None:
            known = {}
            for subject, value in enumerate(self._graph.column(kind, relation).tolist()):
                known.setdefault(value, []).append(subject)
            self._inverses[kind, relation] = known
        return known

    def _draw_age(self, draws: Draws, split: str, level: int) -> AgeQuery | None:
        """Draw a comparison of two things that takes `level` passages to settle."""
        start = draws.pick(self._starts[split])
        longer = self._walk(draws, split, start, draws.below(level - 1) + 1)
        if longer is None:
            return None
        rest = level - 1 - len(longer.relations)
        if rest == 0 or draws.percent(30):  # both from one start
            other = self._walk(draws, split, start, rest)
        else:
            other = self._walk(draws, split, draws.pick(self._starts[split]), rest - 1)
        if other is None:
            return None
        ends = [things_on(self._graph, arm)[-1] for arm in (longer, other)]
        if ends[0] == ends[1] or ends[0].kind != ends[1].kind or ends[0].kind not in _AGE_KINDS:
            return None
        asks = draws.pick(("earlier", "later", "earlier", "later", "is_earlier"))
        return AgeQuery(*((longer, other) if draws.percent(50) else (other, longer)), asks)

    def _check(
        self, draws: Draws, query: Query, split: str, level: int, name: str
    ) -> Question | None:
        """Put a query into words; None if it makes no good question."""
        answers = execute(self._graph, query)
        passages = support(self._graph, query)
        paths = [things_on(self._graph, arm) for arm in arms(query)]
        if len(answers) != 1 or len(passages) != level:
            return None
        if any(len(set(path)) != len(path) for path in paths):
            return None
        if self._gives_away(query, paths, passages, answers[0]):
            return None
        golds = self._words.golds(query, answers[0])
        text = self._words.text(draws, query, unseen=split == "test-wording")
        hidden = [thing for path in paths for thing in path[1:]]
        if golds is None or self._words.names_too_much(text, golds, hidden):
            return None
        return Question(
            id=name,
            text=text,
            answers=golds,
            support=tuple(f"p{self._graph.passage(thing)}" for thing in passages),
            hops=level,
            source=SOURCE,
            search_path=self._words.searches(query, passages),
        )

    def _gives_away(
        self,
        query: Query,
        paths: list[list[Entity]],
        passages: tuple[Entity, ...],
        answer: Answer,
    ) -> bool:
        """Whether a passage names what should be found later, or what the question names."""
        said = {thing: self._writer.mentioned(thing) for thing in passages}
        asked = set(named(query))
        free = {path[0] for path in paths}
        if isinstance(query, MeetQuery):
            free.add(passages[-1])  # what is looked for has to name one of the two
        if any(said[thing] & asked for thing in passages if thing not in free):
            return True
        for path in paths:
            for place, thing in enumerate(path):
                if thing in said and said[thing] & set(path[place + 2 :]):
                    return True
        return isinstance(query, MeetQuery) and any(answer in said[p] for p in passages[:-1])


def _deal(graph: Graph) -> tuple[dict[str, list[Entity]], dict[str, np.ndarray]]:
    """Deal all things to splits: a question belongs where its start does.

    Returns:
        The starts of each split, and for each kind which things are kept for ``test-entities``.
    """
    starts: dict[str, list[Entity]] = {split: [] for split in SPLITS}
    reserved: dict[str, np.ndarray] = {}
    edges = np.cumsum(_SHARES)
    for kind, count in graph.sizes.items():
        words = draw_table(f"{graph.key}/splits/{kind}", count).astype(np.int64)
        places = np.searchsorted(edges, words[:, 0] * int(edges[-1]) >> 32, side="right")
        kept = reserved[kind] = words[:, 1] * _RESERVED >> 32 == 0
        for number, (place, is_kept) in enumerate(zip(places.tolist(), kept.tolist(), strict=True)):
            thing = Entity(kind, number)
            kept_back = is_kept and place == 0
            starts["test-entities" if kept_back else SPLITS[place]].append(thing)
    starts["test-wording"] = starts["test"]
    return starts, reserved
