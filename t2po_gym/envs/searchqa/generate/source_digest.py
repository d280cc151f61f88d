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

MODULES = (
    "data.draws",
    "data.permutation",
    "data.word_files",
    "envs.searchqa.data.corpus",
    "envs.searchqa.data.fingerprints",
    "envs.searchqa.data.questions",
    "envs.searchqa.generate.graph",
    "envs.searchqa.generate.hashing",
    "envs.searchqa.generate.name_words",
    "envs.searchqa.generate.names",
    "envs.searchqa.generate.naming",
    "envs.searchqa.generate.passages",
    "envs.searchqa.generate.query",
    "envs.searchqa.generate.question_texts",
    "envs.searchqa.generate.questions",
    "envs.searchqa.generate.source_digest",
    "envs.searchqa.generate.wording",
    "envs.searchqa.generate.wording_questions",
    "envs.searchqa.generate.world",
    "envs.searchqa.world.metrics",
)
"""Modules below ``t2po_gym`` that the generator is made of; a test compares its imports."""


@cache
def generator_digest() -> str:
    """Return 16 hex digits that change with any line of the generator's sources.

    Raises:
        FileNotFoundError: the package was installed without its sources.
    """
    digest = hashlib.sha256()
    for name in MODULES:
        source = files("t2po_gym").joinpath(f"{name.replace('.', '/')}.py").read_bytes()
        # The same for line ends of every platform.
        digest.update(f"{name}\n".encode() + source.replace(b"\r\n", b"\n"))
    words = files(f"{__package__}.words")
    for file in sorted(words.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".ini"):
            digest.update(f"{file.name}\n".encode() + file.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:16]
