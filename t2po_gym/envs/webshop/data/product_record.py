"""Encode and decode a product in a compiled catalogue.

A record is a JSON list in UTF-8: exact (floats keep every bit, and any text is preserved, even a
lone surrogate), the same bytes everywhere, and fast to decode with the standard library.
"""

import json
import sys
from collections.abc import Sequence

from t2po_gym.envs.webshop.data.product import Product

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=True).encode


def encode_record(product: Product, nouns: Sequence[str] | None) -> bytes:
    """Return the record of a product and the nouns of its title (None if unknown)."""
    fields = (
        product.asin,
        product.title,
        product.description,
        product.bullets,
        product.prices,
        product.price_tag,
        product.options,
        product.option_images,
        product.attributes,
        product.category,
        product.query,
        product.product_category,
        product.main_image,
        product.instruction,
        product.instruction_attributes,
        nouns,
    )
    return _encode(fields).encode("utf-8", "surrogatepass")


def decode_record(record: bytes) -> tuple[Product, tuple[str, ...] | None]:
    """Return the product in a record and the nouns of its title."""
    (
        asin,
        title,
        description,
        bullets,
        prices,
        price_tag,
        options,
        option_images,
        attributes,
        category,
        query,
        product_category,
        main_image,
        instruction,
        instruction_attributes,
        nouns,
    ) = json.loads(str(record, "utf-8", "surrogatepass"))
    product = Product(
        asin=asin,
        title=title,
        description=description,
        bullets=tuple(bullets),
        prices=tuple(prices),
        price_tag=price_tag,
        options={name: tuple(values) for name, values in options.items()},
        option_images=option_images,
        attributes=tuple(attributes),
        category=sys.intern(category),
        query=sys.intern(query),
        product_category=sys.intern(product_category),
        main_image=main_image,
        instruction=instruction,
        instruction_attributes=tuple(instruction_attributes),
    )
    return product, None if nouns is None else tuple(nouns)
