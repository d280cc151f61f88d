"""Write a compiled catalogue in one pass over the products, with a few bytes of memory each."""

import hashlib
import json
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from t2po_gym.data.arrayfile import ArrayFileWriter
from t2po_gym.data.compiling import FINGERPRINT_KEY
from t2po_gym.envs.webshop.data.goal_tables import (
    PREFIX,
    build_goal_arrays,
    difficulty_figure,
    split_key,
)
from t2po_gym.envs.webshop.data.goals import num_combinations
from t2po_gym.envs.webshop.data.original_files import asin_hash
from t2po_gym.envs.webshop.data.product import (
    DEFAULT_PRICES,
    NO_ATTRIBUTES,
    HumanInstruction,
    Product,
    search_text,
)
from t2po_gym.envs.webshop.data.product_record import encode_record
from t2po_gym.retrieval.bm25.index import Bm25Builder

FORMAT = "t2po-gym/webshop-catalogue"
"""``meta["format"]`` of a compiled catalogue."""

STORE_VERSION = 3
"""Version of the layout, search index included; part of a compiled file's fingerprint."""

Rows = Iterable[tuple[Product, Sequence[str] | None]]
"""Products with the nouns of their titles (None if unknown)."""

Human = Mapping[str, Sequence[HumanInstruction]]

_BATCH_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueCounts:
    """Counts of a compiled catalogue's contents."""

    products: int
    """Number of products."""

    with_instruction: int
    """Products that the original makes synthetic goals from."""

    goal_products: int
    """Winnable products, which the repaired shop makes goals from."""

    goals: int
    """Goals of these products."""

    human_goals: int
    """Human-written requests that name an attribute of a product in the catalogue."""

    with_nouns: int
    """Products whose title nouns are known."""

    undescribed: int
    """Products missing from the attribute file."""


def compile_catalogue(
    rows: Rows,
    path: Path,
    *,
    fingerprint: str,
    source: str,
    is_winnable: Callable[[Product], bool],
    human: Human | None = None,
    on_product: Callable[[int], None] | None = None,
) -> CatalogueCounts:
    """Write a compiled catalogue, atomically.

    Args:
        rows: products with their title nouns, in catalogue order; read once.
        path: the file to write.
        fingerprint: what the file is built from; ``compile_once`` compares it.
        source: one line that states where the products come from.
        is_winnable: whether a product's own goal can be won under the rules of the shop.
        human: requests written by people, by ASIN.
        on_product: called with the number of products read, once per thousand.

    Raises:
        ValueError: If two products have the same ASIN, or there is no product.
        OSError: If the file cannot be written; nothing is left of it.
    """
    columns = _Columns(is_winnable)
    meta: dict[str, Any] = {"format": FORMAT, FINGERPRINT_KEY: fingerprint, "source": source}
    path.parent.mkdir(parents=True, exist_ok=True)
    with Bm25Builder(path.parent) as index, ArrayFileWriter(path, meta) as writer:
        digest = _write_records(rows, writer, columns, index, on_product)
        human_text = _human_json(human or {})
        digest.update(_human_json({}))  # requests are digested by the tasks that use them
        writer.write("human/json", np.frombuffer(human_text, dtype=np.uint8))
        for name, values in columns.arrays().items():
            writer.write(name, values)
        goals = columns.goal_arrays()
        for name, values in goals.items():
            writer.write(f"{PREFIX}{name}", values)
        for name, values in index.finish(columns.asins).items():
            writer.write(name, values)
        counts = columns.counts(goals, human or {})
        writer.meta["counts"] = asdict(counts)
        writer.meta["content"] = digest.hexdigest()[:16]
    return counts


def _write_records(
    rows: Rows,
    writer: ArrayFileWriter,
    columns: "_Columns",
    index: Bm25Builder,
    on_product: Callable[[int], None] | None,
) -> "hashlib._Hash":
    """Stream the records into the file and everything else into columns and search index."""
    digest = hashlib.sha256()
    batch = bytearray()
    writer.begin("records/bytes", np.uint8)
    for number, (product, nouns) in enumerate(rows):
        record = encode_record(product, nouns)
        batch += record
        digest.update(record + b"\n")
        columns.add(product, nouns, len(record))
        index.add(search_text(product))
        if len(batch) >= _BATCH_BYTES:
            writer.append(np.frombuffer(bytes(batch), dtype=np.uint8))
            batch.clear()
        if on_product is not None and number % 1000 == 999:
            on_product(number + 1)
    writer.append(np.frombuffer(bytes(batch), dtype=np.uint8))
    writer.end()
    columns.check()
    return digest


