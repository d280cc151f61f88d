import json
import pickle
import random
import struct
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import shared_path

from t2po_gym.data.arrayfile import ArrayFile, write_arrays
from t2po_gym.envs.webshop.data.product import search_text
from t2po_gym.envs.webshop.data.readers import load_products
from t2po_gym.retrieval.bm25 import index as bm25
from t2po_gym.retrieval.bm25 import postings, pruning, ranking
from t2po_gym.retrieval.bm25 import small_ranker as small
from t2po_gym.retrieval.bm25 import term_at_a_time as adding
from t2po_gym.retrieval.bm25.index import MAX_QUERY_TERMS, Bm25Builder, Bm25Index, query_counts
from t2po_gym.retrieval.bm25.scoring import (
    decode_length,
    encode_length,
    inverse_document_frequency,
)
from t2po_gym.retrieval.text.analyzer import analyze

DATA = Path(__file__).parents[2] / "data"
ONE = np.float32(1)


def build(texts, tie_keys=None, **settings_):
    with Bm25Builder(**settings_) as builder:
        for text in texts:
            builder.add(text)
        arrays = builder.finish(tie_keys)
        return {name: np.array(array) for name, array in arrays.items()}


def brute_force(texts, tie_keys, query, k):
    """The formula, document by document, without any array of the index."""
    docs = [analyze(text) for text in texts]
    filled = sum(map(bool, docs))
    average = np.float32(sum(map(len, docs)) / max(1, filled))
    counts = {}
    for term in analyze(query):
        counts[term] = counts.get(term, 0) + 1
    hits = []
    for number, doc in enumerate(docs):
        total, found = 0.0, False
        for term, count in list(counts.items())[:MAX_QUERY_TERMS]:
            if term not in doc:
                continue
            frequency = sum(term in other for other in docs)
            weight = np.float32(count) * inverse_document_frequency(filled, frequency)
            length = np.float32(decode_length(encode_length(len(doc))))
            b, k1 = np.float32(0.4), np.float32(0.9)
            factor = ONE / (k1 * ((ONE - b) + b * length / average))
            total += float(weight - weight / (ONE + np.float32(doc.count(term)) * factor))
            found = True
        if found:
            hits.append((-np.float32(total), tie_keys[number], number))
    hits.sort()
    return [(number, -score) for score, _, number in hits[:k]]


def pairs(hits):
    return list(zip(hits[0].tolist(), hits[1], strict=True))


WORDS = [f"w{letter}" for letter in "abcdefghijkl"]
DOCS = st.lists(
    st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from([1, 1, 1, 2, 3, 260])), max_size=6),
    max_size=12,
)


ADDED = {  # what makes small collections take each way of adding
    "added": {},
    "added, looking up early": {"_LOOK_UP_COST": 0, "_CLOSE": 1.0, "_WORTH_A_CHECK": 10**9},
}
PRUNED = {  # what makes small collections take each way of pruning
    "pruned": {},
    "pruned, all sums seen": {"_DENSE": 0},
    "pruned, looking up early": {"_LOOK_UP_COST": 1},
    "pruned, spreading all": {"_LOOK_UP_COST": 10**9},
}


def text_of(doc):
    return " ".join(f"{word} " * count for word, count in doc)


@settings(max_examples=160, deadline=None)
@given(
    DOCS,
    st.lists(st.sampled_from([*WORDS, "unknown", "the"]), max_size=9),
    st.integers(1, 5),
    st.sampled_from([1, 7, 10**6]),
    st.sampled_from(["one range", "many ranges", "in query order", *ADDED, *PRUNED]),
    st.randoms(use_true_random=False),
)
def test_equals_brute_force(docs, query, k, chunk_tokens, way, rng):
    texts = [text_of(doc) for doc in docs]
    keys = [f"{rng.randrange(10**6):06d}-{number}" for number in range(len(texts))]
    with pytest.MonkeyPatch.context() as patch:
        if way != "one range":  # the ways of large collections, on small ones
            for name, value in (("_ONE_RANGE", 2), ("_FIRST_RANGE", 2), ("_LONGEST_RANGE", 4)):
                patch.setattr(ranking, name, value)
            patch.setattr(ranking, "_MANY", 2)
            patch.setattr(ranking, "_FEW", 10 if way in {**ADDED, **PRUNED} else 0)
            patch.setattr(ranking, "_MIDDLE", 10**6 if way in ADDED else 0)
        if way == "in query order":
            patch.setattr(postings, "_SPARE_BITS", 0.0)
        small = {"_LEADERS": 1, "_SAMPLE": 2, "_FEW_POSTINGS": 1, "_LEADERS_AGAIN": 1}
        for name, value in {**small, **PRUNED[way]}.items() if way in PRUNED else ():
            patch.setattr(pruning, name, value)
        for name, value in ADDED.get(way, {}).items():
            patch.setattr(adding, name, value)
        index = Bm25Index(build(texts, keys, chunk_tokens=chunk_tokens))
        assert pairs(index.search(" ".join(query), k)) == brute_force(
            texts, keys, " ".join(query), k
        )


