"""The keyed permutation is a bijection, differs by key, and mixes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from t2po_gym.data.permutation import Permutation


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 15, 16, 17, 255, 1000, 4097])
def test_it_is_a_bijection(size: int) -> None:
    shuffled = Permutation(size, "a key")
    assert sorted(map(shuffled, range(size))) == list(range(size))


@given(st.integers(1, 1 << 45), st.data(), st.text())
def test_the_inverse_undoes_it(size: int, data: st.DataObject, key: str) -> None:
    value = data.draw(st.integers(0, size - 1))
    shuffled = Permutation(size, key)
    assert shuffled.inverse(shuffled(value)) == value
    assert shuffled(shuffled.inverse(value)) == value


def test_another_key_is_another_permutation() -> None:
    first, second = (list(map(Permutation(100, key), range(100))) for key in ("a", "b"))
    assert first != second


def test_a_prefix_is_a_fair_sample() -> None:
    taken = list(map(Permutation(10_000, "fair"), range(1000)))
    for start in range(0, 10_000, 1000):
        in_this_tenth = sum(start <= value < start + 1000 for value in taken)
        assert 65 <= in_this_tenth <= 135  # 100 expected; outside has a chance below 1e-3


def test_values_outside_are_refused() -> None:
    shuffled = Permutation(10, "k")
    for value in (-1, 10):
        with pytest.raises(IndexError, match="outside"):
            shuffled(value)
        with pytest.raises(IndexError, match="outside"):
            shuffled.inverse(value)
    with pytest.raises(ValueError, match="at least one"):
        Permutation(0, "k")


def test_the_numbers_are_those_of_every_platform() -> None:
    assert [Permutation(1000, "pinned")(i) for i in range(5)] == [531, 185, 846, 108, 327]