class _Columns:
    """Per-product numbers, collected while the products are streamed."""

    def __init__(self, is_winnable: Callable[[Product], bool]) -> None:
        self._is_winnable = is_winnable
        self.asins: list[str] = []
        self._ends = array("Q", [0])
        self._hashes = array("Q")
        self._low, self._high = array("d"), array("d")
        self._queries: dict[str, int] = {}
        self._query_ids = array("I")
        self._categories: dict[str, int] = {}
        self._category_ids = array("I")
        self._with_instruction = self._with_nouns = self._undescribed = 0
        # (query, attribute) -> its number; the number of products that have it.
        self._pairs: dict[tuple[int, str], int] = {}
        self._pair_counts = array("I")
        # For the products that goals are made from: index, key, combinations, groups, wanted pairs.
        self._goal_products = array("I")
        self._goal_keys = bytearray()
        self._goal_counts = array("Q")
        self._goal_groups = array("I")
        self._wanted = array("I")
        self._wanted_ends = array("Q", [0])

    def add(self, product: Product, nouns: Sequence[str] | None, num_bytes: int) -> None:
        """Add the next product."""
        self.asins.append(product.asin)
        self._ends.append(self._ends[-1] + num_bytes)
        self._hashes.append(asin_hash(product.asin))
        prices = product.prices or DEFAULT_PRICES
        self._low.append(prices[0])
        self._high.append(prices[-1])
        query = self._queries.setdefault(product.query, len(self._queries))
        self._query_ids.append(query)
        category = self._categories.setdefault(product.category, len(self._categories))
        self._category_ids.append(category)
        self._with_nouns += nouns is not None
        self._with_instruction += product.instruction is not None
        self._undescribed += product.attributes == NO_ATTRIBUTES
        for attribute in dict.fromkeys(product.attributes):
            self._pair_counts[self._pair(query, attribute)] += 1
        if self._is_winnable(product):
            self._add_goals(product, query)

    def _add_goals(self, product: Product, query: int) -> None:
        self._goal_products.append(len(self.asins) - 1)
        self._goal_keys += split_key(product.asin)
        self._goal_counts.append(num_combinations(product))
        self._goal_groups.append(len(product.options))
        self._wanted.extend(self._pair(query, wanted) for wanted in product.instruction_attributes)
        self._wanted_ends.append(len(self._wanted))

    def _pair(self, query: int, attribute: str) -> int:
        number = self._pairs.setdefault((query, attribute), len(self._pairs))
        if number == len(self._pair_counts):
            self._pair_counts.append(0)
        return number

    def check(self) -> None:
        """Raise if the catalogue has no products or a duplicate ASIN."""
        if not self.asins:
            raise ValueError("a catalogue needs at least one product, got none")
        hashes = np.sort(np.array(self._hashes, dtype=np.uint64))
        if (hashes[1:] == hashes[:-1]).any():
            raise ValueError("two products have the same ASIN; ASINs must be unique in a catalogue")

    def arrays(self) -> dict[str, np.ndarray[Any, Any]]:
        """Return the columns of the file, by name."""
        hashes = np.array(self._hashes, dtype=np.uint64)
        order = np.argsort(hashes, kind="stable")
        return {
            "records/offsets": np.array(self._ends, dtype=np.uint64),
            "asins/hashes": hashes[order],
            "asins/indexes": order.astype(np.uint32),
            "prices": np.array([self._low, self._high], dtype=np.float64).T,
            "queries/ids": np.array(self._query_ids, dtype=np.uint32),
            "queries/names": _names(self._queries),
            "categories/ids": np.array(self._category_ids, dtype=np.uint32),
            "categories/names": _names(self._categories),
        }

    def goal_arrays(self) -> dict[str, np.ndarray[Any, Any]]:
        """Return the goal tables."""
        return build_goal_arrays(
            num_products=len(self.asins),
            products=self._goal_products,
            keys=bytes(self._goal_keys),
            counts=self._goal_counts,
            figures=[self._figure(goal) for goal in range(len(self._goal_products))],
        )

    def _figure(self, goal: int) -> int:
        wanted = self._wanted[self._wanted_ends[goal] : self._wanted_ends[goal + 1]]
        # The product itself is among those with its attributes, but is not a rival.
        rivals = max(min(self._pair_counts[pair] for pair in wanted) - 1, 0)
        return difficulty_figure(len(wanted), self._goal_groups[goal], rivals)

    def counts(self, goals: Mapping[str, np.ndarray[Any, Any]], human: Human) -> CatalogueCounts:
        """Return the counts of the catalogue's contents."""
        hashes = set(self._hashes) if human else set()
        return CatalogueCounts(
            products=len(self.asins),
            with_instruction=self._with_instruction,
            goal_products=len(goals["products"]),
            goals=int(goals["cumulative"][-1]),
            human_goals=sum(
                bool(request.attributes)
                for asin, requests in human.items()
                if asin_hash(asin) in hashes
                for request in requests
            ),
            with_nouns=self._with_nouns,
            undescribed=self._undescribed,
        )


def _names(numbers: Mapping[str, int]) -> np.ndarray[Any, Any]:
    """Return the keys of a numbering as JSON bytes."""
    return np.frombuffer(json.dumps(list(numbers)).encode(), dtype=np.uint8)


def _human_json(human: Human) -> bytes:
    entries = {
        asin: [[one.asin, one.text, one.attributes, one.options] for one in requests]
        for asin, requests in human.items()
    }
    return json.dumps(entries, separators=(",", ":")).encode()
