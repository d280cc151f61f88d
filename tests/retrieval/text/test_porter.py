import pytest
from hypothesis import given
from hypothesis import strategies as st

from t2po_gym.retrieval.text.porter import stem

# The examples of Porter's paper, rule by rule, carried through all steps.
PAPER = {
    "caresses": "caress",
    "ponies": "poni",
    "ties": "ti",
    "cats": "cat",
    "feed": "feed",
    "agreed": "agre",
    "plastered": "plaster",
    "bled": "bled",
    "motoring": "motor",
    "sing": "sing",
    "conflated": "conflat",
    "troubled": "troubl",
    "sized": "size",
    "hopping": "hop",
    "tanned": "tan",
    "falling": "fall",
    "hissing": "hiss",
    "fizzed": "fizz",
    "failing": "fail",
    "filing": "file",
    "happy": "happi",
    "sky": "sky",
    "relational": "relat",
    "conditional": "condit",
    "rational": "ration",
    "valenci": "valenc",
    "digitizer": "digit",
    "radicalli": "radic",
    "vietnamization": "vietnam",
    "operator": "oper",
    "feudalism": "feudal",
    "decisiveness": "decis",
    "hopefulness": "hope",
    "callousness": "callous",
    "formaliti": "formal",
    "sensitiviti": "sensit",
    "sensibiliti": "sensibl",
    "triplicate": "triplic",
    "formative": "form",
    "formalize": "formal",
    "electrical": "electr",
    "goodness": "good",
    "revival": "reviv",
    "allowance": "allow",
    "inference": "infer",
    "airliner": "airlin",
    "gyroscopic": "gyroscop",
    "adjustable": "adjust",
    "replacement": "replac",
    "adoption": "adopt",
    "effective": "effect",
    "probate": "probat",
    "rate": "rate",
    "cease": "ceas",
    "controll": "control",
    "roll": "roll",
}


@pytest.mark.parametrize(("word", "expected"), PAPER.items())
def test_examples_of_the_paper(word, expected):
    assert stem(word) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [("us", "us"), ("as", "as"), ("technology", "technolog"), ("possibly", "possibl")],
)
def test_later_changes_by_its_author(word, expected):
    assert stem(word) == expected


@pytest.mark.parametrize(("word", "expected"), [("𝐚s", "𝐚"), ("𝐚𝐚", "𝐚𝐚"), ("és", "és"), ("", "")])
def test_length_counts_utf16_units(word, expected):
    assert stem(word) == expected


@given(st.text(alphabet="abcdeilnostuyz", max_size=12))
def test_a_stem_is_no_longer_than_its_word_and_starts_alike(word):
    assert len(stem(word)) <= len(word)
    assert stem(word)[:1] == word[:1]
