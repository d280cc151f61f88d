"""Title nouns from spaCy, for catalogues that come without a noun file.

WebShop's reward compares the nouns of product titles. spaCy is optional: it is used if it is
installed. Its release and model change some noun lists (docs/originals/webshop.md, section 9,
item 5), so results state where their nouns come from.
"""

from functools import lru_cache
from typing import Any

MODEL = "en_core_web_sm"
"""The model the original loads."""

HOW_TO_SUPPLY = (
    "give a noun file (nouns=..., or *title_nouns*.json beside the data), or install spaCy with "
    f"its model {MODEL}"
)
"""What to do when nouns are missing."""


@lru_cache(maxsize=1)
def _model() -> Any:
    """Load spaCy's model once per process."""
    try:
        import spacy
    except ImportError as error:
        raise LookupError(f"title nouns need spaCy, which is not installed; {HOW_TO_SUPPLY}") from (
            error
        )
    try:
        return spacy.load(MODEL)
    except OSError as error:
        raise LookupError(f"spaCy's model {MODEL} is not installed; {HOW_TO_SUPPLY}") from error


def spacy_nouns(title: str) -> tuple[str, ...]:
    """Return the lower-cased nouns and proper nouns of a title, in order, duplicates kept.

    Raises:
        LookupError: If spaCy or its model is not installed.
    """
    return tuple(token.text.lower() for token in _model()(title) if token.pos_ in ("NOUN", "PROPN"))
