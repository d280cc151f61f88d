import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from t2po_gym.retrieval.bm25.scoring import (
    K1,
    MAX_FREQUENCY,
    B,
    decode_length,
    encode_length,
    encode_lengths,
    inverse_document_frequency,
    length_factors,
    saturations,
)


@pytest.mark.parametrize(
    ("length", "kept"),
    [(0, 0), (39, 39), (40, 40), (41, 40), (42, 42), (56, 56), (59, 56), (60, 60), (89, 88)],
)
def test_lengths_are_exact_below_40_then_keep_three_fraction_bits(length, kept):
    assert decode_length(encode_length(length)) == kept


@given(st.integers(0, 2**31 - 1))
def test_length_codes_keep_order_and_an_eighth(length):
    code = encode_length(length)
    assert 0 <= code <= 255
    assert decode_length(code) <= length <= max(39, decode_length(code) * 1.125 + 8)
    assert encode_length(decode_length(code)) == code
    assert encode_lengths(np.array([length]))[0] == code


def test_factors_follow_the_formula():
    factors = length_factors(20.0)
    for code in (0, 7, 39, 60, 255):
        exact = 1 / (float(K1) * (1 - float(B) + float(B) * decode_length(code) / 20.0))
        assert factors[code] == pytest.approx(exact, rel=1e-6)
    table = saturations(20.0)
    assert table.dtype == np.float32
    assert table[256 * 7 + 3] == np.float32(1) + np.float32(3) * factors[7]
    assert len(table) == 256 * (MAX_FREQUENCY + 1)


def test_idf():
    assert inverse_document_frequency(10, 3) == np.float32(math.log(1 + 7.5 / 3.5))
    assert inverse_document_frequency(5, 5) > 0
