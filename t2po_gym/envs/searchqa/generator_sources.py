"""A digest of the code and words that invented worlds are made by.

Compiled worlds are kept in a cache. What names them there contains this digest, so that a world
made by other sources is never taken for the present one, whether or not anybody thought of raising
``GENERATOR_VERSION``.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

__all__ = ["MODULES", "generator_digest"]

_PACKAGE = "t2po_gym.envs.searchqa"

MODULES = (
    "corpus",
    "fingerprints",
    "generate",
    "generate_questions",
    "generate_text",
    "generator_sources",
    "graph",
    "hashing",
    "metrics",
    "name_words",
    "names",
    "naming",
    "query",
    "question_words",
    "questions",
    "wording",
    "wording_bodies",
    "wording_people",
    "wording_places",
    "wording_questions",
    "wording_works",
)
"""Modules of this package that the generator is made of; a test compares them with its imports."""


@cache
def generator_digest() -> str:
    """Return 16 hex digits that change with any line of the generator's sources.

    Raises:
        FileNotFoundError: the package was installed without its sources.
    """
    digest = hashlib.sha256()
    for name in MODULES:
        source = files(_PACKAGE).joinpath(f"{name}.py").read_bytes()
        # The same for line ends of every platform.
        digest.update(f"{name}\n".encode() + source.replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:16]
