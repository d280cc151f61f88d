"""State shared by all sessions of a shop: catalogue, rules, hidden prices, page caches, judge."""

import random
from collections.abc import Callable, Sequence

from t2po_gym.data.bounded_cache import BoundedCache
from t2po_gym.envs.webshop.data.product import Catalogue, Product
from t2po_gym.envs.webshop.world.errors import OriginalWouldRaise
from t2po_gym.envs.webshop.world.pages import View, done_view, option_groups, search_view
from t2po_gym.envs.webshop.world.product_page import ProductView, sub_page_view
from t2po_gym.envs.webshop.world.results_page import ResultLine, ResultsView, result_line
from t2po_gym.envs.webshop.world.reward_cache import RewardCache
from t2po_gym.envs.webshop.world.session_rules import SessionRules
from t2po_gym.retrieval.text.analyzer import analyze

PRODUCT_VIEWS = 2048
"""Product pages cached."""

RESULT_LINES = 4096
"""Product lines of results pages cached."""

RESULTS_VIEWS = 2048
"""Results pages cached."""

SUB_PAGE_VIEWS = 1024
"""Sub pages cached."""

CACHED_QUERY_CHARS = 512
"""Longer queries are not cached, so that hostile ones cannot fill memory."""

LUCENE_MAX_CLAUSES = 1024
"""Lucene rejects a query with more distinct terms."""


class Shop:
    """A shop; immutable except for its bounded caches.

    Args:
        catalogue: the products.
        price_of: hidden price in dollars by product index; must be deterministic.
        rules: how the shop behaves; by default as the original.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        price_of: Callable[[int], float],
        rules: SessionRules | None = None,
    ) -> None:
        self.catalogue = catalogue
        self.price_of = price_of
        self.rules = rules or SessionRules()
        self.judge = RewardCache(catalogue, self.rules.symmetric_colours, self._option_groups)
        self.search_view = search_view(self.rules)
        self.done_view = done_view()
        self._products: BoundedCache[int, ProductView] = BoundedCache(PRODUCT_VIEWS)
        self._sub_pages: BoundedCache[tuple[int, str], View] = BoundedCache(SUB_PAGE_VIEWS)
        self._lines: BoundedCache[int, ResultLine] = BoundedCache(RESULT_LINES)
        self._results: BoundedCache[tuple[str, int], ResultsView] = BoundedCache(RESULTS_VIEWS)

    def product_view(self, index: int) -> ProductView:
        """Return the page of a product."""
        view = self._products.get(index)
        if view is None:
            product = self.catalogue.product(index)
            view = self._products.put(index, ProductView(product, self.rules))
        return view

    def sub_page_view(self, index: int, name: str) -> View:
        """Return a sub page of a product."""
        view = self._sub_pages.get((index, name))
        if view is None:
            product = self.catalogue.product(index)
            view = self._sub_pages.put((index, name), sub_page_view(product, name, self.rules))
        return view

    def results_view(
        self, query: str, page: int, stream: Callable[[], random.Random]
    ) -> ResultsView:
        """Return a results page.

        Args:
            query: lower-case query.
            page: page number from 1 (the original can also show an empty page 0).
            stream: gives the random stream for the prefix query ``<r>``; not called otherwise.

        Raises:
            OriginalWouldRaise: For some prefix queries, and queries of more than 1,024 terms.
        """
        view = self._results.get((query, page))
        if view is None:
            hits = self._hits(query, stream)
            size = self.rules.page_size
            # A negative start counts from the end, in the original as here: page 0 is empty.
            shown = tuple(map(int, hits[(page - 1) * size : page * size]))
            view = self.make_results(len(hits), shown, page)
            if len(query) <= CACHED_QUERY_CHARS and not self._is_random(query):
                self._results.put((query, page), view)
        return view

    def make_results(self, total: int, shown: tuple[int, ...], page: int) -> ResultsView:
        """Return the results page with these products."""
        return ResultsView(total, [self._line(index) for index in shown], shown, page)

    def _line(self, index: int) -> ResultLine:
        line = self._lines.get(index)
        if line is None:
            product = self.catalogue.product(index)
            line = self._lines.put(index, result_line(product, index, self.rules))
        return line

    def _is_random(self, query: str) -> bool:
        return self.rules.prefix_queries and query.split(" ", 1)[0] == "<r>"

    def _hits(self, query: str, stream: Callable[[], random.Random]) -> Sequence[int]:
        first, _, rest = query.partition(" ")
        if self.rules.prefix_queries and first in ("<r>", "<a>", "<c>", "<q>"):
            return self._prefix_hits(first, rest, stream, len(query) > len(first))
        if self.rules.prefix_queries and len(query) > 2 * LUCENE_MAX_CLAUSES:
            terms = len(set(analyze(query)))
            if terms > LUCENE_MAX_CLAUSES:
                raise OriginalWouldRaise(
                    "JavaException",
                    f"maxClauseCount is set to {LUCENE_MAX_CLAUSES}, the query has {terms} terms",
                )
        return self.catalogue.search(query, self.rules.max_results)

    def _prefix_hits(
        self, prefix: str, words: str, stream: Callable[[], random.Random], has_words: bool
    ) -> Sequence[int]:
        if prefix == "<a>":
            raise OriginalWouldRaise("TypeError", "'NoneType' object is not subscriptable")
        size = len(self.catalogue)
        if prefix == "<r>":
            if size < self.rules.max_results:
                raise OriginalWouldRaise(
                    "ValueError", "Sample larger than population or is negative"
                )
            return stream().sample(range(size), self.rules.max_results)
        if prefix == "<c>":
            if not has_words:
                raise OriginalWouldRaise("IndexError", "list index out of range")
            category = words.split(" ", 1)[0].strip()
            return self._where(lambda product: product.category == category)
        return self._where(lambda product: product.query == words.strip())

    def _where(self, condition: Callable[[Product], bool]) -> list[int]:
        """Return the products that meet a condition, by a full scan as in the original."""
        catalogue = self.catalogue
        return [i for i in range(len(catalogue)) if condition(catalogue.product(i))]

    def _option_groups(self, product: Product) -> list[list[str]]:
        return option_groups(product, self.rules)
