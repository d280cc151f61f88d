"""How every environment reads action texts under the rules ``fixed``.

Agents lose turns to capital letters, spaces and full stops that mean nothing. Under ``fixed``:

* verbs may be in any case, and names are case-insensitive;
* whitespace around the action and around its argument is ignored;
* one full stop at the end is ignored after the closing bracket, or where the argument as written
  names nothing (so a button or title that really ends in one can still be named);
* an empty argument is invalid, and the environment says what to write.

The exact rules read actions as the originals do.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Call", "read_call", "without_full_stop"]

_CALL = re.compile(r"\s*([A-Za-z]+)\[(.*)\][^\]]*", re.DOTALL)


class Call(NamedTuple):
    """An action of the form ``verb[argument]``.

    Example: ``read_call(" Search[ green tea ]. ")`` is ``Call(verb="search", argument="green
    tea")``.
    """

    verb: str
    """In lower case."""

    argument: str
    """Stripped of surrounding whitespace; may be empty."""


def read_call(action: str) -> Call | None:
    """Parse ``verb[argument]``; return None for any other text.

    The argument runs from the first opening to the last closing bracket. The time is linear in the
    length of the action.
    """
    match = _CALL.fullmatch(action)
    return None if match is None else Call(match[1].lower(), match[2].strip())


def without_full_stop(text: str) -> str:
    """Strip surrounding whitespace and one full stop at the end.

    Example:
        >>> without_full_stop(" go to desk 1. ")
        'go to desk 1'
    """
    return text.strip().removesuffix(".").rstrip()
