"""Find and check WebShop's original data files, and stream products from them."""

import hashlib
import json
import tempfile
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from t2po_gym.data.locate import DATA_VARIABLE, data_dir, file_digest
from t2po_gym.envs.webshop.data.json_stream import stream_list, stream_object
from t2po_gym.envs.webshop.data.product import HumanInstruction, Product
from t2po_gym.envs.webshop.data.readers import DataFileError, iter_products, parse_pricing

ITEMS = "items_shuffle"
"""Start of the product file's name."""

ATTRIBUTES = "items_ins_v2"
"""Start of the attribute file's name."""

HUMAN = "items_human_ins"
"""Start of the name of the file with human-written requests."""

NOUNS = "title_nouns"
"""Part of the noun file's name."""

ORIGIN = (
    "WebShop's data come from the setup script of https://github.com/princeton-nlp/WebShop "
    "(MIT licence), which fetches them from Google Drive"
)
"""Where the files come from, in one clause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginalFiles:
    """The files of an original catalogue."""

    items: Path
    """Products: a JSON list."""

    attributes: Path
    """Attributes and synthetic instructions by ASIN."""

    human: Path | None = None
    """Requests written by people, by ASIN."""

    nouns: Path | None = None
    """Nouns of the titles, by ASIN (``{"nouns": {ASIN: [noun, ...]}}``)."""

    num_products: int | None = None
    """Read only this many entries of the product file; None for all."""

    def digest(self) -> str:
        """Return a digest of the contents of all files, and of how much of them is read."""
        files: dict[str, str | int | None] = {
            name: None if path is None else file_digest(path)
            for name, path in (
                ("items", self.items),
                ("attributes", self.attributes),
                ("human", self.human),
                ("nouns", self.nouns),
            )
        }
        if self.num_products is not None:  # a whole file keeps the digest that it always had
            files["num_products"] = self.num_products
        return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def find_original_files(place: Path, nouns: Path | None = None) -> OriginalFiles:
    """Find the files of a catalogue.

    Args:
        place: A folder of the original layout, or its product file.
        nouns: Noun file; by default one in the data folder or in ``T2PO_GYM_DATA``, if any.

    Raises:
        DataFileError: If a file is missing, or the folder contains several catalogues.
    """
    if not place.exists():
        raise DataFileError(f"{place} does not exist; give a folder with {ITEMS}*.json in it")
    folder = place if place.is_dir() else place.parent
    items = _only_items(place) if place.is_dir() else place
    suffix = items.stem.removeprefix(ITEMS)
    attributes = _companion(folder, ATTRIBUTES, suffix)
    if attributes is None:
        raise DataFileError(
            f"{folder} has no {ATTRIBUTES}{suffix}.json to go with {items.name}; {ORIGIN}"
        )
    if nouns is not None and not nouns.is_file():
        raise DataFileError(f"the noun file {nouns} does not exist")
    return OriginalFiles(
        items=items,
        attributes=attributes,
        human=_companion(folder, HUMAN, suffix),
        nouns=nouns or _find_nouns(folder),
    )


def _only_items(folder: Path) -> Path:
    found = sorted(folder.glob(f"{ITEMS}*.json"))
    if not found:
        raise DataFileError(f"{folder} has no {ITEMS}*.json; {ORIGIN}")
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise DataFileError(f"{folder} has {names}; give the path of the one you want")
    return found[0]


def _companion(folder: Path, start: str, suffix: str) -> Path | None:
    """Return a product file's companion: with the same suffix, else without, else the only one."""
    for name in (f"{start}{suffix}.json", f"{start}.json"):
        if (folder / name).is_file():
            return folder / name
    others = sorted(folder.glob(f"{start}*.json"))
    return others[0] if len(others) == 1 else None


def _find_nouns(folder: Path) -> Path | None:
    for place in (folder, data_dir("webshop")):
        found = sorted(place.glob(f"*{NOUNS}*.json")) if place is not None else []
        if found:
            return found[0]
    return None


def original_from_environment(nouns: Path | None = None) -> OriginalFiles:
    """Find the files that ``T2PO_GYM_DATA`` points to.

    Raises:
        DataFileError: If the variable is not set, or files are missing.
    """
    folder = data_dir("webshop")
    if folder is None:
        raise DataFileError(
            f"catalogue 'original' needs {DATA_VARIABLE} to name a folder with {ITEMS}*.json; "
            f"{ORIGIN}"
        )
    return find_original_files(folder, nouns)


class AttributeTable(Mapping[str, Mapping[str, Any]]):
    """The attribute file as an on-disk mapping with 16 bytes of memory per product.

    The full attribute file has 178 MB and takes more than a gigabyte as Python objects. Here its
    entries go to a temporary file, indexed by a hash of their ASIN. Use it as a context manager.
    """

    def __init__(self, path: Path) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        hashes, offsets = array("Q"), array("Q")
        offset = 0
        for asin, entry in stream_object(path):
            _check_attributes(path, asin, entry)
            line = json.dumps([asin, entry]).encode() + b"\n"
            hashes.append(asin_hash(asin))
            offsets.append(offset)
            offset += self._file.write(line)
        keys = np.array(hashes, dtype=np.uint64)
        order = np.argsort(keys, kind="stable")
        self._hashes: NDArray[np.uint64] = keys[order]
        self._offsets: NDArray[np.uint64] = np.array(offsets, dtype=np.uint64)[order]

    def __enter__(self) -> "AttributeTable":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getitem__(self, asin: str) -> Mapping[str, Any]:
        wanted = np.uint64(asin_hash(asin))
        first = int(np.searchsorted(self._hashes, wanted, "left"))
        last = int(np.searchsorted(self._hashes, wanted, "right"))
        for position in range(last - 1, first - 1, -1):  # the last of equal keys wins, as in JSON
            self._file.seek(int(self._offsets[position]))
            found, entry = json.loads(self._file.readline())
            if found == asin:
                described: Mapping[str, Any] = entry
                return described
        raise KeyError(asin)

    def __iter__(self) -> Iterator[str]:
        self._file.seek(0)
        for line in iter(self._file.readline, b""):
            yield json.loads(line)[0]

    def __len__(self) -> int:
        return len(self._hashes)


