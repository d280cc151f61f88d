import pytest
from hypothesis import given
from hypothesis import strategies as st

from t2po_gym.retrieval.text.segment import MAX_TOKEN_UNITS, segment
from t2po_gym.retrieval.text.unicode_classes import OTHER, RANGES, class_table

STAR = "\u2605"
ZWJ = "\u200d"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a.b a:b a'b a.1 1.a a,b", ["a.b", "a:b", "a'b", "a", "1", "1", "a", "a", "b"]),
        ("1.5 1,5 1;5 1'5 1:5", ["1.5", "1,5", "1;5", "1'5", "1", "5"]),
        ("a_b _a a_ _ __ a_.b", ["a_b", "_a", "a_", "a_", "b"]),
        ("漢字ひら カタ_カナ", ["漢", "字", "ひ", "ら", "カタ_カナ"]),
        ("ภาษาไทยa", ["ภาษาไทย", "a"]),
        ("한국어", ["한국어"]),
        ("צה\"ל ג' ג'x", ['צה"ל', "ג'", "ג'x"]),
        ("a\u0301b a\u00adb a\u200bb", ["a\u0301b", "a\u00adb", "a", "b"]),
        ("\u0301a", ["a"]),
    ],
)
def test_word_boundaries(text, words):
    assert segment(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("☆●①", []),
        (f"{STAR}{STAR}x{STAR}", [STAR, STAR, "x", STAR]),
        (f"{STAR}{ZWJ}{STAR}", [f"{STAR}{ZWJ}{STAR}"]),
        ("👍🏽🏽", ["👍🏽", "🏽"]),
        ("🇬🇧🇺🇸🇬", ["🇬🇧", "🇺🇸"]),
        ("1\u20e3 #\u20e3 #", ["1\u20e3", "#\u20e3"]),
        (f"ℹ{ZWJ}{STAR} ℹa", [f"ℹ{ZWJ}{STAR}", "ℹa"]),
        ("❤\ufe0f ❤\ufe0e", ["❤\ufe0f", "❤"]),
    ],
)
def test_emoji(text, words):
    assert segment(text) == words


@pytest.mark.parametrize(
    ("text", "lengths"),
    [
        ("a" * 255, [255]),
        ("a" * 256, [255, 1]),
        ("a" * 254 + ".b", [254, 1]),
        ("𝐚" * 128, [127, 1]),
        ("é" * 300 + " ok", [255, 45, 2]),
        ("_" * 300 + "a", [255]),
    ],
)
def test_long_tokens_are_cut(text, lengths):
    assert [len(word) for word in segment(text)] == lengths


@given(st.text(max_size=60))
def test_words_lie_in_the_text_in_order(text):
    at = 0
    for word in segment(text):
        at = text.index(word, at) + len(word)
        assert len(word.encode("utf-16-le")) <= 2 * MAX_TOKEN_UNITS


def test_class_table_lists_each_character_once():
    table = class_table()
    assert len(table) == 0x110000
    listed = 0
    for letter, ranges in RANGES.items():
        assert letter != OTHER
        listed += sum(int(item.partition("+")[2] or "0", 36) + 1 for item in ranges.split())
    assert listed == len(table) - table.count(OTHER.encode())
    assert {chr(table[ord(c)]) for c in "azAZ"} == {"a"}
