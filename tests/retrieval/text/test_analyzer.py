import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared import shared_path

from t2po_gym.retrieval.text.analyzer import STOP_WORDS, analyze, term_of
from t2po_gym.retrieval.text.segment import MAX_TOKEN_UNITS

RECORDED = Path(__file__).parents[2] / "data" / "retrieval" / "lucene_analyzer.json"


def golden_cases():
    """Every recorded text with its terms: analyser files and the queries of search files."""
    folder = shared_path("golden", "webshop")
    for path in sorted(folder.glob("*_analyzer.json")):
        yield from json.loads(path.read_text())["cases"]
    for path in sorted(folder.glob("*_search.json")):
        for query in json.loads(path.read_text())["queries"]:
            if isinstance(query, dict) and "tokens" in query:
                yield query["q"], query["tokens"]


def test_terms_equal_the_recorded_ones():
    cases = list(golden_cases())
    assert cases
    wrong = [(text, terms, analyze(text)) for text, terms in cases if analyze(text) != terms]
    assert wrong == []


def test_hand_made_texts_give_the_terms_of_lucene():
    for text, terms in json.loads(RECORDED.read_text())["cases"]:
        assert analyze(text) == terms


@pytest.mark.parametrize(
    ("word", "term"),
    [
        ("It's", ""),
        ("THIS", ""),
        ("Boy’s", "boi"),
        ("CATS＇S", "cat"),
        ("İ", "i"),
        ("ΑΣ", "ας"[0] + "σ"),
    ],
)
def test_term_of_one_word(word, term):
    assert term_of(word) == term


def test_stop_words_are_the_33_of_lucene():
    assert len(STOP_WORDS) == 33
    assert analyze(" ".join(sorted(STOP_WORDS))) == []


@given(st.text(max_size=80))
def test_any_text_is_analysed_and_terms_hold_no_separator(text):
    for term in analyze(text):
        assert term
        assert len(term.encode("utf-16-le")) <= 2 * MAX_TOKEN_UNITS
        assert not set(term) & set(" \t\n\0/-")


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_blank_separates(left, right):
    assert analyze(f"{left} {right}") == analyze(left) + analyze(right)


@given(st.text(alphabet="abz019_.,:;' ", max_size=40))
def test_ascii_path_equals_the_class_path(text):
    # A star turns on the grammar over character classes and adds one token of its own.
    assert analyze(text + "★") == [*analyze(text), "★"]


@pytest.mark.parametrize(
    "piece", ["_", "_\u0301", "\u200d", "a.", "a", "\xe9", 'א"', "ก", "\ud800", "\0", "1,", "ℹ"]
)
def test_long_hostile_texts_take_bounded_time(piece):
    text = piece * (20_000 // len(piece))
    assert all(len(term) <= MAX_TOKEN_UNITS for term in analyze(text))
