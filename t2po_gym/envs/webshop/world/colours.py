"""Colour normalisation of option values (docs/originals/webshop.md, section 7).

The words and their order decide which option values count as equal. It is the published list of
WebShop's scoring (102 words, alphabetical).
"""

import re
from functools import lru_cache

_WORDS = """
alabaster apricot aqua ash asphalt azure banana beige black blue blush bordeaux bronze brown
burgundy camel camo caramel champagne charcoal cheetah chestnut chocolate christmas coffee
cognac copper coral cranberry cream crystal dark denim eggplant elephant espresso fuchsia
gold granite grape graphite grass gray green grey heather indigo ivory ivy khaki lavender
lemon leopard light lilac lime magenta maroon mauve merlot midnight mint mocha multicolor
mushroom mustard natural navy nude olive orange peach pewter pink plum purple rainbow red
rose royal rust sand sapphire seashell silver skull slate steel stone stonewash sunflower
tan taupe teal tiger turquoise violet walnut wheat white wine yellow
"""

COLOUR_WORDS = tuple(_WORDS.split())
"""Colour words; earlier ones take precedence."""

_ANY_WORD = re.compile("|".join(COLOUR_WORDS))


@lru_cache(maxsize=1 << 14)
def normalise_colour(text: str) -> str:
    """Return the first listed colour word that occurs in a text, else the text.

    Example:
        >>> normalise_colour("navy blue"), normalise_colour("rectangular"), normalise_colour("xl")
        ('blue', 'tan', 'xl')
    """
    if _ANY_WORD.search(text) is None:
        return text
    return next(word for word in COLOUR_WORDS if word in text)


@lru_cache(maxsize=1 << 14)
def normalise_colour_pair(name: str, value: str) -> str:
    """Return what the original compares for a named option: usually the text of the pair.

    It looks for the words in the pair ``(name, value)`` instead of in a text, so only a name or a
    value that IS a colour word is normalised; otherwise it compares Python's text of the pair.

    Example:
        >>> normalise_colour_pair("color", "blue"), normalise_colour_pair("color", "navy blue")
        ('blue', "('color', 'navy blue')")
    """
    pair = (name, value)
    return next((word for word in COLOUR_WORDS if word in pair), str(pair))
