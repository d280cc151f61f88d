"""The query cache, and the embedded index as a retriever."""

import pickle

import pytest
from threads import in_threads

from t2po_gym.retrieval.bm25.index import Bm25Builder, Bm25Index
from t2po_gym.retrieval.bm25.retriever import Bm25Retriever
from t2po_gym.retrieval.protocol import CachedRetriever, Hit

TEXTS = ("red tea", "green tea", "a river in spring", "tea by the river")


class Counting:
    """Finds as many hits as a query has letters, and counts how often it is asked."""

    fingerprint = "counting"

    def __init__(self):
        self.asked = []

    def search(self, queries, k):
        self.asked.append(list(queries))
        return [[Hit(n, float(k)) for n in range(min(k, len(query)))] for query in queries]


def embedded():
    with Bm25Builder() as builder:
        for text in TEXTS:
            builder.add(text)
        return Bm25Retriever(Bm25Index(builder.finish()), "f" * 64)


def test_the_embedded_index_finds_several_queries_at_once():
    found = embedded().search(["river tea", "green", "zzz"], 2)
    assert [[hit.index for hit in hits] for hits in found] == [[3, 2], [1], []]
    assert found[0][0].score > found[0][1].score > 0
    assert type(found[0][0].index) is int
    assert type(found[0][0].score) is float
    assert embedded().search([], 2) == []


def test_the_embedded_index_can_be_sent_to_another_process():
    copy = pickle.loads(pickle.dumps(embedded()))
    assert copy.search(["river"], 3) == embedded().search(["river"], 3)
    assert copy.fingerprint == "f" * 64


@pytest.mark.parametrize("retriever", [embedded(), CachedRetriever(Counting())])
def test_k_below_one_is_refused(retriever):
    with pytest.raises(ValueError, match="ask for at least one passage"):
        retriever.search(["tea"], 0)


def test_a_cached_query_is_not_asked_again():
    beneath = Counting()
    cached = CachedRetriever(beneath, size=10)
    first = cached.search(["ab", "c", "ab"], 3)
    assert first == Counting().search(["ab", "c", "ab"], 3)
    assert beneath.asked == [["ab", "c"]]
    assert cached.search(["c", "d"], 3) == Counting().search(["c", "d"], 3)
    assert beneath.asked == [["ab", "c"], ["d"]]
    cached.search(["c"], 2)
    assert beneath.asked[-1] == ["c"]  # another k is another question
    assert (cached.hits, cached.misses) == (2, 4)
    assert cached.fingerprint == "counting"
    assert cached.retriever is beneath


def test_what_a_caller_does_to_results_stays_its_own_affair():
    cached = CachedRetriever(Counting())
    cached.search(["ab"], 3)[0].clear()
    assert len(cached.search(["ab"], 3)[0]) == 2


def test_the_oldest_query_goes_first_and_long_ones_are_not_kept():
    beneath = Counting()
    cached = CachedRetriever(beneath, size=2, max_query_chars=5)
    for query in ("a", "b", "a", "c", "a", "b", "long query", "long query"):
        cached.search([query], 1)
    assert [asked[0] for asked in beneath.asked] == ["a", "b", "c", "b", *["long query"] * 2]


def test_more_new_queries_than_the_cache_holds():
    cached = CachedRetriever(Counting(), size=2)
    queries = [chr(n) for n in range(100, 110)]
    assert cached.search(queries, 1) == Counting().search(queries, 1)


def test_a_cache_needs_room():
    with pytest.raises(ValueError, match="keep at least one query"):
        CachedRetriever(Counting(), size=0)


def test_threads_share_a_cache():
    cached = CachedRetriever(embedded(), size=3)
    expected = {query: embedded().search([query], 2)[0] for query in TEXTS}
    wrong = []

    def work():
        for _ in range(50):
            for query in TEXTS:
                if cached.search([query], 2)[0] != expected[query]:
                    wrong.append(query)

    in_threads(work, 4)
    assert not wrong


def test_a_cache_can_be_sent_to_another_process():
    copy = pickle.loads(pickle.dumps(CachedRetriever(embedded(), size=3)))
    assert copy.search(["tea"], 2) == embedded().search(["tea"], 2)
