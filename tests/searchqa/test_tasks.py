"""Corpus, engine and questions of an environment; search services as corpora."""

import pytest
from searchqa_envs import PASSAGES, QUESTIONS, make, over, tiny_corpus, tiny_world
from searchqa_service import running

from t2po_gym.envs.searchqa.data.questions import ListQuestions
from t2po_gym.envs.searchqa.tasks import QuestionPool, RemoteCorpus, make_world
from t2po_gym.retrieval.http.retriever import HttpRetriever
from t2po_gym.retrieval.protocol import RetrievalStatusError


def test_pool_without_hops_is_the_whole_set():
    pool = QuestionPool(ListQuestions(QUESTIONS))
    assert [pool.question(n).id for n in range(len(pool))] == [one.id for one in QUESTIONS]
    assert pool.index_of("q5") == 4


def test_pool_of_some_hops():
    pool = QuestionPool(ListQuestions(QUESTIONS), (3, 1))
    assert [pool.question(n).id for n in range(len(pool))] == ["q1", "q3"]
    assert [pool.index_of(name) for name in ("q1", "q3")] == [0, 1]
    with pytest.raises(ValueError, match="There is no question 'q2' here"):
        pool.index_of("q2")


def test_pools_of_other_sets_are_not_mixed_up():
    assert len(QuestionPool(ListQuestions(QUESTIONS), [1])) == 1
    with pytest.raises(ValueError, match="no questions of"):
        QuestionPool(ListQuestions(QUESTIONS[1:]), [1])


def test_a_corpus_object_is_indexed_in_memory():
    world = make_world(tiny_corpus(), questions=ListQuestions(QUESTIONS), split="train")
    assert [passage.id for passage in world.find("slow river", 3)] == ["p5", "p2"]
    assert world.find("zzz", 3) == []
    assert len(world.retriever.fingerprint) == 64


def test_what_is_opened_is_shared():
    first, second = (
        make_world(tiny_corpus(), questions=ListQuestions(QUESTIONS), split="dev") for _ in "ab"
    )
    assert first.retriever is second.retriever
    with running(lambda path, body: (200, {"result": [[]]})) as service:
        first, second = (
            make_world(service.url, questions=ListQuestions(QUESTIONS), split="dev") for _ in "ab"
        )
        assert first.find("x", 3) == second.find("y", 3) == []
        assert first.retriever is second.retriever
        assert service.connections == 1


def test_questions_of_one_world_over_the_corpus_of_another():
    world = make_world("generated:1000:3", questions=ListQuestions(QUESTIONS), split="train")
    assert len(world.corpus) == 1000
    assert world.questions.question(0).id == "q1"
    named = make_world(tiny_corpus(), questions="generated:1000:3", split="dev")
    assert named.questions.question(0).source == "generated"


def service_answer(path, body):
    """A service of the original T2PO kind: one query, contents alone, no /health."""
    if path != "/retrieve":
        return 404, {}
    if "query" not in body:
        return 422, {"detail": "query missing"}
    return 200, {"result": [[{"document": {"id": "7", "contents": '"T"\nabout é'}, "score": 1.5}]]}


def test_a_search_service_as_the_corpus():
    with running(service_answer) as service:
        questions = tiny_world()["questions"]
        env = make(corpus=service.url, questions=questions)
        _, info = env.reset(seed=0)
        assert info["corpus_fingerprint"] == info["index_fingerprint"] == "unknown"
        assert env.step("search[x]")[0].endswith("\n[1] T: about é")
        assert env.step("search[x]")[4]["new_docs"] == 0
        exact = make(corpus=service.url, questions=questions, rules="t2po")
        exact.reset(seed=0)
        assert '\\"T\\"\\nabout' in exact.step("<search>x</search>")[0]
        assert len(env.world.corpus) == 0
    bodies = [request["body"] for request in service.requests if request["body"]]
    assert bodies[:2] == [  # the first dialect was refused, from then on the second is spoken
        {"queries": ["x"], "topk": 3, "return_scores": True},
        {"query": "x", "topk": 3, "return_scores": True},
    ]
    assert "queries" not in bodies[2]


def test_a_service_that_refuses_both_dialects():
    with running(lambda path, body: (422, {})) as service:
        env = make(corpus=service.url, questions=tiny_world()["questions"])
        env.world.retriever._health = {}
        env.reset(seed=0)
        with pytest.raises(RetrievalStatusError, match="422"):
            env.step("search[x]")


def test_passages_of_a_service_look_as_they_were_sent():
    contents = '  "Padded"\n  text  \n\n'
    document = {"document": {"contents": contents}, "score": 0.5}
    with running(lambda path, body: (200, {"result": [[document]]})) as service:
        retriever = HttpRetriever(service.url)
        ((hit,),) = retriever.search(["x"], 3)
        passage = RemoteCorpus(retriever).passage(hit.index)
    assert passage.contents == contents
    assert (passage.title, passage.text) == ('  "Padded"', "  text  \n\n")


def test_environments_with_other_engines_find_other_passages():
    env = make(**over(*(passage.text for passage in PASSAGES[:2])))
    env.reset(seed=0)
    assert env.step("search[x]")[0].count("\n") == 2