def test_equals_recorded_lucene_bit_for_bit():
    recorded = json.loads((DATA / "retrieval" / "lucene_bm25.json").read_text())
    ids = [name for name, _ in recorded["docs"]]
    index = Bm25Index(build([text_of(doc) for _, doc in recorded["docs"]], ids))
    for query, expected in recorded["queries"]:
        hits = pairs(index.search(query, recorded["k"]))
        bits = [struct.unpack("<I", struct.pack("<f", score))[0] for _, score in hits]
        got = [f"{ids[doc]}:{bit:x}" for (doc, _), bit in zip(hits, bits, strict=True)]
        assert got == expected


def adjusted(scores):
    """Scores as Anserini writes them: four decimals, repeated ones lowered by a millionth each."""
    written, last, repeats = [], None, 0
    for score in scores:
        rounded = round(float(score), 4)
        repeats = repeats + 1 if rounded == last else 0
        last = rounded
        written.append(round(rounded - repeats * 1e-6, 6))
    return written


def webshop_index(folder, items, attributes):
    products = load_products(
        shared_path(*folder, items), shared_path(*folder, attributes), require_described=False
    )
    asins = [product.asin for product in products]
    return asins, Bm25Index(build(map(search_text, products), asins))


def test_mini_catalogue_order_and_scores_equal_lucene():
    asins, index = webshop_index(
        ("golden", "webshop", "mini_inputs"), "items_shuffle.json", "items_ins_v2.json"
    )
    recorded = json.loads(shared_path("golden", "webshop", "mini_search.json").read_text())
    assert recorded["queries"]
    for case in recorded["queries"]:
        docs, scores = index.search(case["q"], recorded["k"])
        assert [asins[doc] for doc in docs] == [asin for asin, _ in case["hits"]]
        assert adjusted(scores) == [score for _, score in case["hits"]]


def test_real_catalogue_order_and_scores_equal_lucene():
    asins, index = webshop_index(
        ("data", "webshop"), "items_shuffle_1000.json", "items_ins_v2_1000.json"
    )
    recorded = json.loads(shared_path("golden", "webshop", "real1k_search.json").read_text())
    assert recorded["queries"]
    for query, expected, some_scores in recorded["queries"]:
        docs, scores = index.search(query, 50)
        assert [asins[doc] for doc in docs] == expected
        written = [round(score, 4) for score in adjusted(scores)]
        assert [*written[:3], *written[-1:]] == some_scores


def test_large_collection_is_pruned_exactly():
    rng = random.Random(5)
    vocabulary = [f"t{number}" for number in range(400)]
    weights = [1 / (number + 3) for number in range(400)]
    texts = [" ".join(rng.choices(vocabulary, weights, k=rng.randrange(12))) for _ in range(40_000)]
    arrays = build(texts, [f"{rng.randrange(10**9):09d}{number}" for number in range(40_000)])
    index = Bm25Index(arrays)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking, "_ONE_RANGE", 10**9)
        dense = Bm25Index(arrays)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking, "_MIDDLE", 0)
        pruned = Bm25Index(arrays)
        pruned.search("t0", 1)
    for size in (1, 2, 3, 8, 20):
        for _ in range(6):
            query = " ".join(rng.choices(vocabulary, k=size))
            for k in (1, 3, 50):
                expected = pairs(dense.search(query, k))
                assert pairs(index.search(query, k)) == expected
                assert pairs(pruned.search(query, k)) == expected
    everything = index.search("t0 t1 t2", 50_000)
    assert pairs(everything) == pairs(dense.search("t0 t1 t2", 50_000))


def test_bounds_hold_for_frequencies_above_a_byte():
    arrays = build(["wa " * count for count in (1, 255, 256, 1000)] + ["wb " * 300] * 2)
    reader = postings.Postings(arrays, "bm25/")
    for term in reader.weigh({"wa": 2, "wb": 1}):
        scores = reader.read((term.start, term.stop, term.weight))[1]
        assert term.bound == scores.max()


