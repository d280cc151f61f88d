"""Drawn pictures of products, so that those who look at the shop have something to look at.

A picture is named by what is on it: ``shirt-1f4e9c-3`` is a shirt in that colour on the fourth
background. `picture_name` chooses the name from what a photograph would show too: the kind of thing
(from title and department) and its colour (the chosen option, else the first one offered, else the
title). `picture_svg` draws a name and needs no catalogue. Hidden attributes have no part in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b

from t2po_gym.envs.webshop.data.product import Product
from t2po_gym.envs.webshop.site.drawings import (
    UNKNOWN,
    drawings,
    figure_of_department,
    figure_of_word,
)

__all__ = ["picture_name", "picture_svg"]

BACKGROUNDS = (
    "#eef2f7",
    "#f6efe6",
    "#eaf4ec",
    "#f7ecef",
    "#efecf7",
    "#e8f3f5",
    "#f5f4e6",
    "#f0f0f0",
)
PLAIN_COLOURS = ("5b7fa6", "a6785b", "6d9a74", "a3657f", "7d72ab", "5e9aa3", "99934f", "7f868f")
"""Colours of products that name none."""

COLOURS = {
    **{"almond": "d9b99b", "apricot": "f2a65a", "aqua": "3cc3c9", "auburn": "7a2f1d"},
    **{"azure": "3a8fd9", "beige": "d8c4a0", "berry": "8e2f5c", "black": "2b2d31"},
    **{"blonde": "dcb96a", "blue": "2f66b5", "blush": "e6a9a6", "bronze": "8c6239"},
    **{"brown": "74492b", "burgundy": "6d1a33", "camel": "b98d58", "caramel": "b5722f"},
    **{"champagne": "ead9b0", "charcoal": "43474d", "cherry": "9c1f33", "chestnut": "73402a"},
    **{"chocolate": "553322", "chrome": "b9c0c7", "clear": "dfe7ec", "cocoa": "5f3e2c"},
    **{"coffee": "5a4031", "copper": "b3683c", "coral": "ef7764", "cream": "f1e6c8"},
    **{"denim": "3f5f87", "espresso": "45302a", "fuchsia": "c7338f", "gold": "c9a23a"},
    **{"graphite": "4a4f55", "gray": "868c93", "green": "3b8553", "grey": "868c93"},
    **{"honey": "d29a36", "indigo": "3d3f8f", "ivory": "f2ecdc", "khaki": "a3976a"},
    **{"lavender": "a99bd0", "lemon": "efdc4f", "lilac": "b79ccb", "lime": "93c336"},
    **{"magenta": "b92d7d", "mahogany": "5f2620", "maroon": "6e2130", "mauve": "a5798f"},
    **{"mint": "8fd0b1", "mocha": "775242", "mustard": "cf9f2b", "natural": "cdb38a"},
    **{"navy": "243a66", "nickel": "a7a9a5", "nude": "dcb39a", "oak": "b88d55"},
    **{"olive": "6f7240", "orange": "e2772e", "peach": "f4b28f", "pink": "e58aa8"},
    **{"plum": "6a2f5d", "purple": "6f4699", "red": "c23434", "rose": "cf7583"},
    **{"royal": "2a4fb0", "rust": "a6492a", "sand": "d3bd95", "sapphire": "1f4d9c"},
    **{"silver": "b7bcc2", "slate": "5f6d7c", "tan": "c39e70", "taupe": "8d7f72"},
    **{"teal": "237f80", "turquoise": "3db8b0", "violet": "7a54a8", "walnut": "5f4330"},
    **{"wheat": "dfc794", "white": "f5f5f2", "wine": "6a2036", "yellow": "e8c43a"},
}
"""Colour word -> colour, six hex digits."""

_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_NAME = re.compile(r"([a-z]+)-([0-9a-f]{6})-([0-9]{1,2})")
_HEAD_ENDS = re.compile(r"[,(|]| - | for | with ")


def picture_name(product: Product, options: Mapping[str, str] | None = None) -> str:
    """Return the name of a product's picture.

    Args:
        product: the product.
        options: chosen value per option group; a colour among them is the picture's colour.
    """
    figure, colour, variant = _looks(product.title, product.category, _offered(product))
    chosen = _first_colour((options or {}).values())
    return f"{figure}-{chosen or colour}-{variant}"


def _offered(product: Product) -> tuple[str, ...]:
    """Return the first value of each group."""
    return tuple(values[0] for values in product.options.values() if values)


@lru_cache(maxsize=4096)
def _looks(title: str, department: str, offered: tuple[str, ...]) -> tuple[str, str, int]:
    digest = blake2b(title.encode("utf-8", "surrogatepass"), digest_size=2).digest()
    colour = _first_colour((*offered, title)) or PLAIN_COLOURS[digest[0] % len(PLAIN_COLOURS)]
    return figure_of(title, department), colour, digest[1] % (2 * len(BACKGROUNDS))


def figure_of(title: str, department: str) -> str:
    """Return the figure for a title: of its first part the last known word, which is its noun."""
    lower, words = title.lower(), figure_of_word()
    for text, last in ((_HEAD_ENDS.split(lower, maxsplit=1)[0], True), (lower, False)):
        found = _WORD.findall(text)
        known = [words.get(word) or words.get(word.removesuffix("s")) for word in found]
        if known := [figure for figure in known if figure]:
            return known[-1 if last else 0]
    return figure_of_department().get(department, UNKNOWN)


def _first_colour(texts: Iterable[str]) -> str | None:
    words = (word for text in texts for word in _WORD.findall(text.lower()))
    return next((COLOURS[word] for word in words if word in COLOURS), None)


@lru_cache(maxsize=1024)
def picture_svg(name: str) -> str:
    """Draw the picture with this name.

    Raises:
        LookupError: If there is no such picture.
    """
    parts = _NAME.fullmatch(name)
    if parts is None or parts[1] not in drawings() or int(parts[3]) >= 2 * len(BACKGROUNDS):
        raise LookupError(f"There is no picture {name!r}.")
    flip, background = divmod(int(parts[3]), len(BACKGROUNDS))
    turned = ' transform="matrix(-1 0 0 1 200 0)"' if flip else ""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200">'
        f'<rect width="200" height="200" fill="{BACKGROUNDS[background]}"/>'
        f'<g stroke-width="5" stroke-linejoin="round" stroke-linecap="round"{turned}>'
        f"{_figure(parts[1], parts[2])}</g></svg>\n"
    )


def _figure(name: str, colour: str) -> str:
    edge, light, dark = _mixed(colour, 0, 0.45), _mixed(colour, 255, 0.72), _mixed(colour, 20, 0.62)
    looks = {  # kind of a part -> fill and stroke
        "body": (f"#{colour}", edge),
        "light": (light, "none"),
        "dark": (dark, "none"),
        "line": ("none", edge),
        "light-line": ("none", light),
        "dark-line": ("none", dark),
    }
    return "".join(
        '<path d="{}" fill="{}" stroke="{}"/>'.format(part.path, *looks[part.kind])
        for part in drawings()[name]
    )


def _mixed(colour: str, towards: int, share: float) -> str:
    """Move a colour towards a grey level by a share."""
    levels = (int(colour[at : at + 2], 16) for at in (0, 2, 4))
    mixed = (round(level + (towards - level) * share) for level in levels)
    return "#" + "".join(f"{level:02x}" for level in mixed)
