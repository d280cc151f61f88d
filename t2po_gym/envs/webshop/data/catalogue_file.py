"""A catalogue in one memory-mapped file, shared by every process that opens it.

Opening reads only the table of contents. Products are decoded on demand, and a bounded number is
cached.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from t2po_gym.data.arrayfile import ArrayFile, ArrayFileError, Identity, file_identity
from t2po_gym.data.bounded_cache import BoundedCache
from t2po_gym.data.compiled_file import CompiledFile
from t2po_gym.data.locate import refusal
from t2po_gym.envs.webshop.data.catalogue_writer import FORMAT, CatalogueCounts
from t2po_gym.envs.webshop.data.goal_tables import GoalTables
from t2po_gym.envs.webshop.data.nouns import HOW_TO_SUPPLY, spacy_nouns
from t2po_gym.envs.webshop.data.original_files import asin_hash
from t2po_gym.envs.webshop.data.product import HumanInstruction, Product
from t2po_gym.envs.webshop.data.product_record import decode_record
from t2po_gym.envs.webshop.data.readers import DataFileError
from t2po_gym.retrieval.bm25.index import Bm25Index

PRODUCTS_KEPT = 4_096
"""Decoded products a catalogue caches (about 6 kB each)."""


class CompiledCatalogue(CompiledFile):
    """A memory-mapped catalogue; implements the ``Catalogue`` protocol.

    Pickling stores only the path, so that a copy in another process maps the same file.

    Args:
        file: an open compiled catalogue.
        products_kept: number of decoded products to cache.

    Raises:
        DataFileError: If the file contains something else.
    """

    def __init__(self, file: ArrayFile, products_kept: int = PRODUCTS_KEPT) -> None:
        if file.meta.get("format") != FORMAT:
            raise DataFileError(
                f"{file.path} is an array file, but not a compiled WebShop catalogue"
            )
        self._file = file
        self._records = file["records/bytes"]
        self._offsets = file["records/offsets"]
        self._hashes = file["asins/hashes"]
        self._indexes = file["asins/indexes"]
        self._kept: BoundedCache[int, tuple[Product, tuple[str, ...] | None]] = BoundedCache(
            products_kept
        )
        self._places: BoundedCache[str, int | None] = BoundedCache(2 * products_kept)
        self._index = Bm25Index(file)
        self.goals = GoalTables(file)
        """The goals of the repaired shop."""
        self.prices: NDArray[np.float64] = file["prices"]
        """Lowest and highest price per product, ``[N, 2]``; equal without a range."""

    @classmethod
    def open(
        cls, path: str | Path, *, verify: bool = False, products_kept: int = PRODUCTS_KEPT
    ) -> "CompiledCatalogue":
        """Open a compiled catalogue; ``verify`` also compares all its checksums.

        Raises:
            DataFileError: If there is no such file, or it is damaged or contains something else.
        """
        try:
            return cls(ArrayFile.open(path, verify), products_kept)
        except ArrayFileError as error:
            raise DataFileError(str(error)) from error
        except OSError as error:
            raise as_data_error(error) from error

    def __reduce__(self) -> tuple[Callable[[Path], "CompiledCatalogue"], tuple[Path]]:
        return _reopen, (self._file.path.resolve(),)

    @property
    def fingerprint(self) -> str:
        """Digest of products and nouns; equal catalogues have equal ones."""
        return str(self._file.meta["content"])

    @property
    def counts(self) -> CatalogueCounts:
        """Counts of the catalogue's contents."""
        return CatalogueCounts(**self._file.meta["counts"])

    @cached_property
    def human_instructions(self) -> Mapping[str, Sequence[HumanInstruction]]:
        """ASIN -> requests in file order; read on first use."""
        return {
            asin: tuple(
                HumanInstruction(
                    asin=asin_of, text=text, attributes=tuple(attributes), options=tuple(options)
                )
                for asin_of, text, attributes, options in requests
            )
            for asin, requests in _json(self._file["human/json"]).items()
        }

    @cached_property
    def queries(self) -> tuple[str, ...]:
        """The search phrases of the catalogue, in order of first use."""
        return tuple(_json(self._file["queries/names"]))

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """The departments of the catalogue, in order of first use."""
        return tuple(_json(self._file["categories/names"]))

    def __len__(self) -> int:
        """Return the number of products."""
        return len(self._offsets) - 1

    def __iter__(self) -> Iterator[Product]:
        """Yield all products in order, without caching them."""
        for index in range(len(self)):
            yield self._decode(index)[0]

    def product(self, index: int) -> Product:
        """Return the product with this index.

        Raises:
            IndexError: If there is no such product.
        """
        kept = self._kept.get(index)
        return (kept or self._load(index))[0]

    def index_of(self, asin: str) -> int | None:
        """Return the index of an ASIN; None if there is none."""
        try:
            return self._places[asin]
        except KeyError:
            return self._places.put(asin, self._find(asin))

    def search(self, query: str, k: int = 50) -> Sequence[int]:
        """Return indexes of the ``k`` best products for a query, best first."""
        found: list[int] = self._index.search(query, k)[0].tolist()
        return found

    def scores(self, query: str, k: int = 50) -> list[tuple[str, float]]:
        """Return ASIN and score of the ``k`` best products, best first."""
        indexes, scores = self._index.search(query, k)
        return [
            (self.product(index).asin, score)
            for index, score in zip(indexes.tolist(), scores.tolist(), strict=True)
        ]

    def nouns(self, index: int) -> tuple[str, ...]:
        """Return the lower-cased nouns of a title in order, duplicates kept.

        Nouns that are not in the file come from spaCy if it is installed.

        Raises:
            LookupError: If the nouns are not in the file and spaCy is not installed.
        """
        product, nouns = self._kept.get(index) or self._load(index)
        if nouns is None:
            nouns = self._compute_nouns(product)
            self._kept.put(index, (product, nouns))
        return nouns

    def with_query(self, query: str) -> Sequence[int]:
        """Return the products collected under exactly this search phrase, in order."""
        return self._where("queries/ids", self.queries, query)

    def in_category(self, category: str) -> Sequence[int]:
        """Return the products of a department, in order."""
        return self._where("categories/ids", self.categories, category)

    def verify(self) -> None:
        """Compare the file with its checksums.

        Raises:
            DataFileError: If a part differs.
        """
        try:
            self._file.verify()
        except ArrayFileError as error:
            raise DataFileError(str(error)) from error

    def _load(self, index: int) -> tuple[Product, tuple[str, ...] | None]:
        return self._kept.put(index, self._decode(index))

    def _decode(self, index: int) -> tuple[Product, tuple[str, ...] | None]:
        if not 0 <= index < len(self):
            raise IndexError(f"there is no product {index}; there are {len(self)}, from 0")
        start, stop = self._offsets[index : index + 2].tolist()
        return decode_record(self._records[start:stop].tobytes())

    def _find(self, asin: str) -> int | None:
        wanted = np.uint64(asin_hash(asin))
        first = int(np.searchsorted(self._hashes, wanted, "left"))
        while first < len(self._hashes) and self._hashes[first] == wanted:
            index = int(self._indexes[first])
            if self.product(index).asin == asin:
                return index
            first += 1
        return None

    def _where(self, ids: str, names: Sequence[str], name: str) -> Sequence[int]:
        if name not in names:
            return []
        found: list[int] = np.flatnonzero(self._file[ids] == names.index(name)).tolist()
        return found

    def _compute_nouns(self, product: Product) -> tuple[str, ...]:
        try:
            return spacy_nouns(product.title)
        except LookupError as error:
            raise LookupError(
                f"the nouns in the title of {product.asin} are not known, and the reward needs "
                f"them; {HOW_TO_SUPPLY}"
            ) from error


_OPEN: WeakValueDictionary[Identity, CompiledCatalogue] = WeakValueDictionary()
"""Open catalogues of this process by file."""


def shared_catalogue(
    path: Path, open_file: Callable[[Path], ArrayFile], verify: bool
) -> CompiledCatalogue:
    """Return this process's catalogue of a file, opening the file if it is not open.

    Args:
        path: the file.
        open_file: opens the file and verifies it if requested.
        verify: call `open_file` even if the catalogue is open, since that may repair the file.
    """
    place = path.resolve()
    current = None
    if place.exists() and not verify:
        current = _OPEN.get(file_identity(place, place.stat()))
    if current is None:
        file = open_file(place)
        current = _OPEN.get(file.identity)
        if current is None:
            current = _OPEN[file.identity] = CompiledCatalogue(file)
    return current


def _reopen(path: Path) -> CompiledCatalogue:
    """Return the catalogue of a compiled file; used for unpickling."""
    return shared_catalogue(path, ArrayFile.open, verify=False)


def _json(data: NDArray[Any]) -> Any:
    return json.loads(data.tobytes())


def as_data_error(error: OSError) -> DataFileError:
    """Convert a system error into a one-sentence `DataFileError`."""
    return DataFileError(refusal(error))