def test_equal_scores_are_ordered_by_key_or_number():
    texts = ["red lamp"] * 5
    assert Bm25Index(build(texts)).search("lamp")[0].tolist() == [0, 1, 2, 3, 4]
    keys = ["b", "É", "a", "c", "Z"]
    assert Bm25Index(build(texts, keys)).search("lamp", 4)[0].tolist() == [4, 2, 0, 3]


def test_queries_without_known_terms_have_no_hits():
    index = Bm25Index(build(["red lamp", ""]))
    for query in ("", " ", "the of", "!!!", "green", "\ud800", "\0" * 10):
        docs, scores = index.search(query)
        assert (len(docs), len(scores)) == (0, 0)
        assert (docs.dtype, scores.dtype) == (np.int64, np.float32)
    assert Bm25Index(build([])).search("lamp")[0].tolist() == []


def test_terms_beyond_the_limit_are_ignored():
    texts = [f"n{number}" for number in range(MAX_QUERY_TERMS + 2)]
    query = " ".join(texts)
    docs, _ = Bm25Index(build(texts)).search(query, 2000)
    assert docs.tolist() == list(range(MAX_QUERY_TERMS))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(["red", "Lamps", "the", "it's", "é", "🫖\u200d", "x" * 300, ".", ""]))
)
def test_queries_are_counted_piece_by_piece(pieces):
    query = " ".join(pieces) + "red-\tlamp\u0308"
    for _ in range(2):  # what is learned of a piece is used the second time
        assert query_counts(query) == Counter(analyze(query))


def test_what_is_kept_of_terms_and_pieces_is_bounded(monkeypatch):
    monkeypatch.setattr(small, "_REMEMBERED", 200)
    index = Bm25Index(build(["red lamp", "red rug"]), cache_size=0)
    for number in range(100):
        assert index.search(f"red unknown{number}")[0].tolist() == [0, 1]
        assert len(index._ranker._small._added) < 8
    kept = bm25._terms.cache_info()
    assert kept.maxsize is not None
    index.search("x" * 1000)  # long pieces are not kept
    assert bm25._terms.cache_info().misses == kept.misses


def test_results_are_cached_bounded_and_read_only():
    index = Bm25Index(build(["red lamp", "red rug"]), cache_size=2)
    first = index.search("red")
    assert index.search("red")[0] is first[0]
    assert index.search("red", 1)[0].tolist() == [0]
    index.search("lamp")
    index.search("rug")
    assert len(index._cache) == 2
    assert pairs(index.search("red")) == pairs(first)
    index.search("red " * 1000)
    assert len(index._cache) == 2
    with pytest.raises(ValueError, match="read-only"):
        first[0][0] = 7


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="k is 0"):
        Bm25Index(build(["a b"])).search("b", 0)
    with Bm25Builder() as builder:
        builder.add("red")
        with pytest.raises(ValueError, match="2 tie keys for 1 documents"):
            builder.finish(["a", "b"])
        builder.finish(["a"])
        with pytest.raises(RuntimeError, match="finished"):
            builder.add("more")


def test_arrays_do_not_depend_on_the_chunk_size():
    rng = random.Random(1)
    texts = [" ".join(rng.choices(WORDS, k=rng.randrange(30))) for _ in range(200)]
    texts[20] = "wa " * 400
    whole, spilled = build(texts), build(texts, chunk_tokens=97)
    assert whole.keys() == spilled.keys()
    for name, array in whole.items():
        assert array.dtype == spilled[name].dtype
        np.testing.assert_array_equal(array, spilled[name])


def test_spilled_files_are_removed(tmp_path):
    with Bm25Builder(tmp_path, chunk_tokens=3) as builder:
        for _ in range(9):
            builder.add("red lamp")
        builder.finish()
        assert list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())


def test_works_on_a_mapped_file_and_is_pickled_by_path(tmp_path):
    texts = ["red lamp", "blue lamp", "red rug red"]
    with Bm25Builder() as builder:
        for text in texts:
            builder.add(text)
        write_arrays(tmp_path / "index", builder.finish(), {})
    index = Bm25Index(ArrayFile.open(tmp_path / "index"))
    copy = pickle.loads(pickle.dumps(index))
    assert index.num_docs == copy.num_docs == 3
    expected = pairs(Bm25Index(build(texts)).search("red lamp"))
    assert pairs(index.search("red lamp")) == pairs(copy.search("red lamp")) == expected
