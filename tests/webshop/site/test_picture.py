"""Drawn pictures: recognisable, coloured, harmless, and made of visible things only."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from webshop_envs import make

from t2po_gym.data.word_files import Section, WordFileError
from t2po_gym.envs.webshop.data.product import Product
from t2po_gym.envs.webshop.site.drawings import (
    UNKNOWN,
    _part,
    drawings,
    figure_of_department,
    figure_of_word,
)
from t2po_gym.envs.webshop.site.picture import COLOURS, figure_of, picture_name, picture_svg


@pytest.mark.parametrize(
    ("title", "department", "figure"),
    [
        ("Ilmtis Sherpa Fleece Blanket, 50 x 60 Inch", "garden", "towel"),
        ("Nordic Bedside Table Lamp with Shelf", "garden", "lamp"),
        ("Walnut Coffee Table for Living Room", "garden", "table"),
        ("Silford Espresso Coffee Blend, Whole Bean", "grocery", "cup"),
        ("Fast Phone Charger with Cable", "electronics", "charger"),
        ("Men's Long Sleeve T-Shirt", "fashion", "shirt"),
        ("Wonder Thing", "beauty", "bottle"),
        ("Wonder Thing", "unheard of", UNKNOWN),
        ("", "", UNKNOWN),
    ],
)
def test_the_figure_is_the_thing(title: str, department: str, figure: str) -> None:
    assert figure_of(title, department) == figure


def test_nearly_every_product_is_recognised() -> None:
    catalogue = make().catalogue
    titles = [catalogue.product(index).title for index in range(len(catalogue))]
    known = sum(figure_of(title, "") != UNKNOWN for title in titles)
    assert known / len(titles) > 0.95


def test_a_chosen_colour_recolours_the_picture() -> None:
    shirt = Product(asin="A", title="Tee", options={"color": ("red", "navy blue"), "size": ("m",)})
    plain = picture_name(shirt)
    assert plain.split("-")[1] == COLOURS["red"]
    assert picture_name(shirt, {"size": "m"}) == plain
    assert picture_name(shirt, {"color": "navy blue"}).split("-")[1] == COLOURS["navy"]
    assert COLOURS["navy"] in picture_svg(picture_name(shirt, {"color": "navy blue"}))


def test_hidden_values_have_no_part_in_it() -> None:
    plain = Product(asin="A", title="Tee")
    told = Product(asin="B", title="Tee", attributes=("red",), query="blue boots", prices=(3.0,))
    assert picture_name(plain) == picture_name(told)


@pytest.mark.parametrize("figure", sorted(drawings()))
def test_every_figure_is_an_image(figure: str) -> None:
    root = ElementTree.fromstring(picture_svg(f"{figure}-2f66b5-9"))
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
        "svg",
        "rect",
        "g",
        "path",
    }
    assert len(picture_svg(f"{figure}-2f66b5-9")) < 2_000


@pytest.mark.parametrize(
    "name",
    [
        "",
        "box",
        "box-2f66b5-16",
        "box-2F66B5-1",
        "nothing-2f66b5-1",
        "../box-2f66b5-1",
        "box-2f66b5-1\n",
    ],
)
def test_other_names_are_no_pictures(name: str) -> None:
    with pytest.raises(LookupError, match="There is no picture"):
        picture_svg(name)


def test_words_and_departments_name_figures() -> None:
    figures = set(drawings())
    assert set(figure_of_word().values()) | set(figure_of_department().values()) <= figures
    assert UNKNOWN in figures


def test_a_slip_in_the_drawings_is_told() -> None:
    section = Section(place="drawings.ini, line 1", name="shirt", entries={"parts": ("bodi M0 0",)})
    with pytest.raises(WordFileError, match=r"a part of \[shirt\] is one of body, light"):
        _part(section, "bodi M0 0")
