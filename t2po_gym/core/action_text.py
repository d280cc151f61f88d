"""One reading of action texts for the rules ``fixed`` of every environment.

Agents lose turns to capital letters, blanks and full stops that mean nothing. Under ``fixed``:

* verbs may be in any case, and names are compared without case;
* white space around the action and around its argument does not count;
* one full stop at the end is ignored, behind the closing bracket or where the argument as it
  stands names nothing (so a button or title that really ends in one can still be named);
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
    """Without white space around it; may be empty."""


def read_call(action: str) -> Call | None:
    """Read ``verb[argument]``; None for any other text.

    The argument reaches from the first opening to the last closing bracket. Takes time linear in
    the length of the action.
    """
    match = _CALL.fullmatch(action)
    return None if match is None else Call(match[1].lower(), match[2].strip())


def without_full_stop(text: str) -> str:
    """Return a text without white space around it and without one full stop at its end.

    Example:
        >>> without_full_stop(" go to desk 1. ")
        'go to desk 1'
    """
    return text.strip().removesuffix(".").rstrip()
