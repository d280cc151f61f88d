"""Read WebShop's original files into products, exactly as the original does.

The rules are in docs/originals/webshop.md, section 2. The files are JSON: a list of products
(``items_shuffle*.json``), attributes by ASIN (``items_ins_v2*.json``) and requests by ASIN
(``items_human_ins.json``). :func:`load_products` reads whole files; for the full set of 5.2 GB,
:func:`iter_products` takes the rows as a stream.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from t2po_gym.data.json_text import parse_json
from t2po_gym.envs.webshop.data.product import (
    DEFAULT_PRICES,
    NO_ATTRIBUTES,
    HumanInstruction,
    Product,
)

_NOT_PRICE = re.compile(r"[^\d.]")

_Json = TypeVar("_Json", list[Any], dict[str, Any])

RawAttributes = Mapping[str, Mapping[str, Any]]


class DataFileError(ValueError):
    """A data file is malformed or missing; the message says what is wrong and where."""


class MissingAttributesError(KeyError):
    """The attribute file lacks an ASIN needed for synthetic goals (a KeyError originally)."""

    def __str__(self) -> str:
        """Return the sentence without the quotes that KeyError adds."""
        return str(self.args[0])


def read_json(path: Path, kind: type[_Json]) -> _Json:
    """Read a whole JSON file that contains a list (products) or an object (keyed by ASIN).

    Raises:
        DataFileError: If it contains something else.
    """
    try:
        content = parse_json(path.read_bytes())
    except ValueError as error:
        raise DataFileError(f"{path} is not valid JSON ({error}); fetch it again") from error
    if not isinstance(content, kind):
        expected = "list of products" if kind is list else "object keyed by ASIN"
        raise DataFileError(f"{path} should hold one JSON {expected}, but does not")
    return content


def parse_pricing(pricing: str | None) -> tuple[tuple[float, ...], str]:
    """Return the prices (one, or the first two of several) and the price as shown.

    Example:
        >>> parse_pricing("$1,299.00")
        ((1299.0,), '$1299.0')
        >>> parse_pricing("$12.99 ($0.50 / Ounce)")
        ((12.99, 0.5), '$12.99 to $0.5')
    """
    if not pricing:
        return DEFAULT_PRICES, "$100.0"
    texts = [_NOT_PRICE.sub("", part) for part in pricing.split("$")[1:]]
    try:
        prices = tuple(map(float, texts))
    except ValueError:
        prices = ()
    if not prices:
        raise DataFileError(f"cannot read the price text {pricing!r}; expected e.g. '$12.50'")
    if len(prices) == 1:
        return prices, f"${prices[0]}"
    return prices[:2], f"${prices[0]} to ${prices[1]}"


def parse_options(
    raw: Mapping[str, Sequence[Mapping[str, Any]] | None] | str | None,
) -> tuple[dict[str, tuple[str, ...]], dict[str, str | None]]:
    """Return the option groups with their values, and the picture of each value."""
    options: dict[str, tuple[str, ...]] = {}
    images: dict[str, str | None] = {}
    if not isinstance(raw, Mapping):
        return options, images
    for name, contents in raw.items():
        if contents is None:
            continue
        values = []
        for content in contents:
            value = content["value"].strip().replace("/", " | ").lower()
            values.append(value)
            images[value] = content.get("image")
        options[name.lower()] = tuple(values)
    return options, images


def parse_product(row: Mapping[str, Any], described: Mapping[str, Any] | None) -> Product:
    """Turn one raw row and its entry in the attribute file into a product."""
    prices, price_tag = parse_pricing(row.get("pricing"))
    options, images = parse_options(row.get("customization_options"))
    bullets = row["small_description"]
    described = described or {}
    attributes = described.get("attributes")
    return Product(
        asin=row["asin"],
        title=row["name"],
        description=row["full_description"],
        bullets=tuple(bullets) if isinstance(bullets, list) else (bullets,),
        prices=prices,
        price_tag=price_tag,
        options=options,
        option_images=images,
        # The same few thousand attribute texts recur in a million products.
        attributes=NO_ATTRIBUTES if attributes is None else tuple(map(sys.intern, attributes)),
        category=sys.intern(row["category"]),
        query=sys.intern(row["query"].lower().strip()),
        product_category=sys.intern(row["product_category"]),
        main_image=row["images"][0],
        instruction=described.get("instruction"),
        instruction_attributes=tuple(described.get("instruction_attributes") or ()),
    )


def iter_products(
    rows: Iterable[Mapping[str, Any]],
    described: RawAttributes,
    *,
    num_products: int | None = None,
    require_described: bool = True,
) -> Iterator[Product]:
    """Yield the products the original would load, in file order.

    A row is skipped when its ASIN is the text ``nan``, longer than ten characters, or seen before.

    Args:
        rows: raw rows of the product file.
        described: attribute file, by ASIN.
        num_products: number of rows (not products) to read; None for all.
        require_described: raise for an ASIN missing from the attribute file, as the original does
            with synthetic goals. False gives such a product no attributes and no goal.

    Raises:
        MissingAttributesError: See ``require_described``.
    """
    seen: set[str] = set()
    for number, row in enumerate(islice(rows, num_products)):
        asin = row.get("asin", "")
        if asin == "nan" or len(asin) > 10 or asin in seen:
            continue
        seen.add(asin)
        if require_described and asin not in described:
            raise MissingAttributesError(
                f"product {asin} is not in the attribute file, which synthetic goals need; "
                "use the attribute file that belongs to the product file, or human goals"
            )
        try:
            yield parse_product(row, described.get(asin))
        except KeyError as error:
            raise DataFileError(
                f"row {number} of the product file (ASIN {asin!r}) has no {error}; "
                "use a file in WebShop's items_shuffle layout"
            ) from error


def load_products(
    items_path: Path,
    attributes_path: Path,
    *,
    num_products: int | None = None,
    require_described: bool = True,
) -> list[Product]:
    """Load products and attributes from the original files; see :func:`iter_products`."""
    described = read_json(attributes_path, dict)
    rows = read_json(items_path, list)
    return list(
        iter_products(
            rows, described, num_products=num_products, require_described=require_described
        )
    )


def load_human_instructions(path: Path) -> dict[str, tuple[HumanInstruction, ...]]:
    """Load the human-written requests, by ASIN, in file order."""
    return {
        asin: tuple(
            HumanInstruction(
                asin=entry["asin"],
                text=entry["instruction"],
                attributes=tuple(entry["instruction_attributes"]),
                options=tuple(entry["instruction_options"]),
            )
            for entry in entries
        )
        for asin, entries in read_json(path, dict).items()
    }


def attribute_table(products: Iterable[Product]) -> dict[str, set[str]]:
    """Return a mapping from each attribute to the ASINs of the products that have it."""
    table: dict[str, set[str]] = {}
    for product in products:
        for attribute in product.attributes:
            table.setdefault(attribute, set()).add(product.asin)
    return table
