import json
from pathlib import Path

import pytest
from webshop_golden import MINI, golden, mini_catalogue

from t2po_gym.envs.webshop.data.goals import draw_prices
from t2po_gym.envs.webshop.data.product import Product
from t2po_gym.envs.webshop.data.readers import (
    DataFileError,
    MissingAttributesError,
    attribute_table,
    iter_products,
    load_products,
    parse_options,
    parse_pricing,
    read_json,
)


def as_recorded(product: Product) -> dict[str, object]:
    return {
        "asin": product.asin,
        "name": product.title,
        "Title": product.title,
        "Description": product.description,
        "BulletPoints": list(product.bullets),
        "pricing": list(product.prices),
        "Price": product.price_tag,
        "options": {name: list(values) for name, values in product.options.items()},
        "option_to_image": dict(product.option_images),
        "Attributes": list(product.attributes),
        "category": product.category,
        "query": product.query,
        "product_category": product.product_category,
        "MainImage": product.main_image,
        "Rating": "N.A.",
        "Reviews": [],
        "instruction_text": product.instruction,
        "instruction_attributes": list(product.instruction_attributes) or None,
    }


@pytest.mark.parametrize("kind", ["synthetic", "human"])
def test_products_equal_the_recorded_ones(kind):
    catalogue = mini_catalogue()
    products = [catalogue.product(i) for i in range(len(catalogue))]
    recorded = golden("mini_load.json")[kind]["products"]
    assert len(products) == len(recorded)
    for product, expected in zip(products, recorded, strict=True):
        requests = expected.pop("instructions", [])
        got = as_recorded(product)
        assert {key: got[key] for key in expected} == expected
        # Key order is page order, which equality of dictionaries does not see.
        assert list(product.options) == list(expected["options"])
        if kind == "human":
            human = catalogue.human_instructions.get(product.asin, ())
            assert [h.text for h in human] == [r["instruction"] for r in requests]
            assert [list(h.options) for h in human] == [r["instruction_options"] for r in requests]


def test_prices_equal_the_recorded_ones():
    import random

    catalogue = mini_catalogue()
    products = [catalogue.product(i) for i in range(len(catalogue))]
    for seed, recorded in golden("mini_load.json")["prices_by_seed"].items():
        prices = draw_prices(products, random.Random(int(seed)))
        asins = [product.asin for product in products]
        assert dict(zip(asins, prices, strict=True)) == recorded


def test_attribute_table_equals_the_recorded_one():
    catalogue = mini_catalogue()
    table = attribute_table(catalogue.product(i) for i in range(len(catalogue)))
    recorded = golden("mini_load.json")["attribute_to_asins"]
    assert {attribute: sorted(asins) for attribute, asins in table.items()} == {
        attribute: sorted(asins) for attribute, asins in recorded.items()
    }


def test_mini_rows_are_skipped_for_the_three_reasons():
    products = load_products(MINI / "items_shuffle.json", MINI / "items_ins_v2.json")
    rows = json.loads((MINI / "items_shuffle.json").read_text())
    assert len(rows) - len(products) == 3
    assert products[0].title.startswith("Northwind")  # the first of two rows with its ASIN


def test_num_products_counts_rows_not_products():
    rows = json.loads((MINI / "items_shuffle.json").read_text())
    described = json.loads((MINI / "items_ins_v2.json").read_text())
    up_to_duplicate = next(i for i, row in enumerate(rows) if row["name"].startswith("DUPL")) + 1
    products = list(iter_products(rows, described, num_products=up_to_duplicate))
    assert len(products) == up_to_duplicate - 1


def test_missing_attributes_are_an_error_only_where_goals_need_them():
    rows = json.loads((MINI / "items_shuffle.json").read_text())[:1]
    with pytest.raises(MissingAttributesError, match="T000000001 is not in the attribute file"):
        list(iter_products(rows, {}))
    (product,) = iter_products(rows, {}, require_described=False)
    assert product.attributes == ("DUMMY_ATTR",)
    assert product.instruction is None


@pytest.mark.parametrize(
    ("text", "prices", "tag"),
    [
        ("", (100.0,), "$100.0"),
        (None, (100.0,), "$100.0"),
        ("$25.00", (25.0,), "$25.0"),
        ("$1,299.00", (1299.0,), "$1299.0"),
        ("$7.00 - $8.00 - $9.00", (7.0, 8.0), "$7.0 to $8.0"),
        ("$12.99 ($0.50 / Ounce)", (12.99, 0.5), "$12.99 to $0.5"),
    ],
)
def test_parse_pricing(text, prices, tag):
    assert parse_pricing(text) == (prices, tag)


@pytest.mark.parametrize("text", ["25 euro", "$", "$1.2.3"])
def test_an_unreadable_price_is_refused(text):
    with pytest.raises(DataFileError, match="cannot read the price text"):
        parse_pricing(text)


def test_a_row_without_a_needed_key_is_named():
    rows = [{"asin": "T1", "name": "Mug"}]
    with pytest.raises(DataFileError, match=r"row 0 .*'T1'.* has no 'small_description'"):
        list(iter_products(rows, {"T1": {}}))


def test_option_values_are_stripped_lower_cased_and_slashes_spread():
    raw = {"Color": [{"value": " Black/White ", "image": "u"}], "Size": None, "Fit": []}
    options, images = parse_options(raw)
    assert options == {"color": ("black | white",), "fit": ()}
    assert images == {"black | white": "u"}


@pytest.mark.parametrize(
    ("text", "kind"), [("[]", dict), ("{", dict), ("3", list), ("{}", list), ("", list)]
)
def test_a_broken_file_is_refused(tmp_path: Path, text, kind):
    path = tmp_path / "file.json"
    path.write_text(text)
    with pytest.raises(DataFileError, match=r"file\.json"):
        read_json(path, kind)
