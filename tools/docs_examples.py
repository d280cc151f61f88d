"""Sections `Example:` of docstrings become code in the reference (an extension of Griffe).

Griffe knows the section by its plural alone. What it does not know becomes a box, in which the
prompts of an interpreter are read as quotations.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

SECTION = re.compile(r"^Example:$", re.MULTILINE)


class Examples(griffe.Extension):
    """Calls the section by the name that Griffe knows."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        """Rename it in the docstring of one object."""
        if obj.docstring:
            obj.docstring.value = SECTION.sub("Examples:", obj.docstring.value)
