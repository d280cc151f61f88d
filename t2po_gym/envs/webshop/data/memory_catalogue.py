"""A catalogue in memory, for small sets of products and for tests."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from numpy.typing import NDArray

from t2po_gym.envs.webshop.data.product import HumanInstruction, Product, search_text
from t2po_gym.retrieval.bm25.index import Bm25Builder, Bm25Index


class MemoryCatalogue:
    """Products, title nouns and a search index in memory; implements the ``Catalogue`` protocol.

    Args:
        products: the products, in order; ASINs are distinct.
        nouns: nouns of each title by ASIN, in order, duplicates kept; None if unknown.
        human_instructions: requests written by people, by ASIN.
    """

    def __init__(
        self,
        products: Sequence[Product],
        nouns: Mapping[str, Sequence[str]] | None = None,
        human_instructions: Mapping[str, Sequence[HumanInstruction]] | None = None,
    ) -> None:
        self._products = tuple(products)
        self._nouns = {asin: tuple(words) for asin, words in (nouns or {}).items()}
        self._index_of = {product.asin: i for i, product in enumerate(self._products)}
        if len(self._index_of) != len(self._products):
            raise ValueError("two products have the same ASIN; load them with load_products")
        self.human_instructions = dict(human_instructions or {})

    @cached_property
    def fingerprint(self) -> str:
        """Hex digest of products and nouns."""
        digest = hashlib.sha256()
        for product in self._products:
            digest.update(repr(product).encode("utf-8", "surrogatepass"))
        digest.update(repr(sorted(self._nouns.items())).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()[:16]

    @cached_property
    def _search_index(self) -> Bm25Index:
        with Bm25Builder() as builder:
            for product in self._products:
                builder.add(search_text(product))
            # Copies, because the builder's own arrays do not outlive it.
            arrays: dict[str, NDArray[Any]] = {
                name: array.copy()
                for name, array in builder.finish([p.asin for p in self._products]).items()
            }
        return Bm25Index(arrays)

    def __len__(self) -> int:
        """Return the number of products."""
        return len(self._products)

    def product(self, index: int) -> Product:
        """Return the product with this index."""
        return self._products[index]

    def index_of(self, asin: str) -> int | None:
        """Return the index of an ASIN; None if there is none."""
        return self._index_of.get(asin)

    def search(self, query: str, k: int = 50) -> Sequence[int]:
        """Return indexes of the ``k`` best products for a query, best first."""
        return [int(index) for index in self._search_index.search(query, k)[0]]

    def scores(self, query: str, k: int = 50) -> list[tuple[str, float]]:
        """Return ASIN and score of the ``k`` best products, best first."""
        indexes, scores = self._search_index.search(query, k)
        return [(self._products[i].asin, float(s)) for i, s in zip(indexes, scores, strict=True)]

    def nouns(self, index: int) -> tuple[str, ...]:
        """Return the lower-cased nouns of a title in order.

        Raises:
            LookupError: If they were not given.
        """
        asin = self._products[index].asin
        try:
            return self._nouns[asin]
        except KeyError:
            raise LookupError(
                f"the nouns in the title of {asin} are not known, and the reward needs them; "
                "give the catalogue a noun list for every product"
            ) from None
