import pytest
from webshop_golden import golden, mini_catalogue, real_catalogue

from t2po_gym.envs.webshop.data.memory_catalogue import MemoryCatalogue
from t2po_gym.envs.webshop.data.product import Catalogue, Product

ROUNDED = 6e-5
"""Scores are recorded with four decimals."""


def test_mini_rankings_and_scores_equal_the_recorded_ones():
    recorded = golden("mini_search.json")
    for case in recorded["queries"]:
        hits = mini_catalogue().scores(case["q"], recorded["k"])
        assert [asin for asin, _ in hits] == [asin for asin, _ in case["hits"]]
        expected = [score for _, score in case["hits"]]
        assert [score for _, score in hits] == pytest.approx(expected, abs=ROUNDED)


def test_real_rankings_and_scores_equal_the_recorded_ones():
    for query, asins, expected in golden("real1k_search.json")["queries"]:
        hits = real_catalogue().scores(query, 50)
        assert [asin for asin, _ in hits] == asins
        scores = [score for _, score in hits]
        # Recorded are the first three scores and the last one.
        assert [*scores[:3], *scores[-1:]] == pytest.approx(expected, abs=ROUNDED)


def test_fulfils_the_protocol():
    catalogue = mini_catalogue()
    assert isinstance(catalogue, Catalogue)
    for index in range(len(catalogue)):
        assert catalogue.index_of(catalogue.product(index).asin) == index
    assert catalogue.index_of("none") is None


def test_fingerprint_depends_on_the_contents():
    products = [Product(asin="T1", title="Mug")]
    fingerprint = MemoryCatalogue(products, {"T1": ["mug"]}).fingerprint
    assert MemoryCatalogue(list(products), {"T1": ("mug",)}).fingerprint == fingerprint
    assert MemoryCatalogue(products).fingerprint != fingerprint


def test_unknown_nouns_are_one_clear_error():
    with pytest.raises(LookupError, match="nouns in the title of T1 are not known"):
        MemoryCatalogue([Product(asin="T1", title="Mug")]).nouns(0)


def test_double_asins_are_refused():
    with pytest.raises(ValueError, match="same ASIN"):
        MemoryCatalogue([Product(asin="T1", title="Mug"), Product(asin="T1", title="Cup")])
