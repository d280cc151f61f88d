import zlib

from hypothesis import given
from hypothesis import strategies as st

from t2po_gym.retrieval.bm25.term_table import TermTable, build_term_arrays

WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)


@given(st.lists(WORDS, unique=True, max_size=40), WORDS)
def test_finds_every_term_and_no_other(terms, other):
    table = TermTable(build_term_arrays(terms), "")
    assert len(table) == len(terms)
    assert [table.find(term) for term in terms] == list(range(len(terms)))
    assert table.find(other) == (terms.index(other) if other in terms else None)


def test_terms_of_equal_hash_are_told_apart():
    assert zlib.crc32(b"plumless") == zlib.crc32(b"buckeroo")
    table = TermTable(build_term_arrays(["plumless", "a", "buckeroo"]), "")
    assert (table.find("plumless"), table.find("buckeroo")) == (0, 2)
    assert TermTable(build_term_arrays(["buckeroo"]), "").find("plumless") is None
