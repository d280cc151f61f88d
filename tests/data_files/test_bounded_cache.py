import pytest

from t2po_gym.data.bounded_cache import BoundedCache


def test_keeps_the_newest_and_never_grows():
    cache = BoundedCache(10)
    for i in range(1000):
        assert cache.put(i, str(i)) == str(i)
        assert len(cache) <= 10
        assert cache.get(i) == str(i)
        assert i < 4 or cache.get(i - 4) == str(i - 4)


def test_a_useless_limit_is_refused():
    with pytest.raises(ValueError, match="limit is 1"):
        BoundedCache(1)
