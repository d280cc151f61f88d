"""Dense retrieval by a function: exact ranking, FAISS beneath, wrong shapes."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from t2po_gym.data.arrayfile import ArrayFile
from t2po_gym.retrieval import dense
from t2po_gym.retrieval.dense import DenseRetriever, encode_passages, read_faiss
from t2po_gym.retrieval.protocol import RetrievalError

LETTERS = "abcdefgh"


def encode(texts):
    """How often each letter occurs."""
    return np.array([[text.count(letter) for letter in LETTERS] for text in texts], np.float32)


def retriever(texts):
    return DenseRetriever(encode, encode(texts), "print")


def test_ranks_by_inner_product_and_number():
    engine = retriever(["aab", "abb", "c", "aab"])
    assert (len(engine), engine.dimensions, engine.fingerprint) == (4, 8, "print")
    (hits, others) = engine.search(["a", "bc"], 3)
    assert [(hit.index, hit.score) for hit in hits] == [(0, 2.0), (3, 2.0), (1, 1.0)]
    assert [hit.index for hit in others] == [1, 0, 2]
    assert engine.search([], 3) == []
    assert len(engine.search(["a"], 99)[0]) == 4
    with pytest.raises(ValueError, match="k is 0"):
        engine.search(["a"], 0)


def test_blocks_do_not_change_the_result(monkeypatch):
    rng = np.random.default_rng(1)
    vectors = rng.integers(0, 4, (500, 8)).astype(np.float32)
    whole = DenseRetriever(encode, vectors, "x").search(["abc", "hh", "dag"], 7)
    monkeypatch.setattr(dense, "_BLOCK", 13)
    assert DenseRetriever(encode, vectors, "x").search(["abc", "hh", "dag"], 7) == whole
    scores = vectors @ encode(["abc"])[0]
    expected = sorted(range(500), key=lambda n: (-scores[n], n))[:7]
    assert [hit.index for hit in whole[0]] == expected


def test_a_faiss_index_may_be_beneath():
    vectors = encode(["aab", "abb"])

    class Index:
        d, ntotal = 8, 2

        def search(self, asked, k):
            assert (asked.dtype, k) == (np.float32, 2)
            scores = asked @ vectors.T
            return np.c_[scores, -1.0], np.array([[0, 1, -1]] * len(asked))

    engine = DenseRetriever(encode, Index(), "x")
    assert [hit.index for hit in engine.search(["a"], 5)[0]] == [0, 1]
    assert (len(engine), engine.dimensions) == (2, 8)


def test_vectors_of_passages_go_to_a_file(tmp_path):
    texts = ["ab" * n for n in range(10)]
    path = tmp_path / "v"
    vectors = encode_passages(path, iter(texts), encode, fingerprint="f", batch_size=3)
    assert vectors.dtype == np.float16
    np.testing.assert_array_equal(vectors, encode(texts))
    assert ArrayFile.open(path).meta["fingerprint"] == "f"
    assert DenseRetriever(encode, vectors, "f").search(["b"], 1)[0][0].index == 9


def test_wrong_shapes_are_named(tmp_path):
    with pytest.raises(ValueError, match="1 axes"):
        DenseRetriever(encode, np.zeros(3), "x")
    flat = DenseRetriever(lambda texts: np.zeros(8), encode(["a"]), "x")
    with pytest.raises(RetrievalError, match=r"shape \(8,\) for 1 texts; expected \(1, 8\)"):
        flat.search(["a"], 1)
    with pytest.raises(RetrievalError, match="shape"):
        encode_passages(tmp_path / "v", ["a"], lambda texts: np.zeros(8), fingerprint="f")
    with pytest.raises(ValueError, match="no passages"):
        encode_passages(tmp_path / "v", [], encode, fingerprint="f")
    assert not list(tmp_path.iterdir())


def test_faiss_files_need_faiss(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(RetrievalError, match=r"pip install 't2po-gym\[faiss\]'"):
        read_faiss(tmp_path / "x.index")

    def failing(path, flag):
        raise RuntimeError("bad magic")

    module = SimpleNamespace(read_index=failing, IO_FLAG_MMAP=1)
    monkeypatch.setitem(sys.modules, "faiss", module)
    with pytest.raises(RetrievalError, match="no FAISS index: bad magic"):
        read_faiss(tmp_path / "x.index")


def test_a_real_faiss_index(tmp_path):
    faiss = pytest.importorskip("faiss")
    texts = ["aab", "abb", "c"]
    index = faiss.IndexFlatIP(8)
    index.add(encode(texts))
    faiss.write_index(index, str(tmp_path / "x.index"))
    opened, digest = read_faiss(tmp_path / "x.index")
    engine = DenseRetriever(encode, opened, digest)
    assert [hit.index for hit in engine.search(["a"], 2)[0]] == [0, 1]