def asin_hash(asin: str) -> int:
    """Return a 64-bit hash of an ASIN."""
    digest = hashlib.blake2b(asin.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def iter_original_products(
    files: OriginalFiles, described: Mapping[str, Mapping[str, Any]]
) -> Iterator[Product]:
    """Stream the products of the original files, as the original loads them.

    Products missing from the attribute file get no attributes and no goal.

    Raises:
        DataFileError: If a file is malformed.
        OSError: If a file cannot be read.
    """
    rows = islice(_checked_rows(files.items), files.num_products)
    return iter_products(rows, described, require_described=False)


def _checked_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the raw rows, after checking the fields that loading reads."""
    number = -1
    for number, row in enumerate(stream_list(path)):
        problem = _problem(row)
        if problem:
            raise DataFileError(f"{path}: product {number} (counted from 0) {problem}")
        yield row
    if number < 0:
        raise DataFileError(f"{path} holds no products")


def _problem(row: Any) -> str:
    """Return what is wrong with a raw row; empty if nothing is."""
    if not isinstance(row, dict):
        return f"should be a JSON object, not {type(row).__name__}"
    for key in ("asin", "name", "full_description", "category", "query", "product_category"):
        if not isinstance(row.get(key), str):
            return f"needs a text under {key!r}"
    lines = row.get("small_description")
    if not isinstance(lines, str) and not _is_texts(lines):
        return "needs a text or a list of texts under 'small_description'"
    if not _is_texts(row.get("images")) or not row["images"]:
        return "needs a list of at least one address under 'images'"
    pricing = row.get("pricing")
    if pricing is not None and not _is_pricing(pricing):
        return f"needs a text such as '$12.50' under 'pricing', not {pricing!r}"
    return _option_problem(row.get("customization_options"))


def _is_pricing(pricing: Any) -> bool:
    try:
        return isinstance(pricing, str) and bool(parse_pricing(pricing))
    except ValueError:
        return False


def _option_problem(options: Any) -> str:
    if not isinstance(options, dict):
        return "" if not options else "needs an object under 'customization_options', or nothing"
    for name, contents in options.items():
        if contents is None:
            continue
        if not isinstance(contents, list) or not all(
            isinstance(content, dict) and isinstance(content.get("value"), str)
            for content in contents
        ):
            return f"needs a list of objects with a 'value' text under option {name!r}"
    return ""


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _check_attributes(path: Path, asin: str, entry: Any) -> None:
    fits = isinstance(entry, dict) and (
        all(
            entry.get(key) is None or _is_texts(entry[key])
            for key in ("attributes", "instruction_attributes")
        )
        and isinstance(entry.get("instruction"), str | None)
    )
    if not fits:
        raise DataFileError(
            f"{path}: the entry of {asin!r} should be an object with lists of texts under "
            "'attributes' and 'instruction_attributes', and a text under 'instruction'"
        )


def load_requests(path: Path) -> dict[str, tuple[HumanInstruction, ...]]:
    """Read the human-written requests, by ASIN, in file order.

    Raises:
        DataFileError: If the file contains something else.
        OSError: If the file cannot be read.
    """
    return {
        asin: tuple(_request(path, asin, entry) for entry in _list_of(path, asin, entries))
        for asin, entries in stream_object(path)
    }


def _list_of(path: Path, asin: str, entries: Any) -> list[Any]:
    if not isinstance(entries, list):
        raise DataFileError(f"{path}: the entry of {asin!r} should be a list of requests")
    return entries


def _request(path: Path, asin: str, entry: Any) -> HumanInstruction:
    fits = isinstance(entry, dict) and (
        isinstance(entry.get("asin"), str)
        and isinstance(entry.get("instruction"), str)
        and _is_texts(entry.get("instruction_attributes"))
        and _is_texts(entry.get("instruction_options"))
    )
    if not fits:
        raise DataFileError(
            f"{path}: a request of {asin!r} needs texts under 'asin' and 'instruction' and lists "
            "of texts under 'instruction_attributes' and 'instruction_options'"
        )
    return HumanInstruction(
        asin=entry["asin"],
        text=entry["instruction"],
        attributes=tuple(entry["instruction_attributes"]),
        options=tuple(entry["instruction_options"]),
    )


def load_nouns(path: Path) -> dict[str, tuple[str, ...]]:
    """Read a noun file: ``{"nouns": {ASIN: [noun, ...]}}``.

    Raises:
        DataFileError: If the file contains something else.
        OSError: If the file cannot be read.
    """
    for key, value in stream_object(path):
        if key == "nouns" and isinstance(value, dict) and all(map(_is_texts, value.values())):
            return {asin: tuple(nouns) for asin, nouns in value.items()}
    raise DataFileError(f"{path} should hold an object with ASIN: [noun, ...] under 'nouns'")
