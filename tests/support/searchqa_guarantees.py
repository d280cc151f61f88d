"""The guarantees of a generated world, checked from its facts, texts and index alone."""

from __future__ import annotations

from collections import Counter
from functools import cache

from t2po_gym.envs.searchqa.generate.graph import OBJECTS, Entity
from t2po_gym.envs.searchqa.generate.passages import date_forms
from t2po_gym.envs.searchqa.generate.query import AgeQuery, Arm, MeetQuery, PathQuery
from t2po_gym.envs.searchqa.generate.questions import DrawnQuestion
from t2po_gym.envs.searchqa.generate.world import GeneratedWorld
from t2po_gym.envs.searchqa.world.metrics import normalize
from t2po_gym.retrieval.bm25.index import Bm25Builder, Bm25Index


class Checked:
    """A world with everything that the checks look things up in."""

    def __init__(self, size: int, seed: int) -> None:
        self.world = GeneratedWorld(size, seed)
        self._drawn: dict[str, list[DrawnQuestion]] = {}
        self.graph = self.world.graph
        self.passages = list(self.world.passages())
        self.things = list(self.graph.entities())
        self.by_kind: dict[str, list[Entity]] = {}
        for thing in self.things:
            self.by_kind.setdefault(thing.kind, []).append(thing)
        self.names = [self.world.names.name(thing) for thing in self.things]
        self.facts = {
            (thing, relation): {self.graph.get(thing, relation)} - {None}
            for thing in self.things
            for relation in OBJECTS[thing.kind]
        }
        with Bm25Builder() as builder:
            for passage in self.passages:
                builder.add(passage.contents)
            self.index = Bm25Index(builder.finish([p.id for p in self.passages]), cache_size=0)

    def drawn(self, split: str) -> list[DrawnQuestion]:
        if split not in self._drawn:
            self._drawn[split] = list(self.world.drawn(split))
        return self._drawn[split]

    def found(self, query: str, k: int = 3) -> set[str]:
        return {self.passages[doc].id for doc in self.index.search(query, k)[0]}

    def ends(self, arm: Arm) -> set:
        """Everything that an arm leads to, by sets of facts."""
        here: set = {arm.start}
        for relation in arm.relations:
            here = {value for thing in here for value in self.facts[thing, relation]}
        return here

    def answers(self, query) -> set:
        """Everything that answers a query, by trying all facts."""
        if isinstance(query, PathQuery):
            ends = self.ends(query.arm)
            return {end // 512 for end in ends} if query.wants_year else ends
        if isinstance(query, MeetQuery):
            met = self.ends(query.arm)
            return {
                thing
                for thing in self.by_kind[query.kind]
                if self.facts[thing, query.relation] & met
                and query.other in self.facts[thing, query.other_relation]
                and self.graph.form(thing) == query.form
            }
        assert isinstance(query, AgeQuery)
        first, second = (self.years(arm) for arm in (query.first, query.second))
        pairs = {(a, b) for a in first for b in second}
        if query.asks == "is_earlier":
            return {a < b for a, b in pairs}
        return {(min if query.asks == "earlier" else max)(pair) for pair in pairs}

    def years(self, arm: Arm) -> set[int]:
        found = set()
        for end in self.ends(arm):
            relation = "birth" if end.kind == "person" else "year"
            found |= {v // 512 if relation == "birth" else v for v in self.facts[end, relation]}
        return found

    def written(self, query, answer) -> str:
        """The usual way to write an answer."""
        if isinstance(answer, bool):
            return "yes" if answer else "no"
        if isinstance(answer, Entity):
            return self.world.names.name(answer)
        if isinstance(query, PathQuery) and not query.wants_year:
            relation = query.arm.relations[-1]
            (subject,) = self.ends(Arm(query.arm.start, query.arm.relations[:-1]))
            if relation == "birth":
                return date_forms(answer)[0]
            if relation == "occupation":
                return self.world.writer.occupation(subject.number)
            if relation == "coin":
                return self.world.names.coin(answer)
        return str(answer)


checked = cache(Checked)


def paths(one: DrawnQuestion, world: Checked) -> list[list[Entity]]:
    """The things on each path of a question."""
    query = one.query
    arms = (query.first, query.second) if isinstance(query, AgeQuery) else (query.arm,)
    found = []
    for arm in arms:
        steps = [
            world.ends(Arm(arm.start, arm.relations[:n])) for n in range(len(arm.relations) + 1)
        ]
        found.append([thing for step in steps for thing in step if isinstance(thing, Entity)])
    return found


def says(text: str, name: str) -> bool:
    """Whether a normalised text contains a normalised name as words."""
    return f" {normalize(name)} " in f" {normalize(text)} "


def check_one_answer(world: Checked, questions: list[DrawnQuestion]) -> None:
    """(a) The graph gives exactly one object, and the accepted answers say it."""
    for one in questions:
        answers = world.answers(one.query)
        assert len(answers) == 1, one
        assert one.question.answers[0] == world.written(one.query, *answers), one


def check_nothing_given_away(world: Checked, questions: list[DrawnQuestion]) -> None:
    """(b), (d), (e) Neither answer nor way stands in the question; nothing occurs twice."""
    for one in questions:
        assert not any(says(one.question.text, gold) for gold in one.question.answers), one
        for path in paths(one, world):
            assert len(set(path)) == len(path), one
            assert not any(
                says(one.question.text, world.world.names.name(thing)) for thing in path[1:]
            ), one


def check_answers_are_told_apart(world: Checked, questions: list[DrawnQuestion]) -> None:
    """(c) Normalised answers are not empty, and nothing else in the world is called so."""
    called: dict[str, set[Entity]] = {}
    for thing, name in zip(world.things, world.names, strict=True):
        for other in (name, *world.world.names.aliases(thing)):
            called.setdefault(normalize(other), set()).add(thing)
    coins = {world.world.names.coin(n) for n in range(world.graph.sizes["country"])}
    assert len(coins) == world.graph.sizes["country"]
    for one in questions:
        (answer,) = world.answers(one.query)
        for gold in one.question.answers:
            assert normalize(gold)
            if isinstance(answer, Entity):
                assert called[normalize(gold)] == {answer}, one
            else:
                assert normalize(gold) not in called, one


def check_oracle(world: Checked, questions: list[DrawnQuestion]) -> dict[int, float]:
    """(f) Searching for each name in turn finds all gold passages; returns the shares."""
    solved, asked = Counter(), Counter()
    for one in questions:
        found = set().union(*(world.found(name) for name in one.question.search_path))
        assert len(one.question.search_path) == one.question.hops
        asked[one.question.hops] += 1
        solved[one.question.hops] += set(one.question.support) <= found
    return {hops: solved[hops] / count for hops, count in asked.items()}


def check_one_search(world: Checked, questions: list[DrawnQuestion]) -> dict[int, float]:
    """(g) How often one search for the question itself finds all gold passages, by hops."""
    solved, asked = Counter(), Counter()
    for one in questions:
        asked[one.question.hops] += 1
        solved[one.question.hops] += set(one.question.support) <= world.found(one.question.text)
    return {hops: solved[hops] / count for hops, count in asked.items()}


def check_all(world: Checked, splits: tuple[str, ...]) -> None:
    """Check (a) to (g) on all questions of some splits."""
    questions = [one for split in splits for one in world.drawn(split)]
    check_one_answer(world, questions)
    check_nothing_given_away(world, questions)
    check_answers_are_told_apart(world, questions)
    oracle, one_search = check_oracle(world, questions), check_one_search(world, questions)
    assert set(oracle) == {1, 2, 3, 4}
    assert min(oracle.values()) >= 0.99, oracle
    assert one_search[1] >= 0.98, one_search
    assert max(one_search[hops] for hops in (2, 3, 4)) < 0.1, one_search
